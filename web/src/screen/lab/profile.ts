// A release profile as bars: so much in each stretch of time; and the dose sentence that gives it.

export interface Profile {
  drug: string;
  route: string;
  /** Length of one bar, min. */
  step_min: number;
  /** Amount of each bar, mg. */
  amounts: number[];
}

export const MOST_BARS = 12;
const STEPS = [15, 30, 60, 120, 240];
export const stepsOffered = STEPS;

const plain = (x: number) => String(Number(x.toPrecision(4)));

/** Bars without drug are left out; null when nothing is given. */
export function sentenceOf(profile: Profile): string | null {
  const bars = profile.amounts.flatMap((amount, index) => {
    if (!(amount > 0)) return [];
    const at = index * profile.step_min;
    const start = at === 0 ? "" : ` at ${plain(at)} min`;
    return [`${profile.drug} ${plain(amount)} mg ${profile.route} over ${plain(profile.step_min)} min${start}`];
  });
  return bars.length ? bars.join(" and ") : null;
}

/** `amounts=10-20-5`, as the address has it. */
export function amountsFrom(text: string | null): number[] {
  const parts = (text ?? "").split("-").map(Number);
  const good = parts.filter((x) => Number.isFinite(x) && x >= 0).slice(0, MOST_BARS);
  return good.length && text ? good : [6, 10, 8, 6, 4, 3, 2, 1];
}

export const amountsText = (amounts: number[]) => amounts.map(plain).join("-");

export const total = (amounts: number[]) => amounts.reduce((sum, x) => sum + x, 0);

/** Well-known shapes, all of the same total. */
export const SHAPES: { name: string; weights: (bars: number) => number[] }[] = [
  { name: "All at once", weights: (bars) => Array.from({ length: bars }, (_, index) => (index === 0 ? 1 : 0)) },
  { name: "Even", weights: (bars) => Array.from({ length: bars }, () => 1) },
  { name: "Falling", weights: (bars) => Array.from({ length: bars }, (_, index) => bars - index) },
  { name: "Rising", weights: (bars) => Array.from({ length: bars }, (_, index) => index + 1) },
];

export function shaped(amounts: number[], weights: (bars: number) => number[]): number[] {
  const shares = weights(amounts.length);
  const all = total(shares);
  return shares.map((share) => Number(((total(amounts) * share) / all).toPrecision(3)));
}

/** The same dose at several amounts, from a half to twice. */
export function series(what: string): { what: string; amount: string }[] {
  const found = /(\d*\.?\d+) (mg\/kg|mg)\b/.exec(what);
  if (!found || !doseOnly(what)) return [];
  const amount = Number(found[1]);
  return [0.25, 0.5, 1, 2].map((factor) => {
    const next = plain(amount * factor);
    return { what: what.replace(found[0], `${next} ${found[2]}`), amount: `${next} ${found[2]}` };
  });
}

/** One dose, not several joined: which amount a series means would be unclear. */
const doseOnly = (what: string) => !/ (and|then) |;/.test(what);
