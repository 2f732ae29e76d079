// Screens that start long work or are read slowly: trial, brain, lab, report card, stories.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { LOOKS, open, query, violations, visit } from "./browser.mjs";

const LONG_MS = 150_000;
let session;
before(async () => (session = await open({ webgl: true })));
after(() => session.close());

test("a trial is started by keyboard, watched and cancelled", async () => {
  const { page, done } = await visit(session, "/trial?n=200&trials=100");
  await page.waitForSelector(".trial-form");
  await page.getByRole("button", { name: /^Run 100 trials/ }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => Number(document.querySelector("progress")?.value) > 0, null, { timeout: 60_000 });
  assert.match(await page.textContent(".job-state"), /Computing/);
  await page.getByRole("button", { name: "Cancel" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /Cancelled/.test(document.querySelector(".job-state")?.textContent ?? ""), null, { timeout: 30_000 });
  assert.equal(await page.locator("progress").count(), 0);
  await done();
});

test("a trial that ends tells people of a hundred and every trial", async () => {
  const { page, done } = await visit(session, "/trial?n=12&trials=4");
  await page.waitForSelector(".trial-form");
  await page.getByRole("button", { name: /^Run 4 trials/ }).click();
  await page.waitForSelector(".trial-line", { timeout: LONG_MS });
  assert.equal(await page.locator(".trial-line").count(), 4);
  assert.match(await page.textContent(".trial-answer"), /of 100|No trial/);
  assert.ok((await page.locator(".of-hundred").count()) >= 2);
  assert.deepEqual(await violations(page), []);
  await done();
});

test("the design of a trial stands in the address", async () => {
  const { page, done } = await visit(session, "/trial?n=40&entry=20&visit=7+d");
  await page.waitForSelector(".trial-form");
  assert.equal(await page.getByLabel("People in each group, in people").inputValue(), "40");
  await page.getByLabel("Trials of this kind", { exact: true }).focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => new URLSearchParams(location.search).get("trials") === "21");
  assert.deepEqual({ ...(await query(page)), active: undefined }, { n: "40", entry: "20", visit: "7 d", trials: "21", active: undefined });
  await page.reload();
  await page.waitForSelector(".trial-form");
  assert.equal(await page.getByLabel("Trials of this kind, in trials").inputValue(), "21");
  await done();
});

test("a scan colours the surface; arrow keys turn it, a region is named", async () => {
  const { page, done } = await visit(session, "/brain");
  await page.getByRole("button", { name: "Record it" }).click();
  await page.waitForSelector(".matrix-canvas", { timeout: LONG_MS });
  const canvas = page.locator(".brain-canvas");
  const before = await canvas.getAttribute("data-turn");
  await canvas.focus();
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await canvas.getAttribute("data-turn"), before);
  await page.locator(".brain-region select").selectOption({ index: 5 });
  await page.waitForFunction(() => /before/.test(document.querySelector(".brain-chosen")?.textContent ?? ""));
  await page.getByRole("button", { name: "Before", exact: true }).click();
  assert.equal((await query(page)).shows, "before");
  assert.match(await page.textContent(".brain-mode"), /Default mode network/);
  for (const [look, options] of LOOKS.slice(0, 2)) {
    await page.emulateMedia(options);
    assert.deepEqual(await violations(page), [], look);
  }
  await done();
});

test("an EEG has a spectrum and readings", async () => {
  const { page, done } = await visit(session, "/brain?probe=eeg");
  await page.getByRole("button", { name: "Record it" }).click();
  await page.waitForSelector(".lane-circuit .line", { timeout: LONG_MS });
  assert.ok((await page.locator("main table tbody tr").count()) > 3);
  assert.deepEqual(await violations(page), []);
  await done();
});

test("the lab is closed to other doors; its bars move by keyboard", async () => {
  const { page, done } = await visit(session, "/lab");
  await page.waitForSelector("h1");
  assert.equal(await page.locator(".bars").count(), 0);
  assert.match(await page.textContent("h1"), /behind the modelling door/);
  await page.locator(".door select").selectOption("modelling");
  await page.waitForSelector(".lab-grid svg");
  const bar = page.getByRole("slider", { name: /^From 0 h to 1 h/ });
  await bar.focus();
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => new URLSearchParams(location.search).get("bars")?.startsWith("7-"));
  assert.equal(await bar.getAttribute("aria-valuenow"), "7");
  await page.getByRole("button", { name: "Even" }).click();
  const bars = (await query(page)).bars.split("-");
  assert.equal(new Set(bars).size, 1);
  assert.deepEqual(await violations(page), []);
  await done();
});

test("a story asks first, then shows; the guess stands in the address", async () => {
  const { page, done } = await visit(session, "/stories");
  await page.waitForSelector(".contents li");
  assert.ok((await page.locator(".contents li").count()) >= 14);
  await page.locator(".contents a").nth(2).focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".predict");
  assert.equal(await page.locator(".predict svg").count(), 0, "nothing is shown before the guess");
  await page.locator(".predict input[type=radio]").first().focus();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Show the picture" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".story-chart svg");
  assert.equal((await query(page)).guess, "0");
  await page.locator(".claim summary").first().click();
  assert.match(await page.textContent(".claim details"), /For\..*Against\./s);
  assert.deepEqual(await violations(page), []);
  await page.reload();
  await page.waitForSelector(".story-chart svg");
  await done();
});

test("every story can be read, and its picture drawn", async () => {
  const { page, done } = await visit(session, "/stories");
  await page.waitForSelector(".contents li");
  const links = await page.locator(".contents a").evaluateAll((all) => all.map((each) => new URL(each.href).pathname));
  for (const link of links) {
    await page.goto(`${session.address}${link}?guess=0`);
    await page.waitForSelector(".story-chart svg", { timeout: 30_000 });
    assert.ok((await page.locator(".claim").count()) > 0, link);
    assert.equal(await page.locator(".mistakes").count(), 0, link);
  }
  await done();
});

test("inflammation can be raised, not only held", async () => {
  const { page, done } = await visit(session, "/break");
  await page.waitForSelector(".broken-lane svg");
  await page.getByRole("checkbox", { name: /^Raise inflammation/ }).check();
  await page.waitForFunction(() => /% of the change is left|instead of/.test(document.querySelector(".outcome").textContent));
  assert.equal((await query(page)).hold, "inflammation.index=1");
  await done();
});
