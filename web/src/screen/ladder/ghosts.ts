// Other runs behind this one: pins A to D, and a classical antidepressant.
import type { Ask, Catalogue, Run } from "../../api/types";
import { askQuery, pins } from "../../state/ask";
import { params, setParams } from "../../state/place";
import { useRuns } from "../../state/run";

export interface Ghost {
  letter: string;
  dash: number;
  run: Run;
  name: string;
}

export const MOST_PINS = 4;
const LETTERS = ["A", "B", "C", "D"];
const SSRI = "escitalopram";
const SSRI_WEEKS = 8;

/** Its whole course of eight weeks; the picture shows as much of it as this run lasts. */
export function ssriAsk(catalogue: Catalogue, run: Run | null, condition: string | undefined): Ask | null {
  const compound = catalogue.compounds.find((each) => each.name === SSRI);
  const route = compound?.routes[0];
  if (!compound || !route || !run) return null;
  const ask: Ask = { what: `${SSRI} ${route.usual ?? 10} ${route.unit} ${route.name} daily for ${SSRI_WEEKS} weeks` };
  if (condition) ask.condition = condition;
  return ask;
}

export const ssriShown = () => params.value.get("ssri") === "1";
export const toggleSsri = () => setParams({ ssri: ssriShown() ? null : "1" }, "push");

export function pin(ask: Ask) {
  const pinned = params.value.getAll("pin");
  const next = askQuery(ask);
  if (pinned.includes(next) || pinned.length >= MOST_PINS) return;
  setParams({ pin: [...pinned, next] }, "push");
}
export function unpin(index: number) {
  setParams({ pin: params.value.getAll("pin").filter((_, other) => other !== index) }, "push");
}

export function useGhosts(catalogue: Catalogue, run: Run | null, ask: Ask): Ghost[] {
  const ssri = ssriShown() ? ssriAsk(catalogue, run, ask.condition) : null;
  const asks = [...pins.value, ...(ssri ? [ssri] : [])];
  const runs = useRuns(asks);
  return runs.flatMap((ghost, index) => {
    if (!ghost) return [];
    const isSsri = ssri !== null && index === asks.length - 1;
    return [{ letter: isSsri ? "SSRI" : LETTERS[index]!, dash: isSsri ? 4 : index, run: ghost, name: ghost.name }];
  });
}
