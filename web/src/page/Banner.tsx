import { catalogue } from "../state/catalogue";

const WORDS = "A model, not medical advice; it cannot say what will happen to you.";

/** Stands at the top of every page, from the first moment on. */
export function Banner() {
  return (
    <p class="banner" role="note">
      {catalogue.value?.not_advice || WORDS}
    </p>
  );
}
