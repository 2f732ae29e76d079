import { ofHundred } from "../chart/format";

/** A share as people: a hundred dots, some filled. The words beside it say the same. */
export function OfHundred({ count, label }: { count: number; label: string }) {
  const filled = Math.round(count);
  return (
    <div class="of-hundred">
      <svg viewBox="0 0 200 50" width="200" height="50" role="img" aria-label={`${label}: ${ofHundred(count)}`}>
        {Array.from({ length: 100 }, (_, index) => (
          <circle
            key={index}
            cx={5 + (index % 20) * 10}
            cy={5 + Math.floor(index / 20) * 10}
            r="3.5"
            class={index < filled ? "dot is-filled" : "dot"}
          />
        ))}
      </svg>
      <span>{ofHundred(count)}</span>
    </div>
  );
}
