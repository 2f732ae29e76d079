// What a screen reader is told, politely and not too often.
import { signal } from "@preact/signals";

export const said = signal("");
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Only the last of several quick messages is spoken. */
export function say(text: string, after_ms = 700) {
  clearTimeout(waiting);
  waiting = setTimeout(() => (said.value = text), after_ms);
}
