/** Words as a mechanism's header writes them: paragraphs, indented formulas, names between backticks. */
export function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split(/\n\s*\n/).map((block, index) => {
        const lines = block.split("\n");
        if (lines.every((line) => /^\s{2,}/.test(line))) {
          return <pre key={index} tabIndex={0}>{lines.map((line) => line.trim()).join("\n")}</pre>;
        }
        const parts = lines.map((line) => line.trim()).join(" ").split("`");
        return <p key={index}>{parts.map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}</p>;
      })}
    </>
  );
}
