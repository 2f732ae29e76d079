// A long computation: started, watched through server-sent events, cancelled on request.
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { api, mistakesOf, type Mistake } from "./client";
import type { Job, JobAsk } from "./types";

const FINAL = new Set<Job["state"]>(["done", "failed", "cancelled"]);

export interface JobWatch {
  job: Signal<Job | null>;
  mistakes: Signal<Mistake[]>;
  start: (ask: JobAsk) => Promise<void>;
  cancel: () => Promise<void>;
  forget: () => void;
}

export const running = (job: Job | null): boolean => job !== null && !FINAL.has(job.state);

export function watchJob(): JobWatch & { close: () => void } {
  const job = signal<Job | null>(null);
  const mistakes = signal<Mistake[]>([]);
  let events: EventSource | null = null;
  const close = () => {
    events?.close();
    events = null;
  };

  const settle = async (id: string) => {
    close();
    try {
      job.value = await api.job(id);
    } catch (error) {
      mistakes.value = mistakesOf(error);
    }
  };

  const watch = (id: string) => {
    events = new EventSource(`/api/jobs/${id}/events`);
    events.addEventListener("job", (event) => {
      const next = JSON.parse((event as MessageEvent<string>).data) as Job;
      if (FINAL.has(next.state)) void settle(id);
      else job.value = next;
    });
    // The stream ends with the job; only the job itself says how it ended.
    events.onerror = () => void settle(id);
  };

  return {
    job,
    mistakes,
    close,
    start: async (ask) => {
      close();
      mistakes.value = [];
      try {
        job.value = await api.startJob(ask);
        if (FINAL.has(job.value.state)) await settle(job.value.id);
        else watch(job.value.id);
      } catch (error) {
        mistakes.value = mistakesOf(error);
      }
    },
    cancel: async () => {
      if (!job.value) return;
      try {
        // Work stops when it next looks up; the stream that is open tells when it has.
        const told = await api.cancelJob(job.value.id);
        if (FINAL.has(told.state)) await settle(told.id);
        else job.value = told;
      } catch (error) {
        mistakes.value = mistakesOf(error);
      }
    },
    forget: () => {
      close();
      job.value = null;
      mistakes.value = [];
    },
  };
}

/** A job for as long as a screen is shown; leaving the screen stops watching, not the computation. */
export function useJob(): JobWatch {
  const watch = useMemo(watchJob, []);
  useEffect(() => watch.close, [watch]);
  return watch;
}
