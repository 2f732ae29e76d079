// One story: text that reads by itself, a question, then the picture that answers it, and each claim with both sides.
import { useState } from "preact/hooks";
import { api } from "../../api/client";
import { useLoad } from "../../api/load";
import type { Claim, Story } from "../../api/types";
import { Go } from "../../part/Go";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { hrefTo, params, setParams } from "../../state/place";
import { say } from "../../state/said";
import { gradeOf } from "./grade";
import { StoryPicture } from "./StoryPicture";

export function StoryView({ name }: { name: string }) {
  const { value: story, mistakes } = useLoad(`story ${name}`, (signal) => api.story(name, signal));
  return (
    <>
      <Mistakes mistakes={mistakes} />
      {!story && mistakes.length === 0 && <Waiting what="Opening the story" />}
      {story && <Told story={story} />}
    </>
  );
}

function Told({ story }: { story: Story }) {
  return (
    <article class="story">
      <header class="screen-head">
        <p class="quiet">
          <Go to={hrefTo("/stories")}>Stories</Go> · {story.heading}
        </p>
        <h1>{story.title}</h1>
        <p class="lead">{story.lead}</p>
      </header>
      {story.parts.map((part) => (
        <section key={part.title} class="story-part">
          <div class="reading">
            <h2>{part.title}</h2>
            {part.text.map((paragraph) => (
              <p key={paragraph}>{paragraph}</p>
            ))}
          </div>
          <ul class="claims" aria-label={`Claims: ${part.title}`}>
            {part.claims.map((claim) => (
              <ClaimView key={claim.id} claim={claim} />
            ))}
          </ul>
        </section>
      ))}
      <Question story={story} />
      <nav class="story-ways" aria-label="Other stories">
        {story.previous && <Go to={hrefTo(`/stories/${story.previous}`)}>← The one before</Go>}
        {story.next && <Go to={hrefTo(`/stories/${story.next}`)}>The next one →</Go>}
      </nav>
    </article>
  );
}

function ClaimView({ claim }: { claim: Claim }) {
  const grade = gradeOf(claim.grade);
  return (
    <li class={`claim claim-${grade.letter === "–" ? "none" : grade.letter}`}>
      <p class="claim-words">
        <b class="claim-grade" title={grade.meaning}>
          <span class="unseen">Grade </span>
          {grade.letter}
        </b>{" "}
        {claim.claim}
      </p>
      <p class="quiet">
        {grade.meaning}
        {grade.remark && `; ${grade.remark}`}.
      </p>
      <details>
        <summary>
          Both sides<span class="unseen"> of {claim.id}</span>
        </summary>
        <p>
          <b>For.</b> {claim.supports}
        </p>
        <p>
          <b>Against.</b> {claim.against}
        </p>
        <p class="quiet">{claim.id}</p>
      </details>
    </li>
  );
}

/** The guess stands in the address, so that a shared page shows the same. */
function Question({ story }: { story: Story }) {
  const { predict } = story;
  const given = params.value.get("guess");
  const guess = given === null ? null : Number(given);
  const shown = guess !== null && predict.choices[guess] !== undefined;
  const [chosen, choose] = useState<number | null>(shown ? guess : null);
  const reveal = () => {
    if (chosen === null) return;
    setParams({ guess: String(chosen) }, "push");
    say(verdict(story, chosen));
  };
  return (
    <section class="predict" aria-labelledby="predict-title">
      <h2 id="predict-title">Guess first</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          reveal();
        }}
      >
        <fieldset disabled={shown}>
          <legend>{predict.question}</legend>
          {predict.choices.map((choice, index) => (
            <label key={choice} class={shown && index === predict.answer ? "check is-answer" : "check"}>
              <input type="radio" name="guess" checked={chosen === index} onChange={() => choose(index)} />
              <span>
                {choice}
                {shown && index === predict.answer && <b> ← what the model shows</b>}
              </span>
            </label>
          ))}
        </fieldset>
        {!shown && (
          <button type="submit" class="first" disabled={chosen === null}>
            Show the picture
          </button>
        )}
      </form>
      {shown && (
        <>
          <p class="verdict">{verdict(story, guess)}</p>
          <p class="reading-answer">{predict.reveal}</p>
          <StoryPicture story={story} />
          <button type="button" onClick={() => setParams({ guess: null }, "push")}>
            Ask me again
          </button>
        </>
      )}
    </section>
  );
}

function verdict(story: Story, guess: number): string {
  return guess === story.predict.answer ? "That is what the model shows." : "The model shows something else.";
}
