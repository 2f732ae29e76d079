// The surface on screen: turned by pointer and arrow keys, a region named under the pointer or chosen from a list.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLoad } from "../api/load";
import { turned, VIEWS, type Camera } from "./camera";
import { colourAt, css } from "./colour";
import { meshFrom } from "./mesh";
import { painter, regionAt, type Painter } from "./paint";

interface BrainViewProps {
  names: string[];
  values: number[];
  most: number;
  legend: string;
  summary: string;
  chosen: number;
  onChoose: (region: number) => void;
}

const STEP = 10;
const DEGREES_PER_PX = 0.5;

export function BrainView(props: BrainViewProps) {
  const { names, values, most, chosen, onChoose } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [camera, setCamera] = useState<Camera>(VIEWS[0]!.camera);
  const [draws, setDraws] = useState<Painter | null | undefined>(undefined);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const { value: mesh } = useLoad("cortex", async (signal) => meshFrom(await (await fetch("/cortex.bin", { signal })).arrayBuffer()));
  const colours = useMemo(() => values.map((value) => colourAt(value, most)), [values, most]);

  useEffect(() => {
    if (mesh && canvas.current) setDraws(painter(canvas.current, mesh));
  }, [mesh]);
  useEffect(() => {
    const box = canvas.current;
    if (!box || !draws) return;
    const paint = () => {
      const scale = Math.min(2, window.devicePixelRatio || 1);
      box.width = Math.max(1, Math.round(box.clientWidth * scale));
      box.height = Math.max(1, Math.round(box.clientHeight * scale));
      draws.paint(camera, colours, chosen);
    };
    paint();
    const watch = new ResizeObserver(paint);
    watch.observe(box);
    return () => watch.disconnect();
  }, [draws, camera, colours, chosen]);

  const pick = (event: PointerEvent) => {
    if (!mesh) return;
    const edge = canvas.current!.getBoundingClientRect();
    const x = (2 * (event.clientX - edge.left)) / edge.width - 1;
    const y = 1 - (2 * (event.clientY - edge.top)) / edge.height;
    onChoose(regionAt(mesh, camera, x, y, edge.width / edge.height));
  };
  const keys: Record<string, [number, number]> = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

  return (
    <div class="brain-view">
      {draws === null && <p>This browser draws no surface (WebGL2 is missing). The table below holds every region.</p>}
      <canvas
        ref={canvas}
        class="brain-canvas"
        hidden={draws === null}
        role="application"
        tabIndex={0}
        aria-label={`Surface of the brain, turned with the arrow keys. ${props.summary}`}
        data-turn={Math.round(camera.turn)}
        data-tilt={Math.round(camera.tilt)}
        onKeyDown={(event) => {
          const step = keys[event.key];
          if (!step) return;
          event.preventDefault();
          event.stopPropagation();
          setCamera(turned(camera, ...step));
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, y: event.clientY, moved: false };
        }}
        onPointerMove={(event) => {
          const from = drag.current;
          if (!from) return;
          const [x, y] = [event.clientX - from.x, event.clientY - from.y];
          if (Math.hypot(x, y) < 3 && !from.moved) return;
          drag.current = { x: event.clientX, y: event.clientY, moved: true };
          setCamera(turned(camera, x * DEGREES_PER_PX, y * DEGREES_PER_PX));
        }}
        onPointerUp={(event) => {
          if (drag.current && !drag.current.moved) pick(event);
          drag.current = null;
        }}
      />
      <div class="brain-ways" role="group" aria-label="Views">
        {VIEWS.map((view) => (
          <button key={view.name} type="button" onClick={() => setCamera(view.camera)}>
            {view.name}
          </button>
        ))}
      </div>
      <div class="brain-legend">
        <span>−{most}</span>
        <span class="brain-scale" aria-hidden="true">
          {[-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1].map((share) => (
            <i key={share} style={{ background: css(colourAt(share, 1)) }} />
          ))}
        </span>
        <span>+{most}</span>
        <span class="quiet">{props.legend}</span>
      </div>
      <label class="brain-region">
        Region
        <select value={chosen} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
          <option value={-1}>none</option>
          {names.map((name, index) => (
            <option key={name} value={index}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
