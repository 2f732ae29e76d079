import { useRef } from "preact/hooks";
import { span } from "../../chart/format";
import { stepped, type TimeAxis } from "../../chart/timeAxis";
import { useWidth } from "../../chart/useWidth";
import type { Run } from "../../api/types";

interface TimeBarProps {
  run: Run;
  axis: TimeAxis;
  cursor_h: number;
  onCursor: (at_h: number) => void;
}

const LEFT = 46;
const RIGHT = 14;
const LARGE = 10;

export const CURSOR_KEYS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  "shift+ArrowLeft": -LARGE,
  "shift+ArrowRight": LARGE,
  PageDown: -LARGE,
  PageUp: LARGE,
  Home: -1000,
  End: 1000,
};

/** The time cursor of all lanes: a slider on the axis itself. */
export function TimeBar({ run, axis, cursor_h, onCursor }: TimeBarProps) {
  const [box, full] = useWidth<HTMLDivElement>();
  const bar = useRef<HTMLDivElement>(null);
  const width = Math.max(80, full - LEFT - RIGHT);
  const at = (event: PointerEvent) => onCursor(axis.hours(event.clientX - box.current!.getBoundingClientRect().left - LEFT, width));
  const x = axis.x(cursor_h, width);
  const side = x > width - 70 ? "end" : x < 40 ? "start" : "middle";
  return (
    <div ref={box} class="time-bar">
      <div
        ref={bar}
        class="time-slider"
        role="slider"
        tabIndex={0}
        aria-label="Time after the first dose"
        aria-valuemin={0}
        aria-valuemax={run.until_h}
        aria-valuenow={cursor_h}
        aria-valuetext={span(cursor_h)}
        onKeyDown={(event) => {
          const name = event.shiftKey ? `shift+${event.key}` : event.key;
          const steps = CURSOR_KEYS[name] ?? { ArrowDown: -1, ArrowUp: 1 }[name];
          if (steps === undefined) return;
          event.preventDefault();
          onCursor(stepped(axis, cursor_h, steps));
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          at(event);
        }}
        onPointerMove={(event) => event.buttons === 1 && at(event)}
      >
        <svg width={full} height={50} viewBox={`0 0 ${full} 50`} aria-hidden="true">
          <g transform={`translate(${LEFT} 0)`}>
            <line x2={width} y1={24} y2={24} class="time-line" />
            {axis.ticks(width).map((mark) => (
              <g key={mark.at} transform={`translate(${axis.x(mark.at, width)} 0)`}>
                <line y1={24} y2={29} class="time-tick" />
                <text y={43} class="mark mark-time">{mark.label}</text>
              </g>
            ))}
            {run.doses.map((dose) => (
              <rect
                key={dose.at_h}
                x={axis.x(dose.at_h, width) - 1}
                width={Math.max(3, axis.x(dose.at_h + dose.over_h, width) - axis.x(dose.at_h, width))}
                y={21}
                height={6}
                class="time-dose"
              />
            ))}
            <line x1={x} x2={x} y1={18} y2={50} class="cursor" />
            <circle cx={x} cy={24} r={6} class="time-handle" />
            <text x={x} y={11} class={`time-now is-${side}`}>{cursor_h === 0 ? "start" : span(cursor_h)}</text>
          </g>
        </svg>
      </div>
    </div>
  );
}
