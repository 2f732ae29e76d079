// Every screen at its own path. A screen is a component that reads its state from the address.
import type { ComponentType } from "preact";
import type { Door } from "../api/types";
import { Start } from "../screen/start/Start";
import { Ladder } from "../screen/ladder/Ladder";
import { Breaking } from "../screen/breaking/Breaking";
import { EvidenceScreen } from "../screen/evidence/EvidenceScreen";
import { Brain } from "../screen/brain/Brain";
import { Card } from "../screen/card/Card";
import { Lab } from "../screen/lab/Lab";
import { Runs } from "../screen/runs/Runs";
import { Stories } from "../screen/stories/Stories";
import { Trial } from "../screen/trial/Trial";

export interface Screen {
  path: string;
  /** In the navigation. */
  name: string;
  /** In the window's title. */
  title: string;
  /** Only behind these doors; every door when absent. */
  doors?: Door[];
  /** `rest` is what follows the path: the NAME of /stories/NAME. */
  view: ComponentType<{ rest: string }>;
}

/** In the order of the navigation and of the keys 1 to 9. */
export const SCREENS: Screen[] = [
  { path: "/", name: "Start", title: "resynapse", view: Start },
  { path: "/ladder", name: "Ladder", title: "From dose to mood", view: Ladder },
  { path: "/break", name: "Break a step", title: "Break a step", view: Breaking },
  { path: "/brain", name: "Brain", title: "The brain at one moment", view: Brain },
  { path: "/trial", name: "Trial", title: "Virtual trial", view: Trial },
  { path: "/lab", name: "Lab", title: "Regimen lab", doors: ["modelling"], view: Lab },
  { path: "/stories", name: "Stories", title: "Stories", view: Stories },
  { path: "/evidence", name: "Evidence", title: "Evidence", view: EvidenceScreen },
  { path: "/card", name: "Report card", title: "Report card", view: Card },
  { path: "/runs", name: "Runs", title: "Runs", view: Runs },
];

export function screenAt(path: string): { screen: Screen; rest: string } | null {
  for (const screen of SCREENS) {
    if (path === screen.path) return { screen, rest: "" };
    if (screen.path !== "/" && path.startsWith(`${screen.path}/`)) {
      return { screen, rest: decodeURIComponent(path.slice(screen.path.length + 1)) };
    }
  }
  return null;
}
