// The cortical surface: one hemisphere as web/cortex/README.md describes it; the other is its mirror image.

export interface Mesh {
  /** Millimetres of MNI space, three numbers a vertex: right, front, up. */
  points: Float32Array;
  normals: Float32Array;
  /** Three vertices a face. */
  faces: Uint16Array;
  /** Region of each vertex, of the left hemisphere: 0 to 33. The right one is 34 higher. */
  region: Uint8Array;
  /** 0 on a gyrus to 255 in a sulcus. */
  depth: Uint8Array;
}

/** Regions of one hemisphere. */
export const HALF = 34;
const HEADER_BYTES = 12;
const MAGIC = "RSCX";
const VERSION = 1;

export function meshFrom(bytes: ArrayBuffer): Mesh {
  const view = new DataView(bytes);
  const magic = String.fromCharCode(...new Uint8Array(bytes, 0, 4));
  if (magic !== MAGIC || view.getUint16(4, true) !== VERSION) throw new Error("the surface of the brain cannot be read");
  const [perMm, vertices, triangles] = [6, 8, 10].map((at) => view.getUint16(at, true)) as [number, number, number];
  const facesAt = HEADER_BYTES + vertices * 6;
  const regionAt = facesAt + triangles * 6;
  if (bytes.byteLength !== regionAt + 2 * vertices) throw new Error("the surface of the brain is cut short");
  const points = Float32Array.from({ length: vertices * 3 }, (_, index) => view.getInt16(HEADER_BYTES + 2 * index, true) / perMm);
  const faces = Uint16Array.from({ length: triangles * 3 }, (_, index) => view.getUint16(facesAt + 2 * index, true));
  return {
    points,
    normals: normalsOf(points, faces),
    faces,
    region: new Uint8Array(bytes, regionAt, vertices),
    depth: new Uint8Array(bytes, regionAt + vertices, vertices),
  };
}

/** Area-weighted means of the faces around each vertex. */
export function normalsOf(points: Float32Array, faces: Uint16Array): Float32Array {
  const normals = new Float32Array(points.length);
  for (let face = 0; face < faces.length; face += 3) {
    const corners = [faces[face]! * 3, faces[face + 1]! * 3, faces[face + 2]! * 3] as const;
    const [a, b, c] = corners;
    const along = [0, 1, 2].map((k) => points[b + k]! - points[a + k]!) as [number, number, number];
    const across = [0, 1, 2].map((k) => points[c + k]! - points[a + k]!) as [number, number, number];
    const cross = [
      along[1] * across[2] - along[2] * across[1],
      along[2] * across[0] - along[0] * across[2],
      along[0] * across[1] - along[1] * across[0],
    ];
    for (const corner of corners) for (let k = 0; k < 3; k += 1) normals[corner + k]! += cross[k]!;
  }
  for (let at = 0; at < normals.length; at += 3) {
    const size = Math.hypot(normals[at]!, normals[at + 1]!, normals[at + 2]!) || 1;
    for (let k = 0; k < 3; k += 1) normals[at + k]! /= size;
  }
  return normals;
}
