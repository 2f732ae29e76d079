import { expect, test } from "vitest";
import type { Run } from "../../api/types";
import { leftOf } from "./left";

const run = (values: number[]): Run =>
  ({
    times_h: [0, 24],
    lanes: [{ panels: [{ signals: [{ port: "madrs.total", values, rest: 33, untreated: null }] }] }],
  }) as unknown as Run;

test("half of a fall is half left", () => {
  expect(leftOf(run([33, 19]), run([33, 26]), "madrs.total", 24)?.left).toBeCloseTo(50);
});
test("of no effect nothing can be left", () => {
  expect(leftOf(run([33, 33]), run([33, 33]), "madrs.total", 24)?.left).toBeNull();
});
