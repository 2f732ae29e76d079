import { useId } from "preact/hooks";
import { number } from "../chart/format";

interface SliderProps {
  label: string;
  unit: string;
  value: number;
  low: number;
  high: number;
  step: number;
  /** Where reset goes; a published value. */
  usual: number;
  onLive: (value: number) => void;
  note?: string;
}

/** A slider with a number box beside it and a way back. */
export function Slider({ label, unit, value, low, high, step, usual, onLive, note }: SliderProps) {
  const id = useId();
  const take = (text: string) => {
    const next = Number(text);
    if (text.trim() !== "" && Number.isFinite(next)) onLive(Math.min(high, Math.max(low, next)));
  };
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <div class="slider-row">
        <input
          type="range"
          id={id}
          min={low}
          max={high}
          step={step}
          value={value}
          aria-valuetext={`${number(value)} ${unit}`}
          onInput={(event) => take(event.currentTarget.value)}
        />
        <input
          type="number"
          aria-label={`${label}, in ${unit}`}
          min={low}
          max={high}
          step={step}
          value={value}
          onChange={(event) => take(event.currentTarget.value)}
        />
        <span class="slider-unit">{unit}</span>
        <button
          type="button"
          class="plain"
          aria-label={`Reset ${label} to ${number(usual)} ${unit}`}
          title={`Back to ${number(usual)} ${unit}`}
          disabled={value === usual}
          onClick={() => onLive(usual)}
        >
          <span aria-hidden="true">↺</span>
        </button>
      </div>
      {note && <p class="quiet slider-note">{note}</p>}
    </div>
  );
}
