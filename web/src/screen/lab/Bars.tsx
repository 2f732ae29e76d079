// Bars that a pointer drags and a keyboard moves: each is a slider of its own.
import { useRef } from "preact/hooks";
import { MOST_BARS } from "./profile";

interface BarsProps {
  amounts: number[];
  step_min: number;
  onChange: (amounts: number[]) => void;
}

const HEIGHT = 150;
const STEP_MG = 1;
const MORE_MG = 5;

export function Bars({ amounts, step_min, onChange }: BarsProps) {
  const box = useRef<HTMLDivElement>(null);
  const top = Math.max(20, ...amounts.map((x) => Math.ceil((x * 1.2) / 10) * 10));
  const put = (index: number, amount: number) =>
    onChange(amounts.map((old, other) => (other === index ? Math.max(0, Math.min(200, amount)) : old)));
  const drag = (index: number, event: PointerEvent) => {
    const edge = box.current!.getBoundingClientRect();
    put(index, Math.round(((edge.bottom - event.clientY) / HEIGHT) * top));
  };
  return (
    <div class="bars">
      <div ref={box} class="bars-field" role="group" aria-label="Amount in each stretch of time">
        {amounts.map((amount, index) => {
          const from = time(index * step_min);
          return (
            <div
              key={index}
              class="bar"
              role="slider"
              tabIndex={0}
              aria-orientation="vertical"
              aria-label={`From ${from} to ${time((index + 1) * step_min)}`}
              aria-valuemin={0}
              aria-valuemax={200}
              aria-valuenow={amount}
              aria-valuetext={`${amount} mg`}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                drag(index, event);
              }}
              onPointerMove={(event) => event.buttons === 1 && drag(index, event)}
              onKeyDown={(event) => {
                const next = moved(event.key, amount, event.shiftKey ? MORE_MG : STEP_MG);
                if (next === null) return;
                event.preventDefault();
                event.stopPropagation();
                put(index, next);
              }}
            >
              <span class="bar-value">{amount}</span>
              <span class="bar-fill" style={{ height: `${(HEIGHT * amount) / top}px` }} />
              <span class="bar-time">{from}</span>
            </div>
          );
        })}
      </div>
      <p>
        <button type="button" disabled={amounts.length >= MOST_BARS} onClick={() => onChange([...amounts, 0])}>
          Add a bar
        </button>{" "}
        <button type="button" disabled={amounts.length <= 1} onClick={() => onChange(amounts.slice(0, -1))}>
          Remove the last
        </button>{" "}
        <span class="quiet">mg in each bar; drag, or use the arrow keys.</span>
      </p>
    </div>
  );
}

const time = (minutes: number) => (minutes < 60 && minutes > 0 ? `${minutes} min` : `${minutes / 60} h`);

function moved(key: string, amount: number, step: number): number | null {
  if (key === "ArrowUp" || key === "ArrowRight") return amount + step;
  if (key === "ArrowDown" || key === "ArrowLeft") return amount - step;
  if (key === "PageUp") return amount + MORE_MG;
  if (key === "PageDown") return amount - MORE_MG;
  if (key === "Home") return 0;
  return null;
}
