import type { Mistake } from "../api/client";

/** Everything that is wrong, at once, each with what would help. */
export function Mistakes({ mistakes }: { mistakes: Mistake[] }) {
  if (mistakes.length === 0) return null;
  return (
    <div class="mistakes" role="alert">
      {mistakes.map((mistake) => (
        <p key={mistake.code + mistake.message}>
          <strong>{mistake.message}</strong> {mistake.hint}
        </p>
      ))}
    </div>
  );
}
