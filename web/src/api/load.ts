// Something fetched once for a screen: what came, or the mistakes instead.
import { useEffect, useState } from "preact/hooks";
import { aborted, mistakesOf, type Mistake } from "./client";

export interface Loaded<T> {
  value: T | null;
  mistakes: Mistake[];
}

/** Fetches again whenever `key` changes; keeps the last value until the next is there. */
export function useLoad<T>(key: string, fetcher: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ value: null, mistakes: [] });
  useEffect(() => {
    const stop = new AbortController();
    fetcher(stop.signal).then(
      (value) => setLoaded({ value, mistakes: [] }),
      (error: unknown) => {
        if (!aborted(error)) setLoaded((last) => ({ value: last.value, mistakes: mistakesOf(error) }));
      },
    );
    return () => stop.abort();
    // The fetcher is a new closure at each drawing; the key says when it means something else.
  }, [key]);
  return loaded;
}
