import { expect, test } from "vitest";
import { stacked } from "./stacked";

test("agrees with dots by hand", () => {
  expect(stacked([0, 1, 20, 0.5], 5)).toEqual([
    { x: 0, level: 0 },
    { x: 1, level: 1 },
    { x: 20, level: 0 },
    { x: 0.5, level: 2 },
  ]);
});
