// Who is reading. The curious and the teaching door keep dose entry to published ranges.
import { computed } from "@preact/signals";
import type { Door } from "../api/types";
import { kept } from "./kept";
import { params, setParams } from "./place";

export const DOORS: { door: Door; name: string; about: string }[] = [
  { door: "curious", name: "Curious", about: "Plain words first. Doses stay within what has been published." },
  { door: "teaching", name: "Teaching", about: "Stories, breaking a step, pinned comparisons for a class." },
  { door: "modelling", name: "Modelling", about: "Free dose text, a regimen lab, every number by hand." },
];

const isDoor = (value: unknown): value is Door => DOORS.some(({ door }) => door === value);
const last = kept<Door>("resynapse.door", "curious", isDoor);

export const door = computed<Door>(() => {
  const asked = params.value.get("door");
  return isDoor(asked) ? asked : last.value;
});

export function setDoor(next: Door) {
  last.value = next;
  setParams({ door: next }, "push");
}

/** Free doses are for the modelling door alone. */
export const freeDoses = computed(() => door.value === "modelling");
