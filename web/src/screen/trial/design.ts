// The design of a trial, as it stands in the address.

export interface Design {
  active: string;
  control: string;
  people: number;
  trials: number;
  entry: number;
  visit: string;
  last: string;
  seed: number;
}

const USUAL = { control: "midazolam 0.045 mg/kg iv over 40 min", people: 30, trials: 20, entry: 28, visit: "24 h", last: "7 d", seed: 1 };

const between = (text: string | null, usual: number, low: number, high: number) => {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isInteger(value) ? Math.min(high, Math.max(low, value)) : usual;
};

/** What the address says; the rest as usual. The treatment is what the other screens show. */
export function designFrom(query: URLSearchParams, given: string): Design {
  const visits = visitsOf(query.get("visit") ?? USUAL.visit, USUAL.last);
  return {
    active: query.get("active") ?? given,
    control: query.get("control") ?? USUAL.control,
    people: between(query.get("n"), USUAL.people, 4, 400),
    trials: between(query.get("trials"), USUAL.trials, 1, 200),
    entry: between(query.get("entry"), USUAL.entry, 0, 50),
    seed: between(query.get("seed"), USUAL.seed, 0, 2 ** 32 - 1),
    ...visits,
  };
}

export function designParams(design: Design): Record<string, string | null> {
  const told = (value: string | number, usual: string | number) => (value === usual ? null : String(value));
  return {
    active: design.active,
    control: told(design.control, USUAL.control),
    n: told(design.people, USUAL.people),
    trials: told(design.trials, USUAL.trials),
    entry: told(design.entry, USUAL.entry),
    seed: told(design.seed, USUAL.seed),
    visit: told(design.visit, USUAL.visit),
  };
}

const DAYS: Record<string, number> = { "4 h": 1 / 6, "24 h": 1, "3 d": 3, "7 d": 7, "14 d": 14, "28 d": 28 };

/** People are seen at least until a week after the start, and never end before the visit that decides. */
export function visitsOf(visit: string, last: string): { visit: string; last: string } {
  const known = visit in DAYS ? visit : USUAL.visit;
  return { visit: known, last: (DAYS[known] ?? 1) > (DAYS[last] ?? 7) ? known : last };
}
