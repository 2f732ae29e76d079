import { useState } from "preact/hooks";
import { say } from "../state/said";

/** The same run on a command line, to copy. */
export function CommandLine({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setCopied(true);
      say("Copied", 0);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      setCopied(false);
    }
  };
  return (
    <div class="command">
      <code tabIndex={0} role="textbox" aria-readonly="true" aria-label="The same run as a command line">
        {command}
      </code>
      <button type="button" onClick={copy}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
