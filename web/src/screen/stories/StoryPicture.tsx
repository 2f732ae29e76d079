// The live picture of a story: the model runs, its curves are drawn, beside another run where there is one.
import { useMemo } from "preact/hooks";
import type { Ask, Run, Signal, Story } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { LineChart, type Line } from "../../chart/LineChart";
import { titled } from "../../chart/format";
import { timeTable } from "../../chart/table";
import { timeAxis } from "../../chart/timeAxis";
import { Badge } from "../../part/Badge";
import { Go } from "../../part/Go";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { askChanges } from "../../state/ask";
import { hrefTo } from "../../state/place";
import { useRun } from "../../state/run";

interface Pair {
  signal: Signal;
  lane: string;
  other: Signal | null;
}

export function StoryPicture({ story }: { story: Story }) {
  const { picture } = story;
  const { run, mistakes } = useRun(picture.ask);
  const beside = useRun(picture.against);
  if (!run) return mistakes.length ? <Mistakes mistakes={mistakes} /> : <Waiting what="The model runs" />;
  const other = picture.against ? beside.run : null;
  const pairs = picture.ports.flatMap((port): Pair[] => {
    const found = find(run, port) ?? (other && find(other, port));
    return found ? [{ signal: found.signal, lane: found.lane, other: other ? (find(other, port)?.signal ?? null) : null }] : [];
  });
  const names = [nameOf(picture.ask, run), picture.against && other ? nameOf(picture.against, other) : null];
  return (
    <ChartFrame
      title={story.title}
      summary={`${picture.caption} ${pairs.map((pair) => `${pair.signal.label}: ${pair.signal.extreme?.words ?? "at rest"}`).join("; ")}.`}
      table={() => timeTable(run.times_h, pairs.map((pair) => ({ name: pair.signal.label, values: pair.signal.values })))}
      command={run.command}
    >
      <p class="picture-key quiet">
        <span class="key-line" aria-hidden="true" /> {names[0]}
        {names[1] && (
          <>
            {" "}
            <span class="key-line is-ghost" aria-hidden="true" /> {names[1]}
          </>
        )}
      </p>
      {pairs.map((pair, index) => (
        <Drawn key={pair.signal.port} pair={pair} run={run} other={other} last={index === pairs.length - 1} />
      ))}
      <p>{picture.caption}</p>
      <p>
        <Go to={hrefTo("/ladder", { ...askChanges(picture.ask), guess: null })}>See the whole chain on the ladder</Go>
      </p>
    </ChartFrame>
  );
}

function Drawn({ pair, run, other, last }: { pair: Pair; run: Run; other: Run | null; last: boolean }) {
  const { signal } = pair;
  const axis = useMemo(() => timeAxis(run.until_h, run.bent), [run.until_h, run.bent]);
  const lines = useMemo<Line[]>(() => {
    const line: Line = { id: signal.port, times_h: run.times_h, values: signal.values, tone: "first" };
    const ghost = other && pair.other;
    return ghost ? [{ id: "other", times_h: other.times_h, values: ghost.values, tone: "ghost", dash: 1 }, line] : [line];
  }, [run, other, pair]);
  const unit = ["", "1", "relative"].includes(signal.unit) ? "relative to rest" : signal.unit;
  return (
    <div class={`lane-${pair.lane} story-chart`}>
      <h3>
        {titled(signal.label)} <span class="quiet">{unit}</span> <Badge badge={signal.badge} />
      </h3>
      <LineChart
        summary={`${signal.label}: ${signal.extreme?.words ?? "at rest"}`}
        axis={axis}
        lines={lines}
        height={140}
        timeLabels={last}
      />
    </div>
  );
}

function find(run: Run, port: string): { signal: Signal; lane: string } | null {
  for (const lane of run.lanes) {
    const signal = lane.panels.flatMap((panel) => panel.signals).find((each) => each.port === port);
    if (signal) return { signal, lane: lane.id };
  }
  return null;
}

const nameOf = (ask: Ask, run: Run) => (ask.arm ? ask.arm : run.name);
