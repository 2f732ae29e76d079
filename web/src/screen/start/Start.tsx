// The first page: one live picture and three doors.
import { useMemo } from "preact/hooks";
import type { Lane, Run } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { LineChart, type Line } from "../../chart/LineChart";
import { titled } from "../../chart/format";
import { timeTable } from "../../chart/table";
import { timeAxis, type TimeAxis } from "../../chart/timeAxis";
import { Badge } from "../../part/Badge";
import { Go } from "../../part/Go";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { catalogue } from "../../state/catalogue";
import { DOORS, door, setDoor } from "../../state/door";
import { go, hrefTo } from "../../state/place";
import { useRun } from "../../state/run";
import type { Door } from "../../api/types";
import "./start.css";

const WAYS: Record<Door, { path: string; words: string }> = {
  curious: { path: "/ladder", words: "Walk the ladder" },
  teaching: { path: "/break", words: "Break a step" },
  modelling: { path: "/ladder", words: "Build any dose" },
};

export function Start() {
  const start = catalogue.value?.start ?? null;
  const { run, mistakes } = useRun(start);
  const enter = (next: Door) => {
    setDoor(next);
    go(hrefTo(WAYS[next].path));
  };
  return (
    <>
      <header class="hero">
        <h1>How could one infusion lift a depression within a day?</h1>
        <p class="lead">
          Ketamine leaves the blood within hours. Its effect on mood can last for days. This page follows the chain between
          the two, step by step, in a model whose every number has a source and a grade. Much of it is still a guess, and it
          says where.
        </p>
      </header>
      <section class="doors" aria-label="Three doors">
        {DOORS.map((each) => (
          <div key={each.door} class={door.value === each.door ? "door-way is-open" : "door-way"}>
            <h2>{each.name}</h2>
            <p>{each.about}</p>
            <button type="button" class={each.door === "curious" ? "first" : ""} onClick={() => enter(each.door)}>
              {WAYS[each.door].words}
              <span class="unseen">: the {each.door} door</span>
            </button>
          </div>
        ))}
      </section>
      <Mistakes mistakes={mistakes} />
      {!run && mistakes.length === 0 && <Waiting what="Computing the first run" />}
      {run && <Picture run={run} />}
    </>
  );
}

const SHORT: Record<Lane["id"], string> = {
  blood: "The drug is in the blood for hours.",
  receptor: "It blocks some NMDA receptors, most of all on cells that hold others back.",
  circuit: "So, for a short while, other cells fire more.",
  plasticity: "Growth signals rise, and new contacts between cells form.",
  symptom: "The depression score falls, and climbs back.",
};

/** The first signal of every lane, on one bent axis of time. */
function Picture({ run }: { run: Run }) {
  const axis = useMemo(() => timeAxis(run.until_h, run.bent), [run.until_h, run.bent]);
  const lanes = run.lanes.filter((lane) => shown(lane) !== null);
  return (
    <section class="picture" aria-labelledby="picture-title">
      <h2 id="picture-title">One infusion, from minutes to weeks</h2>
      <p class="quiet">
        {run.name}, one typical person. Time runs from left to right: the first hour takes as much room as the last weeks.
      </p>
      <ChartFrame
        title={`From dose to mood: ${run.name}`}
        summary={lanes.map((lane) => SHORT[lane.id]).join(" ")}
        table={() => timeTable(run.times_h, lanes.map((lane) => ({ name: shown(lane)!.label, values: shown(lane)!.values })))}
        command={run.command}
      >
        {lanes.map((lane, index) => (
          <Rung key={lane.id} run={run} lane={lane} axis={axis} last={index === lanes.length - 1} />
        ))}
      </ChartFrame>
      <p>
        <Go to={hrefTo("/ladder")} class="button">
          Play with it on the ladder
        </Go>
      </p>
    </section>
  );
}

/** The signal of a lane that tells the story best: the most moved, on the way to mood. */
const TELLS: Partial<Record<Lane["id"], string>> = { receptor: "nmda.blocked.sst", plasticity: "spine.density", symptom: "madrs.total" };

function shown(lane: Lane) {
  const signals = lane.panels.flatMap((panel) => panel.signals);
  return signals.find((signal) => signal.port === TELLS[lane.id]) ?? signals[0] ?? null;
}

function Rung({ run, lane, axis, last }: { run: Run; lane: Lane; axis: TimeAxis; last: boolean }) {
  const signal = shown(lane)!;
  const lines = useMemo<Line[]>(() => {
    const line: Line = { id: signal.port, times_h: run.times_h, values: signal.values, tone: "first" };
    return signal.drug_alone
      ? [{ id: "alone", times_h: run.times_h, values: signal.drug_alone, tone: "alone" }, line]
      : [line];
  }, [run, signal]);
  const unit = ["", "1", "relative"].includes(signal.unit) ? "" : `, ${signal.unit}`;
  return (
    <div class={`rung lane-${lane.id}`}>
      <div class="rung-words">
        <h3>{SHORT[lane.id]}</h3>
        <p class="quiet">
          {titled(signal.label)}
          {unit}
          {signal.drug_alone && <>; dotted: without expectation</>}
        </p>
        <Badge badge={lane.badge} />
      </div>
      <LineChart summary={`${signal.label}: ${signal.extreme?.words ?? "at rest"}`} axis={axis} lines={lines} height={96} timeLabels={last} />
    </div>
  );
}
