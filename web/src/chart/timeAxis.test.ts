import { expect, test } from "vitest";
import { stepped, timeAxis, valueAt } from "./timeAxis";

const axis = timeAxis(672, true);

test("goes to the picture and back", () => {
  for (const hours of [0, 0.5, 24, 672]) expect(axis.hours(axis.x(hours, 600), 600)).toBeCloseTo(hours, 6);
});
test("gives the first hour and the last weeks room", () => {
  expect(axis.x(1, 100)).toBeGreaterThan(15);
  expect(axis.x(168, 100)).toBeLessThan(90);
});
test("keeps marks apart", () => {
  const at = axis.ticks(400).map((mark) => axis.x(mark.at, 400));
  for (let index = 1; index < at.length; index += 1) expect(at[index]! - at[index - 1]!).toBeGreaterThanOrEqual(46);
});
test("a step forth and a step back end where they began", () => {
  expect(stepped(axis, 0, -1)).toBe(0);
  expect(stepped(axis, 672, 1)).toBe(672);
  const stop = stepped(axis, 24, 1);
  expect(stepped(axis, stepped(axis, stop, 10), -10)).toBe(stop);
});
test("reads a line between its points", () => expect(valueAt([0, 10], [0, 5], 4)).toBe(2));
