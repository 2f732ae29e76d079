// The upright axis of a chart: a range that holds everything drawn, and a few round marks.
import { scaleLinear, scaleLog } from "d3-scale";
import { number } from "./format";

export interface ValueAxis {
  y: (value: number, height: number) => number;
  ticks: { at: number; label: string }[];
  /** Below this nothing is drawn: a logarithm has no bottom. */
  floor: number;
}

/** A logarithmic axis shows three decades below its top; what is less is not drawn. */
const DECADES = 3;

export function valueAxis(values: Iterable<number>, log: boolean, include: number[] = []): ValueAxis {
  let low = Infinity;
  let high = -Infinity;
  const take = (value: number) => {
    if (!Number.isFinite(value)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const value of values) take(value);
  for (const value of include) take(value);
  if (low > high) [low, high] = [0, 1];
  return log && high > 0 ? logAxis(high) : evenAxis(low, high);
}

function logAxis(high: number): ValueAxis {
  const top = 10 ** Math.ceil(Math.log10(high * 1.05));
  const floor = top / 10 ** DECADES;
  const scale = scaleLog().domain([floor, top]).range([0, 1]).clamp(true);
  const ticks = Array.from({ length: DECADES + 1 }, (_, step) => floor * 10 ** step);
  return {
    y: (value, height) => height * (1 - scale(Math.max(value, floor))),
    ticks: ticks.map((at) => ({ at, label: number(at, 1) })),
    floor,
  };
}

function evenAxis(low: number, high: number): ValueAxis {
  const room = high - low || Math.abs(high) || 1;
  // A flat line sits in the middle of its range, not on the edge.
  const from = high === low ? low - room / 2 : low >= -0.001 * room && low < 0.4 * high ? 0 : low - room * 0.06;
  const to = high === low ? high + room / 2 : high + room * 0.06;
  const scale = scaleLinear().domain([from, to]).nice(3).range([0, 1]);
  return {
    y: (value, height) => height * (1 - scale(value)),
    ticks: scale.ticks(3).map((at) => ({ at, label: number(at, 4) })),
    floor: -Infinity,
  };
}
