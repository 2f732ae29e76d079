// Power against frequency, before and then; both axes are logarithmic.
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { ProbeResult } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { number } from "../../chart/format";
import { useWidth } from "../../chart/useWidth";

type SpectrumOf = NonNullable<ProbeResult["spectrum"]>;

const SIDE = 46;
const HEIGHT = 260;
const FOOT = 26;
const BANDS = [
  { name: "theta", from: 4, to: 8 },
  { name: "alpha", from: 8, to: 13 },
  { name: "beta", from: 13, to: 30 },
  { name: "gamma", from: 30, to: 80 },
];

export function Spectrum({ spectrum, at, command }: { spectrum: SpectrumOf; at: string; command: string }) {
  const summary = `Power of the simulated EEG from 2 to 150 Hz. ${BANDS.map((band) => `${band.name} ${number(meanChange(spectrum, band.from, band.to))} dB`).join(", ")} at ${at} against before.`;
  return (
    <section>
      <h2>Spectrum</h2>
      <ChartFrame
        title="Spectrum of the simulated EEG"
        summary={summary}
        table={() => ({
          columns: ["frequency, Hz", "before, dB", `${at}, dB`],
          rows: spectrum.frequency_hz.map((hz, index) => [hz, spectrum.before_db[index]!, spectrum.after_db[index]!]),
        })}
        command={command}
      >
        <Drawn spectrum={spectrum} summary={summary} />
        <p class="quiet">Dashed: before. Line: {at}. {summary}</p>
      </ChartFrame>
    </section>
  );
}

function meanChange(spectrum: SpectrumOf, from: number, to: number): number {
  const inside = spectrum.frequency_hz.flatMap((hz, index) => (hz >= from && hz < to ? [index] : []));
  return inside.reduce((sum, index) => sum + spectrum.after_db[index]! - spectrum.before_db[index]!, 0) / Math.max(1, inside.length);
}

function Drawn({ spectrum, summary }: { spectrum: SpectrumOf; summary: string }) {
  const [box, full] = useWidth<HTMLDivElement>();
  const width = Math.max(120, full - SIDE - 12);
  const all = [...spectrum.before_db, ...spectrum.after_db];
  const x = scaleLog([2, 150], [0, width]);
  const y = scaleLinear([Math.min(...all), Math.max(...all)], [HEIGHT - FOOT, 6]).nice();
  const path = (values: number[]) =>
    line<number>()
      .x((_, index) => x(spectrum.frequency_hz[index]!))
      .y((value) => y(value))
      .digits(1)(values) ?? "";
  return (
    <div ref={box} class="chart lane-circuit">
      <svg width={full} height={HEIGHT} viewBox={`0 0 ${full} ${HEIGHT}`} role="img" aria-label={summary}>
        <g transform={`translate(${SIDE} 0)`}>
          {[2, 5, 10, 20, 40, 80, 150].map((hz) => (
            <g key={hz} transform={`translate(${x(hz)} 0)`}>
              <line y2={HEIGHT - FOOT} class="grid" />
              <text y={HEIGHT - 8} class="mark mark-time">
                {hz === 150 ? "150 Hz" : hz}
              </text>
            </g>
          ))}
          {y.ticks(5).map((db) => (
            <g key={db} transform={`translate(0 ${y(db)})`}>
              <line x2={width} class="grid" />
              <text x={-8} dy="0.32em" class="mark mark-value">
                {number(db)}
              </text>
            </g>
          ))}
          <path d={path(spectrum.before_db)} class="line tone-ghost dash-1" />
          <path d={path(spectrum.after_db)} class="line tone-first" />
        </g>
      </svg>
    </div>
  );
}
