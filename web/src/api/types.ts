// The contract between the local server and this page. All times in hours. All numbers are finite;
// a value that is none is null.
export type Grade = "A" | "B" | "C" | "D" | "E";
export interface Badge {
  weakest: Grade | null;
  meaning: string;
  counts: { grade: Grade; rows: number }[];
  rows: string[] /* up to 5 ids with the weakest grade */;
}

// GET /api/atlas
export interface Catalogue {
  program: string;
  atlas: string;
  atlas_hash: string;
  not_advice: string;
  start: Ask; // what the page opens with
  crisis: Crisis;
  compounds: Compound[]; // only those that can be dosed; comparators too (kind)
  conditions: { name: string; title: string; about: string }[];
  hypotheses: { name: string; title: string; about: string }[];
  links: { name: string; about: string; expectation: boolean }[]; // steps that can be broken
  presets: { what: string; title: string; source: string; door: Door }[]; // published doses, for the builder's list
  scenarios: { name: string; title: string; question: string; door: Door; arms: string[] }[];
  trials: { name: string; title: string; arms: string[] }[];
  contexts: { name: string; rows: number }[]; // named sets of other numbers
  grades: { grade: Grade; meaning: string }[];
  claims: Claim[];
}
export type Door = "curious" | "teaching" | "modelling";
export interface Crisis {
  checked: string /* date */;
  text: string;
  lines: { where: string; name: string; contact: string; address: string }[];
}
export interface Compound {
  name: string;
  title: string;
  about: string;
  kind: "ketamine" | "comparator" | "partner";
  routes: Route[];
}
export interface Route {
  name: string;
  title: string;
  unit: "mg/kg" | "mg";
  infused: boolean;
  highest_published: string | null /* words and source */;
  highest: number | null /* in `unit` */;
  usual: number | null /* a published dose to start the slider at */;
  over_min: number | null;
}

// POST /api/run  Ask
export interface Ask {
  what: string; // dose sentence ("ketamine 0.5 mg/kg iv over 40 min"; several with `then`, `and`) or the name of a scenario
  arm?: string; // arm of the scenario
  condition?: string;
  hypothesis?: string;
  contexts?: string[];
  hold?: string[]; // names of links that are broken
  set?: { id: string; value: string }[]; // ledger numbers set by hand (modelling door)
  until?: string; // "28 d"
}
export interface Run {
  ask: Ask;
  name: string;
  command: string; // the same run as a command line
  until_h: number;
  bent: boolean; // bent: symlog time axis suits (one dose); else even in days
  doses: { at_h: number; over_h: number; text: string }[];
  times_h: number[]; // one grid for all signals, about 240 points
  lanes: Lane[]; // five: blood, receptor, circuit, plasticity, symptom
  warnings: string[]; // e.g. a dose above the highest published
  provenance: {
    program: string;
    atlas: string;
    atlas_hash: string;
    contexts: string[];
    hypothesis: string;
    numbers: number;
    states: number;
    weakest: Badge;
  };
  compute_ms: number;
}
export interface Lane {
  id: "blood" | "receptor" | "circuit" | "plasticity" | "symptom";
  title: string;
  sentence: string /* plain, about this run */;
  badge: Badge;
  panels: Panel[];
}
export interface Panel {
  id: string;
  title: string;
  unit: string;
  log: boolean;
  main: boolean /* shown at once; others behind "more" */;
  lower_is_better: boolean;
  badge: Badge;
  signals: Signal[];
}
export interface Signal {
  port: string;
  label: string;
  short: string;
  unit: string;
  values: number[]; // treated, on Run.times_h
  untreated: number[] | null; // null: stays at rest throughout
  drug_alone: number[] | null; // symptom only: without expectation
  rest: number | null;
  extreme: { at_h: number; value: number; words: string } | null;
  badge: Badge;
  observed: Observed[];
}
export interface Observed {
  name: string;
  source: string;
  address: string;
  calibration: boolean;
  points: { at_h: number; value: number; low: number | null; high: number | null }[];
  misfit: string; /* in words, e.g. "median error 7 % over 12 points" */
}

// POST /api/people  {ask, ports: string[], people: 8..64, seed}
export interface People {
  people: number;
  seed: number;
  times_h: number[];
  signals: {
    port: string;
    lines: number[][] /* up to 12 people */;
    shares: number[];
    bands: number[][]; /* [share][time], shares 0.05 0.25 0.5 0.75 0.95 */
  }[];
  note: string;
  compute_ms: number;
}

// GET /api/signals/{port}/why?condition=…
export interface Why {
  port: string;
  label: string;
  unit: string;
  badge: Badge;
  modules: {
    path: string;
    title: string;
    idea: string;
    equations: string;
    limits: string;
    direct: boolean;
  }[];
  parameters: Number_[];
  sources: Source[];
}
export interface Number_ {
  id: string;
  context: string;
  value: number;
  unit: string;
  grade: Grade;
  method: string;
  checked: string;
  species: string;
  group: string;
  uncertainty: string;
  variability: string;
  source: string /* key */;
  locator: string;
  note: string;
}
export interface Source {
  key: string;
  authors: string;
  year: string;
  title: string;
  address: string;
  read_as: string;
}
// GET /api/evidence → { rows: Number_[]; sources: Source[] }   (all, filtered in the page)
// GET /api/evidence/{id} → { rows: Number_[]; sources: Source[]; modules: string[]; moves: string[] /* labels of signals */ }
export interface Claim {
  id: string;
  heading: string;
  claim: string;
  grade: string;
  supports: string;
  against: string;
  home: string;
  tests: string[];
}
// GET /api/stories → { name, heading, title, lead, claims: string[] }[]
// GET /api/stories/{name}
export interface Story {
  name: string;
  heading: string;
  title: string;
  lead: string;
  parts: { title: string; text: string[] /* paragraphs */; claims: Claim[] }[];
  picture: { ask: Ask; against: Ask | null; ports: string[]; caption: string };
  predict: { question: string; choices: string[]; answer: number /* 0-based */; reveal: string };
  next: string | null;
  previous: string | null;
}
// GET /api/card
export interface Card {
  seed: number;
  people: number;
  atlas_hash: string;
  current: boolean;
  inside: number;
  scored: number;
  median_z: number | null;
  signs: { right: number; of: number };
  findings: Finding[];
  misses: { id: string; says: string; why: string }[];
  limits: { module: string; text: string }[];
  grades: { grade: Grade; rows: number }[];
}
export interface Finding {
  id: string;
  study: string;
  arm: string;
  endpoint: string;
  at_h: number | null;
  printed: number | null;
  low: number | null;
  high: number | null;
  model: number | null;
  z: number | null;
  verdict: string;
  reason: string;
  use: string;
}

// Jobs. POST /api/jobs {kind, …} → 202 Job ; GET /api/jobs → Job[] ; GET /api/jobs/{id} → Job ; DELETE /api/jobs/{id} → Job (cancelled) ;
// GET /api/jobs/{id}/events: server-sent events, `event: job`, data: Job without result; the last one has a final state. 429 with Retry-After when too many.
export type JobAsk =
  | { kind: "trial"; trial: TrialAsk }
  | { kind: "probe"; probe: "eeg" | "fmri"; ask: Ask; at: string; people: number | null }
  | { kind: "influence"; ask: Ask; port: string; at: string } // every number of the run moved by its uncertainty (or 10 %), one at a time
  | { kind: "validate"; people: number };
export interface TrialAsk {
  title?: string;
  condition?: string;
  arms: { name: string; what: string }[] /* 2 to 4; the last is the comparator */;
  per_arm: number;
  trials: number;
  entry_madrs: number;
  visit: string /* "24 h": the primary */;
  last: string /* "7 d" */;
  seed: number;
}
export interface Job {
  id: string;
  kind: "trial" | "probe" | "influence" | "validate";
  title: string;
  command: string;
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  progress: number;
  message: string;
  result?: TrialResult | ProbeResult | InfluenceResult | Card | null;
  protocol?: string; /* TOML of the same run */
}
export interface TrialResult {
  people: number;
  screened: number;
  trials: number;
  measure: string;
  unit: string;
  arms: {
    name: string;
    what: string;
    people: number;
    left: number /* of 100 */;
    responders: Share;
    remitters: Share;
    adverse: { name: string; of_100: number | null }[];
    visits: { at_h: number; mean: number | null; low: number | null; high: number | null; seen: number }[];
    lines: { at_h: number[]; value: number[] }[];
  }[];
  contrasts: {
    analysis: string;
    at: string;
    arms: string;
    unit: string;
    pooled: number | null;
    low: number | null;
    high: number | null;
    found: Share;
    trials: {
      estimate: number | null;
      low: number | null;
      high: number | null;
      p: number | null;
      significant: boolean;
    }[];
  }[];
  note: string;
}
export interface Share {
  of_100: number | null;
  low: number | null;
  high: number | null;
}
export interface ProbeResult {
  probe: "eeg" | "fmri";
  at: string;
  people: number | null;
  notes: string[];
  readings: {
    label: string;
    unit: string;
    before: number | null;
    after: number | null;
    change: number | null;
    low: number | null;
    high: number | null;
    dz: number | null;
  }[];
  spectrum: { frequency_hz: number[]; before_db: number[]; after_db: number[] } | null;
  brain: {
    regions: {
      label: string;
      hemisphere: "L" | "R";
      network: string;
      before: number;
      after: number; /* mean connectivity with all others */
    }[];
    before: number[][];
    after: number[][];
  } | null;
}
export interface InfluenceResult {
  port: string;
  label: string;
  unit: string;
  at_h: number;
  value: number;
  rows: {
    id: string;
    value: number;
    unit: string;
    grade: Grade;
    step: string /* "±1 SD of its uncertainty" or "±10 %" */;
    down: number;
    up: number; /* the reading under each */
  }[];
}

// Errors: any 4xx/5xx with JSON {errors: {code: string; message: string; hint: string}[]} — every mistake at once.
// GET /report?what=…&condition=…  → the run's report as a page that needs no script.
// POST /api/report Ask → same html for download.  GET /cortex.bin etc. are static assets.
