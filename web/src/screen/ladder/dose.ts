// The dose sentence as the builder's parts, and back. What does not fit the builder stays a sentence.
import type { Catalogue, Compound, Door, Route } from "../../api/types";

export interface Dose {
  drug: string;
  amount: number;
  unit: string;
  route: string;
  over_min: number | null;
  often: Often;
  weeks: number;
}
export type Often = "once" | "daily" | "weekly" | "twice weekly" | "three times weekly";
export const OFTEN: Often[] = ["once", "weekly", "twice weekly", "three times weekly", "daily"];

const SENTENCE =
  /^(\w+) (\d*\.?\d+) (mg\/kg|mg) (\w+)(?: over (\d*\.?\d+) (min|h))?(?: (daily|weekly|twice weekly|three times weekly) for (\d+) weeks?)?$/;

export function doseFrom(sentence: string): Dose | null {
  const parts = SENTENCE.exec(sentence.trim());
  if (!parts) return null;
  const [, drug, amount, unit, route, over, overUnit, often, weeks] = parts;
  return {
    drug: drug!,
    amount: Number(amount),
    unit: unit!,
    route: route!,
    over_min: over ? Number(over) * (overUnit === "h" ? 60 : 1) : null,
    often: (often as Often | undefined) ?? "once",
    weeks: weeks ? Number(weeks) : 4,
  };
}

export function sentenceOf(dose: Dose): string {
  const over = dose.over_min === null ? "" : ` over ${dose.over_min} min`;
  const course = dose.often === "once" ? "" : ` ${dose.often} for ${dose.weeks} week${dose.weeks === 1 ? "" : "s"}`;
  return `${dose.drug} ${plain(dose.amount)} ${dose.unit} ${dose.route}${over}${course}`;
}

/** No binary dust: 0.30000000000000004 would be another dose to a reader. */
const plain = (amount: number) => String(Number(amount.toPrecision(4)));

export function routeOf(catalogue: Catalogue, dose: Dose): { compound: Compound; route: Route } | null {
  const compound = catalogue.compounds.find((each) => each.name === dose.drug);
  const route = compound?.routes.find((each) => each.name === dose.route && each.unit === dose.unit);
  return compound && route ? { compound, route } : null;
}

/** The first dose of another drug or route: a published one. */
export function startDose(compound: Compound, route: Route, like: Dose): Dose {
  return {
    drug: compound.name,
    amount: route.usual ?? route.highest ?? 1,
    unit: route.unit,
    route: route.name,
    over_min: route.infused ? (route.over_min ?? 40) : null,
    often: like.often,
    weeks: like.weeks,
  };
}

/** A route without a published dose has no range to stay in: only the modelling door offers it. */
export const offered = (routes: Route[], free: boolean) => (free ? routes : routes.filter((route) => route.highest !== null));

export interface Range {
  low: number;
  high: number;
  step: number;
}
const STEPS = 100;
const BEYOND = 4;

/** The curious and the teaching door end at the highest published dose; the modelling door goes beyond. */
export function amountRange(route: Route, free: boolean): Range {
  const published = route.highest ?? (route.usual ?? 1) * 1.5;
  const high = free ? published * BEYOND : published;
  const step = niceStep(published / STEPS);
  return { low: step, high: Number(high.toPrecision(4)), step };
}

function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const lead = size / power;
  return Number(((lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power).toPrecision(2));
}

const ORDER: Door[] = ["curious", "teaching", "modelling"];
export const behind = (needed: Door, door: Door): boolean => ORDER.indexOf(needed) <= ORDER.indexOf(door);
