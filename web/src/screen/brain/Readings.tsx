// Numbers read off a recording, before and then, with what must be said beside them.
import type { ProbeResult } from "../../api/types";
import { change, number } from "../../chart/format";

export function Readings({ result }: { result: ProbeResult }) {
  return (
    <section>
      <h2>Readings</h2>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Readings">
        <table>
          <thead>
            <tr>
              <th scope="col">Reading</th>
              <th scope="col" class="number">Before</th>
              <th scope="col" class="number">{result.at}</th>
              <th scope="col" class="number">Change</th>
              <th scope="col">Unit</th>
            </tr>
          </thead>
          <tbody>
            {result.readings.map((reading) => (
              <tr key={reading.label}>
                <th scope="row">{reading.label}</th>
                <td class="number">{number(reading.before)}</td>
                <td class="number">{number(reading.after)}</td>
                <td class="number">{reading.change === null ? "–" : change(reading.change)}</td>
                <td>{reading.unit === "1" ? "" : reading.unit}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {result.notes.map((note) => (
        <p key={note} class="quiet">
          {note}
        </p>
      ))}
    </section>
  );
}
