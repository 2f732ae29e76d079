// Stands in for d3-format (see vite.config.ts): numbers become words in format.ts, in one place for the whole page, so
// the scales' own way of writing ticks is never asked.

const unasked = (): never => {
  throw new Error("ticks are written by chart/format.ts");
};

export const format = unasked;
export const formatPrefix = unasked;
export const formatSpecifier = unasked;
export const precisionFixed = unasked;
export const precisionPrefix = unasked;
export const precisionRound = unasked;
