// What a scan or an EEG would show at one moment: regions on the surface, who goes with whom, and the default mode.
import { useMemo, useState } from "preact/hooks";
import { running, useJob } from "../../api/job";
import type { Ask, ProbeResult } from "../../api/types";
import { BrainView } from "../../brain/BrainView";
import { roundMost } from "../../brain/colour";
import { number } from "../../chart/format";
import { JobBar } from "../../part/JobBar";
import { Waiting } from "../../part/Waiting";
import { ask as asked } from "../../state/ask";
import { params, setParams } from "../../state/place";
import { Matrix } from "./Matrix";
import { Readings } from "./Readings";
import { Spectrum } from "./Spectrum";
import { byNetwork, named, networkName, SHOWS, type Shows } from "./regions";
import "./brain.css";

const MOMENTS = ["40 min", "2 h", "day 2", "day 8"];

export function Brain() {
  return asked.value ? <Screen ask={asked.value} /> : <Waiting what="Opening the atlas" />;
}

function Screen({ ask }: { ask: Ask }) {
  const watch = useJob();
  const job = watch.job.value;
  const probe = params.value.get("probe") === "eeg" ? "eeg" : "fmri";
  const at = params.value.get("at") ?? MOMENTS[0]!;
  const result = job?.state === "done" && job.kind === "probe" ? (job.result as ProbeResult) : null;
  return (
    <>
      <header class="screen-head">
        <h1>The brain at one moment</h1>
        <p class="lead">
          Two models of nerve cells run twice: once before anything is given, once with the block that the ladder shows at
          that moment. What differs is the drug. It is what a scanner, or wires on the scalp, might see.
        </p>
      </header>
      <form
        class="brain-form"
        aria-label="What is recorded"
        onSubmit={(event) => {
          event.preventDefault();
          void watch.start({ kind: "probe", probe, ask, at, people: null });
        }}
      >
        <label>
          Record
          <select value={probe} onChange={(event) => setParams({ probe: event.currentTarget.value }, "push")}>
            <option value="fmri">a scan of the whole brain (fMRI)</option>
            <option value="eeg">an EEG</option>
          </select>
        </label>
        <label>
          When
          <select value={at} onChange={(event) => setParams({ at: event.currentTarget.value }, "push")}>
            {[...MOMENTS, ...(MOMENTS.includes(at) ? [] : [at])].map((moment) => (
              <option key={moment} value={moment}>
                {moment.startsWith("day") ? `${Number(moment.slice(4)) - 1} days after the start`.replace("1 days", "one day") : `${moment} after the start`}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="first" disabled={running(job)}>
          Record it
        </button>
        <span class="quiet">
          {ask.what}; the typical person. It takes some seconds to compute.
        </span>
      </form>
      <JobBar watch={watch} />
      {result?.brain && <Regions brain={result.brain} at={result.at} command={job?.command ?? ""} />}
      {result?.spectrum && <Spectrum spectrum={result.spectrum} at={result.at} command={job?.command ?? ""} />}
      {result && <Readings result={result} />}
      {!result && !running(job) && <Before probe={probe} />}
    </>
  );
}

function Before({ probe }: { probe: "eeg" | "fmri" }) {
  return (
    <div class="reading">
      <p>
        {probe === "fmri"
          ? "68 patches of cortex, wired as in 21 people, make slow waves at rest. How alike the waves of two patches are is called connectivity. The default mode network is a group of patches that is busy when the mind wanders."
          : "2,000 spiking cells stand for a patch of cortex. Their summed currents stand for an EEG. Gamma is its fast part, above 30 beats a second."}
      </p>
      <p>Press “Record it”. Nothing here is measured in a person: every reading is grade E.</p>
    </div>
  );
}

function Regions({ brain, at, command }: { brain: NonNullable<ProbeResult["brain"]>; at: string; command: string }) {
  const shows = (params.value.get("shows") as Shows | null) ?? "change";
  const [chosen, choose] = useState(-1);
  const values = useMemo(
    () => brain.regions.map((region) => (shows === "before" ? region.before : shows === "after" ? region.after : region.after - region.before)),
    [brain, shows],
  );
  const most = useMemo(() => roundMost(values), [values]);
  const names = useMemo(() => brain.regions.map((region) => named(region.label)), [brain]);
  const groups = byNetwork(brain.regions);
  const word = SHOWS.find((each) => each.value === shows)!.name;
  const legend = shows === "change" ? "change of mean connectivity" : "mean connectivity with all other regions";
  const told = groups.map((group) => `${networkName(group.network)} ${number(group.mean(values))}`).join(", ");
  const summary = `${word}: ${legend}, by network: ${told}.`;
  const region = brain.regions[chosen];
  return (
    <>
      <div class="brain-shows" role="group" aria-label="What is shown">
        {SHOWS.map((each) => (
          <button key={each.value} type="button" aria-pressed={shows === each.value} onClick={() => setParams({ shows: each.value === "change" ? null : each.value }, "push")}>
            {each.value === "after" ? at : each.name}
          </button>
        ))}
      </div>
      <div class="brain-two">
        <section aria-label="Surface">
          <BrainView names={names} values={values} most={most} legend={legend} summary={summary} chosen={chosen} onChoose={choose} />
          <p aria-live="polite" class="brain-chosen">
            {region ? (
              <>
                <b>{names[chosen]}</b>, {networkName(region.network)} network: {number(region.before)} before,{" "}
                {number(region.after)} then.
              </>
            ) : (
              <span class="quiet">Click a region, or choose one from the list.</span>
            )}
          </p>
          <p class="quiet">
            The shape is an average of 152 brains (ICBM 152). Regions are drawn around published centres, so their borders are
            schematic.
          </p>
        </section>
        <Matrix brain={brain} groups={groups} shows={shows} at={at} command={command} chosen={chosen} />
      </div>
      <DefaultMode brain={brain} at={at} />
    </>
  );
}

/** The network that the popular account speaks of, told apart. */
function DefaultMode({ brain, at }: { brain: NonNullable<ProbeResult["brain"]>; at: string }) {
  const members = brain.regions.flatMap((region, index) => (region.network === "default" ? [index] : []));
  const within = (matrix: number[][]) => {
    let [sum, pairs] = [0, 0];
    for (const a of members) for (const b of members) if (a < b) [sum, pairs] = [sum + matrix[a]![b]!, pairs + 1];
    return sum / Math.max(1, pairs);
  };
  const [before, after] = [within(brain.before), within(brain.after)];
  return (
    <p class="brain-mode">
      <b>Default mode network.</b> Its {members.length} regions go together with a mean correlation of {number(before)} before and{" "}
      {number(after)} at {at}: {after > before ? "more" : "less"} than before. Published scans mostly find less within this network
      while the drug acts. Where the model goes the other way, it is a known miss.
    </p>
  );
}
