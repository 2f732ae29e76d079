import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface DialogProps {
  title: string;
  open: Signal<boolean>;
  children: ComponentChildren;
  wide?: boolean;
}

/** A modal panel. The browser keeps focus inside, closes on Escape and gives focus back. */
export function Dialog({ title, open, children, wide }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open.value && !element.open) element.showModal();
    if (!open.value && element.open) element.close();
  }, [open.value]);
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog is-wide" : "dialog"}
      aria-labelledby={id}
      onClose={() => (open.value = false)}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="plain" aria-label="Close" onClick={() => dialog.current?.close()}>
            <span aria-hidden="true">×</span>
          </button>
        </header>
        {open.value && children}
      </div>
    </dialog>
  );
}
