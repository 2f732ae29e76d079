// Single-key shortcuts. They can be switched off (WCAG 2.1.4) and never fire while something is typed.
import { useEffect, useRef } from "preact/hooks";
import { kept } from "./kept";

export const keysOn = kept<boolean>("resynapse.keys", true, (value): value is boolean => typeof value === "boolean");

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

const TYPING = "input, textarea, select, [contenteditable], [role=slider], [role=listbox], [role=grid]";

/** Keys of a screen, by `event.key`; with shift as "shift+ArrowLeft". Escape works even when shortcuts are off. */
export function useKeys(map: KeyMap) {
  const latest = useRef(map);
  latest.current = map;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as Element | null;
      if (event.key !== "Escape") {
        if (!keysOn.value || target?.closest(TYPING) || document.querySelector("dialog[open]")) return;
      }
      const name = event.shiftKey && event.key.length > 1 ? `shift+${event.key}` : event.key;
      const act = latest.current[name];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
