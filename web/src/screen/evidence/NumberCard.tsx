import { useEffect, useRef } from "preact/hooks";
import { api } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Number_, Source } from "../../api/types";
import { number } from "../../chart/format";
import { Mistakes } from "../../part/Mistakes";
import { SourceLink } from "../../part/SourceLink";
import { Waiting } from "../../part/Waiting";

/** All that is known about one number. */
export function NumberCard({ id, close }: { id: string; close: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { value: card, mistakes } = useLoad(id, (signal) => api.evidenceOne(id, signal));
  useEffect(() => heading.current?.focus(), [id]);
  return (
    <section class="number-card" aria-labelledby="number-title">
      <header>
        <h2 id="number-title" ref={heading} tabIndex={-1}>
          <code>{id}</code>
        </h2>
        <button type="button" onClick={close}>
          Close
        </button>
      </header>
      <Mistakes mistakes={mistakes} />
      {!card && mistakes.length === 0 && <Waiting what="Looking it up" />}
      {card?.rows.map((row) => <Row key={row.context} row={row} source={card.sources.find((each) => each.key === row.source)} />)}
      {card && card.moves.length > 0 && <p>It moves: {card.moves.join(", ")}.</p>}
      {card && card.modules.length > 0 && (
        <p class="quiet">
          Used by {card.modules.join(", ")}. On a command line: <code>resynapse evidence why {id}</code>
        </p>
      )}
    </section>
  );
}

function Row({ row, source }: { row: Number_; source: Source | undefined }) {
  const facts: [string, string][] = [
    ["Grade", row.grade],
    ["Got by", row.method],
    ["In", row.species],
    ["Uncertainty", row.uncertainty],
    ["Between people", row.variability],
    ["Where", row.locator],
    ["Checked", row.checked],
    ["Note", row.note],
  ];
  return (
    <div class="number-row">
      <p class="number-value">
        {number(row.value, 4)} <span>{row.unit === "1" ? "" : row.unit}</span>
        {row.context && <small> when {row.context}</small>}
      </p>
      <dl>
        {facts.map(([name, text]) => text && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
        {source && (
          <div>
            <dt>Source</dt>
            <dd>
              <SourceLink source={source} />
            </dd>
          </div>
        )}
      </dl>
    </div>
  );
}
