// Names and groups of the 68 regions.
import type { ProbeResult } from "../../api/types";

export type Region = NonNullable<ProbeResult["brain"]>["regions"][number];
export type Shows = "before" | "after" | "change";
export const SHOWS: { value: Shows; name: string }[] = [
  { value: "before", name: "Before" },
  { value: "after", name: "Then" },
  { value: "change", name: "Change" },
];

/** `L_caudalanteriorcingulate` as words. */
export function named(label: string): string {
  const [side, name] = [label.slice(0, 1), label.slice(2)];
  const parts = name.replace(/^(bankssts)$/, "banks of the superior temporal sulcus");
  const spaced = parts.replace(/^(caudal|rostral|superior|inferior|middle|medial|lateral|isthmus|posterior|pars|transverse|para|pre|post)(?=[a-z])/, (word) =>
    ["para", "pre", "post"].includes(word) ? word : `${word} `,
  );
  const words = spaced.replace(/(anterior|middle|posterior)(cingulate|frontal|temporal)/, "$1 $2").replace(/(cingulate|frontal|temporal|parietal|occipital)$/, (word) => ` ${word}`);
  return `${words.replaceAll(/ +/g, " ").trim()}, ${side === "L" ? "left" : "right"}`;
}

export const networkName = (network: string) => network.replaceAll("_", " ");

export interface Group {
  network: string;
  members: number[];
  mean: (values: number[]) => number;
}

/** Networks, the default mode first, then in the order in which they occur. */
export function byNetwork(regions: Region[]): Group[] {
  const groups = new Map<string, number[]>([["default", []]]);
  regions.forEach((region, index) => groups.set(region.network, [...(groups.get(region.network) ?? []), index]));
  return [...groups].map(([network, members]) => ({
    network,
    members,
    mean: (values) => members.reduce((sum, index) => sum + values[index]!, 0) / Math.max(1, members.length),
  }));
}
