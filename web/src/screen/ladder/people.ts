// People instead of one person: asked for once the reader rests, since many runs cost more than one.
import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Ask, People } from "../../api/types";
import { askQuery } from "../../state/ask";

export type PeopleShown = "bands" | "lines" | "none";
export const PEOPLE_SHOWN: PeopleShown[] = ["bands", "lines", "none"];
export const peopleShown = (text: string | null): PeopleShown =>
  PEOPLE_SHOWN.find((each) => each === text) ?? "bands";

const REST_MS = 350;
const PEOPLE = 24;
const SEED = 1;

/** Null while the people of another ask would be shown: a band must belong to its line. */
export function usePeople(ask: Ask | null, ports: string[], wanted: boolean): People | null {
  const [found, setFound] = useState<{ key: string; people: People } | null>(null);
  const key = ask ? `${askQuery(ask)}|${ports.join()}` : "";
  useEffect(() => {
    if (!ask || !wanted || ports.length === 0 || found?.key === key) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      api.people({ ask, ports, people: PEOPLE, seed: SEED }, stop.signal).then(
        (people) => setFound({ key, people }),
        // Without people the typical line stands alone; the run itself says what is wrong.
        () => undefined,
      );
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [key, wanted]);
  return wanted && found?.key === key ? found.people : null;
}
