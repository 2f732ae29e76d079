// Break a step: which links carry the effect, and how much is left without them.
import { useMemo } from "preact/hooks";
import type { Ask, Catalogue, Run } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { number, span } from "../../chart/format";
import { timeTable } from "../../chart/table";
import { rounded, stepped, timeAxis } from "../../chart/timeAxis";
import { Badge } from "../../part/Badge";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { ask as asked, setAsk } from "../../state/ask";
import { catalogue } from "../../state/catalogue";
import { useKeys, type KeyMap } from "../../state/keys";
import { params, setParams } from "../../state/place";
import { useRun } from "../../state/run";
import type { Ghost } from "../ladder/ghosts";
import { PanelView } from "../ladder/PanelView";
import { CURSOR_KEYS, TimeBar } from "../ladder/TimeBar";
import { leftOf } from "./left";
import { LINK_WORDS, RAISE_INFLAMMATION } from "./links";
import "../ladder/ladder.css";
import "./breaking.css";

const SCORE = "madrs.total";
const FIRST_CURSOR_H = 24;

export function Breaking() {
  const ask = asked.value;
  if (!catalogue.value || !ask) return <Waiting what="Opening the atlas" />;
  return <Whole catalogue={catalogue.value} ask={ask} />;
}

/** Not a break: a change for the worse that stands from the start on. */
const RAISED = { name: RAISE_INFLAMMATION, about: "", expectation: false };

const unbroken = ({ hold: _, ...ask }: Ask): Ask => ask;

function Whole({ catalogue, ask }: { catalogue: Catalogue; ask: Ask }) {
  const whole = useRun(unbroken(ask));
  const broken = useRun(ask);
  const held = ask.hold ?? [];
  const run = broken.run;
  const axis = useMemo(() => timeAxis(run?.until_h ?? 1, run?.bent ?? true), [run?.until_h, run?.bent]);
  const until_h = run?.until_h ?? 1;
  const given = params.value.get("cursor");
  const cursor_h = Math.min(until_h, given === null ? FIRST_CURSOR_H : Math.max(0, Number(given) || 0));
  const onCursor = (at_h: number) => setParams({ cursor: String(rounded(at_h, until_h)) }, "live");
  const keys: KeyMap = {};
  for (const [name, steps] of Object.entries(CURSOR_KEYS)) {
    if (!name.startsWith("Page")) keys[name] = () => onCursor(stepped(axis, cursor_h, steps));
  }
  useKeys(keys);

  const toggle = (name: string) => {
    const next = held.includes(name) ? held.filter((each) => each !== name) : [...held, name];
    setAsk(next.length ? { ...unbroken(ask), hold: next } : unbroken(ask));
  };
  const ghosts: Ghost[] = whole.run && held.length ? [{ letter: "unbroken", dash: 1, run: whole.run, name: "unbroken" }] : [];

  return (
    <>
      <header class="screen-head">
        <h1>Break a step</h1>
        <p class="lead">
          Each step hands on to the next. Hold one still, as if the drug had never touched it, and see what is left at the
          end. A step whose break changes nothing carries nothing in this model.
        </p>
      </header>
      <div class="aside">
        <fieldset class="links">
          <legend>Hold still in “{ask.what}”</legend>
          {[...catalogue.links, RAISED].map((link) => (
            <label key={link.name} class="check">
              <input type="checkbox" checked={held.includes(link.name)} onChange={() => toggle(link.name)} />
              <span>
                <b>{LINK_WORDS[link.name]?.title ?? link.name}</b>
                <span class="quiet">{LINK_WORDS[link.name]?.about ?? link.about}</span>
              </span>
            </label>
          ))}
          <button type="button" disabled={held.length === 0} onClick={() => setAsk(unbroken(ask))}>
            Mend everything
          </button>
        </fieldset>
        <div class="lanes">
          <Mistakes mistakes={[...broken.mistakes, ...(held.length ? whole.mistakes : [])]} />
          {!run && broken.mistakes.length === 0 && <Waiting what="Computing" />}
          {run && (
            <>
              <Outcome whole={whole.run} broken={run} held={held} cursor_h={cursor_h} />
              <TimeBar run={run} axis={axis} cursor_h={cursor_h} onCursor={onCursor} />
              <ChartFrame
                title={`Break a step: ${run.name}`}
                summary={`${run.name}, with ${held.join(", ") || "nothing"} held still, beside the unbroken chain.`}
                table={() => outcomeTable(whole.run, run)}
                command={run.command}
              >
                {run.lanes.map((lane) => {
                  const panels = lane.panels.filter((each) => each.main).slice(0, lane.id === "plasticity" ? 2 : 1);
                  return (
                    <section key={lane.id} class={`lane-${lane.id} broken-lane`} aria-label={lane.title}>
                      <header class="lane-head">
                        <h2>{lane.title}</h2>
                        <Badge badge={lane.badge} />
                      </header>
                      {panels.map((panel) => (
                        <PanelView key={panel.id} run={run} panel={panel} axis={axis} cursor_h={cursor_h} onCursor={onCursor} people={null} shown="none" ghosts={ghosts} />
                      ))}
                    </section>
                  );
                })}
              </ChartFrame>
            </>
          )}
        </div>
      </div>
    </>
  );
}

function outcomeTable(whole: Run | null, broken: Run) {
  const columns = broken.lanes.flatMap((lane) =>
    lane.panels.flatMap((panel) => panel.signals.map((signal) => ({ name: `${signal.label}, as broken`, values: signal.values }))),
  );
  const before = whole?.lanes.flatMap((lane) => lane.panels.flatMap((panel) => panel.signals)) ?? [];
  const same = whole?.times_h.length === broken.times_h.length;
  return timeTable(broken.times_h, [
    ...columns,
    ...(same ? before.map((signal) => ({ name: `${signal.label}, unbroken`, values: signal.values })) : []),
  ]);
}

/** The answer in words, at the cursor. */
function Outcome({ whole, broken, held, cursor_h }: { whole: Run | null; broken: Run; held: string[]; cursor_h: number }) {
  if (!whole) return null;
  const left = leftOf(whole, broken, SCORE, cursor_h);
  if (!left) return null;
  const names = held.map((name) => LINK_WORDS[name]?.title ?? name).join(" and ");
  const share = left.left === null ? null : Math.round(left.left);
  return (
    <p class="outcome" aria-live="polite">
      {held.length === 0 ? (
        <>
          Nothing is broken. At {span(cursor_h)} the depression score (MADRS) stands at <b>{number(left.whole)}</b>; without
          treatment it would be {number(left.without)}.
        </>
      ) : (
        <>
          Held still: {names}. At {span(cursor_h)} the depression score (MADRS) stands at <b>{number(left.broken)}</b>{" "}
          instead of {number(left.whole)}.{" "}
          {share !== null && <>In this model <b>{share} %</b> of the change is left.</>}
        </>
      )}
    </p>
  );
}
