// The journal: what was looked at, newest first. It stays in this browser.
import type { Ask, Run } from "../api/types";
import { askQuery } from "./ask";
import { kept } from "./kept";

export interface Entry {
  at: string;
  name: string;
  ask: Ask;
  command: string;
  atlas_hash: string;
  /** The symptom lane in words. */
  outcome: string;
}

const LONGEST = 60;
export const journal = kept<Entry[]>("resynapse.journal", [], (value): value is Entry[] => Array.isArray(value));

/** Noted once the reader has rested on a run; the same ask moves to the top instead of standing twice. */
export function note(run: Run) {
  const entry: Entry = {
    at: new Date().toISOString(),
    name: run.name,
    ask: run.ask,
    command: run.command,
    atlas_hash: run.provenance.atlas_hash,
    outcome: run.lanes.find((lane) => lane.id === "symptom")?.sentence ?? "",
  };
  const key = askQuery(run.ask);
  journal.value = [entry, ...journal.value.filter((old) => askQuery(old.ask) !== key)].slice(0, LONGEST);
}

export const forget = (entry: Entry) => {
  journal.value = journal.value.filter((old) => old !== entry);
};
