import { signal } from "@preact/signals";
import { catalogue } from "../state/catalogue";
import { keysOn } from "../state/keys";
import { Dialog } from "../part/Dialog";

export const helpOpen = signal(false);

const KEYS: [string[], string][] = [
  [["←", "→"], "move the time cursor; with Shift in large steps"],
  [["Home", "End"], "cursor to the start or the end"],
  [["p"], "pin this run, so that it stays behind the next one"],
  [["s"], "show a classical antidepressant (SSRI) beside it"],
  [["b"], "people: bands, sample lines, none"],
  [["w"], "why? equations, numbers and sources of the lane at hand"],
  [["/"], "search, on the evidence screen"],
  [["1", "–", "9"], "go to a screen"],
  [["?"], "this help"],
  [["Esc"], "close what is open"],
];

export function Help() {
  return (
    <Dialog title="Help" open={helpOpen}>
      <p>
        This page shows a model of how ketamine acts on the brain, step by step, from a dose to mood. Every number comes
        from the program on your machine. Each step wears a badge from A to E that says how well it is known.
      </p>
      <h3>Keys</h3>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (key === "–" ? key : <kbd key={key}>{key}</kbd>))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input type="checkbox" checked={keysOn.value} onChange={(event) => (keysOn.value = event.currentTarget.checked)} />
        Single-key shortcuts are on
      </label>
      <h3>Grades</h3>
      <dl class="grades">
        {catalogue.value?.grades.map(({ grade, meaning }) => (
          <div key={grade}>
            <dt>{grade}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p>The badge of a step names the weakest number it rests on.</p>
    </Dialog>
  );
}
