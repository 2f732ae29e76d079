// Stands in for d3-interpolate (see vite.config.ts): the scales of this page run between numbers, never between colours,
// and the original brings a colour library of fifteen kilobytes with it.

export const interpolateNumber = (from: number, to: number) => (share: number) => from * (1 - share) + to * share;
export const interpolateRound = (from: number, to: number) => (share: number) => Math.round(from * (1 - share) + to * share);
export const interpolate = interpolateNumber;

/** Through several values in turn. */
export function piecewise(between: typeof interpolateNumber, values: number[]) {
  const parts = values.slice(1).map((value, index) => between(values[index]!, value));
  return (share: number) => {
    const part = Math.max(0, Math.min(parts.length - 1, Math.floor(share * parts.length)));
    return parts[part]!(share * parts.length - part);
  };
}
