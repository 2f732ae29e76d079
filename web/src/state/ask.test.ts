import { beforeAll, expect, test, vi } from "vitest";
import type { Ask } from "../api/types";

// The address bar is a browser's; these tests need only that it exists.
beforeAll(() => {
  vi.stubGlobal("location", { pathname: "/", search: "", origin: "http://127.0.0.1" });
  vi.stubGlobal("addEventListener", () => undefined);
});

const ASKS: Ask[] = [
  { what: "ketamine 0.5 mg/kg iv over 40 min" },
  { what: "one_infusion", arm: "ketamine & more", condition: "ptsd", hypothesis: "H4", until: "28 d" },
  { what: "ketamine 1 mg/kg im; ketamine 1 mg/kg im at day 8", hold: ["NMDA block", "TrkB"], contexts: ["set=blinded"] },
  { what: "saline iv", set: [{ id: "ketamine.clint", value: "200 L/h" }] },
];

test.each(ASKS)("an ask goes to the address and back: $what", async (ask) => {
  const { askFrom, askQuery } = await import("./ask");
  expect(askFrom(new URLSearchParams(askQuery(ask)), { what: "" })).toEqual(ask);
});
