import { signal } from "@preact/signals";
import { DOORS, door, setDoor } from "../state/door";
import { hrefTo } from "../state/place";
import { nextTheme, theme } from "../state/theme";
import { Go } from "../part/Go";
import type { Door } from "../api/types";
import { helpOpen } from "./Help";
import type { Screen } from "./screens";

const menuOpen = signal(false);
const THEME_SIGN = { system: "◐", light: "○", dark: "●" };

export function Navigation({ screens, path }: { screens: Screen[]; path: string }) {
  return (
    <header class="top">
      <Go to={hrefTo("/")} class="brand" label="resynapse, start">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <path d="M3 24C8 24 8 6 13 6s5 13 16 14" class="brand-line" />
          <circle cx="13" cy="6" r="3.4" class="brand-dot" />
        </svg>
        <span>resynapse</span>
      </Go>
      <button
        type="button"
        class="menu plain"
        aria-expanded={menuOpen.value}
        aria-controls="screens"
        onClick={() => (menuOpen.value = !menuOpen.value)}
      >
        Menu
      </button>
      <nav aria-label="Screens" id="screens" class={menuOpen.value ? "screens is-open" : "screens"}>
        <ul>
          {screens.slice(1).map((screen) => (
            <li key={screen.path}>
              <Go to={hrefTo(screen.path)} current={path === screen.path} then={() => (menuOpen.value = false)}>
                {screen.name}
              </Go>
            </li>
          ))}
        </ul>
      </nav>
      <div class="tools">
        <label class="door">
          <span class="unseen">Door</span>
          <select value={door.value} onChange={(event) => setDoor(event.currentTarget.value as Door)}>
            {DOORS.map((each) => (
              <option key={each.door} value={each.door}>
                {each.name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="plain" aria-label={`Theme: ${theme.value}. Change`} title="Theme" onClick={nextTheme}>
          <span aria-hidden="true">{THEME_SIGN[theme.value]}</span>
        </button>
        <button type="button" class="plain" aria-label="Help and keys" title="Help (?)" onClick={() => (helpOpen.value = true)}>
          <span aria-hidden="true">?</span>
        </button>
      </div>
    </header>
  );
}
