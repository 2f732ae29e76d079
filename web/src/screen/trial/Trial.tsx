// A virtual trial: who gets what, how many, and how often such a trial would find something.
import { useState } from "preact/hooks";
import { running, useJob } from "../../api/job";
import type { Catalogue, TrialAsk, TrialResult } from "../../api/types";
import { JobBar } from "../../part/JobBar";
import { Slider } from "../../part/Slider";
import { Waiting } from "../../part/Waiting";
import { ask as asked } from "../../state/ask";
import { catalogue } from "../../state/catalogue";
import { freeDoses } from "../../state/door";
import { params, setParams } from "../../state/place";
import { Found } from "./Found";
import { designFrom, designParams, visitsOf, type Design } from "./design";
import "./trial.css";

export function Trial() {
  if (!catalogue.value || !asked.value) return <Waiting what="Opening the atlas" />;
  return <Screen catalogue={catalogue.value} given={asked.value.what} />;
}

function Screen({ catalogue, given }: { catalogue: Catalogue; given: string }) {
  const design = designFrom(params.value, given);
  const watch = useJob();
  const job = watch.job.value;
  const set = (next: Partial<Design>, how: "push" | "live" = "push") => setParams(designParams({ ...design, ...next }), how);
  const start = () => {
    const trial: TrialAsk = {
      arms: [
        { name: "treatment", what: design.active },
        { name: "comparator", what: design.control },
      ],
      per_arm: design.people,
      trials: design.trials,
      entry_madrs: design.entry,
      visit: design.visit,
      last: design.last,
      seed: design.seed,
    };
    void watch.start({ kind: "trial", trial });
  };
  const result = job?.state === "done" && job.kind === "trial" ? (job.result as TrialResult) : null;
  return (
    <>
      <header class="screen-head">
        <h1>Virtual trial</h1>
        <p class="lead">
          Draw people, put them in two groups by chance, and see what a trial would find. Then run the same trial many times:
          even if the model were right, not every trial would succeed.
        </p>
      </header>
      <div class="aside">
        <form
          class="trial-form"
          aria-label="Design of the trial"
          onSubmit={(event) => {
            event.preventDefault();
            start();
          }}
        >
          <DoseChoice label="Treatment" value={design.active} catalogue={catalogue} onPick={(active) => set({ active })} />
          <DoseChoice label="Compared with" value={design.control} catalogue={catalogue} onPick={(control) => set({ control })} />
          <Slider label="People in each group" unit="people" value={design.people} low={6} high={200} step={2} usual={30} onLive={(people) => set({ people }, "live")} />
          <Slider label="Trials of this kind" unit="trials" value={design.trials} low={1} high={100} step={1} usual={20} onLive={(trials) => set({ trials }, "live")} />
          <Slider label="Least score at entry" unit="MADRS" value={design.entry} low={0} high={40} step={1} usual={28} onLive={(entry) => set({ entry }, "live")} />
          <label class="trial-visit">
            The visit that decides
            <select value={design.visit} onChange={(event) => set(visitsOf(event.currentTarget.value, design.last))}>
              {["4 h", "24 h", "3 d", "7 d", "14 d", "28 d"].map((visit) => (
                <option key={visit}>{visit}</option>
              ))}
            </select>
          </label>
          <p class="trial-run">
            <button type="submit" class="first" disabled={running(job)}>
              Run {design.trials === 1 ? "the trial" : `${design.trials} trials`}
            </button>
          </p>
          <p class="quiet">
            {design.people * 2 * design.trials} virtual people. MADRS is a rating of depression from 0 to 60; lower is better.
          </p>
        </form>
        <div>
          <JobBar watch={watch} />
          {!job && watch.mistakes.value.length === 0 && <Explain />}
          {result && <Found result={result} command={job?.command ?? ""} protocol={job?.protocol ?? null} />}
        </div>
      </div>
    </>
  );
}

function Explain() {
  return (
    <div class="reading trial-explain">
      <p>
        A real trial sees each person a few times and ends with one number. It cannot be run again. Here it can. The spread
        of the answers shows how much chance there is in a trial of this size.
      </p>
      <p>
        What comes out is only as good as the model. It says what a design could find, not whether the drug works. In most
        trials people notice what they got, and hope helps too: so both are part of the difference.
      </p>
    </div>
  );
}

interface DoseChoiceProps {
  label: string;
  value: string;
  catalogue: Catalogue;
  onPick: (what: string) => void;
}

/** Published doses by name; the modelling door may write any. */
function DoseChoice({ label, value, catalogue, onPick }: DoseChoiceProps) {
  const known = catalogue.presets.filter((preset) => freeDoses.value || preset.door !== "modelling");
  const comparators = [{ what: "midazolam 0.045 mg/kg iv over 40 min", title: "Midazolam, felt but not ketamine" }];
  const all = [...known, ...comparators.filter((each) => known.every((preset) => preset.what !== each.what))];
  const listed = all.some((preset) => preset.what === value);
  const [text, setText] = useState(value);
  return (
    <div class="trial-dose">
      <label>
        {label}
        <select value={listed ? value : ""} onChange={(event) => onPick(event.currentTarget.value)}>
          {!listed && <option value="">{value}</option>}
          {all.map((preset) => (
            <option key={preset.what} value={preset.what}>
              {preset.title}
            </option>
          ))}
        </select>
      </label>
      {freeDoses.value && (
        <label>
          <span class="quiet">or in words</span>
          <input type="text" value={text} onInput={(event) => setText(event.currentTarget.value)} onChange={() => onPick(text)} />
        </label>
      )}
    </div>
  );
}
