import type { ComponentChildren } from "preact";
import { go } from "../state/place";

interface GoProps {
  to: string;
  children?: ComponentChildren;
  class?: string;
  label?: string;
  current?: boolean;
  then?: () => void;
}

/** A link within the page: no reload, but a real link for new tabs and screen readers. */
export function Go({ to, children, class: name, label, current, then }: GoProps) {
  return (
    <a
      href={to}
      class={name}
      aria-label={label}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        then?.();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
