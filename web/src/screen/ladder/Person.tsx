import type { Ask, Catalogue, Door } from "../../api/types";
import { setAsk } from "../../state/ask";

interface PersonProps {
  catalogue: Catalogue;
  ask: Ask;
  door: Door;
}

/** Whom the dose meets, and under which explanation. */
export function Person({ catalogue, ask, door }: PersonProps) {
  const change = (name: "condition" | "hypothesis", value: string) => {
    const next: Ask = { ...ask };
    if (value) next[name] = value;
    else delete next[name];
    setAsk(next);
  };
  return (
    <>
      <label>
        Person
        <select value={ask.condition ?? ""} onChange={(event) => change("condition", event.currentTarget.value)}>
          <option value="">as usual: depression that resisted treatment</option>
          {catalogue.conditions.map((each) => (
            <option key={each.name} value={each.name}>
              {each.title}
            </option>
          ))}
        </select>
      </label>
      {door !== "curious" && (
        <label>
          Explanation
          <select value={ask.hypothesis ?? catalogue.hypotheses[0]?.name} onChange={(event) => change("hypothesis", event.currentTarget.value)}>
            {catalogue.hypotheses.map((each) => (
              <option key={each.name} value={each.name}>
                {each.title}
              </option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
