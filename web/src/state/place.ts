// Where the reader is: a path and a query. The address bar is the only memory of a screen's state, so back,
// forward, a reload and a link sent to a friend all show the same picture.
import { computed, signal } from "@preact/signals";

export interface Place {
  path: string;
  query: string;
}

const here = (): Place => ({ path: location.pathname, query: location.search.slice(1) });
const LIVE_WRITE_MS = 250;

export const place = signal<Place>(here());
export const params = computed(() => new URLSearchParams(place.value.query));

let writing: ReturnType<typeof setTimeout> | undefined;

function address({ path, query }: Place): string {
  return query ? `${path}?${query}` : path;
}

/** Browsers limit how often history may be written; a moving slider waits until it rests. */
function writeNow() {
  if (writing === undefined) return;
  clearTimeout(writing);
  writing = undefined;
  history.replaceState(null, "", address(place.value));
}

addEventListener("popstate", () => {
  clearTimeout(writing);
  writing = undefined;
  place.value = here();
});
addEventListener("pagehide", writeNow);

/** push: a step that "back" undoes; replace: no step of its own; live: replace, written when things rest. */
export type How = "push" | "replace" | "live";
export type Changes = Record<string, string | string[] | null>;

export function changed(query: string, changes: Changes): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (value === null) continue;
    for (const item of Array.isArray(value) ? value : [value]) next.append(name, item);
  }
  return next.toString();
}

export function setParams(changes: Changes, how: How = "replace") {
  const next = { path: place.value.path, query: changed(place.value.query, changes) };
  if (address(next) === address(place.value)) return;
  if (how === "push") {
    writeNow();
    history.pushState(null, "", address(next));
  }
  place.value = next;
  if (how === "push") return;
  clearTimeout(writing);
  writing = setTimeout(writeNow, how === "live" ? LIVE_WRITE_MS : 0);
}

/** What belongs to one screen only and does not travel to the next. */
const LOCAL = ["q", "number", "show", "a", "b"];

/** The address of another screen that keeps the run, the pins, the cursor and the door. */
export function hrefTo(path: string, changes: Changes = {}): string {
  const local = Object.fromEntries(LOCAL.map((name) => [name, null]));
  return address({ path, query: changed(place.value.query, { ...local, ...changes }) });
}

export function go(href: string) {
  writeNow();
  const url = new URL(href, location.origin);
  history.pushState(null, "", url.pathname + url.search);
  place.value = { path: url.pathname, query: url.search.slice(1) };
  scrollTo(0, 0);
}
