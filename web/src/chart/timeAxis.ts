// Time from the first dose. Bent: minutes and weeks on one axis (symmetric logarithm); even: days side by side.
import { scaleLinear, scaleSymlog } from "d3-scale";
import { tick } from "./format";

export interface Tick {
  at: number;
  label: string;
}
export interface TimeAxis {
  until_h: number;
  bent: boolean;
  x: (hours: number, width: number) => number;
  hours: (x: number, width: number) => number;
  ticks: (width: number) => Tick[];
}

/** Below this the bent axis is nearly even: a quarter of an hour. */
const BEND_H = 0.25;
const CLOSEST_PX = 46;
const MINUTE = 1 / 60;
const DAY = 24;
const WEEK = 168;
/** Marks in the order in which they deserve room. */
const BENT_MARKS = [0, 1, DAY, WEEK, 4 * WEEK, 4, 3 * DAY, 10 * MINUTE, 2 * WEEK, 12, 8 * WEEK, 0.5, 2, 2 * DAY, 26 * WEEK, 52 * WEEK];
const EVEN_STEPS = [0.25, 0.5, 1, 2, 4, 6, 12, DAY, 2 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 13 * WEEK];

export function timeAxis(until_h: number, bent: boolean): TimeAxis {
  const scale = bent ? scaleSymlog().constant(BEND_H) : scaleLinear();
  scale.domain([0, until_h]).range([0, 1]);
  const x = (hours: number, width: number) => scale(hours) * width;
  return {
    until_h,
    bent,
    x,
    hours: (at, width) => scale.invert(Math.min(1, Math.max(0, at / width))),
    ticks: (width) => (bent ? bentTicks(until_h, (hours) => x(hours, width)) : evenTicks(until_h, width)),
  };
}

function bentTicks(until_h: number, x: (hours: number) => number): Tick[] {
  const kept: number[] = [];
  for (const mark of BENT_MARKS) {
    if (mark > until_h * 1.001) continue;
    if (kept.every((other) => Math.abs(x(other) - x(mark)) >= CLOSEST_PX)) kept.push(mark);
  }
  return kept.sort((a, b) => a - b).map((at) => ({ at, label: tick(at) }));
}

function evenTicks(until_h: number, width: number): Tick[] {
  const room = Math.max(2, Math.floor(width / CLOSEST_PX / 1.4));
  const step = EVEN_STEPS.find((each) => until_h / each <= room) ?? until_h;
  const ticks: Tick[] = [];
  for (let at = 0; at <= until_h * 1.001; at += step) ticks.push({ at, label: tick(at) });
  return ticks;
}

/** The value of a line at a moment, between two points of its grid. */
export function valueAt(times_h: number[], values: number[], at_h: number): number {
  const last = times_h.length - 1;
  if (last < 0) return NaN;
  if (at_h <= times_h[0]!) return values[0]!;
  if (at_h >= times_h[last]!) return values[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times_h[middle]! <= at_h) low = middle;
    else high = middle;
  }
  const share = (at_h - times_h[low]!) / (times_h[high]! - times_h[low]!);
  return values[low]! + share * (values[high]! - values[low]!);
}

/** The next stop of the cursor: even steps on screen, so that minutes and weeks are equally near. */
export function stepped(axis: TimeAxis, at_h: number, steps: number, stops = 120): number {
  const here = axis.x(at_h, stops);
  const next = Math.min(stops, Math.max(0, Math.round(here) + steps));
  return rounded(axis.hours(next, stops), axis.until_h);
}

/** A moment as a reader would say it: whole minutes, then quarter hours, then hours. */
export function rounded(hours: number, until_h: number): number {
  const grain = hours < 2 ? MINUTE : hours < 12 ? 0.25 : hours < 96 ? 1 : 6;
  return Math.min(until_h, Number((Math.round(hours / grain) * grain).toFixed(4)));
}
