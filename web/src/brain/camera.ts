// Where one looks from. Angles in degrees: turn 0 is from the front, 90 from the right; tilt 90 is from above.

export interface Camera {
  turn: number;
  tilt: number;
  /** Hemispheres that are drawn. */
  shown: "both" | "left" | "right";
}

export const VIEWS: { name: string; camera: Camera }[] = [
  { name: "Left", camera: { turn: 270, tilt: 5, shown: "both" } },
  { name: "Right", camera: { turn: 90, tilt: 5, shown: "both" } },
  { name: "Top", camera: { turn: 180, tilt: 90, shown: "both" } },
  { name: "Front", camera: { turn: 0, tilt: 5, shown: "both" } },
  { name: "Inside", camera: { turn: 90, tilt: 5, shown: "left" } },
];

export type Axis = [number, number, number];

/** Right, up and towards the viewer, each of length 1. */
export function axes({ turn, tilt }: Camera): { right: Axis; up: Axis; near: Axis } {
  const [a, e] = [(turn * Math.PI) / 180, (tilt * Math.PI) / 180];
  const near: Axis = [Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e)];
  const right: Axis = [-Math.cos(a), Math.sin(a), 0];
  const up: Axis = [
    near[1] * right[2] - near[2] * right[1],
    near[2] * right[0] - near[0] * right[2],
    near[0] * right[1] - near[1] * right[0],
  ];
  return { right, up, near };
}

export const turned = (camera: Camera, turn: number, tilt: number): Camera => ({
  ...camera,
  turn: (((camera.turn + turn) % 360) + 360) % 360,
  tilt: Math.max(-90, Math.min(90, camera.tilt + tilt)),
});

export const along = (axis: Axis, x: number, y: number, z: number) => axis[0] * x + axis[1] * y + axis[2] * z;
