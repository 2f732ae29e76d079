import type { Ask, Catalogue } from "../../api/types";
import { door, freeDoses } from "../../state/door";
import { setAsk } from "../../state/ask";
import type { How } from "../../state/place";
import { Slider } from "../../part/Slider";
import { Calendar } from "./Calendar";
import { FreeText } from "./FreeText";
import { amountRange, doseFrom, offered, OFTEN, routeOf, sentenceOf, startDose, type Dose, type Often } from "./dose";
import { Person } from "./Person";
import { Presets } from "./Presets";
import type { Run } from "../../api/types";

interface DoseBuilderProps {
  catalogue: Catalogue;
  ask: Ask;
  run: Run | null;
}

/** What is given, how, how much and how often; every change is a new dose sentence. */
export function DoseBuilder({ catalogue, ask, run }: DoseBuilderProps) {
  const dose = doseFrom(ask.what);
  const found = dose && routeOf(catalogue, dose);
  return (
    <form class="builder" aria-label="Dose" onSubmit={(event) => event.preventDefault()}>
      <Presets catalogue={catalogue} ask={ask} />
      {dose && found ? (
        <Parts catalogue={catalogue} ask={ask} dose={dose} />
      ) : (
        <Course catalogue={catalogue} ask={ask} />
      )}
      {run && <Calendar run={run} />}
      <Person catalogue={catalogue} ask={ask} door={door.value} />
      {freeDoses.value && <FreeText ask={ask} />}
    </form>
  );
}

function Parts({ catalogue, ask, dose }: { catalogue: Catalogue; ask: Ask; dose: Dose }) {
  const { compound, route } = routeOf(catalogue, dose)!;
  const range = amountRange(route, freeDoses.value);
  const give = (next: Dose, how: How) => {
    const asked: Ask = { ...ask, what: sentenceOf(next) };
    // Another course wants another stretch of time; the program chooses it.
    if (next.often !== dose.often || next.weeks !== dose.weeks) delete asked.until;
    delete asked.arm;
    setAsk(asked, how);
  };
  const kinds = freeDoses.value ? ["ketamine", "comparator", "partner"] : ["ketamine", "comparator"];
  const drugs = catalogue.compounds
    .filter((each) => kinds.includes(each.kind))
    .map((each) => ({ ...each, routes: offered(each.routes, freeDoses.value) }))
    .filter((each) => each.routes.length > 0);
  const routes = offered(compound.routes, freeDoses.value || route.highest === null);
  const published = route.highest_published && `Highest published: ${route.highest_published}.`;
  const beyond = route.highest !== null && dose.amount > route.highest;
  return (
    <>
      <div class="field-pair">
        <label>
          Drug
          <select
            value={dose.drug}
            onChange={(event) => {
              const next = drugs.find((each) => each.name === event.currentTarget.value)!;
              const once: Dose = next.kind === "comparator" && !next.routes[0]!.infused ? { ...dose, often: "daily", weeks: 8 } : dose;
              give(startDose(next, next.routes[0]!, once), "push");
            }}
          >
            {drugs.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title}
              </option>
            ))}
          </select>
        </label>
        <label>
          Route
          <select
            value={dose.route}
            onChange={(event) => {
              const next = compound.routes.find((each) => each.name === event.currentTarget.value)!;
              give(startDose(compound, next, dose), "push");
            }}
          >
            {routes.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Slider
        label="Amount"
        unit={dose.unit}
        value={dose.amount}
        {...range}
        high={Math.max(range.high, dose.amount)}
        usual={route.usual ?? range.high}
        onLive={(amount) => give({ ...dose, amount }, "live")}
        note={published ?? undefined}
      />
      {beyond && <p class="beyond">This is above the highest published dose. The model is a guess out there.</p>}
      {route.infused && dose.over_min !== null && (
        <Slider
          label="Infused over"
          unit="min"
          value={dose.over_min}
          low={5}
          high={Math.max(120, dose.over_min)}
          step={5}
          usual={route.over_min ?? 40}
          onLive={(over_min) => give({ ...dose, over_min }, "live")}
        />
      )}
      <div class="field-pair">
        <label>
          How often
          <select value={dose.often} onChange={(event) => give({ ...dose, often: event.currentTarget.value as Often }, "push")}>
            {OFTEN.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        {dose.often !== "once" && (
          <label>
            For
            <select
              value={String(dose.weeks)}
              onChange={(event) => give({ ...dose, weeks: Number(event.currentTarget.value) }, "push")}
            >
              {[1, 2, 4, 8, ...([1, 2, 4, 8].includes(dose.weeks) ? [] : [dose.weeks])].map((weeks) => (
                <option key={weeks} value={weeks}>
                  {weeks === 1 ? "1 week" : `${weeks} weeks`}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </>
  );
}

/** A named course or a sentence of several parts: shown as it is, with a way back to one dose. */
function Course({ catalogue, ask }: { catalogue: Catalogue; ask: Ask }) {
  const scenario = catalogue.scenarios.find((each) => each.name === ask.what);
  return (
    <div class="course">
      <p>{scenario ? scenario.question : ask.what}</p>
      {scenario && scenario.arms.length > 1 && (
        <label>
          Arm
          <select
            value={ask.arm ?? scenario.arms[0]}
            onChange={(event) => setAsk({ ...ask, arm: event.currentTarget.value })}
          >
            {scenario.arms.map((arm) => (
              <option key={arm}>{arm}</option>
            ))}
          </select>
        </label>
      )}
      <button type="button" onClick={() => setAsk({ ...catalogue.start, ...(ask.condition ? { condition: ask.condition } : {}) })}>
        Build a dose instead
      </button>
    </div>
  );
}
