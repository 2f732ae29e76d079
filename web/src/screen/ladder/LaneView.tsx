import { useState } from "preact/hooks";
import type { Lane, People, Run } from "../../api/types";
import { ChartFrame, type SourceLine } from "../../chart/ChartFrame";
import { timeTable } from "../../chart/table";
import type { TimeAxis } from "../../chart/timeAxis";
import { Badge } from "../../part/Badge";
import type { Ghost } from "./ghosts";
import { PanelView } from "./PanelView";
import type { PeopleShown } from "./people";

interface LaneViewProps {
  run: Run;
  lane: Lane;
  axis: TimeAxis;
  cursor_h: number;
  onCursor: (at_h: number) => void;
  onWhy: (lane: Lane) => void;
  people: People | null;
  shown: PeopleShown;
  ghosts: Ghost[];
}

/** One rung: its sentence, its badge, its panels. */
export function LaneView({ run, lane, onWhy, ...drawn }: LaneViewProps) {
  const [more, setMore] = useState(false);
  const main = lane.panels.filter((panel) => panel.main);
  const others = lane.panels.filter((panel) => !panel.main);
  const open = more ? [...main, ...others] : main;
  const signals = lane.panels.flatMap((panel) => panel.signals);
  const sources: SourceLine[] = signals
    .flatMap((signal) => signal.observed)
    .map((study) => ({ words: `${study.source}. ${study.misfit}.`, address: study.address }));
  return (
    <section class={`lane lane-${lane.id}`} aria-labelledby={`lane-${lane.id}`} data-lane={lane.id}>
      <header class="lane-head">
        <h2 id={`lane-${lane.id}`}>{lane.title}</h2>
        <Badge badge={lane.badge} />
        <button type="button" class="link" onClick={() => onWhy(lane)}>
          why?<span class="unseen"> {lane.title}</span>
        </button>
      </header>
      <Sentence text={lane.sentence} />
      <ChartFrame
        title={`${lane.title}: ${run.name}`}
        summary={lane.sentence}
        table={() => timeTable(run.times_h, signals.map((signal) => ({ name: signalName(signal), values: signal.values })))}
        sources={sources}
        command={run.command}
      >
        {open.map((panel) => (
          <PanelView key={panel.id} run={run} panel={panel} {...drawn} />
        ))}
        {others.length > 0 && (
          <button type="button" class="link lane-more" aria-expanded={more} onClick={() => setMore(!more)}>
            {more ? "Less" : `More: ${others.map((panel) => lowerFirst(panel.title)).join(", ")}`}
          </button>
        )}
      </ChartFrame>
    </section>
  );
}

/** The first sentence is the answer; the rest is for those who read on. */
function Sentence({ text }: { text: string }) {
  const end = text.search(/[.] [A-Z]/);
  if (end < 0) return <p class="lane-sentence">{text}</p>;
  return (
    <>
      <p class="lane-sentence">{text.slice(0, end + 1)}</p>
      <p class="lane-rest">{text.slice(end + 2)}</p>
    </>
  );
}

const signalName = (signal: { label: string; unit: string }) =>
  signal.unit && signal.unit !== "1" ? `${signal.label} (${signal.unit})` : signal.label;

/** Lower case inside a sentence, but "NMDA" stays "NMDA". */
const lowerFirst = (title: string) => (/^[A-Z][a-z]/.test(title) ? title[0]!.toLowerCase() + title.slice(1) : title);
