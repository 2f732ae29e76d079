// A browser and a page for the tests of this folder. The server is the one named in RESYNAPSE_URL, or one started
// from the program named in RESYNAPSE_BIN.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const START_MS = 20_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Drawing in software: slow, so only for tests of the brain. */
const WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/** Starts what is needed; `close` ends only what was started here. */
export async function open({ webgl = false } = {}) {
  const server = await serve();
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...(webgl ? WEBGL : ["--disable-gpu"])] });
  return {
    address: server.address,
    browser,
    close: async () => {
      await browser.close();
      server.stop();
    },
  };
}

async function serve() {
  const given = process.env.RESYNAPSE_URL;
  if (given) return { address: given.replace(/\/$/, ""), stop: () => undefined };
  const program = process.env.RESYNAPSE_BIN;
  assert.ok(program, "name a server in RESYNAPSE_URL or a program in RESYNAPSE_BIN");
  const child = spawn(program, ["serve", "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the program printed no address")), START_MS);
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
      if (!found) return;
      clearTimeout(late);
      resolve(found[0]);
    });
    child.once("error", reject);
  });
  return { address, stop: () => child.kill() };
}

/** A page that remembers what must not happen: console errors, and requests to another host. */
export async function visit(session, path, options = {}) {
  const context = await session.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(session.address) && !/^(data|blob):/.test(url)) faults.push(`request to ${url}`);
  });
  await page.goto(session.address + path);
  return {
    page,
    async done() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** Violations of WCAG 2.2 A and AA, as readable lines. */
export async function violations(page) {
  // The page's own policy forbids foreign script; the browser's debugger is not bound by it.
  await page.evaluate(axeSource);
  // A colour half way between two themes has the contrast of neither.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((each) => each.finished)).then(() => null));
  const result = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  return result.violations.map(
    (each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join(" | ")}`,
  );
}

export const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["reduced motion", { reducedMotion: "reduce" }],
  ["narrow", { viewport: { width: 380, height: 800 } }],
];

/** Tab until the focus rests on what matches; fails when it cannot be reached. */
export async function tabTo(page, selector, most = 80) {
  for (let press = 0; press < most; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`${selector} cannot be reached with Tab`);
}

export const query = (page) => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.search)));
