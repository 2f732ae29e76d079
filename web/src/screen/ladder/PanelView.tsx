import { useMemo } from "preact/hooks";
import type { Panel, People, Run } from "../../api/types";
import { LineChart, type Band, type Line, type Point } from "../../chart/LineChart";
import { titled } from "../../chart/format";
import type { TimeAxis } from "../../chart/timeAxis";
import type { Ghost } from "./ghosts";
import type { PeopleShown } from "./people";
import { panelDrawing } from "./drawing";
import { Readout } from "./Readout";

interface PanelViewProps {
  run: Run;
  panel: Panel;
  axis: TimeAxis;
  cursor_h: number;
  onCursor: (at_h: number) => void;
  people: People | null;
  shown: PeopleShown;
  ghosts: Ghost[];
}

export interface Drawing {
  lines: Line[];
  bands: Band[];
  points: Point[];
}

/** One small multiple: a few signals of one unit, with their values at the cursor beside them. */
export function PanelView({ run, panel, axis, cursor_h, onCursor, people, shown, ghosts }: PanelViewProps) {
  const ghostKey = ghosts.map((ghost) => ghost.letter + ghost.name).join();
  const drawing = useMemo(
    () => panelDrawing(run, panel, people, shown, ghosts),
    [run, panel, people, shown, ghostKey],
  );
  const summary = panel.signals
    .map((signal) => `${signal.label}: ${signal.extreme?.words ?? "stays at rest"}.`)
    .join(" ");
  return (
    <div class="panel">
      <h3 class="panel-title">
        {titled(panel.title)}
        {panel.unit && panel.unit !== "1" && <span class="panel-unit">{panel.unit}</span>}
      </h3>
      <LineChart
        summary={`${panel.title}. ${summary}`}
        axis={axis}
        lines={drawing.lines}
        bands={drawing.bands}
        points={drawing.points}
        log={panel.log}
        cursor_h={cursor_h}
        onCursor={onCursor}
        height={panel.main ? 132 : 100}
      />
      <Readout run={run} panel={panel} cursor_h={cursor_h} ghosts={ghosts} people={people} shown={shown} />
    </div>
  );
}
