/// <reference types="node" />
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { axes, turned, VIEWS } from "./camera";
import { colourAt } from "./colour";
import { HALF, meshFrom } from "./mesh";

const file = readFileSync("public/cortex.bin");
const mesh = meshFrom(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);

test("agrees with a closed left hemisphere", () => {
  expect(mesh.points.length / 3).toBeGreaterThan(4000);
  expect(Math.max(...mesh.faces)).toBe(mesh.points.length / 3 - 1);
  expect(new Set(mesh.region).size).toBe(HALF);
  const x = mesh.points.filter((_, index) => index % 3 === 0);
  expect(Math.max(...x)).toBeLessThan(3);
  // Every edge of a closed surface belongs to two faces.
  const edges = new Map<string, number>();
  for (let face = 0; face < mesh.faces.length; face += 3) {
    for (let k = 0; k < 3; k += 1) {
      const pair = [mesh.faces[face + k]!, mesh.faces[face + ((k + 1) % 3)]!].sort((a, b) => a - b).join();
      edges.set(pair, (edges.get(pair) ?? 0) + 1);
    }
  }
  const twice = [...edges.values()].filter((count) => count === 2).length;
  expect(twice / edges.size).toBeGreaterThan(0.99);
});

test("rejects bytes that are no surface", () => {
  expect(() => meshFrom(new ArrayBuffer(64))).toThrow("cannot be read");
  expect(() => meshFrom(file.buffer.slice(file.byteOffset, file.byteOffset + 5000) as ArrayBuffer)).toThrow("cut short");
});

test("agrees with where a viewer stands", () => {
  const at = (name: string) => axes(VIEWS.find((view) => view.name === name)!.camera);
  // From the left the front of the head points to the left of the picture.
  expect(at("Left").right[1]).toBeCloseTo(-1);
  expect(at("Right").right[1]).toBeCloseTo(1);
  expect(at("Top").up[1]).toBeCloseTo(1);
  expect(at("Top").right[0]).toBeCloseTo(1);
  expect(turned(VIEWS[0]!.camera, 100, 200)).toMatchObject({ turn: 10, tilt: 90 });
});

test("agrees with colours at the ends and the middle", () => {
  expect(colourAt(0, 1)).toEqual(colourAt(0, 5));
  expect(colourAt(2, 1)).toEqual(colourAt(1, 1));
  expect(colourAt(-1, 1)).not.toEqual(colourAt(1, 1));
});
