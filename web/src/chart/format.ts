// Numbers and times as words. One place, so that a value reads the same in a chart, a table and a sentence.

const MINUS = "−";

/** Three significant digits, no exponent where plain digits do. */
export function number(value: number | null, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4) return "< 0.0001";
  const places = Math.max(0, Math.min(6, digits - 1 - Math.floor(Math.log10(size))));
  const text = size >= 1e6 ? size.toExponential(1) : size.toFixed(places);
  const plain = text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
  const grouped = size >= 1e4 && size < 1e6 ? plain.replace(/\B(?=(\d{3})+$)/g, "\u2009") : plain;
  return (value < 0 && plain !== "0" ? MINUS : "") + grouped;
}

/** A signed difference: "+2", "−13". */
export const change = (value: number, digits = 3): string => (value > 0 ? "+" : "") + number(value, digits);

const plural = (count: string, word: string) => `${count} ${word}${count === "1" ? "" : "s"}`;

/** A length of time: "40 min", "4 h", "3 days", "2 weeks". */
export function span(hours: number): string {
  const size = Math.abs(hours);
  if (size < 1.5 && Math.abs(size * 60 - 60) > 0.5) return `${number(size * 60, size * 60 < 10 ? 2 : 3)} min`;
  if (size < 48) return `${number(size, size < 10 ? 2 : 3)} h`;
  const days = size / 24;
  if (days >= 14 && Math.abs(days / 7 - Math.round(days / 7)) < 0.02) return plural(number(Math.round(days / 7)), "week");
  return plural(number(days, days < 10 ? 2 : 3), "day");
}

/** A tick of a time axis, short: "40 m", "4 h", "3 d", "2 w". */
export function tick(hours: number): string {
  if (hours === 0) return "0";
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  if (hours < 24) return `${number(hours)} h`;
  const days = hours / 24;
  if (days >= 7 && days % 7 === 0) return `${days / 7} wk`;
  return `${number(days)} d`;
}

/** Upper case at the start of a title; "S-ketamine" and "mTORC1" stay as they are. */
export const titled = (words: string) => (/^[a-z]{2}/.test(words) ? words[0]!.toUpperCase() + words.slice(1) : words);

/** "x of 100", never below one without saying so. */
export function ofHundred(count: number): string {
  if (count > 0 && count < 1) return "fewer than 1 of 100";
  return `${Math.round(count)} of 100`;
}

/** A number with its unit; scale points and shares of one carry none. */
export function withUnit(value: number | null, unit: string): string {
  const bare = unit === "" || unit === "1" || unit === "relative";
  return bare ? number(value) : `${number(value)} ${unit}`;
}

/** A source's key as a reader knows the study: "daly2018" is "Daly 2018". */
export function studyName(key: string): string {
  const parts = /^([a-z]+)(\d{4})/.exec(key);
  return parts ? `${parts[1]![0]!.toUpperCase()}${parts[1]!.slice(1)} ${parts[2]}` : key;
}
