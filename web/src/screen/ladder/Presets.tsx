import type { Ask, Catalogue } from "../../api/types";
import { setAsk } from "../../state/ask";
import { door } from "../../state/door";
import { studyName } from "../../chart/format";
import { behind } from "./dose";

/** Published doses and named courses, to start from. */
export function Presets({ catalogue, ask }: { catalogue: Catalogue; ask: Ask }) {
  const presets = catalogue.presets.filter((each) => behind(each.door, door.value));
  const scenarios = catalogue.scenarios.filter((each) => behind(each.door, door.value));
  const known = [...presets.map((each) => each.what), ...scenarios.map((each) => each.name)].includes(ask.what);
  const source = presets.find((each) => each.what === ask.what)?.source;
  const choose = (what: string) => {
    if (!what) return;
    const next: Ask = { ...ask, what };
    delete next.arm;
    delete next.until;
    setAsk(next);
  };
  return (
    <div>
      <label>
        Start from
        <select value={known ? ask.what : ""} onChange={(event) => choose(event.currentTarget.value)}>
          {!known && <option value="">your own dose</option>}
          <optgroup label="Published doses">
            {presets.map((each) => (
              <option key={each.what} value={each.what}>
                {each.title}
              </option>
            ))}
          </optgroup>
          <optgroup label="Named courses">
            {scenarios.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title}
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      {source && <p class="quiet field-note">As in {studyName(source)}.</p>}
    </div>
  );
}
