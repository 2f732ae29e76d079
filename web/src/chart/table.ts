// The numbers behind a chart, as a table on the page and as a file.
import { span } from "./format";

export type Cell = string | number | null;
export interface Table {
  columns: string[];
  rows: Cell[][];
}

const SHOWN_ROWS = 14;

/** A column of hours and one column per line, on the first line's grid. */
export function timeTable(times_h: number[], columns: { name: string; values: number[] }[]): Table {
  return {
    columns: ["time_h", ...columns.map((column) => column.name)],
    rows: times_h.map((at, index) => [at, ...columns.map((column) => column.values[index] ?? null)]),
  };
}

/** Evenly thinned: what the page shows; the file has every row. */
export function thinned(table: Table): Table {
  const count = table.rows.length;
  if (count <= SHOWN_ROWS) return table;
  const rows = Array.from({ length: SHOWN_ROWS }, (_, index) => table.rows[Math.round((index * (count - 1)) / (SHOWN_ROWS - 1))]!);
  return { columns: table.columns, rows };
}

export const timeCell = (column: string, cell: Cell): Cell => (column === "time_h" && typeof cell === "number" ? span(cell) : cell);

const quoted = (cell: Cell): string => {
  if (cell === null) return "";
  const text = String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function csv(table: Table, remarks: string[]): string {
  const lines = [...remarks.map((remark) => `# ${remark.replaceAll("\n", " ")}`), table.columns.map(quoted).join(",")];
  for (const row of table.rows) lines.push(row.map(quoted).join(","));
  return `${lines.join("\n")}\n`;
}
