// Lines, bands and points over time, drawn to the width at hand. It knows values, not what they mean.
import { area, line as d3line } from "d3-shape";
import { useMemo } from "preact/hooks";
import type { Tick, TimeAxis } from "./timeAxis";
import { useWidth } from "./useWidth";
import { valueAxis } from "./valueAxis";

/** first to fifth: signals of one panel, told apart by shade and dash. ghost: another run. person: one of many. */
export type Tone = "first" | "second" | "third" | "fourth" | "fifth" | "rest" | "alone" | "ghost" | "person" | "median";

export interface Line {
  id: string;
  times_h: number[];
  values: number[];
  tone: Tone;
  /** Which dash, for ghosts; 0 is solid. */
  dash?: number;
  /** A css colour in place of the tone's; from the tokens. */
  color?: string;
  /** A short label at the line's end. */
  ends?: string;
}
export interface Band {
  id: string;
  times_h: number[];
  low: number[];
  high: number[];
  strength: "wide" | "narrow";
  color?: string;
}
export interface Point {
  at_h: number;
  value: number;
  low: number | null;
  high: number | null;
  /** Filled: took no part in sizing the model. Hollow: it did. */
  filled: boolean;
  shape?: number;
  name: string;
}

export interface LineChartProps {
  summary: string;
  axis: TimeAxis;
  lines: Line[];
  bands?: Band[];
  points?: Point[];
  log?: boolean;
  /** Values that the axis must hold whatever the lines do. */
  include?: number[];
  height?: number;
  cursor_h?: number | null;
  onCursor?: (at_h: number) => void;
  /** Time marks under the chart. */
  timeLabels?: boolean;
}

const LEFT = 46;
const TOP = 8;
const RIGHT = 14;
const BOTTOM = 20;

export function LineChart(props: LineChartProps) {
  const { axis, lines, bands = [], points = [], log = false, include, height = 120, cursor_h, onCursor, timeLabels } = props;
  const [box, full] = useWidth<HTMLDivElement>();
  const width = Math.max(80, full - LEFT - RIGHT);
  const inner = height - TOP - 4;
  const whole = height + (timeLabels ? BOTTOM : 0);

  const drawn = useMemo(() => {
    const values = valueAxis(all(lines, bands, points), log, include);
    const x = (hours: number) => axis.x(hours, width);
    const y = (value: number) => values.y(value, inner);
    const paths = lines.map((each) => path(each, x, y, values.floor));
    const areas = bands.map((each) => bandPath(each, x, y));
    return { values, x, y, paths, areas, ticks: axis.ticks(width) };
  }, [axis, lines, bands, points, log, width, inner]);
  const { x, y } = drawn;

  const move = (event: PointerEvent) => {
    const edge = (event.currentTarget as Element).getBoundingClientRect();
    onCursor?.(axis.hours(event.clientX - edge.left - LEFT, width));
  };

  return (
    <div ref={box} class="chart">
      <svg
        width={full}
        height={whole}
        viewBox={`0 0 ${full} ${whole}`}
        role="img"
        aria-label={props.summary}
        onPointerDown={(event) => {
          if (!onCursor) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          move(event);
        }}
        onPointerMove={(event) => onCursor && event.buttons === 1 && move(event)}
      >
        <g transform={`translate(${LEFT} ${TOP})`}>
          <TimeGrid ticks={drawn.ticks} x={x} height={inner} labels={timeLabels ?? false} />
          {drawn.values.ticks.map((mark) => (
            <g key={mark.at} transform={`translate(0 ${y(mark.at)})`}>
              <line x2={width} class="grid" />
              <text x={-8} dy="0.32em" class="mark mark-value">{mark.label}</text>
            </g>
          ))}
          {drawn.areas.map((d, index) => (
            <path key={bands[index]!.id} d={d} class={`band is-${bands[index]!.strength}`} style={{ fill: bands[index]!.color }} />
          ))}
          {drawn.paths.map((d, index) => (
            <path
              key={lines[index]!.id}
              d={d}
              class={`line tone-${lines[index]!.tone} dash-${lines[index]!.dash ?? "no"}`}
              style={{ stroke: lines[index]!.color }}
            />
          ))}
          {lines.map((each) => each.ends && <EndLabel key={each.id} line={each} x={x} y={y} />)}
          {points.map((point, index) => (
            <PointMark key={index} point={point} x={x(point.at_h)} y={y} />
          ))}
          {cursor_h != null && <line x1={x(cursor_h)} x2={x(cursor_h)} y1={-TOP} y2={inner + 4} class="cursor" />}
        </g>
      </svg>
    </div>
  );
}

function TimeGrid({ ticks, x, height, labels }: { ticks: Tick[]; x: (h: number) => number; height: number; labels: boolean }) {
  return (
    <>
      {ticks.map((mark) => (
        <g key={mark.at} transform={`translate(${x(mark.at)} 0)`}>
          <line y2={height} class="grid" />
          {labels && <text y={height + 16} class="mark mark-time">{mark.label}</text>}
        </g>
      ))}
    </>
  );
}

function EndLabel({ line, x, y }: { line: Line; x: (h: number) => number; y: (v: number) => number }) {
  const last = line.times_h.length - 1;
  if (last < 0) return null;
  return (
    <text x={x(line.times_h[last]!) - 4} y={y(line.values[last]!) - 6} class="mark mark-end" style={{ fill: line.color }}>
      {line.ends}
    </text>
  );
}

export const SHAPES = ["M-3.6 0A3.6 3.6 0 1 1 3.6 0A3.6 3.6 0 1 1 -3.6 0Z", "M-3.3-3.3H3.3V3.3H-3.3Z", "M0-4.4L4.2 3.2H-4.2Z", "M0-4.6L4.6 0L0 4.6L-4.6 0Z"];

function PointMark({ point, x, y }: { point: Point; x: number; y: (value: number) => number }) {
  return (
    <g class={point.filled ? "point is-filled" : "point"} transform={`translate(${x} 0)`}>
      {point.low !== null && point.high !== null && <line y1={y(point.low)} y2={y(point.high)} />}
      <path d={SHAPES[(point.shape ?? 0) % SHAPES.length]} transform={`translate(0 ${y(point.value)})`} />
    </g>
  );
}

function path(each: Line, x: (h: number) => number, y: (v: number) => number, floor: number): string {
  const draw = d3line<number>()
    .x((_, index) => x(each.times_h[index]!))
    .y((value) => y(value))
    .defined((value) => Number.isFinite(value) && value >= floor)
    .digits(1);
  return draw(each.values) ?? "";
}

function bandPath(each: Band, x: (h: number) => number, y: (v: number) => number): string {
  const draw = area<number>()
    .x((_, index) => x(each.times_h[index]!))
    .y0((_, index) => y(each.low[index]!))
    .y1((_, index) => y(each.high[index]!))
    .digits(1);
  return draw(each.low) ?? "";
}

function* all(lines: Line[], bands: Band[], points: Point[]): Iterable<number> {
  for (const each of lines) yield* each.values;
  for (const each of bands) {
    yield* each.low;
    yield* each.high;
  }
  for (const point of points) {
    yield point.value;
    if (point.high !== null) yield point.high;
    if (point.low !== null) yield point.low;
  }
}
