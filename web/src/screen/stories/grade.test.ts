import { expect, test } from "vitest";
import { gradeOf } from "./grade";

test("agrees with grades of the table", () => {
  expect(gradeOf("B")).toEqual({ letter: "B", meaning: "human trials or measurements, limited or disputed", remark: "" });
  expect(gradeOf("B, contested: the interval includes no effect").remark).toBe("contested: the interval includes no effect");
  expect(gradeOf("X for one dose, B with maintenance")).toMatchObject({ letter: "X", remark: "for one dose, B with maintenance" });
  expect(gradeOf("– history")).toMatchObject({ letter: "–", meaning: "no claim about an effect", remark: "history" });
});
