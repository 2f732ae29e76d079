// The regimen lab, for modellers: a release profile drawn by hand, and one dose at several amounts side by side.
import type { Ask, Catalogue } from "../../api/types";
import { Waiting } from "../../part/Waiting";
import { ask as asked, setAsk } from "../../state/ask";
import { catalogue } from "../../state/catalogue";
import { params, setParams } from "../../state/place";
import { useRuns } from "../../state/run";
import { Bars } from "./Bars";
import { Beside } from "./Beside";
import { amountsFrom, amountsText, sentenceOf, series, SHAPES, shaped, stepsOffered, total } from "./profile";
import "./lab.css";

export function Lab() {
  if (!catalogue.value || !asked.value) return <Waiting what="Opening the atlas" />;
  return <Open catalogue={catalogue.value} ask={asked.value} />;
}

function Open({ catalogue, ask }: { catalogue: Catalogue; ask: Ask }) {
  const step_min = Number(params.value.get("step")) || 60;
  const drug = params.value.get("drug") ?? "ketamine";
  const route = params.value.get("route") ?? "sc";
  const amounts = amountsFrom(params.value.get("bars"));
  const what = sentenceOf({ drug, route, step_min, amounts });
  const set = (next: number[], how: "push" | "live") => setParams({ bars: amountsText(next) }, how);
  const like = (sentence: string): Ask => ({ what: sentence, ...(ask.condition ? { condition: ask.condition } : {}) });
  const profiles = what ? [like(what), like(`${drug} ${Number(total(amounts).toPrecision(4))} mg ${route}`)] : [];
  const drawn = useRuns(profiles);
  const amountsOf = series(ask.what);
  const side = useRuns(amountsOf.map((each) => ({ ...ask, what: each.what })));
  const drugs = catalogue.compounds.filter((each) => each.kind === "ketamine" && each.routes.some((r) => r.infused));
  return (
    <>
      <header class="screen-head">
        <h1>Regimen lab</h1>
        <p class="lead">
          Draw how a dose is let out over time, or put one dose beside others. Nothing here is advice, and no dose is called
          better: what a higher amount costs stands beside what it gives.
        </p>
      </header>
      <section>
        <h2>Release profile</h2>
        <form class="lab-form" aria-label="Release profile" onSubmit={(event) => event.preventDefault()}>
          <label>
            Drug
            <select value={drug} onChange={(event) => setParams({ drug: event.currentTarget.value }, "push")}>
              {drugs.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.title}
                </option>
              ))}
            </select>
          </label>
          <label>
            Into
            <select value={route} onChange={(event) => setParams({ route: event.currentTarget.value }, "push")}>
              <option value="sc">the tissue under the skin</option>
              <option value="iv">a vein</option>
            </select>
          </label>
          <label>
            One bar lasts
            <select value={String(step_min)} onChange={(event) => setParams({ step: event.currentTarget.value }, "push")}>
              {stepsOffered.map((minutes) => (
                <option key={minutes} value={minutes}>
                  {minutes < 60 ? `${minutes} min` : `${minutes / 60} h`}
                </option>
              ))}
            </select>
          </label>
          <div class="lab-shapes" role="group" aria-label="Shapes of the same total">
            {SHAPES.map((shape) => (
              <button key={shape.name} type="button" onClick={() => set(shaped(amounts, shape.weights), "push")}>
                {shape.name}
              </button>
            ))}
          </div>
        </form>
        <Bars amounts={amounts} step_min={step_min} onChange={(next) => set(next, "live")} />
        <p class="quiet">
          {Number(total(amounts).toPrecision(4))} mg in all. Dashed in the pictures: the same amount at once.
        </p>
        {what ? (
          <>
            <Beside runs={drawn} names={["as drawn", "at once"]} title="A release profile" />
            <p>
              <button type="button" onClick={() => setAsk({ ...profiles[0]!, what })}>
                Use this profile on the other screens
              </button>
            </p>
          </>
        ) : (
          <p>Every bar is empty: nothing is given.</p>
        )}
      </section>
      <section>
        <h2>Dose series</h2>
        <p>
          <code>{ask.what}</code> at a quarter, a half, once and twice the amount. Where a dose lies above the highest published
          one, the model is a guess.
        </p>
        {amountsOf.length ? (
          <Beside runs={side} names={amountsOf.map((each) => each.amount)} title="A dose series" />
        ) : (
          <p class="quiet">A series needs one dose with an amount in mg or mg/kg. Choose one on the ladder.</p>
        )}
      </section>
    </>
  );
}
