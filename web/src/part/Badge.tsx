import type { Badge as BadgeOf } from "../api/types";

/** How well the numbers behind this are known: the weakest grade, by name. */
export function Badge({ badge, short }: { badge: BadgeOf; short?: boolean }) {
  if (!badge.weakest) return null;
  const counts = badge.counts.filter((count) => count.rows > 0).map((count) => `${count.rows} of grade ${count.grade}`);
  const title = `Weakest number on the way here: grade ${badge.weakest}, ${badge.meaning}. ${counts.join(", ")}.`;
  return (
    <span class={`badge grade-${badge.weakest}`} title={title}>
      <span class="unseen">Weakest grade </span>
      <b>{badge.weakest}</b>
      {!short && <span class="badge-meaning"> {badge.meaning}</span>}
    </span>
  );
}
