import { expect, test } from "vitest";
import { designFrom, designParams, visitsOf } from "./design";

const given = "ketamine 0.5 mg/kg iv over 40 min";

test("agrees with a round trip through the address", () => {
  const design = { ...designFrom(new URLSearchParams(), given), people: 60, visit: "28 d", last: "28 d", entry: 20 };
  const pairs = Object.entries(designParams(design)).filter((pair): pair is [string, string] => pair[1] !== null);
  expect(designFrom(new URLSearchParams(pairs), "another")).toEqual(design);
});

test("rejects numbers out of range and visits that are none", () => {
  const design = designFrom(new URLSearchParams("n=100000&trials=-4&entry=x&visit=soon"), given);
  expect(design).toMatchObject({ people: 400, trials: 1, entry: 28, visit: "24 h", last: "7 d" });
  expect(visitsOf("28 d", "7 d")).toEqual({ visit: "28 d", last: "28 d" });
});
