import { expect, test } from "vitest";
import { amountRange, doseFrom, sentenceOf } from "./dose";

const SENTENCES = [
  "ketamine 0.5 mg/kg iv over 40 min",
  "ketamine 1 mg/kg im",
  "esketamine 84 mg nasal twice weekly for 4 weeks",
  "escitalopram 10 mg oral daily for 1 week",
];

for (const sentence of SENTENCES) {
  test(`goes to parts and back: ${sentence}`, () => {
    const dose = doseFrom(sentence);
    expect(dose).not.toBeNull();
    expect(sentenceOf(dose!)).toBe(sentence);
  });
}

for (const sentence of ["one_infusion", "saline iv over 40 min", "ketamine 0.5 mg/kg iv then ketamine 1 mg/kg im"]) {
  test(`leaves as it is what the builder cannot hold: ${sentence}`, () => {
    expect(doseFrom(sentence)).toBeNull();
  });
}

test("ends at the highest published dose unless the door is the modeller's", () => {
  const route = {
    name: "iv", title: "vein", unit: "mg/kg" as const, infused: true,
    highest_published: "1 mg/kg", highest: 1, usual: 0.5, over_min: 40,
  };
  expect(amountRange(route, false)).toEqual({ low: 0.01, high: 1, step: 0.01 });
  expect(amountRange(route, true).high).toBe(4);
});
