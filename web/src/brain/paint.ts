// Draws the surface with WebGL2: each region in its colour, lit from where one looks.
import { axes, type Camera } from "./camera";
import { HALF, type Mesh } from "./mesh";

const VERTEX = `#version 300 es
in vec3 place; in vec3 normal; in float region; in float depth;
uniform vec3 right; uniform vec3 up; uniform vec3 near; uniform vec2 scale; uniform float side; uniform vec3 middle;
uniform vec3 colours[${2 * HALF}]; uniform int chosen;
flat out vec3 colour; out float light;
void main() {
  vec3 flip = vec3(side, 1.0, 1.0);
  vec3 at = place * flip - middle;
  vec3 out_ = normal * flip;
  int number = int(region) + (side < 0.0 ? ${HALF} : 0);
  colour = colours[number] * (chosen == number ? 1.0 : chosen < 0 ? 1.0 : 0.8);
  light = (0.56 + 0.5 * max(0.0, dot(out_, near))) * (1.0 - 0.26 * depth) + (chosen == number ? 0.12 : 0.0);
  gl_Position = vec4(dot(at, right) * scale.x, dot(at, up) * scale.y, -dot(at, near) / 200.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 colour; in float light; out vec4 shown;
void main() { shown = vec4(colour * light, 1.0); }`;

/** The middle of the head in MNI space, and how much of it a picture holds, mm. */
export const MIDDLE: [number, number, number] = [0, -18, 12];
export const REACH_MM = 98;

export interface Painter {
  paint: (camera: Camera, colours: [number, number, number][], chosen: number) => void;
}

/** Null where the browser has no WebGL2. */
export function painter(canvas: HTMLCanvasElement, mesh: Mesh): Painter | null {
  const gl = canvas.getContext("webgl2", { antialias: true, alpha: true, premultipliedAlpha: true });
  const program = gl && linked(gl);
  if (!gl || !program) return null;
  gl.useProgram(program);
  attribute(gl, program, "place", mesh.points, 3, gl.FLOAT);
  attribute(gl, program, "normal", mesh.normals, 3, gl.FLOAT);
  attribute(gl, program, "region", mesh.region, 1, gl.UNSIGNED_BYTE);
  attribute(gl, program, "depth", mesh.depth, 1, gl.UNSIGNED_BYTE, true);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, mesh.faces, gl.STATIC_DRAW);
  gl.enable(gl.DEPTH_TEST);
  const at = (name: string) => gl.getUniformLocation(program, name);
  const places = { right: at("right"), up: at("up"), near: at("near"), scale: at("scale"), side: at("side"), middle: at("middle"), colours: at("colours"), chosen: at("chosen") };
  return {
    paint: (camera, colours, chosen) => {
      const { right, up, near } = axes(camera);
      const ratio = canvas.width / canvas.height;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.uniform3fv(places.right, right);
      gl.uniform3fv(places.up, up);
      gl.uniform3fv(places.near, near);
      gl.uniform3fv(places.middle, MIDDLE);
      gl.uniform2f(places.scale, 1 / (REACH_MM * Math.max(1, ratio)), Math.min(1, ratio) / REACH_MM);
      gl.uniform3fv(places.colours, colours.flat());
      gl.uniform1i(places.chosen, chosen);
      for (const side of [1, -1]) {
        if (camera.shown === (side > 0 ? "right" : "left")) continue;
        gl.uniform1f(places.side, side);
        gl.drawElements(gl.TRIANGLES, mesh.faces.length, gl.UNSIGNED_SHORT, 0);
      }
    },
  };
}

function linked(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

function attribute(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, data: Float32Array | Uint8Array, size: number, type: number, share = false) {
  const place = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, size, type, share, 0, 0);
}

/** The region under a point of the picture (-1 to 1 each way), or -1: the nearest face that holds it. */
export function regionAt(mesh: Mesh, camera: Camera, x: number, y: number, ratio: number): number {
  const { right, up, near } = axes(camera);
  const [wide, high] = [x * REACH_MM * Math.max(1, ratio), (y * REACH_MM) / Math.min(1, ratio)];
  let best = -Infinity;
  let found = -1;
  for (const side of [1, -1]) {
    if (camera.shown === (side > 0 ? "right" : "left")) continue;
    for (let face = 0; face < mesh.faces.length; face += 3) {
      const corner = (k: number) => {
        const v = mesh.faces[face + k]! * 3;
        const [a, b, c] = [mesh.points[v]! * side - MIDDLE[0], mesh.points[v + 1]! - MIDDLE[1], mesh.points[v + 2]! - MIDDLE[2]];
        const on = (axis: [number, number, number]) => axis[0] * a + axis[1] * b + axis[2] * c;
        return [on(right) - wide, on(up) - high, on(near)] as const;
      };
      const [p, q, r] = [corner(0), corner(1), corner(2)];
      const turn = (m: readonly number[], n: readonly number[]) => m[0]! * n[1]! - m[1]! * n[0]!;
      const [s, t, w] = [turn(p, q), turn(q, r), turn(r, p)];
      if (!((s >= 0 && t >= 0 && w >= 0) || (s <= 0 && t <= 0 && w <= 0))) continue;
      const depth = (p[2] + q[2] + r[2]) / 3;
      if (depth > best) {
        best = depth;
        found = mesh.region[mesh.faces[face + 2]!]! + (side < 0 ? HALF : 0);
      }
    }
  }
  return found;
}
