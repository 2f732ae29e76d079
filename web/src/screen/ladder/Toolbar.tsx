import type { Ask, Catalogue, Run } from "../../api/types";
import { askQuery, pins } from "../../state/ask";
import { params } from "../../state/place";
import { MOST_PINS, pin, ssriAsk, ssriShown, toggleSsri, unpin } from "./ghosts";
import type { PeopleShown } from "./people";

interface ToolbarProps {
  catalogue: Catalogue;
  ask: Ask;
  run: Run | null;
  shown: PeopleShown;
  onPeople: () => void;
}

const PEOPLE_WORDS: Record<PeopleShown, string> = { bands: "bands", lines: "lines", none: "off" };
const LETTERS = ["A", "B", "C", "D"];

/** What stands beside this run: pins, a classical antidepressant, people. */
export function Toolbar({ catalogue, ask, run, shown, onPeople }: ToolbarProps) {
  const pinned = pins.value;
  const already = params.value.getAll("pin").includes(askQuery(ask));
  const report = `/report?${askQuery(ask)}`;
  return (
    <div class="toolbar">
      <div class="toolbar-row">
        <button type="button" onClick={() => pin(ask)} disabled={already || pinned.length >= MOST_PINS}>
          Pin this run
        </button>
        {ssriAsk(catalogue, run, ask.condition) && (
          <button type="button" aria-pressed={ssriShown()} onClick={toggleSsri}>
            Beside an SSRI
          </button>
        )}
        <button type="button" onClick={onPeople} aria-label={`People: ${PEOPLE_WORDS[shown]}. Change`}>
          People: {PEOPLE_WORDS[shown]}
        </button>
        <a class="toolbar-report" href={report}>
          Report
        </a>
      </div>
      {pinned.length > 0 && (
        <ul class="pins" aria-label="Pinned runs">
          {pinned.map((each, index) => (
            <li key={askQuery(each)}>
              <svg width="24" height="8" viewBox="0 0 24 8" aria-hidden="true">
                <path d="M1 4H23" class={`line tone-ghost dash-${index}`} />
              </svg>
              <b>{LETTERS[index]}</b> {each.what}
              {each.condition && `, ${each.condition}`}
              <button type="button" class="plain" aria-label={`Unpin ${LETTERS[index]}: ${each.what}`} onClick={() => unpin(index)}>
                <span aria-hidden="true">×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
