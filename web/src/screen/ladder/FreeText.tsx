import { useId, useState } from "preact/hooks";
import type { Ask } from "../../api/types";
import { setAsk } from "../../state/ask";

/** Any dose sentence, for modellers. */
export function FreeText({ ask }: { ask: Ask }) {
  const [text, setText] = useState<string | null>(null);
  const id = useId();
  const give = () => {
    if (!text) return;
    const next: Ask = { ...ask, what: text.trim() };
    delete next.arm;
    delete next.until;
    setAsk(next);
    setText(null);
  };
  return (
    <div class="free">
      <label for={id}>Dose sentence</label>
      <textarea
        id={id}
        rows={3}
        spellcheck={false}
        value={text ?? ask.what}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey) return;
          event.preventDefault();
          give();
        }}
      />
      <button type="button" disabled={text === null || text.trim() === ask.what} onClick={give}>
        Run this sentence
      </button>
    </div>
  );
}
