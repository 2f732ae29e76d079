// Speaks to the server that served this page, and to no other.
import type { Ask, Catalogue, Job, JobAsk, Number_, People, Run, Source, Story, Why, Card } from "./types";

/** One mistake as the server tells it: what is wrong and what would help. */
export interface Mistake {
  code: string;
  message: string;
  hint: string;
}

/** A refusal carries every mistake at once, so that a reader mends them in one go. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly mistakes: Mistake[],
  ) {
    super(mistakes.map((mistake) => mistake.message).join(" "));
  }
}

export const aborted = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

/** Mistakes as words, whatever was thrown. */
export function mistakesOf(error: unknown): Mistake[] {
  if (error instanceof Refusal) return error.mistakes;
  const message = "The program behind this page does not answer.";
  return [{ code: "page", message, hint: "Is `resynapse serve` still running? Start it again and reload this page." }];
}

async function call(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(path, init);
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  throw new Refusal(response.status, mistakesIn(body, response));
}

function mistakesIn(body: unknown, response: Response): Mistake[] {
  if (typeof body === "object" && body !== null && "errors" in body && Array.isArray(body.errors)) {
    return body.errors as Mistake[];
  }
  const wait = response.headers.get("Retry-After");
  const hint = wait ? `Try again in ${wait} seconds.` : "";
  return [{ code: String(response.status), message: `The program answered ${response.status}.`, hint }];
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, { signal: signal ?? null })).json()) as T;
}

async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const response = await call(path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
  return (await response.json()) as T;
}

export interface Evidence {
  rows: Number_[];
  sources: Source[];
}
export interface EvidenceOne extends Evidence {
  modules: string[];
  moves: string[];
}
export interface StoryHeading {
  name: string;
  heading: string;
  title: string;
  lead: string;
  claims: string[];
}
export interface PeopleAsk {
  ask: Ask;
  ports: string[];
  people: number;
  seed: number;
}

export const api = {
  atlas: (signal?: AbortSignal) => get<Catalogue>("/api/atlas", signal),
  run: (ask: Ask, signal?: AbortSignal) => post<Run>("/api/run", ask, signal),
  people: (ask: PeopleAsk, signal?: AbortSignal) => post<People>("/api/people", ask, signal),
  why: (port: string, condition: string | undefined, signal?: AbortSignal) => {
    const query = condition ? `?condition=${encodeURIComponent(condition)}` : "";
    return get<Why>(`/api/signals/${encodeURIComponent(port)}/why${query}`, signal);
  },
  evidence: (signal?: AbortSignal) => get<Evidence>("/api/evidence", signal),
  evidenceOne: (id: string, signal?: AbortSignal) => get<EvidenceOne>(`/api/evidence/${encodeURIComponent(id)}`, signal),
  stories: (signal?: AbortSignal) => get<StoryHeading[]>("/api/stories", signal),
  story: (name: string, signal?: AbortSignal) => get<Story>(`/api/stories/${encodeURIComponent(name)}`, signal),
  card: (signal?: AbortSignal) => get<Card>("/api/card", signal),
  startJob: (ask: JobAsk) => post<Job>("/api/jobs", ask),
  job: (id: string, signal?: AbortSignal) => get<Job>(`/api/jobs/${id}`, signal),
  cancelJob: async (id: string) => (await (await call(`/api/jobs/${id}`, { method: "DELETE" })).json()) as Job,
  report: async (ask: Ask) => {
    const headers = { "Content-Type": "application/json" };
    return (await call("/api/report", { method: "POST", headers, body: JSON.stringify(ask) })).blob();
  },
};

