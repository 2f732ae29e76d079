import type { Panel, People, Run, Signal } from "../../api/types";
import { SHAPES } from "../../chart/LineChart";
import { number } from "../../chart/format";
import { valueAt } from "../../chart/timeAxis";
import { linkOf } from "../../part/SourceLink";
import { signalOf, TONES } from "./drawing";
import type { Ghost } from "./ghosts";
import type { PeopleShown } from "./people";

interface ReadoutProps {
  run: Run;
  panel: Panel;
  cursor_h: number;
  ghosts: Ghost[];
  people: People | null;
  shown: PeopleShown;
}

/** Legend and values at the cursor in one: a line, its name, its number. */
export function Readout({ run, panel, cursor_h, ghosts, people, shown }: ReadoutProps) {
  const first = panel.signals[0];
  const crowd = first && people?.signals.find((each) => each.port === first.port);
  const studies = panel.signals.flatMap((signal) => signal.observed.map((study, index) => ({ ...study, shape: SHAPES[index % SHAPES.length] })));
  return (
    <div class="readout">
      <dl>
        {panel.signals.map((signal, index) => (
          <Value key={signal.port} sample={`line tone-${TONES[index % TONES.length]}`} name={signal.short} value={valueAt(run.times_h, signal.values, cursor_h)} strong />
        ))}
        {panel.signals.map((signal) => signal.drug_alone && <Alone key={signal.port} run={run} signal={signal} cursor_h={cursor_h} />)}
        {panel.signals.map(
          (signal) =>
            signal.untreated && (
              <Value key={signal.port} sample="line tone-rest" name="untreated" value={valueAt(run.times_h, signal.untreated, cursor_h)} />
            ),
        )}
        {first &&
          ghosts.map((ghost) => {
            const signal = signalOf(ghost.run, first.port);
            const value = signal ? valueAt(ghost.run.times_h, signal.values, cursor_h) : NaN;
            return <Value key={ghost.letter} sample={`line tone-ghost dash-${ghost.dash}`} name={ghost.letter} value={value} />;
          })}
        {people && crowd && shown === "bands" && crowd.bands.length === 5 && (
          <div class="readout-row">
            <dt>
              <span class="swatch-band" aria-hidden="true" />9 of 10 people
            </dt>
            <dd>
              {number(valueAt(people.times_h, crowd.bands[0]!, cursor_h))} to {number(valueAt(people.times_h, crowd.bands[4]!, cursor_h))}
            </dd>
          </div>
        )}
        {people && crowd && shown === "lines" && (
          <div class="readout-row">
            <dt>
              <Sample of="line tone-person" />
              {crowd.lines.length} people
            </dt>
            <dd />
          </div>
        )}
      </dl>
      {studies.map((study) => (
        <p key={study.name} class="observed">
          <svg width="10" height="10" viewBox="-5 -5 10 10" aria-hidden="true" class={study.calibration ? "point" : "point is-filled"}>
            <path d={study.shape} />
          </svg>{" "}
          {linkOf(study.address) ? <a href={linkOf(study.address)!}>{study.name}</a> : study.name}: {study.misfit}
          {study.calibration ? " (took part in sizing the model)" : ""}
        </p>
      ))}
    </div>
  );
}

function Alone({ run, signal, cursor_h }: { run: Run; signal: Signal; cursor_h: number }) {
  return <Value sample="line tone-alone" name="without expectation" value={valueAt(run.times_h, signal.drug_alone!, cursor_h)} />;
}

function Sample({ of }: { of: string }) {
  return (
    <svg width="24" height="8" viewBox="0 0 24 8" aria-hidden="true">
      <path d="M1 4H23" class={of} />
    </svg>
  );
}

function Value({ sample, name, value, strong }: { sample: string; name: string; value: number; strong?: boolean }) {
  return (
    <div class={strong ? "readout-row is-strong" : "readout-row"}>
      <dt>
        <Sample of={sample} />
        {name}
      </dt>
      <dd>{number(value)}</dd>
    </div>
  );
}
