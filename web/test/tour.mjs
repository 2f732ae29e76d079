// Pictures of every screen for the guide, from a real server: `node test/tour.mjs FOLDER` (RESYNAPSE_BIN or RESYNAPSE_URL).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open, visit } from "./browser.mjs";

const folder = process.argv[2] ?? "../docs/figures/explorer";
const DOSE = "what=ketamine+0.5+mg%2Fkg+iv+over+40+min";
const LONG_MS = 200_000;
const press = (name) => (page) => page.getByRole("button", { name }).first().click();

const STOPS = [
  { name: "start", path: "/", ready: ".rung svg" },
  { name: "ladder", path: `/ladder?${DOSE}&ssri=1`, ready: ".lane-symptom .line.tone-first", high: 1150 },
  { name: "break", path: `/break?${DOSE}&hold=TrkB`, ready: ".line.tone-ghost" },
  { name: "brain", path: `/brain?${DOSE}`, act: press("Record it"), ready: ".matrix-canvas", high: 1050 },
  { name: "trial", path: "/trial?n=30&trials=20", act: press("Run 20 trials"), ready: ".trial-line", high: 1400 },
  { name: "lab", path: "/lab?door=modelling", ready: ".lab-grid svg" },
  { name: "stories", path: "/stories", ready: ".contents li" },
  { name: "story", path: "/stories/bdnf?guess=0", ready: ".story-chart svg", high: 1300 },
  { name: "evidence", path: "/evidence", ready: ".ledger tbody tr" },
  { name: "card", path: "/card", ready: ".card-dot" },
  { name: "runs", path: "/runs", ready: "main p" },
];

mkdirSync(folder, { recursive: true });
const session = await open({ webgl: true });
const wanted = process.argv.slice(3);
for (const { name, path, act, ready, high = 820 } of STOPS.filter((stop) => !wanted.length || wanted.includes(stop.name))) {
  for (const look of [
    { end: "", colorScheme: "light", viewport: { width: 1180, height: high } },
    { end: "-dark", colorScheme: "dark", viewport: { width: 1180, height: high } },
    { end: "-narrow", colorScheme: "light", viewport: { width: 380, height: 1400 } },
  ].filter((each) => process.env.ALL || each.end === "")) {
    const { page, done } = await visit(session, path, look);
    await page.waitForLoadState("networkidle");
    if (act) await act(page);
    await page.waitForSelector(ready, { timeout: LONG_MS, state: "attached" });
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(folder, `${name}${look.end}.png`) });
    await done().catch((error) => console.log(name, error.message));
  }
  console.log(name);
}
await session.close();
