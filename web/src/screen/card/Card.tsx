// Where this model is wrong: every printed number beside the model's, known misses, and what is left out.
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { useJob } from "../../api/job";
import { useLoad } from "../../api/load";
import type { Card as CardOf, Finding } from "../../api/types";
import { number, span } from "../../chart/format";
import { JobBar } from "../../part/JobBar";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { Distances } from "./Distances";
import "./card.css";

const PEOPLE = 100;

export function Card() {
  const { value, mistakes } = useLoad("card", api.card);
  const watch = useJob();
  const job = watch.job.value;
  const anew = job?.state === "done" && job.kind === "validate" ? (job.result as CardOf) : null;
  const card = anew ?? value;
  return (
    <>
      <header class="screen-head">
        <h1>Report card</h1>
        <p class="lead">
          Where this model is wrong. Trials printed numbers; the model ran the same trials with virtual people. Most of these
          numbers helped to size the model, so agreement here is fit, not proof.
        </p>
      </header>
      <Mistakes mistakes={mistakes} />
      {!card && mistakes.length === 0 && <Waiting what="Fetching the card" />}
      {card && (
        <>
          <Sum card={card} anew={anew !== null} />
          <p class="card-again">
            <button type="button" onClick={() => void watch.start({ kind: "validate", people: PEOPLE })}>
              Run it again here, {PEOPLE} people of each arm
            </button>
          </p>
          <JobBar watch={watch} />
          <Distances findings={card.findings} />
          <Worst findings={card.findings} />
          <AllRows findings={card.findings} />
          <Misses card={card} />
          <Grades card={card} />
          <Limits card={card} />
        </>
      )}
    </>
  );
}

function Sum({ card, anew }: { card: CardOf; anew: boolean }) {
  return (
    <div class="card-sum">
      <p>
        <b>{card.inside}</b> of {card.scored} printed numbers hold the model’s number in their interval.
      </p>
      <p>
        <b>{card.signs.right}</b> of {card.signs.of} directions came out as they should.
      </p>
      <p>
        <b>{number(card.median_z)}</b> printed standard errors is the middle distance.
      </p>
      <p class="quiet">
        {anew ? "Made just now" : "Recorded"} with seed {card.seed}, {card.people} people of each arm or more.
        {!card.current && " The atlas has changed since: run it again."}
      </p>
    </div>
  );
}

const far = (finding: Finding) => Math.abs(finding.z ?? 0);

function Worst({ findings }: { findings: Finding[] }) {
  const worst = findings
    .filter((finding) => finding.use === "score" && finding.z !== null)
    .sort((a, b) => far(b) - far(a))
    .slice(0, 8);
  return (
    <section>
      <h2>The worst</h2>
      <dl class="card-worst">
        {worst.map((finding) => (
          <div key={finding.id}>
            <dt>
              {finding.study}: {words(finding)}
            </dt>
            <dd>
              Printed {number(finding.printed)}, the model says <b>{number(finding.model)}</b>.{" "}
              {finding.reason || "Why is not understood."}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const words = (finding: Finding) =>
  `${finding.endpoint}${finding.at_h === null ? "" : ` at ${span(finding.at_h)}`}, ${finding.arm}`;

function AllRows({ findings }: { findings: Finding[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>All {findings.length} rows</summary>
      {open && (
        <div class="table-wrap" tabIndex={0} role="region" aria-label="All printed numbers beside the model's">
          <table>
            <thead>
              <tr>
                <th scope="col">Id</th>
                <th scope="col">Study</th>
                <th scope="col">What</th>
                <th scope="col" class="number">Printed</th>
                <th scope="col" class="number">Interval</th>
                <th scope="col" class="number">Model</th>
                <th scope="col">Verdict</th>
              </tr>
            </thead>
            <tbody>
              {findings.map((finding) => (
                <tr key={finding.id}>
                  <th scope="row">{finding.id}</th>
                  <td>{finding.study}</td>
                  <td>{words(finding)}</td>
                  <td class="number">{number(finding.printed)}</td>
                  <td class="number">
                    {finding.low === null ? "–" : `${number(finding.low)} to ${number(finding.high)}`}
                  </td>
                  <td class="number">{number(finding.model)}</td>
                  <td>{finding.verdict || "shown only"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function Misses({ card }: { card: CardOf }) {
  return (
    <section>
      <h2>Known misses</h2>
      <p>Statements that the model should meet and does not. Each is a test that is named a miss.</p>
      <dl class="card-worst">
        {card.misses.map((miss) => (
          <div key={miss.id}>
            <dt>{miss.says}</dt>
            <dd>{miss.why}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Grades({ card }: { card: CardOf }) {
  const all = card.grades.reduce((sum, each) => sum + each.rows, 0);
  return (
    <section>
      <h2>How sure the numbers are</h2>
      <ul class="card-grades">
        {card.grades.map((each) => (
          <li key={each.grade} class={`grade-${each.grade}`}>
            <b class="grade-letter">{each.grade}</b>
            <meter min={0} max={all} value={each.rows} aria-label={`Grade ${each.grade}`} />
            <span>
              {each.rows} of {all}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Limits({ card }: { card: CardOf }) {
  return (
    <section>
      <h2>What each mechanism leaves out</h2>
      <details>
        <summary>{card.limits.length} mechanisms state their limits</summary>
        <dl class="card-worst">
          {card.limits.map((limit) => (
            <div key={limit.module}>
              <dt>{limit.module.replaceAll("_", " ").replace("/", ": ")}</dt>
              <dd>{limit.text}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
