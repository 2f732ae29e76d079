// How much of an effect is left when a link is broken: differences of curves, nothing more.
import type { Run, Signal } from "../../api/types";
import { valueAt } from "../../chart/timeAxis";
import { signalOf } from "../ladder/drawing";

export interface Left {
  whole: number;
  broken: number;
  without: number;
  /** Share of the whole effect that remains, in percent; null when there was next to none. */
  left: number | null;
}

const SMALL = 0.5;

export function leftOf(whole: Run, broken: Run, port: string, at_h: number): Left | null {
  const before = signalOf(whole, port);
  const after = signalOf(broken, port);
  if (!before || !after) return null;
  const wholeValue = valueAt(whole.times_h, before.values, at_h);
  const brokenValue = valueAt(broken.times_h, after.values, at_h);
  const without = untreatedAt(whole, before, at_h);
  const effect = wholeValue - without;
  const left = Math.abs(effect) < SMALL ? null : (100 * (brokenValue - without)) / effect;
  return { whole: wholeValue, broken: brokenValue, without, left };
}

function untreatedAt(run: Run, signal: Signal, at_h: number): number {
  if (signal.untreated) return valueAt(run.times_h, signal.untreated, at_h);
  return signal.rest ?? signal.values[0] ?? 0;
}
