// The journal of what was looked at, two runs side by side, and everything to take away.
import { useMemo } from "preact/hooks";
import type { Run } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { change, number, span } from "../../chart/format";
import { LineChart, type Line } from "../../chart/LineChart";
import { timeTable } from "../../chart/table";
import { timeAxis, valueAt } from "../../chart/timeAxis";
import { CommandLine } from "../../part/CommandLine";
import { Go } from "../../part/Go";
import { download, fileName } from "../../part/download";
import { api } from "../../api/client";
import { askChanges, askFrom, askQuery } from "../../state/ask";
import { catalogue } from "../../state/catalogue";
import { forget, journal, type Entry } from "../../state/journal";
import { hrefTo, params, setParams } from "../../state/place";
import { useRuns } from "../../state/run";
import { signalOf } from "../ladder/drawing";
import "./runs.css";

export function Runs() {
  const entries = journal.value;
  const chosen = ["a", "b"].map((name) => params.value.get(name));
  const start = catalogue.value?.start;
  const asks = start ? chosen.flatMap((query) => (query ? [askFrom(new URLSearchParams(query), start)] : [])) : [];
  const runs = useRuns(asks);
  const [first, second] = runs;
  return (
    <>
      <header class="screen-head">
        <h1>Runs</h1>
        <p class="lead">What you looked at, newest first. The list stays in this browser and goes nowhere.</p>
      </header>
      {entries.length === 0 && (
        <p>
          Nothing yet. <Go to={hrefTo("/ladder")}>Look at a run on the ladder</Go>, and it will stand here.
        </p>
      )}
      {first && second && <Difference a={first} b={second} />}
      {entries.length > 0 && <Journal entries={entries} chosen={chosen} />}
    </>
  );
}

function Journal({ entries, chosen }: { entries: Entry[]; chosen: (string | null)[] }) {
  return (
    <section aria-labelledby="journal-title">
      <h2 id="journal-title">Journal</h2>
      <p class="quiet">Choose one run as A and one as B to see the difference.</p>
      <ul class="journal">
        {entries.map((entry) => {
          const query = askQuery(entry.ask);
          return (
            <li key={query}>
              <div class="journal-choose">
                {["a", "b"].map((side, index) => (
                  <button
                    key={side}
                    type="button"
                    aria-pressed={chosen[index] === query}
                    aria-label={`${entry.name} as ${side.toUpperCase()}`}
                    onClick={() => setParams({ [side]: chosen[index] === query ? null : query }, "push")}
                  >
                    {side.toUpperCase()}
                  </button>
                ))}
              </div>
              <div class="journal-words">
                <h3>
                  <Go to={hrefTo("/ladder", askChanges(entry.ask))}>{title(entry)}</Go>
                </h3>
                <p class="quiet">
                  {new Date(entry.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })} · atlas {entry.atlas_hash.slice(0, 10)}
                </p>
                <p class="journal-outcome">{entry.outcome.split(/(?<=[.]) (?=[A-Z])/)[0]}</p>
                <CommandLine command={entry.command} />
              </div>
              <div class="journal-do">
                <button
                  type="button"
                  onClick={async () => download(`${fileName(entry.name)}.html`, "text/html", await api.report(entry.ask))}
                >
                  Report<span class="unseen"> of {entry.name}</span>
                </button>
                <button type="button" class="plain" aria-label={`Forget ${entry.name}`} onClick={() => forget(entry)}>
                  <span aria-hidden="true">×</span>
                </button>
              </div>
            </li>
          );
        })}
      </ul>
      <p class="frame-files">
        <button type="button" onClick={() => download("journal.json", "application/json", JSON.stringify(entries, null, 2))}>
          Journal as a file
        </button>
        <button type="button" onClick={() => (journal.value = [])}>
          Forget all
        </button>
      </p>
    </section>
  );
}

const title = (entry: Entry) => [entry.name, entry.ask.condition, ...(entry.ask.hold ?? []).map((link) => `without ${link}`)].filter(Boolean).join(", ");

const PORTS = ["plasma.ketamine", "nmda.blocked.sst", "spine.density", "madrs.total", "cadss.total"];
const MOMENTS_H = [40 / 60, 4, 24, 72, 168, 336];

/** B minus A at a few moments, and both curves of the depression score. */
function Difference({ a, b }: { a: Run; b: Run }) {
  const until_h = Math.min(a.until_h, b.until_h);
  const axis = useMemo(() => timeAxis(until_h, a.bent || b.bent), [until_h, a, b]);
  const ports = PORTS.filter((port) => signalOf(a, port) && signalOf(b, port));
  const moments = MOMENTS_H.filter((at) => at <= until_h);
  return (
    <section class="difference" aria-labelledby="difference-title">
      <h2 id="difference-title">A and B</h2>
      <p class="difference-names">
        <b>A</b> {a.name}
        <br />
        <b>B</b> {b.name}
      </p>
      <ChartFrame
        title={`A ${a.name}, B ${b.name}`}
        summary={`Depression score and other signals of two runs: A ${a.name}; B ${b.name}.`}
        table={() => timeTable(a.times_h.filter((at) => at <= until_h), ports.flatMap((port) => both(a, b, port, until_h)))}
        command={`resynapse compare "${a.ask.what}" "${b.ask.what}"`}
      >
        {ports.slice(-2).map((port) => (
          <Pair key={port} a={a} b={b} port={port} axis={axis} />
        ))}
      </ChartFrame>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="B minus A">
        <table>
          <caption>B minus A</caption>
          <thead>
            <tr>
              <th scope="col">Signal</th>
              {moments.map((at) => <th key={at} scope="col" class="number">{span(at)}</th>)}
            </tr>
          </thead>
          <tbody>
            {ports.map((port) => {
              const signal = signalOf(a, port)!;
              const other = signalOf(b, port)!;
              return (
                <tr key={port}>
                  <th scope="row">{signal.label}, {signal.unit}</th>
                  {moments.map((at) => {
                    const from = valueAt(a.times_h, signal.values, at);
                    const to = valueAt(b.times_h, other.values, at);
                    return <td key={at} class="number" title={`A ${number(from)}, B ${number(to)}`}>{change(to - from)}</td>;
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function both(a: Run, b: Run, port: string, until_h: number) {
  const times_h = a.times_h.filter((at) => at <= until_h);
  const label = signalOf(a, port)!.label;
  const read = (run: Run) => times_h.map((at) => valueAt(run.times_h, signalOf(run, port)!.values, at));
  return [{ name: `A ${label}`, values: read(a) }, { name: `B ${label}`, values: read(b) }];
}

function Pair({ a, b, port, axis }: { a: Run; b: Run; port: string; axis: ReturnType<typeof timeAxis> }) {
  const lines = useMemo<Line[]>(() => {
    const cut = (run: Run, id: string, tone: Line["tone"]): Line => {
      const times_h = run.times_h.filter((at) => at <= axis.until_h);
      return { id, times_h, values: signalOf(run, port)!.values.slice(0, times_h.length), tone, ends: id };
    };
    return [cut(a, "A", "second"), cut(b, "B", "first")];
  }, [a, b, port, axis]);
  const signal = signalOf(a, port)!;
  return (
    <div class="lane-symptom pair">
      <h3 class="panel-title">
        {signal.label}
        <span class="panel-unit">{signal.unit}</span>
      </h3>
      <LineChart summary={`${signal.label}: A and B`} axis={axis} lines={lines} height={140} timeLabels />
    </div>
  );
}
