// What of a panel is drawn: bands below, ghosts, the untreated course, the signals, and what was observed.
import type { Panel, People, Run, Signal } from "../../api/types";
import type { Band, Line, Tone } from "../../chart/LineChart";
import type { Ghost } from "./ghosts";
import type { Drawing } from "./PanelView";
import type { PeopleShown } from "./people";

export const TONES: Tone[] = ["first", "second", "third", "fourth", "fifth"];
/** Places in People.bands: shares 0.05, 0.25, 0.5, 0.75, 0.95. */
const WIDE = [0, 4] as const;
const NARROW = [1, 3] as const;
const SHOWN_PEOPLE = 12;
/** Longer names stand in the legend only; at the line's end they would lie on it. */
const LONGEST_END = 4;

export function panelDrawing(run: Run, panel: Panel, people: People | null, shown: PeopleShown, ghosts: Ghost[]): Drawing {
  const lines: Line[] = [];
  const bands: Band[] = [];
  // Bands of several signals would hide each other; the first speaks for the panel.
  const first = panel.signals[0];
  const crowd = first && people?.signals.find((each) => each.port === first.port);
  if (people && crowd && shown === "bands") bands.push(...bandsOf(people.times_h, crowd.bands));
  if (people && crowd && shown === "lines") {
    crowd.lines.slice(0, SHOWN_PEOPLE).forEach((values, index) => {
      lines.push({ id: `person-${index}`, times_h: people.times_h, values, tone: "person" });
    });
  }
  for (const ghost of ghosts) lines.push(...ghostLines(ghost, panel, run.until_h));
  for (const signal of panel.signals) lines.push(...asides(run, signal));
  panel.signals.forEach((signal, index) => {
    lines.push({ id: signal.port, times_h: run.times_h, values: signal.values, tone: TONES[index % TONES.length]! });
  });
  const points = panel.signals.flatMap((signal) =>
    signal.observed.flatMap((study, index) =>
      study.points
        .filter((point) => point.at_h <= run.until_h)
        .map((point) => ({ ...point, filled: !study.calibration, shape: index, name: study.name })),
    ),
  );
  return { lines, bands, points };
}

function bandsOf(times_h: number[], shares: number[][]): Band[] {
  const band = ([low, high]: readonly [number, number], strength: Band["strength"]): Band[] =>
    shares[low] && shares[high] ? [{ id: strength, times_h, low: shares[low], high: shares[high], strength }] : [];
  return [...band(WIDE, "wide"), ...band(NARROW, "narrow")];
}

function asides(run: Run, signal: Signal): Line[] {
  const lines: Line[] = [];
  const times_h = run.times_h;
  if (signal.untreated) lines.push({ id: `${signal.port}-untreated`, times_h, values: signal.untreated, tone: "rest" });
  if (signal.drug_alone) lines.push({ id: `${signal.port}-alone`, times_h, values: signal.drug_alone, tone: "alone" });
  return lines;
}

/** A ghost shows its first signal only, cut where this picture ends. */
function ghostLines(ghost: Ghost, panel: Panel, until_h: number): Line[] {
  const port = panel.signals[0]?.port;
  const signal = port ? signalOf(ghost.run, port) : null;
  if (!signal) return [];
  const end = ghost.run.times_h.findIndex((at) => at > until_h);
  const cut = end < 0 ? ghost.run.times_h.length : end;
  return [
    {
      id: `ghost-${ghost.letter}`,
      times_h: ghost.run.times_h.slice(0, cut),
      values: signal.values.slice(0, cut),
      tone: "ghost",
      dash: ghost.dash,
      ...(ghost.letter.length <= LONGEST_END ? { ends: ghost.letter } : {}),
    },
  ];
}

export function signalOf(run: Run, port: string): Signal | null {
  for (const lane of run.lanes) {
    for (const panel of lane.panels) {
      const found = panel.signals.find((signal) => signal.port === port);
      if (found) return found;
    }
  }
  return null;
}
