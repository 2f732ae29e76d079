// Every number of the atlas: searched, by grade, and by how far it moves the answer.
import { useMemo, useRef } from "preact/hooks";
import type { Grade, Number_ } from "../../api/types";
import { api } from "../../api/client";
import { useJob } from "../../api/job";
import { useLoad } from "../../api/load";
import { number } from "../../chart/format";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { catalogue } from "../../state/catalogue";
import { useKeys } from "../../state/keys";
import { params, setParams } from "../../state/place";
import { Influence } from "./Influence";
import { NumberCard } from "./NumberCard";
import { found } from "./search";
import "./evidence.css";

const GRADES: Grade[] = ["A", "B", "C", "D", "E"];
const PAGE = 40;

export function EvidenceScreen() {
  const box = useRef<HTMLInputElement>(null);
  const { value: ledger, mistakes } = useLoad("evidence", (signal) => api.evidence(signal));
  const job = useJob();
  const q = params.value.get("q") ?? "";
  const grades = params.value.getAll("grade") as Grade[];
  const shown = Number(params.value.get("show")) || PAGE;
  const open = params.value.get("number");
  const rows = useMemo(() => (ledger ? found(ledger.rows, q, grades) : []), [ledger, q, grades.join()]);
  useKeys({ "/": () => box.current?.focus(), Escape: () => open && setParams({ number: null }, "push") });
  const choose = (id: string) => setParams({ number: id }, "push");
  const toggle = (grade: Grade) =>
    setParams({ grade: grades.includes(grade) ? grades.filter((each) => each !== grade) : [...grades, grade], show: null }, "push");

  return (
    <>
      <header class="screen-head">
        <h1>Evidence</h1>
        <p class="lead">Every number in the model, where it comes from, and how well it is known. Nothing here is hidden in code.</p>
      </header>
      <Mistakes mistakes={mistakes} />
      {!ledger && mistakes.length === 0 && <Waiting what="Opening the ledger" />}
      {ledger && (
        <>
          <GradeBar rows={ledger.rows} grades={grades} toggle={toggle} />
          <Influence job={job} onNumber={choose} />
          {open && <NumberCard id={open} close={() => setParams({ number: null }, "push")} />}
          <section aria-labelledby="ledger-title">
            <h2 id="ledger-title">The ledger</h2>
            <label class="search">
              Search by name, source or words
              <input
                ref={box}
                type="search"
                value={q}
                onInput={(event) => setParams({ q: event.currentTarget.value || null, show: null }, "live")}
              />
            </label>
            <p class="quiet" role="status">
              {rows.length} of {ledger.rows.length} numbers
            </p>
            <Rows rows={rows.slice(0, shown)} choose={choose} />
            {rows.length > shown && (
              <button type="button" onClick={() => setParams({ show: String(shown + 5 * PAGE) })}>
                Show more
              </button>
            )}
          </section>
        </>
      )}
    </>
  );
}

/** How many numbers of each grade; a press keeps only those. */
function GradeBar({ rows, grades, toggle }: { rows: Number_[]; grades: Grade[]; toggle: (grade: Grade) => void }) {
  const meanings = catalogue.value?.grades ?? [];
  return (
    <div class="grade-bar" role="group" aria-label="Grades">
      {GRADES.map((grade) => {
        const count = rows.filter((row) => row.grade === grade).length;
        return (
          <button key={grade} type="button" class={`grade-way grade-${grade}`} aria-pressed={grades.includes(grade)} onClick={() => toggle(grade)}>
            <b>{grade}</b>
            <span class="grade-count">{count}</span>
            <span class="grade-meaning">{meanings.find((each) => each.grade === grade)?.meaning}</span>
          </button>
        );
      })}
    </div>
  );
}

function Rows({ rows, choose }: { rows: Number_[]; choose: (id: string) => void }) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="The ledger">
      <table class="ledger">
        <thead>
          <tr>
            <th scope="col">Grade</th>
            <th scope="col">Number</th>
            <th scope="col" class="number">Value</th>
            <th scope="col">How it was got</th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id + row.context}>
              <td class={`grade-${row.grade}`}><b class="grade-letter">{row.grade}</b></td>
              <th scope="row">
                <button type="button" class="link" onClick={() => choose(row.id)}>{row.id}</button>
                {row.context && <span class="quiet"> {row.context}</span>}
              </th>
              <td class="number">{number(row.value)} {row.unit === "1" ? "" : row.unit}</td>
              <td>{row.method}</td>
              <td>{row.source}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
