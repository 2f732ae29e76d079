// Runs, asked for as fast as sliders move. One request at a time: the newest ask waits for the one under way,
// a slow stale one is aborted, and the last picture stays until the next is there.
import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { aborted, api, mistakesOf, type Mistake } from "../api/client";
import type { Ask, Run } from "../api/types";
import { askQuery } from "./ask";

const KEPT_RUNS = 32;
const STALE_MS = 250;
const answers = new Map<string, Run>();

function remember(key: string, run: Run) {
  answers.delete(key);
  answers.set(key, run);
  if (answers.size > KEPT_RUNS) answers.delete(answers.keys().next().value!);
}

export interface Shown {
  run: Run | null;
  /** The picture is of an earlier ask; the new one is being computed. */
  waiting: boolean;
  mistakes: Mistake[];
}

export function liveRun() {
  const shown = signal<Shown>({ run: null, waiting: false, mistakes: [] });
  let wanted: Ask | null = null;
  let busy: { key: string; since: number; stop: AbortController } | null = null;

  const show = (run: Run) => (shown.value = { run, waiting: false, mistakes: [] });

  async function fetchWanted() {
    if (!wanted) return;
    const asked = wanted;
    const key = askQuery(asked);
    const known = answers.get(key);
    if (known) {
      show(known);
      return;
    }
    const stop = new AbortController();
    busy = { key, since: performance.now(), stop };
    try {
      const run = await api.run(asked, stop.signal);
      remember(key, run);
      busy = null;
      // A run of a moment ago is still nearer to what is asked than the picture on screen.
      if (wanted) shown.value = { run, waiting: askQuery(wanted) !== key, mistakes: [] };
    } catch (error) {
      busy = null;
      if (!aborted(error) && wanted && askQuery(wanted) === key) {
        shown.value = { run: shown.value.run, waiting: false, mistakes: mistakesOf(error) };
      }
    }
    if (wanted && askQuery(wanted) !== key) void fetchWanted();
  }

  return {
    shown: shown as ReadonlySignal<Shown>,
    want(next: Ask | null) {
      wanted = next;
      if (!next) {
        shown.value = { run: null, waiting: false, mistakes: [] };
        return;
      }
      const key = askQuery(next);
      const known = answers.get(key);
      if (known) {
        show(known);
        return;
      }
      if (!shown.value.waiting) shown.value = { ...shown.value, waiting: true };
      if (busy) {
        if (busy.key !== key && performance.now() - busy.since > STALE_MS) busy.stop.abort();
        return;
      }
      void fetchWanted();
    },
    close() {
      wanted = null;
      busy?.stop.abort();
    },
  };
}

/** The run of an ask; null asks for nothing. */
export function useRun(ask: Ask | null): Shown {
  const live = useMemo(liveRun, []);
  const key = ask ? askQuery(ask) : "";
  // Before the next picture, not after it: a slider should not wait a frame for its question to be sent.
  useLayoutEffect(() => live.want(ask), [live, key]);
  useEffect(() => live.close, [live]);
  return live.shown.value;
}

/** Several runs at once (pins, a dose series), each fetched once; those not there yet are null. */
export function useRuns(asks: Ask[]): (Run | null)[] {
  const arrived = useMemo(() => signal(0), []);
  const keys = asks.map(askQuery);
  useEffect(() => {
    const stop = new AbortController();
    void (async () => {
      for (const [index, key] of keys.entries()) {
        if (answers.has(key)) continue;
        try {
          remember(key, await api.run(asks[index]!, stop.signal));
          arrived.value += 1;
        } catch (error) {
          if (aborted(error)) return;
        }
      }
    })();
    return () => stop.abort();
  }, [keys.join("\n")]);
  void arrived.value;
  return keys.map((key) => answers.get(key) ?? null);
}
