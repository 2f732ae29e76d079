// What virtual trials found: people of a hundred, the course, and how much trials differ by chance.
import { useMemo } from "preact/hooks";
import type { TrialResult } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { LineChart, type Band, type Line } from "../../chart/LineChart";
import { number, ofHundred } from "../../chart/format";
import { timeAxis } from "../../chart/timeAxis";
import { download } from "../../part/download";
import { OfHundred } from "../../part/OfHundred";
import { Estimates } from "./Estimates";

type Arm = TrialResult["arms"][number];

export function Found({ result, command, protocol }: { result: TrialResult; command: string; protocol: string | null }) {
  const main = result.contrasts[0];
  return (
    <>
      {main && (
        <p class="trial-answer">
          {main.found.of_100 === null ? (
            "No trial could be analysed."
          ) : result.trials === 1 ? (
            <>This one trial {main.trials[0]?.significant ? "succeeds" : "does not succeed"}. One trial is one draw: run more of them.</>
          ) : (
            <>
              <b>{ofHundred(main.found.of_100)}</b> such trials would succeed ({number(main.found.low)} to {number(main.found.high)},
              by chance of the draw).
            </>
          )}
        </p>
      )}
      <section>
        <h2>Who gets better</h2>
        <p class="quiet">At the visit that decides. Better: the score has fallen by half. Each dot is one of a hundred people.</p>
        <div class="trial-arms">
          {result.arms.map((arm, index) => (
            <ArmShares key={arm.name} arm={arm} index={index} />
          ))}
        </div>
      </section>
      <Course result={result} command={command} />
      {main && <Estimates contrast={main} unit={result.unit} command={command} />}
      <p class="trial-note">{result.note}</p>
      {protocol && (
        <p>
          <button type="button" onClick={() => download("protocol.toml", "text/plain", protocol)}>
            Download the protocol
          </button>{" "}
          <span class="quiet">
            <code>{command}</code> runs the same, byte for byte.
          </span>
        </p>
      )}
    </>
  );
}

function ArmShares({ arm, index }: { arm: Arm; index: number }) {
  const interval = (share: Arm["responders"]) => `between ${number(share.low)} and ${number(share.high)}`;
  return (
    <div class={`trial-arm arm-${index}`}>
      <h3>{arm.name}</h3>
      <p class="quiet">{arm.what}</p>
      {arm.responders.of_100 !== null && <OfHundred count={arm.responders.of_100} label={`Better, ${arm.name}`} />}
      <ul>
        <li>
          Better: {ofHundred(arm.responders.of_100 ?? 0)}, {interval(arm.responders)}
        </li>
        <li>
          Nearly free of signs: {ofHundred(arm.remitters.of_100 ?? 0)}, {interval(arm.remitters)}
        </li>
        <li>Left early: {ofHundred(arm.left)}</li>
        {arm.adverse.map((event) => (
          <li key={event.name}>
            {event.name}: {event.of_100 === null ? "–" : ofHundred(event.of_100)}
          </li>
        ))}
      </ul>
    </div>
  );
}

const COLOURS = ["var(--accent)", "var(--symptom)", "var(--circuit)", "var(--plasticity)"];

function Course({ result, command }: { result: TrialResult; command: string }) {
  const seen = result.arms.map((arm) => arm.visits.filter((visit) => visit.mean !== null));
  const until = Math.max(1, ...seen.flat().map((visit) => visit.at_h));
  const axis = useMemo(() => timeAxis(until, true), [until]);
  const { lines, bands } = useMemo(() => {
    const lines: Line[] = [];
    const bands: Band[] = [];
    result.arms.forEach((arm, index) => {
      const visits = seen[index]!;
      const times_h = visits.map((visit) => visit.at_h);
      const color = COLOURS[index]!;
      bands.push({ id: `band ${arm.name}`, times_h, low: visits.map((v) => v.low ?? 0), high: visits.map((v) => v.high ?? 0), strength: "wide", color });
      lines.push({ id: arm.name, times_h, values: visits.map((v) => v.mean ?? 0), tone: index === 0 ? "first" : "ghost", dash: index, color, ends: arm.name });
    });
    return { lines, bands };
  }, [result]);
  const last = result.arms.map((arm, index) => `${arm.name} ${number(seen[index]!.at(-1)?.mean ?? null)}`).join(", ");
  const summary = `Mean change of ${result.measure} over all trials; at the last visit: ${last} ${result.unit}. Bands hold nine of ten people.`;
  return (
    <section>
      <h2>The course</h2>
      <ChartFrame
        title="Mean change in a virtual trial"
        summary={summary}
        table={() => ({
          columns: ["time_h", ...result.arms.map((arm) => arm.name)],
          rows: (seen[0] ?? []).map((visit, row) => [visit.at_h, ...seen.map((visits) => visits[row]?.mean ?? null)]),
        })}
        command={command}
      >
        <LineChart summary={summary} axis={axis} lines={lines} bands={bands} include={[0]} height={240} timeLabels />
        <p class="quiet">{summary}</p>
      </ChartFrame>
    </section>
  );
}
