import { expect, test } from "vitest";
import { byNetwork, named } from "./regions";

test("agrees with names by hand", () => {
  expect(named("L_precuneus")).toBe("precuneus, left");
  expect(named("R_caudalanteriorcingulate")).toBe("caudal anterior cingulate, right");
  expect(named("L_superiortemporal")).toBe("superior temporal, left");
  expect(named("L_rostralmiddlefrontal")).toBe("rostral middle frontal, left");
  expect(named("R_insula")).toBe("insula, right");
});

test("agrees with the default mode first", () => {
  const region = (network: string) => ({ label: "L_x", hemisphere: "L" as const, network, before: 0, after: 0 });
  const groups = byNetwork([region("visual"), region("default"), region("visual")]);
  expect(groups.map((group) => [group.network, group.members])).toEqual([
    ["default", [1]],
    ["visual", [0, 2]],
  ]);
  expect(groups[1]!.mean([1, 9, 3])).toBe(2);
});
