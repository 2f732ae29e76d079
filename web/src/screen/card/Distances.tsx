// Every scored number as a dot: how many printed standard errors the model is away, low to the left, high to the right.
import { scaleLinear } from "d3-scale";
import type { Finding } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { number } from "../../chart/format";
import { useWidth } from "../../chart/useWidth";
import { stacked } from "./stacked";

const MOST = 5;
const HEIGHT = 150;
const SIDE = 12;
const DOT = 4;

export function Distances({ findings }: { findings: Finding[] }) {
  const scored = findings.filter((finding) => finding.use === "score" && finding.z !== null);
  const inside = scored.filter((finding) => finding.verdict === "inside").length;
  const summary = `${scored.length} scored numbers by their distance from the printed one in standard errors; ${inside} lie inside the printed interval.`;
  return (
    <section>
      <h2>How far off</h2>
      <ChartFrame
        title="Distance of the model from printed numbers"
        summary={summary}
        table={() => ({
          columns: ["id", "printed", "model", "distance"],
          rows: scored.map((finding) => [finding.id, finding.printed, finding.model, finding.z]),
        })}
        command="resynapse validate"
      >
        <Dots scored={scored} summary={summary} />
      </ChartFrame>
    </section>
  );
}

function Dots({ scored, summary }: { scored: Finding[]; summary: string }) {
  const [box, full] = useWidth<HTMLDivElement>();
  const width = Math.max(120, full - 2 * SIDE);
  const x = scaleLinear([-MOST, MOST], [0, width]).clamp(true);
  const dots = stacked(scored.map((finding) => x(finding.z ?? 0)), 2 * DOT + 1);
  return (
    <div ref={box} class="chart">
      <svg width={full} height={HEIGHT} viewBox={`0 0 ${full} ${HEIGHT}`} role="img" aria-label={summary}>
        <g transform={`translate(${SIDE} 0)`}>
          <rect x={x(-1.96)} width={x(1.96) - x(-1.96)} height={HEIGHT - 22} class="card-inside" />
          <line x1={x(0)} x2={x(0)} y2={HEIGHT - 22} class="cursor" />
          {scored.map((finding, index) => (
            <circle
              key={finding.id}
              cx={dots[index]!.x}
              cy={HEIGHT - 30 - dots[index]!.level * (2 * DOT + 1)}
              r={DOT}
              class={finding.verdict === "inside" ? "card-dot" : "card-dot is-outside"}
            >
              <title>
                {finding.id}, {finding.study}: {number(finding.z)}
              </title>
            </circle>
          ))}
          {x.ticks(width < 400 ? 5 : 10).map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - 6} class="mark mark-time">
              {number(tick)}
            </text>
          ))}
        </g>
      </svg>
      <p class="quiet">
        Standard errors of the printed number; left: the model is lower, right: higher. Shaded: inside the printed 95 %
        interval. Beyond five, dots stand at the edge.
      </p>
    </div>
  );
}
