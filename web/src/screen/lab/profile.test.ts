import { expect, test } from "vitest";
import { amountsFrom, amountsText, sentenceOf, series, SHAPES, shaped, total } from "./profile";

const profile = { drug: "ketamine", route: "sc", step_min: 60, amounts: [10, 0, 20] };

test("agrees with a sentence by hand", () => {
  expect(sentenceOf(profile)).toBe("ketamine 10 mg sc over 60 min and ketamine 20 mg sc over 60 min at 120 min");
  expect(sentenceOf({ ...profile, amounts: [0, 0] })).toBeNull();
});

test("agrees with a round trip through the address", () => {
  expect(amountsFrom(amountsText([1, 0, 2.5]))).toEqual([1, 0, 2.5]);
  expect(amountsFrom("x-2")).toEqual([2]);
  expect(amountsFrom(null).length).toBeGreaterThan(3);
});

test("agrees with shapes of the same total", () => {
  for (const shape of SHAPES) expect(total(shaped([3, 6, 9], shape.weights))).toBeCloseTo(18, 1);
});

test("agrees with a series and rejects several doses", () => {
  expect(series("ketamine 0.5 mg/kg iv over 40 min").map((each) => each.amount)).toEqual(["0.125 mg/kg", "0.25 mg/kg", "0.5 mg/kg", "1 mg/kg"]);
  expect(series("ketamine 10 mg sc and ketamine 5 mg sc at 1 h")).toEqual([]);
});
