// Break a step, evidence and runs: what each is for.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, query, violations, visit } from "./browser.mjs";

const DOSE = "what=ketamine+0.5+mg%2Fkg+iv+over+40+min";
let session;
before(async () => (session = await open()));
after(() => session.close());

test("breaking TrkB leaves less of the effect, and mending brings it back", async () => {
  const { page, done } = await visit(session, `/break?${DOSE}`);
  await page.waitForSelector(".broken-lane svg");
  assert.match(await page.textContent(".outcome"), /Nothing is broken/);
  await page.getByRole("checkbox", { name: /^TrkB/ }).focus();
  await page.keyboard.press("Space");
  await page.waitForSelector(".line.tone-ghost", { state: "attached" });
  await page.waitForFunction(() => /\d+ % of the change is left/.test(document.querySelector(".outcome").textContent));
  assert.equal((await query(page)).hold, "TrkB");
  assert.deepEqual(await violations(page), []);
  await page.getByRole("button", { name: "Mend everything" }).click();
  await page.waitForFunction(() => /Nothing is broken/.test(document.querySelector(".outcome").textContent));
  await done();
});

test("/ searches the ledger; a number opens its card", async () => {
  const { page, done } = await visit(session, "/evidence");
  await page.waitForSelector(".ledger tbody tr");
  await page.locator("#main").focus();
  await page.keyboard.press("/");
  await page.keyboard.type("nmda.sst.ketamine_s.k_on");
  await page.waitForFunction(() => document.querySelectorAll(".ledger tbody tr").length < 5);
  await page.locator(".ledger tbody button").first().click();
  await page.waitForSelector(".number-row dl");
  assert.deepEqual(await violations(page), []);
  assert.equal((await query(page)).number, "nmda.sst.ketamine_s.k_on");
  await page.keyboard.press("Escape");
  await page.waitForSelector(".number-card", { state: "detached" });
  await done();
});

test("a grade keeps only its numbers", async () => {
  const { page, done } = await visit(session, "/evidence");
  await page.waitForSelector(".ledger tbody tr");
  await page.locator(".grade-way.grade-A").click();
  const grades = await page.locator(".ledger .grade-letter").allTextContents();
  assert.ok(grades.length > 0 && grades.every((grade) => grade === "A"));
  await done();
});

test("the numbers that matter are found by a job", async () => {
  const { page, done } = await visit(session, `/evidence?${DOSE}`);
  await page.getByRole("button", { name: "Find the numbers that matter" }).click();
  await page.waitForSelector(".bars tbody tr", { timeout: 120_000 });
  assert.ok((await page.locator(".bars tbody tr").count()) > 5);
  assert.deepEqual(await violations(page), []);
  await done();
});

test("what was looked at stands in the journal; two runs are set against each other", async () => {
  const { page, done } = await visit(session, `/ladder?${DOSE}`);
  await page.waitForSelector(".lane-symptom .line.tone-first");
  await page.waitForTimeout(2000);
  await page.locator(".builder select").first().selectOption("esketamine 56 mg nasal");
  await page.waitForFunction(() => document.querySelector(".provenance") && location.search.includes("esketamine"));
  await page.waitForTimeout(2500);
  await page.locator(`nav a[href^="/runs"]`).click();
  await page.waitForSelector(".journal li");
  assert.equal(await page.locator(".journal li").count(), 2);
  await page.locator(".journal-choose button").nth(0).click();
  await page.locator(".journal-choose button").nth(3).click();
  await page.waitForSelector(".difference svg");
  assert.ok((await page.locator(".difference table tbody tr").count()) >= 4);
  assert.deepEqual(await violations(page), []);
  await done();
});
