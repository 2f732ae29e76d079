// Every trial as one line: its estimate and interval, in the order of the estimates. Chance alone makes them differ.
import { scaleLinear } from "d3-scale";
import type { TrialResult } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { number } from "../../chart/format";
import { useWidth } from "../../chart/useWidth";

type Contrast = TrialResult["contrasts"][number];
type Estimate = Contrast["trials"][number];

const SIDE = 14;
const FOOT = 22;

export function Estimates({ contrast, unit, command }: { contrast: Contrast; unit: string; command: string }) {
  const known = contrast.trials.filter((trial) => trial.estimate !== null);
  const found = known.filter((trial) => trial.significant).length;
  const summary =
    `${contrast.arms} at ${contrast.at}: on average ${number(contrast.pooled)} ${unit} over ${known.length} trials; ` +
    `19 of 20 trials estimate between ${number(contrast.low)} and ${number(contrast.high)}. ${found} of ${known.length} succeed.`;
  return (
    <section>
      <h2>Trial by trial</h2>
      <ChartFrame
        title="Estimates of virtual trials"
        summary={summary}
        table={() => ({
          columns: ["trial", "estimate", "low", "high", "p", "succeeds"],
          rows: known.map((trial, index) => [index + 1, trial.estimate, trial.low, trial.high, trial.p, trial.significant ? "yes" : "no"]),
        })}
        command={command}
      >
        <Forest trials={known} summary={summary} />
        <p class="quiet">{summary} Left of the line: better than the comparator. Hollow: the trial did not succeed.</p>
      </ChartFrame>
    </section>
  );
}

function Forest({ trials, summary }: { trials: Estimate[]; summary: string }) {
  const [box, full] = useWidth<HTMLDivElement>();
  const width = Math.max(120, full - 2 * SIDE);
  const sorted = [...trials].sort((a, b) => a.estimate! - b.estimate!);
  const step = Math.max(3, Math.min(14, 320 / Math.max(1, sorted.length)));
  const height = step * sorted.length + FOOT + 8;
  const ends = sorted.flatMap((trial) => [trial.low ?? trial.estimate!, trial.high ?? trial.estimate!, 0]);
  const x = scaleLinear([Math.min(...ends), Math.max(...ends)], [0, width]).nice();
  return (
    <div ref={box} class="chart">
      <svg width={full} height={height} viewBox={`0 0 ${full} ${height}`} role="img" aria-label={summary}>
        <g transform={`translate(${SIDE} 4)`}>
          {x.ticks(6).map((tick) => (
            <g key={tick} transform={`translate(${x(tick)} 0)`}>
              <line y2={height - FOOT - 4} class="grid" />
              <text y={height - 8} class="mark mark-time">
                {number(tick)}
              </text>
            </g>
          ))}
          <line x1={x(0)} x2={x(0)} y2={height - FOOT - 4} class="cursor" />
          {sorted.map((trial, index) => (
            <g key={index} class={trial.significant ? "trial-line" : "trial-line is-open"} transform={`translate(0 ${step * (index + 0.5)})`}>
              {trial.low !== null && trial.high !== null && <line x1={x(trial.low)} x2={x(trial.high)} />}
              <circle cx={x(trial.estimate!)} r={Math.min(3.5, step / 2.2)} />
            </g>
          ))}
        </g>
      </svg>
    </div>
  );
}
