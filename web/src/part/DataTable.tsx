import { number } from "../chart/format";
import { thinned, timeCell, type Table } from "../chart/table";

/** The numbers behind a chart, thinned to a screenful. */
export function DataTable({ table, caption }: { table: Table; caption: string }) {
  const shown = thinned(table);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {shown.columns.map((column, index) => (
              <th key={column} scope="col" class={index > 0 ? "number" : undefined}>
                {column === "time_h" ? "time" : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => {
                const value = timeCell(shown.columns[place]!, cell);
                const words = typeof value === "number" ? number(value) : (value ?? "–");
                return place === 0 ? <th key={place} scope="row">{words}</th> : <td key={place} class="number">{words}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
