// The popular account, heading by heading: a list, and one story at its own address.
import { api } from "../../api/client";
import { useLoad } from "../../api/load";
import { Go } from "../../part/Go";
import { Mistakes } from "../../part/Mistakes";
import { Waiting } from "../../part/Waiting";
import { hrefTo } from "../../state/place";
import { StoryView } from "./StoryView";
import "./stories.css";

export function Stories({ rest }: { rest: string }) {
  return rest ? <StoryView key={rest} name={rest} /> : <Contents />;
}

function Contents() {
  const { value: stories, mistakes } = useLoad("stories", api.stories);
  return (
    <>
      <header class="screen-head">
        <h1>How ketamine works, as it is told</h1>
        <p class="lead">
          There is a popular story of how ketamine helps. Here it is, claim by claim. Each page asks you to guess first, then
          shows what the model does. Each claim has a grade, and both sides.
        </p>
      </header>
      <Mistakes mistakes={mistakes} />
      {!stories && mistakes.length === 0 && <Waiting what="Opening the stories" />}
      {stories && (
        <ol class="contents">
          {stories.map((story) => (
            <li key={story.name}>
              <h2>
                <Go to={hrefTo(`/stories/${story.name}`)}>{story.title}</Go>
              </h2>
              <p>{story.lead}</p>
              <p class="quiet">
                {story.claims.length === 1 ? "One claim" : `${story.claims.length} claims`}: {story.claims[0]}
                {story.claims.length > 1 && ` to ${story.claims[story.claims.length - 1]}`}
              </p>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
