// From dose to mood: five rungs on one time cursor.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Ask, Catalogue, Lane } from "../../api/types";
import { stepped, timeAxis, rounded } from "../../chart/timeAxis";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { Why, type WhyAsk } from "../../part/Why";
import { ask as asked } from "../../state/ask";
import { catalogue } from "../../state/catalogue";
import { note } from "../../state/journal";
import { useKeys, type KeyMap } from "../../state/keys";
import { params, setParams } from "../../state/place";
import { useRun } from "../../state/run";
import { say } from "../../state/said";
import { DoseBuilder } from "./DoseBuilder";
import { pin, toggleSsri, useGhosts } from "./ghosts";
import { LaneView } from "./LaneView";
import { PEOPLE_SHOWN, peopleShown, usePeople } from "./people";
import { CURSOR_KEYS, TimeBar } from "./TimeBar";
import { Toolbar } from "./Toolbar";
import "./ladder.css";

const REST_MS = 1500;
/** Until the reader moves it, the cursor stands a day after the last dose. */
const DAY_AFTER_H = 24;
/** Said of every dose, not only of high ones: it stands below, not above. */
const NOTE = "note: ";

export function Ladder() {
  const ask = asked.value;
  if (!catalogue.value || !ask) return <Waiting what="Opening the atlas" />;
  return <Whole catalogue={catalogue.value} ask={ask} />;
}

function Whole({ catalogue, ask }: { catalogue: Catalogue; ask: Ask }) {
  const { run, waiting, mistakes } = useRun(ask);
  const ghosts = useGhosts(catalogue, run, ask);
  const shown = peopleShown(params.value.get("people"));
  const ports = run?.lanes.flatMap((lane) => lane.panels.flatMap((panel) => (panel.main && panel.signals[0] ? [panel.signals[0].port] : []))) ?? [];
  const people = usePeople(waiting ? null : ask, ports, shown !== "none");
  const whyOpen = useSignal(false);
  const [why, setWhy] = useState<WhyAsk | null>(null);

  const axis = useMemo(() => timeAxis(run?.until_h ?? 1, run?.bent ?? true), [run?.until_h, run?.bent]);
  const until_h = run?.until_h ?? 1;
  const asked_h = params.value.get("cursor");
  const cursor_h = Math.min(until_h, asked_h !== null && Number.isFinite(Number(asked_h)) ? Math.max(0, Number(asked_h)) : (run?.doses.at(-1)?.at_h ?? 0) + DAY_AFTER_H);
  const onCursor = (at_h: number) => setParams({ cursor: String(rounded(at_h, until_h)) }, "live");

  const openWhy = (lane: Lane) => {
    const signals = lane.panels.flatMap((panel) => panel.signals.map(({ port, label }) => ({ port, label })));
    setWhy({ title: lane.title, signals, condition: ask.condition });
    whyOpen.value = true;
  };
  const nextPeople = () => {
    const next = PEOPLE_SHOWN[(PEOPLE_SHOWN.indexOf(shown) + 1) % PEOPLE_SHOWN.length]!;
    setParams({ people: next }, "replace");
  };

  useEffect(() => {
    if (!run || waiting) return;
    const symptom = run.lanes.find((lane) => lane.id === "symptom");
    if (symptom) say(symptom.sentence, 900);
    const timer = setTimeout(() => note(run), REST_MS);
    return () => clearTimeout(timer);
  }, [run, waiting]);

  const keys: KeyMap = {
    p: () => pin(ask),
    s: toggleSsri,
    b: nextPeople,
    w: () => {
      const inLane = document.activeElement?.closest("[data-lane]")?.getAttribute("data-lane");
      const lane = run?.lanes.find((each) => each.id === inLane) ?? run?.lanes.at(-1);
      if (lane) openWhy(lane);
    },
  };
  for (const [name, steps] of Object.entries(CURSOR_KEYS)) {
    if (!name.startsWith("Page")) keys[name] = () => onCursor(stepped(axis, cursor_h, steps));
  }
  useKeys(keys);

  return (
    <>
      <header class="screen-head">
        <h1>From dose to mood</h1>
        <p class="lead">One dose, five steps, one clock. Move the dose or the time and watch every step answer.</p>
      </header>
      <div class="aside ladder">
        <DoseBuilder catalogue={catalogue} ask={ask} run={run} />
        <div class={waiting ? "lanes is-waiting" : "lanes"} aria-busy={waiting}>
          <Toolbar catalogue={catalogue} ask={ask} run={run} shown={shown} onPeople={nextPeople} />
          <Mistakes mistakes={mistakes} />
          {run?.warnings.filter((warning) => !warning.startsWith(NOTE)).map((warning) => <p key={warning} class="beyond">{warning}</p>)}
          {!run && mistakes.length === 0 && <Waiting what="Computing the first run" />}
          {run && (
            <>
              <TimeBar run={run} axis={axis} cursor_h={cursor_h} onCursor={onCursor} />
              {run.lanes.map((lane) => (
                <LaneView
                  key={lane.id}
                  run={run}
                  lane={lane}
                  axis={axis}
                  cursor_h={cursor_h}
                  onCursor={onCursor}
                  onWhy={openWhy}
                  people={people}
                  shown={shown}
                  ghosts={ghosts}
                />
              ))}
              <Provenance run={run} note={people?.note ?? ""} />
            </>
          )}
        </div>
      </div>
      <Why open={whyOpen} asked={why} />
    </>
  );
}

function Provenance({ run, note }: { run: NonNullable<ReturnType<typeof useRun>["run"]>; note: string }) {
  const { program, atlas_hash, numbers, states, hypothesis } = run.provenance;
  return (
    <p class="quiet provenance">
      {numbers} numbers, {states} state variables, explanation: {hypothesis}. resynapse {program}, atlas {atlas_hash.slice(0, 10)}. {note}
      {run.warnings.filter((warning) => warning.startsWith(NOTE)).map((warning) => <span key={warning}> {warning.slice(NOTE.length)}.</span>)}
    </p>
  );
}
