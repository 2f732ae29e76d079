import type { JobWatch } from "../../api/job";
import { running } from "../../api/job";
import type { InfluenceResult } from "../../api/types";
import { number, span } from "../../chart/format";
import { JobBar } from "../../part/JobBar";
import { ask } from "../../state/ask";

const SHOWN = 20;
const SCORE = "madrs.total";
const WIDTH = 260;

/** Which numbers the answer hangs on: each moved by its own uncertainty, one at a time. */
export function Influence({ job, onNumber }: { job: JobWatch; onNumber: (id: string) => void }) {
  const result = job.job.value?.kind === "influence" ? ((job.job.value.result ?? null) as InfluenceResult | null) : null;
  const start = () => ask.value && void job.start({ kind: "influence", ask: ask.value, port: SCORE, at: "24 h" });
  return (
    <section class="influence" aria-labelledby="influence-title">
      <h2 id="influence-title">What the answer hangs on</h2>
      <p>
        Every number in “{ask.value?.what}” is moved by its uncertainty, one at a time. The longest bars are the numbers that
        are worth measuring better.
      </p>
      {!running(job.job.value) && (
        <button type="button" onClick={start}>
          {result ? "Compute again" : "Find the numbers that matter"}
        </button>
      )}
      <JobBar watch={job} />
      {result && <Bars result={result} onNumber={onNumber} />}
    </section>
  );
}

function Bars({ result, onNumber }: { result: InfluenceResult; onNumber: (id: string) => void }) {
  const reach = (row: InfluenceResult["rows"][number]) => Math.abs(row.up - row.down);
  const rows = [...result.rows].sort((a, b) => reach(b) - reach(a)).slice(0, SHOWN);
  const widest = Math.max(...rows.map((row) => Math.max(Math.abs(row.up - result.value), Math.abs(row.down - result.value))), 1e-9);
  const x = (value: number) => WIDTH / 2 + ((value - result.value) / widest) * (WIDTH / 2 - 4);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label="Numbers by influence">
      <table class="bars">
        <caption>
          {result.label} at {span(result.at_h)} is {number(result.value)} {result.unit}; under each change it would be
        </caption>
        <thead>
          <tr>
            <th scope="col">Grade</th>
            <th scope="col">Number</th>
            <th scope="col" class="number">down</th>
            <th scope="col" aria-label="Bar" />
            <th scope="col" class="number">up</th>
            <th scope="col">Moved by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td class={`grade-${row.grade}`}><b class="grade-letter">{row.grade}</b></td>
              <th scope="row"><button type="button" class="link" onClick={() => onNumber(row.id)}>{row.id}</button></th>
              <td class="number">{number(row.down)}</td>
              <td>
                <svg width={WIDTH} height="16" viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
                  <rect x={Math.min(x(row.down), WIDTH / 2)} width={Math.abs(x(row.down) - WIDTH / 2)} y="3" height="5" class="bar-down" />
                  <rect x={Math.min(x(row.up), WIDTH / 2)} width={Math.abs(x(row.up) - WIDTH / 2)} y="8" height="5" class="bar-up" />
                  <line x1={WIDTH / 2} x2={WIDTH / 2} y2="16" class="cursor" />
                </svg>
              </td>
              <td class="number">{number(row.up)}</td>
              <td>{row.step}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
