import { span } from "../../chart/format";
import type { Run } from "../../api/types";

const DAY_H = 24;
const SHOWN_WEEKS = 8;
const CELL = 26;
const ROW = 20;

/** The days of the run, a week a row; a filled dot is a day with a dose. */
export function Calendar({ run }: { run: Run }) {
  const days = Math.max(1, Math.ceil(run.until_h / DAY_H));
  const weeks = Math.min(SHOWN_WEEKS, Math.ceil(days / 7));
  const dosed = new Map<number, number>();
  for (const dose of run.doses) {
    const day = Math.floor(dose.at_h / DAY_H);
    dosed.set(day, (dosed.get(day) ?? 0) + 1);
  }
  return (
    <figure class="calendar">
      <svg
        width={7 * CELL}
        height={weeks * ROW}
        viewBox={`0 0 ${7 * CELL} ${weeks * ROW}`}
        role="img"
        aria-label={words(run, dosed)}
      >
        {Array.from({ length: weeks * 7 }, (_, day) => {
          const given = dosed.get(day) ?? 0;
          const x = (day % 7) * CELL + CELL / 2;
          const y = Math.floor(day / 7) * ROW + ROW / 2;
          return <circle key={day} cx={x} cy={y} r={given ? 6 : 2} class={given ? "day is-dosed" : day < days ? "day" : "day is-after"} />;
        })}
      </svg>
      <figcaption class="quiet">{words(run, dosed)}</figcaption>
    </figure>
  );
}

function words(run: Run, dosed: Map<number, number>): string {
  const shown = `Seen over ${span(run.until_h)}.`;
  const count = run.doses.length;
  if (count === 0) return `Nothing is given. ${shown}`;
  const days = [...dosed.keys()].map((day) => day + 1);
  const list = days.length > 9 ? `${days.slice(0, 8).join(", ")} and so on` : days.join(", ");
  return `${count === 1 ? "One dose" : `${count} doses`}, on day${days.length === 1 ? "" : "s"} ${list}. ${shown}`;
}
