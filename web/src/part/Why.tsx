// "Why?": what a signal is made of, the equations, the numbers with their grades, and who measured them.
import type { Signal as State } from "@preact/signals";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import { useLoad } from "../api/load";
import type { Why as WhyOf } from "../api/types";
import { number } from "../chart/format";
import { hrefTo } from "../state/place";
import { Badge } from "./Badge";
import { Dialog } from "./Dialog";
import { Go } from "./Go";
import { Mistakes } from "./Mistakes";
import { Prose } from "./Prose";
import { SourceLink } from "./SourceLink";
import { Waiting } from "./Waiting";

export interface WhyAsk {
  title: string;
  signals: { port: string; label: string }[];
  condition: string | undefined;
}

export function Why({ open, asked }: { open: State<boolean>; asked: WhyAsk | null }) {
  return (
    <Dialog title={asked ? `Why? ${asked.title}` : "Why?"} open={open} wide>
      {asked && <Body key={asked.title} asked={asked} close={() => (open.value = false)} />}
    </Dialog>
  );
}

function Body({ asked, close }: { asked: WhyAsk; close: () => void }) {
  const [port, setPort] = useState(asked.signals[0]?.port ?? "");
  const { value: why, mistakes } = useLoad(`${port}|${asked.condition}`, (signal) => api.why(port, asked.condition, signal));
  return (
    <div class="why">
      {asked.signals.length > 1 && (
        <label class="why-signal">
          Signal{" "}
          <select value={port} onChange={(event) => setPort(event.currentTarget.value)}>
            {asked.signals.map((signal) => (
              <option key={signal.port} value={signal.port}>
                {signal.label}
              </option>
            ))}
          </select>
        </label>
      )}
      <Mistakes mistakes={mistakes} />
      {!why && mistakes.length === 0 && <Waiting what="Looking it up" />}
      {why && <Found why={why} close={close} />}
    </div>
  );
}

function Found({ why, close }: { why: WhyOf; close: () => void }) {
  const direct = why.modules.filter((module) => module.direct);
  const before = why.modules.filter((module) => !module.direct);
  return (
    <>
      <p>
        <Badge badge={why.badge} />
        {why.badge.rows.length > 0 && <span class="quiet">. Weakest: {why.badge.rows.join(", ")}.</span>}
      </p>
      {direct.map((module) => (
        <Mechanism key={module.path} module={module} />
      ))}
      {before.length > 0 && (
        <details class="why-before">
          <summary>{before.length === 1 ? "One step before it" : `${before.length} steps before it`}</summary>
          {before.map((module) => (
            <Mechanism key={module.path} module={module} />
          ))}
        </details>
      )}
      <h3>Numbers</h3>
      <div class="table-wrap" tabIndex={0} role="region" aria-label="Numbers">
        <table>
          <thead>
            <tr>
              <th scope="col">Grade</th>
              <th scope="col">Number</th>
              <th scope="col" class="number">Value</th>
              <th scope="col">Source</th>
            </tr>
          </thead>
          <tbody>
            {why.parameters.map((row) => (
              <tr key={row.id + row.context}>
                <td class={`grade-${row.grade}`}><b class="grade-letter">{row.grade}</b></td>
                <th scope="row"><Go to={hrefTo("/evidence", { number: row.id })} then={close}>{row.id}</Go></th>
                <td class="number">{number(row.value)} {row.unit === "1" ? "" : row.unit}</td>
                <td>{row.source}{row.locator && `, ${row.locator}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>Sources</h3>
      <ul class="why-sources">
        {why.sources.map((source) => (
          <li key={source.key}>
            <SourceLink source={source} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Mechanism({ module }: { module: WhyOf["modules"][number] }) {
  return (
    <section class="mechanism">
      <h3>{module.title}</h3>
      <Prose text={module.idea} />
      {module.equations && <pre tabIndex={0} aria-label={`Equations of ${module.title}`}>{module.equations}</pre>}
      {module.limits && (
        <p class="quiet">
          <strong>Where it is wrong.</strong> {module.limits}
        </p>
      )}
    </section>
  );
}
