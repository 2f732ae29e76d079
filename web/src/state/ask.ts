// A question to the model, as it stands in the address bar.
import { computed } from "@preact/signals";
import type { Ask } from "../api/types";
import { catalogue } from "./catalogue";
import { params, setParams, type Changes, type How } from "./place";

const LISTS = { contexts: "context", hold: "hold" } as const;

/** The query of an ask; the inverse of `askFrom`. Defaults are left out, so equal asks have equal queries. */
export function askParams(ask: Ask): [string, string][] {
  const pairs: [string, string][] = [["what", ask.what]];
  if (ask.arm) pairs.push(["arm", ask.arm]);
  if (ask.condition) pairs.push(["condition", ask.condition]);
  if (ask.hypothesis) pairs.push(["hypothesis", ask.hypothesis]);
  for (const name of ask.contexts ?? []) pairs.push([LISTS.contexts, name]);
  for (const name of ask.hold ?? []) pairs.push([LISTS.hold, name]);
  for (const { id, value } of ask.set ?? []) pairs.push(["set", `${id}=${value}`]);
  if (ask.until) pairs.push(["until", ask.until]);
  return pairs;
}

export const askQuery = (ask: Ask): string => new URLSearchParams(askParams(ask)).toString();

export function askFrom(query: URLSearchParams, start: Ask): Ask {
  const what = query.get("what");
  if (!what) return start;
  const ask: Ask = { what };
  const one = (name: string) => query.get(name) || undefined;
  if (one("arm")) ask.arm = one("arm")!;
  if (one("condition")) ask.condition = one("condition")!;
  if (one("hypothesis")) ask.hypothesis = one("hypothesis")!;
  if (query.has(LISTS.contexts)) ask.contexts = query.getAll(LISTS.contexts);
  if (query.has(LISTS.hold)) ask.hold = query.getAll(LISTS.hold);
  const set = query.getAll("set").flatMap((pair) => {
    const cut = pair.indexOf("=");
    return cut > 0 ? [{ id: pair.slice(0, cut), value: pair.slice(cut + 1) }] : [];
  });
  if (set.length) ask.set = set;
  if (one("until")) ask.until = one("until")!;
  return ask;
}

/** Changes to the address that make it say this ask and no other. */
export function askChanges(ask: Ask): Changes {
  const changes: Changes = { what: null, arm: null, condition: null, hypothesis: null, until: null };
  for (const name of ["context", "hold", "set"]) changes[name] = [];
  for (const [name, value] of askParams(ask)) {
    const list = changes[name];
    if (Array.isArray(list)) list.push(value);
    else changes[name] = value;
  }
  return changes;
}

/** The ask on screen. Null until the atlas is there. */
export const ask = computed<Ask | null>(() => (catalogue.value ? askFrom(params.value, catalogue.value.start) : null));

export function setAsk(next: Ask, how: How = "push") {
  setParams(askChanges(next), how);
}

/** Pins are asks, kept in the address each as a query of its own. */
export const pins = computed<Ask[]>(() => {
  const start = catalogue.value?.start ?? { what: "" };
  return params.value.getAll("pin").map((pin) => askFrom(new URLSearchParams(pin), start));
});
