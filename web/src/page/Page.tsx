// What surrounds every screen: banner, navigation, crisis footer, help.
import { useEffect, useRef } from "preact/hooks";
import { catalogue, catalogueMistakes, loadCatalogue } from "../state/catalogue";
import { door } from "../state/door";
import { useKeys, type KeyMap } from "../state/keys";
import { go, hrefTo, place } from "../state/place";
import { said } from "../state/said";
import { Mistakes } from "../part/Mistakes";
import { Banner } from "./Banner";
import { Footer } from "./Footer";
import { Help, helpOpen } from "./Help";
import { Navigation } from "./Navigation";
import { SCREENS, screenAt } from "./screens";

export function Page() {
  const main = useRef<HTMLElement>(null);
  const found = screenAt(place.value.path);
  const path = place.value.path;
  const first = useRef(true);

  useEffect(() => void loadCatalogue(), []);
  useEffect(() => {
    const title = found?.screen.title ?? "Not here";
    document.title = title === "resynapse" ? title : `${title} · resynapse`;
    // A new screen is a new page to a screen reader: focus goes to its start.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);

  const keys: KeyMap = { "?": () => (helpOpen.value = true) };
  const open = SCREENS.filter((screen) => !screen.doors || screen.doors.includes(door.value));
  open.slice(0, 9).forEach((screen, index) => {
    keys[String(index + 1)] = () => go(hrefTo(screen.path));
  });
  useKeys(keys);

  const hidden = found?.screen.doors && !found.screen.doors.includes(door.value);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <Banner />
      <Navigation screens={open} path={found?.screen.path ?? ""} />
      <main id="main" ref={main} tabIndex={-1}>
        {catalogueMistakes.value.length > 0 && <Mistakes mistakes={catalogueMistakes.value} />}
        {!found && <NotHere />}
        {found && hidden && <OtherDoor />}
        {found && !hidden && <found.screen.view rest={found.rest} />}
      </main>
      <Footer crisis={catalogue.value?.crisis ?? null} />
      <Help />
      <div class="unseen" role="status" aria-live="polite">
        {said.value}
      </div>
    </>
  );
}

function NotHere() {
  return (
    <section class="reading">
      <h1>There is no such screen</h1>
      <p>
        The address may be mistyped. <a href="/">Go to the start</a>.
      </p>
    </section>
  );
}

function OtherDoor() {
  return (
    <section class="reading">
      <h1>This screen is behind the modelling door</h1>
      <p>It takes free doses, beyond what has been published. You can change the door at the top of the page.</p>
    </section>
  );
}
