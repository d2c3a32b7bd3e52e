import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SiteState } from "../../src/dashboard/state.ts";
import { sampleNames, sampleState } from "../dashboard/sampleStates.ts";
import { axe, browserAvailable, launch, listens, openSite, type Site, signIn, type Visit, visit } from "./browser.ts";

const run = browserAvailable() ? describe : describe.skip;
let browser: Browser;
let site: Site;
let demo: Site;
const plain = (text: string | null): string => (text ?? "").replaceAll("\u00a0", " ");
/** Resolves when the page shows the state with this number. */
const settled = async ({ page }: Visit, name: string): Promise<void> => {
  await page.waitForFunction((wanted) => document.title.includes(wanted), name);
  await listens(page);
};

run("the page in a real browser", () => {
  beforeAll(async () => {
    browser = await launch();
    site = await openSite();
    demo = await openSite("operator", true);
  });
  beforeEach(() => {
    for (const { source } of [site, demo]) {
      source.silent = false;
      source.refusal = null;
      source.acted.length = 0;
      source.set(sampleState("parallel"));
    }
  });
  afterAll(async () => {
    await browser?.close();
    await site?.board.close();
    await demo?.board.close();
  });

  describe("is live", () => {
    test("each sample state appears without a reload: mode, diagram, chargers, title", async () => {
      const visitor = await visit(browser, demo.url);
      for (const name of sampleNames) {
        const state = sampleState(name);
        demo.source.set({ ...state, site: { ...state.site, name: `Site ${name}` } });
        await settled(visitor, `Site ${name}`);
        const lead = {
          parallel: "In parallel with the grid.",
          island: "Island.",
          locked: "Locked out.",
          enter: "The grid is back.",
          home: "Load only.",
        }[name];
        expect(await visitor.page.textContent("h1 .lead")).toBe(lead);
        expect(await visitor.page.getAttribute("#diagram svg.wide", "aria-label")).toContain("Single-line diagram.");
      }
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
    test("powers follow the state; focus, selection and open details stay through fifty updates", async () => {
      const visitor = await visit(browser, demo.url);
      const { page } = visitor;
      await page.locator('[data-sel="8"]').click();
      await page.locator("details.why summary").click();
      await page.locator('#actions [data-act="reserve"]').focus();
      for (let i = 1; i <= 50; i++) {
        demo.source.change((state) => ({
          ...state,
          atMs: state.atMs + 100,
          pccW: 6000 + i * 100,
          evses: state.evses.map((evse) => (evse.connected ? { ...evse, powerW: (evse.powerW ?? 0) - 10 } : evse)),
        }));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await page.waitForFunction(() =>
        document.querySelector("#diagram svg.wide")?.textContent?.includes("Importing 11.0\u00a0kW"),
      );
      expect(await page.textContent("#why h2")).toBe("Charger 8, Bus 111");
      expect(await page.locator("details.why").getAttribute("open")).not.toBeNull();
      expect(await page.evaluate(() => document.activeElement?.getAttribute("data-act"))).toBe("reserve");
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
    test("a new critical event is announced at once, a mode politely, the clock never", async () => {
      const visitor = await visit(browser, demo.url);
      const { page } = visitor;
      await page.waitForFunction(() => document.querySelector("#clock")?.textContent === "16:42:07");
      demo.source.set(sampleState("locked"));
      await page.waitForFunction(() =>
        document.querySelector("#alert")?.textContent?.includes("K1 did not prove open"),
      );
      expect(await page.textContent("#announce")).toContain("Locked out.");
      expect(await page.getAttribute("#alert", "role")).toBe("alert");
      expect(
        await page.evaluate(() => document.querySelector("#clock")?.closest("[aria-live],[role=alert],[role=status]")),
      ).toBeNull();
      await visitor.close();
    });
    test("when the connection says nothing for 3 s the data are old: banner, no actions; then live again", async () => {
      const visitor = await visit(browser, demo.url);
      const { page } = visitor;
      await page.waitForSelector("[data-act]");
      demo.source.silent = true;
      demo.source.set(sampleState("parallel"));
      await page.waitForSelector("#stalebar:not([hidden])");
      expect(plain(await page.textContent("#staletext"))).toMatch(
        /^No data for \d+ s\. This is the site at 16:42:07\. Actions return with the connection\.$/,
      );
      await page.waitForFunction(() => document.querySelectorAll("[data-act],[data-ack]").length === 0);
      expect(await page.locator("#live").isVisible()).toBe(false);
      expect(await axe(page)).toEqual([]);
      demo.source.silent = false;
      demo.source.change((state) => ({ ...state, atMs: state.atMs + 5000 }));
      await page.waitForSelector("#stalebar[hidden]", { state: "attached" });
      await page.waitForSelector("[data-act]");
      await visitor.close();
    });
    test("a site that is restarted is found again by the open page", async () => {
      const first = await openSite("viewer");
      const visitor = await visit(browser, first.url);
      await visitor.page.waitForSelector("#chargers");
      await first.board.close();
      await visitor.page.waitForSelector("#stalebar:not([hidden])");
      const second = await openSite("viewer", false, first.board.port);
      second.source.set({ ...sampleState("island"), site: { ...sampleState("island").site, name: "Site again" } });
      await visitor.page.waitForFunction(() => {
        const [way] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
        return way?.type === "reload";
      });
      await settled(visitor, "Site again");
      expect(await visitor.page.locator("#stalebar").isVisible()).toBe(false);
      // The page was loaded anew, so that its token fits the new run.
      await visitor.page.locator("#demorole").selectOption("installer");
      await visitor.page.waitForFunction(() => document.querySelector(".whoami")?.textContent?.includes("installer"));
      await visitor.close();
      await second.board.close();
    });
  });

  describe("roles", () => {
    test("signing in: refused plainly, then in; a viewer reads and is told why nothing is offered", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      expect(page.url()).toContain("/login");
      expect(await axe(page)).toEqual([]);
      await page.getByLabel("Name").fill("viewer");
      await page.getByLabel("Password").fill("wrong password");
      await page.getByRole("button", { name: "Sign in" }).click();
      expect(await page.textContent(".refuse")).toContain("Name or password is not right.");
      visitor.errors.length = 0;
      await signIn(page, "viewer");
      expect(await page.textContent("#actions")).toContain(
        "You are signed in as a viewer. Sign in as an operator to act.",
      );
      expect(await page.locator("[data-act],[data-ack]").count()).toBe(0);
      expect(visitor.errors).toEqual([]);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/login");
      await visitor.close();
    });
    test("an operator tightens: above what is in force and without a reason are refused in the dialog, input kept; then done", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      await signIn(page, "operator");
      await page.locator('#actions [data-act="tighten"]').click();
      const dialog = page.getByRole("dialog");
      expect(plain(await dialog.textContent())).toContain(
        "Below the 250.0 kW in force; what you have tightened yourself may be taken back.",
      );
      await dialog.getByLabel(/New demand limit/).fill("300");
      await dialog.getByLabel(/Reason/).fill("peak day");
      await dialog.getByRole("button", { name: "Tighten" }).click();
      await dialog.locator(".refuse.on").waitFor();
      expect(plain(await dialog.locator(".refuse").textContent())).toBe(
        "Refused: 300.0 kW is above the 250.0 kW in force. Operators may only tighten, or take back their own.",
      );
      expect(await dialog.getByLabel(/New demand limit/).inputValue()).toBe("300");
      expect(await axe(page)).toEqual([]);
      await dialog.getByLabel(/New demand limit/).fill("200");
      await dialog.getByLabel(/Reason/).fill("");
      await dialog.getByRole("button", { name: "Tighten" }).click();
      await page.waitForFunction(() => document.querySelector(".refuse.on")?.textContent?.startsWith("Give a reason"));
      await dialog.getByLabel(/Reason/).fill("peak day");
      await dialog.getByRole("button", { name: "Tighten" }).click();
      await dialog.waitFor({ state: "hidden" });
      expect(
        site.source.acted.map(({ request, person }) => [request.action, request.values, request.reason, person.name]),
      ).toEqual([["tighten", { demandLimitW: 200_000 }, "peak day", "operator"]]);
      expect(visitor.errors.filter((error) => !error.includes("400"))).toEqual([]);
      await visitor.close();
    });
    test("an operator stops all, moves a departure, acknowledges; each dialog leaves as it is by its way out", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      await signIn(page, "operator");
      await page.locator('#actions [data-act="stop"]').click();
      const dialog = page.getByRole("dialog");
      expect(plain(await dialog.textContent())).toContain("Import rises by up to 116.0 kW.");
      await dialog.getByRole("button", { name: "Leave as it is" }).click();
      await dialog.waitFor({ state: "hidden" });
      expect(site.source.acted).toEqual([]);
      await page.locator('#actions [data-act="departure"]').click();
      await dialog.getByLabel("Vehicle").selectOption({ label: "Bus 113, charger 10" });
      expect(await dialog.getByLabel("Leaves at").inputValue()).toBe("18:15");
      expect(await dialog.getByLabel("Charged to, %").inputValue()).toBe("75");
      await dialog.getByLabel("Vehicle").selectOption({ label: "Bus 110, charger 7" });
      expect(await dialog.getByLabel("Leaves at").inputValue()).toBe("05:30");
      await dialog.getByLabel("Leaves at").fill("06:15");
      await dialog.getByLabel(/Reason/).fill("driver called");
      await dialog.getByRole("button", { name: "Save departure" }).click();
      await dialog.waitFor({ state: "hidden" });
      expect(site.source.acted[0]?.request.values).toEqual({
        evse: "7",
        departsAtMs: Date.UTC(2026, 6, 15, 13, 15),
        targetPct: 90,
      });
      await page.getByRole("button", { name: "Acknowledge: Bus 118 stopped its session." }).click();
      await page.waitForFunction(() =>
        document.querySelector("#events")?.textContent?.includes("Acknowledged by operator"),
      );
      expect(await page.textContent("#need")).toContain("Nothing needs you.");
      await visitor.close();
    });
    test("one charger is stopped from its own panel; nothing that has the focus lies behind a bar that stays", async () => {
      const visitor = await visit(browser, site.url, { viewport: { width: 1440, height: 960 } });
      const { page } = visitor;
      await signIn(page, "operator");
      await page.locator('[data-sel="8"]').click();
      await page.getByRole("button", { name: "Stop: charger 8" }).click();
      const dialog = page.getByRole("dialog");
      expect(await dialog.getByLabel("Which chargers").inputValue()).toBe("8");
      await dialog.getByLabel(/Reason/).fill("cable looked at");
      await dialog.getByRole("button", { name: "Stop", exact: true }).click();
      await dialog.waitFor({ state: "hidden" });
      expect(site.source.acted[0]?.request).toMatchObject({ action: "stop", values: { evse: "8" } });
      // Not by the Home key: the browser's own gentle scroll to the top would overtake the first Tabs.
      await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
      /** What has the focus behind a bar, or null. */
      const behindBar = (): Promise<string | null> =>
        page.evaluate(() => {
          const element = document.activeElement;
          if (!(element instanceof HTMLElement) || element === document.body) return null;
          const box = element.getBoundingClientRect();
          const bar = document.querySelector("#health")?.getBoundingClientRect();
          const top = document.querySelector("header.top")?.getBoundingClientRect();
          const inBar = element.closest("#health, header.top, .demobar, .bnav, .skip") !== null;
          const covered = !inBar && ((bar && box.bottom > bar.top + 1) || (top && box.top < top.bottom - 1));
          return covered ? (element.getAttribute("aria-label") ?? element.textContent ?? "").slice(0, 60) : null;
        });
      const hidden: string[] = [];
      for (let i = 0; i < 90; i++) {
        await page.keyboard.press("Tab");
        // The browser scrolls to what has the focus, and the page may just be renewing itself: where it comes to rest counts.
        let found = await behindBar();
        for (let tries = 0; found !== null && tries < 20; tries++) {
          await page.waitForTimeout(50);
          found = await behindBar();
        }
        if (found !== null) hidden.push(found);
      }
      expect(hidden).toEqual([]);
      await visitor.close();
    });
    test("an island may be asked for only on site; the refusal says so", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      await signIn(page, "operator");
      await page.locator('#actions [data-act="plannedIsland"]').click();
      await page.getByLabel(/Reason/).fill("yearly test");
      await page.getByRole("button", { name: "Start planned island" }).click();
      await page.locator(".refuse.on").waitFor();
      expect(await page.locator(".refuse").textContent()).toBe(
        "Only a person at the transfer device may ask for an island.",
      );
      await visitor.close();
    });
    test("an installer resets a lockout only when the contacts agree; accounts are managed", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      await signIn(page, "installer");
      const locked = sampleState("locked");
      site.source.set(locked);
      await page.waitForSelector("#todo");
      expect(await page.locator('#actions [data-act="resetLockout"]').count()).toBe(0);
      await page.locator("details.why summary").click();
      expect(await page.textContent("details.why")).toContain("Reset the lockout.");
      const healed: SiteState = {
        ...locked,
        site: { ...locked.site, onSite: true },
        k1: { ...locked.k1, nc: "open", agreeSinceMs: locked.atMs - 2000 },
      };
      site.source.set(healed);
      await page.locator('#actions [data-act="resetLockout"]').click();
      await page.getByLabel(/Reason/).fill("K1 replaced");
      await page.getByRole("button", { name: "Reset the lockout" }).last().click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      expect(site.source.acted.map(({ request, person }) => [request.action, person.onSite])).toEqual([
        ["resetLockout", true],
      ]);
      await page.goto(`${site.url}/accounts`);
      expect(await axe(page)).toEqual([]);
      await page.getByLabel("Name of the token").fill("grafana");
      await page.getByRole("button", { name: "Make a token" }).click();
      expect(await page.textContent("[role=status]")).toMatch(/islet_[\w-]{43}/);
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
  });

  describe("what stands out", () => {
    test("altered functions and alarms of the record: an operator is told who may, an installer has them written anew", async () => {
      const visitor = await visit(browser, site.url);
      const { page } = visitor;
      await signIn(page, "operator");
      const why = page.locator("details.why");
      await why.locator("summary").click();
      expect(plain(await why.textContent())).toContain("No alarm of the record of exceedances is active.");
      expect(plain(await why.textContent())).toContain("Every power stage’s grid functions agree with the profile.");
      site.source.change((state) => ({
        ...state,
        evses: state.evses.map((evse) =>
          evse.evse === 3 ? { ...evse, functionsDiffer: "register 704.AntiIslEna is 0, expected 1" } : evse,
        ),
      }));
      await page.waitForFunction(() =>
        document.querySelector("details.why")?.textContent?.includes("It needs the installer role."),
      );
      expect(await page.locator('#actions [data-act="rewriteFunctions"]').count()).toBe(0);
      await page.getByRole("button", { name: "Sign out" }).click();
      await signIn(page, "installer");
      await page.locator('#actions [data-act="rewriteFunctions"]').click();
      await page.getByLabel(/Reason/).fill("maker's service was here");
      await page.getByRole("button", { name: "Write the functions" }).click();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      expect(site.source.acted.map(({ request }) => [request.action, request.values])).toEqual([
        ["rewriteFunctions", { evse: "3" }],
      ]);
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
    test("a plan says what it rests on, and what nobody knows", async () => {
      const state = sampleState("parallel");
      demo.source.set({
        ...state,
        day: {
          ...state.day,
          prices: [],
          loadW: { ...state.day.loadW, planned: [] },
          basis: { load: "none", plannedVehicles: 6, connectedVehicles: 16 },
        },
      });
      const visitor = await visit(browser, demo.url);
      expect(plain(await visitor.page.textContent("#day"))).toContain(
        "No load forecast. The plan begins once a day before this one is kept. Vehicles are planned by their departures: 6 of 16 have one. No prices are known here.",
      );
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
  });

  describe("everybody can use it", () => {
    const widths = [390, 768, 1440];
    for (const width of widths)
      test(`axe finds nothing in any state, light and dark, ${width} px`, async () => {
        const visitor = await visit(browser, demo.url, { viewport: { width, height: 900 }, reducedMotion: "reduce" });
        const { page } = visitor;
        for (const name of sampleNames) {
          const state = sampleState(name);
          demo.source.set({ ...state, site: { ...state.site, name: `Site ${name}` } });
          await settled(visitor, `Site ${name}`);
          for (const colorScheme of ["light", "dark"] as const) {
            await page.emulateMedia({ colorScheme });
            expect(await axe(page, colorScheme === "dark"), `${name} ${colorScheme}`).toEqual([]);
          }
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
            `${name} scrolls sideways`,
          ).toBeLessThanOrEqual(0);
        }
        expect(visitor.errors).toEqual([]);
        await visitor.close();
      });
    test("reflows to 320 px, with 50 chargers, without sideways scroll", async () => {
      demo.source.set(sampleState("parallel", 50));
      const visitor = await visit(browser, demo.url, { viewport: { width: 320, height: 800 } });
      await visitor.page.waitForSelector(".tiles");
      expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
      await visitor.page.locator('[data-list="rows"]').click();
      await visitor.page.getByRole("button", { name: "Show all 50 chargers" }).click();
      expect(await visitor.page.locator("tr[data-row]").count()).toBe(50);
      expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
      expect(await axe(visitor.page)).toEqual([]);
      await visitor.close();
    });
    test("at 400 % no bar stays over the page and nothing scrolls sideways", async () => {
      const visitor = await visit(browser, demo.url, { viewport: { width: 320, height: 240 } });
      await visitor.page.waitForSelector("#chargers");
      for (const name of sampleNames) {
        demo.source.set(sampleState(name));
        await expect
          .poll(() => visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), { timeout: 60_000 })
          .toBe(true);
      }
      const fixed = `[...document.querySelectorAll("body *")].filter((element) =>
        /fixed|sticky/.test(getComputedStyle(element).position) && element.getBoundingClientRect().height > 60).length`;
      expect(await visitor.page.evaluate(fixed)).toBe(0);
      await visitor.close();
    });
    test("in forced colours conductors, the mode and a power nobody knows are still told apart", async () => {
      const state = sampleState("parallel");
      demo.source.set({ ...state, pccKnown: { state: "old", ageMs: 4_000 }, buildingW: null });
      const visitor = await visit(browser, demo.url, { forcedColors: "active" });
      await visitor.page.waitForSelector(".t-query");
      const style = (selector: string, property: string): Promise<string> =>
        visitor.page.evaluate(`getComputedStyle(document.querySelector("${selector}")).${property}`);
      const ink = await style(".t-query", "fill");
      expect(await style("svg.wide .wire", "stroke")).toBe(ink);
      expect(await style(".t-query", "stroke")).not.toBe(ink);
      expect(await style(".mode", "borderTopWidth")).toBe("3px");
      expect(await axe(visitor.page)).toEqual([]);
      await visitor.close();
    });
    test("50 chargers as tiles, filtered, explained", async () => {
      demo.source.set(sampleState("parallel", 50));
      const visitor = await visit(browser, demo.url);
      const { page } = visitor;
      expect(await page.locator(".tile").count()).toBe(50);
      await page.locator('[data-filter="discharging"]').click();
      expect(await page.locator(".tile").count()).toBe(7);
      await page.locator('.tile[data-sel="8"]').click();
      expect(await page.textContent("#why h2")).toBe("Charger 8, Bus 111");
      expect(plain(await page.textContent("#why .bindrow"))).toContain("Vehicle16.0 kW");
      expect(visitor.errors).toEqual([]);
      await visitor.close();
    });
    test("by keyboard alone: skip link, a charger, the day's values, an action and out again", async () => {
      const visitor = await visit(browser, demo.url);
      const { page } = visitor;
      await page.waitForSelector("#plot canvas");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
      await page.keyboard.press("Enter");
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
      await page.locator('[data-sel="10"]').focus();
      await page.keyboard.press("Enter");
      expect(await page.textContent("#why h2")).toBe("Charger 10, Bus 113");
      expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset["sel"])).toBe("10");
      await page.locator("#plot").focus();
      const before = await page.textContent("#readout");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const after = plain(await page.textContent("#readout"));
      expect(after).not.toBe(plain(before));
      expect(after).toMatch(/^17:00 planned: load \d+\.\d kW/);
      await page.locator('#actions [data-act="reserve"]').focus();
      await page.keyboard.press("Enter");
      expect(await page.getByRole("dialog").isVisible()).toBe(true);
      await page.keyboard.press("Escape");
      expect(await page.getByRole("dialog").isVisible()).toBe(false);
      expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset["act"])).toBe("reserve");
      await visitor.close();
    });
    test("a phone lists six chargers, those that need somebody first, and opens the why under its row", async () => {
      const visitor = await visit(browser, demo.url, { viewport: { width: 390, height: 844 }, hasTouch: true });
      const { page } = visitor;
      await page.waitForFunction(() => document.querySelectorAll("tr[data-row]").length === 6);
      expect(await page.locator("tr[data-row]").first().getAttribute("data-row")).toBe("16");
      await page.locator('[data-sel="1"]').tap();
      expect(await page.textContent("tr.detailrow h2")).toBe("Charger 1, Bus 101");
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button,select,a.skip ~ * a,summary")]
          .filter(
            (element) =>
              element.checkVisibility() && element.getBoundingClientRect().height < 30 && !element.closest(".need"),
          )
          .map((element) => element.outerHTML.slice(0, 80)),
      );
      expect(small.filter((element) => !element.includes("#events"))).toEqual([]);
      expect(await axe(page)).toEqual([]);
      await visitor.close();
    });
    test("reduced motion: no dots run, arrowheads stay", async () => {
      const visitor = await visit(browser, demo.url, { reducedMotion: "reduce" });
      expect(await visitor.page.locator("#diagram svg.wide .march").first().isVisible()).toBe(false);
      expect(await visitor.page.locator("#diagram svg.wide .chev").count()).toBeGreaterThan(3);
      await visitor.close();
    });
    test("light and dark by choice, remembered", async () => {
      const visitor = await visit(browser, demo.url, { colorScheme: "light" });
      const { page } = visitor;
      const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await background();
      await page.locator("#theme").click();
      expect(await background()).not.toBe(light);
      await page.reload();
      await page.waitForFunction(() => document.documentElement.dataset["theme"] === "dark");
      expect(await background()).not.toBe(light);
      await visitor.close();
    });
    test("without JavaScript the page still says how the site was", async () => {
      const visitor = await visit(browser, demo.url, { javaScriptEnabled: false });
      expect(await visitor.page.textContent("h1")).toContain("In parallel with the grid.");
      await visitor.close();
    });
  });
});
