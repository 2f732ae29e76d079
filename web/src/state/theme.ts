import { effect } from "@preact/signals";
import { kept } from "./kept";

export type Theme = "system" | "light" | "dark";
const THEMES: Theme[] = ["system", "light", "dark"];

export const theme = kept<Theme>("resynapse.theme", "system", (value): value is Theme => THEMES.includes(value as Theme));

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
});

export const nextTheme = () => {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
};
