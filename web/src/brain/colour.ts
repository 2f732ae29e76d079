// A diverging scale, blue over light grey to orange, told apart also without red and green (after Okabe and Ito).

type Colour = [number, number, number];
const LOW: Colour = [0.0, 0.37, 0.66];
const MIDDLE: Colour = [0.9, 0.9, 0.88];
const HIGH: Colour = [0.84, 0.37, 0.0];

/** The colour of a value on a scale from -most to most; each part 0 to 1. */
export function colourAt(value: number, most: number): Colour {
  const share = most > 0 ? Math.max(-1, Math.min(1, value / most)) : 0;
  const end = share < 0 ? LOW : HIGH;
  return MIDDLE.map((part, k) => part + (end[k]! - part) * Math.abs(share)) as Colour;
}

export const css = (colour: Colour) => `rgb(${colour.map((part) => Math.round(255 * part)).join(" ")})`;

/** A round number at or above the largest size. */
export function roundMost(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((lead) => lead * power).find((edge) => edge >= most * (1 - 1e-9)) ?? most;
}
