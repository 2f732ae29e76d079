// Who goes with whom: every pair of regions as a square, networks side by side, the default mode first.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ProbeResult } from "../../api/types";
import { colourAt, roundMost } from "../../brain/colour";
import { ChartFrame } from "../../chart/ChartFrame";
import { number } from "../../chart/format";
import { named, networkName, type Group, type Shows } from "./regions";

interface MatrixProps {
  brain: NonNullable<ProbeResult["brain"]>;
  groups: Group[];
  shows: Shows;
  at: string;
  command: string;
  chosen: number;
}

export function Matrix({ brain, groups, shows, at, command, chosen }: MatrixProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const order = useMemo(() => groups.flatMap((group) => group.members), [groups]);
  const value = (a: number, b: number) => {
    const [before, after] = [brain.before[a]![b]!, brain.after[a]![b]!];
    return shows === "before" ? before : shows === "after" ? after : after - before;
  };
  const most = useMemo(() => roundMost(order.flatMap((a) => order.filter((b) => b !== a).map((b) => value(a, b)))), [brain, shows, order]);
  useEffect(() => {
    const box = canvas.current;
    const context = box?.getContext("2d");
    if (!box || !context) return;
    const size = order.length;
    box.width = size;
    box.height = size;
    const picture = context.createImageData(size, size);
    order.forEach((a, row) => {
      order.forEach((b, column) => {
        const dim = chosen >= 0 && a !== chosen && b !== chosen ? 0.55 : 1;
        const colour = a === b ? [0.75, 0.75, 0.75] : colourAt(value(a, b), most);
        const at = 4 * (row * size + column);
        for (let k = 0; k < 3; k += 1) picture.data[at + k] = 255 * (dim * colour[k]! + (1 - dim) * 0.6);
        picture.data[at + 3] = 255;
      });
    });
    context.putImageData(picture, 0, 0);
  }, [brain, shows, order, most, chosen]);

  const means = blocks(groups, value);
  const what = shows === "change" ? `change of correlation, ${at} against before` : `correlation, ${shows === "before" ? "before" : at}`;
  const within = means.filter((block) => block.a === block.b);
  const summary = `Pairs of regions, ${what}. Mean within networks: ${within.map((block) => `${networkName(block.a)} ${number(block.mean)}`).join(", ")}.`;
  return (
    <section aria-label="Connectivity matrix">
      <ChartFrame
        title="Connectivity between regions"
        summary={summary}
        table={() => ({
          columns: ["region", ...order.map((b) => named(brain.regions[b]!.label))],
          rows: order.map((a) => [named(brain.regions[a]!.label), ...order.map((b) => Number(value(a, b).toFixed(3)))]),
        })}
        command={command}
      >
        <div class="matrix">
          <ol class="matrix-names" aria-hidden="true">
            {groups.map((group) => (
              <li key={group.network} style={{ flexGrow: group.members.length }}>
                {networkName(group.network)}
              </li>
            ))}
          </ol>
          <canvas ref={canvas} class="matrix-canvas" role="img" aria-label={summary} />
        </div>
        <p class="quiet">
          {what[0]!.toUpperCase() + what.slice(1)}; colours from −{most} to +{most}. Rows and columns in the same order.
        </p>
      </ChartFrame>
    </section>
  );
}

function blocks(groups: Group[], value: (a: number, b: number) => number) {
  return groups.flatMap((one) =>
    groups.map((two) => {
      let [sum, pairs] = [0, 0];
      for (const a of one.members) for (const b of two.members) if (a !== b) [sum, pairs] = [sum + value(a, b), pairs + 1];
      return { a: one.network, b: two.network, mean: pairs ? sum / pairs : 0 };
    }),
  );
}
