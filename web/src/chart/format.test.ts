import { expect, test } from "vitest";
import { change, number, ofHundred, span, studyName } from "./format";

test.each([
  [0, "0"], [0.5, "0.5"], [195.68, "196"], [12.103, "12.1"], [-3.2, "−3.2"], [0.00001, "< 0.0001"], [15000, "15\u2009000"],
])("writes %s as %s", (value, words) => expect(number(value)).toBe(words));

test.each([
  [0.6667, "40 min"], [1, "1 h"], [24, "24 h"], [72, "3 days"], [336, "2 weeks"], [672, "4 weeks"],
])("writes %s hours as %s", (hours, words) => expect(span(hours)).toBe(words));

test("signs a change", () => expect([change(2), change(-2)]).toEqual(["+2", "−2"]));
test("counts people", () => expect([ofHundred(0.3), ofHundred(12.4)]).toEqual(["fewer than 1 of 100", "12 of 100"]));
test("names a study", () => expect(studyName("murrough2013_course")).toBe("Murrough 2013"));
