import type { Grade, Number_ } from "../../api/types";

/** Rows that hold every word of the search, and are of the grades asked for. */
export function found(rows: Number_[], q: string, grades: Grade[]): Number_[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (grades.length > 0 && !grades.includes(row.grade)) return false;
    const text = `${row.id} ${row.source} ${row.note} ${row.method} ${row.context} ${row.locator}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
