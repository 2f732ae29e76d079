// Several runs on one clock: blood, mood, and two side effects, so that what a dose gives and costs stand together.
import { useMemo } from "preact/hooks";
import type { Run, Signal } from "../../api/types";
import { ChartFrame } from "../../chart/ChartFrame";
import { LineChart, type Line } from "../../chart/LineChart";
import { titled } from "../../chart/format";
import { timeTable } from "../../chart/table";
import { timeAxis } from "../../chart/timeAxis";
import { Badge } from "../../part/Badge";
import { Waiting } from "../../part/Waiting";

const PORTS = ["plasma.ketamine", "cadss.total", "blood_pressure.systolic_change", "madrs.total"];
const COLOURS = ["var(--accent)", "var(--symptom)", "var(--circuit)", "var(--plasticity)"];

export function Beside({ runs, names, title }: { runs: (Run | null)[]; names: string[]; title: string }) {
  const first = runs.find((run): run is Run => run !== null);
  if (!first) return <Waiting what="Computing" />;
  const shown = PORTS.filter((port) => runs.some((run) => run && signalOf(run, port)));
  const summary = shown
    .map((port) => {
      const told = runs.flatMap((run, index) => {
        const words = run && signalOf(run, port)?.extreme?.words;
        return words ? [`${names[index]} ${words}`] : [];
      });
      return `${signalOf(first, port)?.label ?? port}: ${told.join(", ") || "at rest"}`;
    })
    .join("; ");
  return (
    <ChartFrame
      title={title}
      summary={`${summary}.`}
      table={() => timeTable(first.times_h, shown.map((port) => ({ name: `${port}, ${names[0]}`, values: signalOf(first, port)?.values ?? [] })))}
      command={first.command}
    >
      <p class="lab-key quiet">
        {names.map((name, index) => (
          <span key={name}>
            <span class={`lab-line dash-line-${index}`} style={{ borderColor: COLOURS[index] }} aria-hidden="true" /> {name}
          </span>
        ))}
      </p>
      <div class="lab-grid">
        {shown.map((port) => (
          <Small key={port} port={port} runs={runs} />
        ))}
      </div>
    </ChartFrame>
  );
}

function Small({ port, runs }: { port: string; runs: (Run | null)[] }) {
  const known = runs.find((run): run is Run => run !== null && signalOf(run, port) !== null)!;
  const signal = signalOf(known, port)!;
  const until = Math.max(...runs.map((run) => run?.until_h ?? 0));
  const axis = useMemo(() => timeAxis(until, true), [until]);
  const lines = useMemo<Line[]>(
    () =>
      runs.flatMap((run, index) => {
        const found = run && signalOf(run, port);
        return found ? [{ id: `${index}`, times_h: run.times_h, values: found.values, tone: "first" as const, dash: index, color: COLOURS[index]! }] : [];
      }),
    [runs, port],
  );
  const unit = ["", "1", "relative"].includes(signal.unit) ? "" : `, ${signal.unit}`;
  return (
    <div>
      <h3>
        {titled(signal.label)}
        <span class="quiet">{unit}</span> <Badge badge={signal.badge} short />
      </h3>
      <LineChart summary={`${signal.label}, ${lines.length} runs`} axis={axis} lines={lines} height={150} timeLabels />
    </div>
  );
}

function signalOf(run: Run, port: string): Signal | null {
  for (const lane of run.lanes) {
    for (const panel of lane.panels) {
      const found = panel.signals.find((signal) => signal.port === port);
      if (found) return found;
    }
  }
  return null;
}
