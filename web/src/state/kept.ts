// The few things this page remembers between visits. They stay in this browser.
import { effect, signal, type Signal } from "@preact/signals";

export function kept<T>(name: string, first: T, valid: (value: unknown) => value is T): Signal<T> {
  const store = signal(first);
  try {
    const text = localStorage.getItem(name);
    const value: unknown = text === null ? first : JSON.parse(text);
    if (valid(value)) store.value = value;
  } catch {
    // A browser that keeps nothing, or something unreadable: start afresh.
  }
  effect(() => {
    const text = JSON.stringify(store.value);
    try {
      if (text !== localStorage.getItem(name)) localStorage.setItem(name, text);
    } catch {
      // Nothing can be kept; the page works without.
    }
  });
  return store;
}
