/**
 * A fleet manager's twelve tasks in a real browser, each with its steps counted from where the person is: a press of a link or
 * button is a step, and so is a field that has to be filled in. And what holds for every page: axe, no sideways scroll, roles.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askingStep } from "../dashboard/sampleCommissioning.ts";
import { sampleState } from "../dashboard/sampleStates.ts";
import { axe, browserAvailable, launch, openSite, type Site, signIn, type Visit, visit } from "./browser.ts";

const run = browserAvailable() ? describe : describe.skip;
const plain = (text: string | null): string => (text ?? "").replaceAll("\u00a0", " ");

/** A person's way through the page. */
function walker(page: Page) {
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    async press(role: "link" | "button", name: string | RegExp): Promise<void> {
      steps++;
      await page.getByRole(role, { name }).first().click();
    },
    async fill(label: string, value: string): Promise<void> {
      steps++;
      await page.getByLabel(label).fill(value);
    },
    async sees(text: string | RegExp): Promise<void> {
      await page.getByText(text).first().waitFor();
    },
  };
}

run("a fleet manager's tasks", () => {
  let browser: Browser;
  let site: Site;
  let visitor: Visit;
  beforeAll(async () => {
    browser = await launch();
    site = await openSite();
    visitor = await visit(browser, site.url);
    await signIn(visitor.page, "operator");
  });
  afterAll(async () => {
    await browser?.close();
    await site?.board.close();
  });

  /** Signed in as an operator, on the overview. */
  async function operator(
    task: (way: ReturnType<typeof walker>, page: Page) => Promise<void>,
    stepsMax: number,
  ): Promise<void> {
    const { page, errors } = visitor;
    await page.goto(site.url);
    site.source.asked.length = 0;
    site.source.acted.length = 0;
    const way = walker(page);
    await task(way, page);
    expect(way.steps).toBeLessThanOrEqual(stepsMax);
    expect(errors).toEqual([]);
  }

  test("1 and 2: will all be ready, and which one won't: one step, and the board says cause and ways out", () =>
    operator(async (way, page) => {
      await way.press("link", "Fleet");
      await way.sees("15 of 16 will be ready.");
      const need = page.getByRole("region", { name: /will miss/ });
      expect(plain(await need.textContent())).toContain("Bus 111 will miss 90 %");
      expect(plain(await need.textContent())).toContain("Feeder B carries 100 kW");
      await way.press("link", /See what changes: Leave at 06:15/);
      await way.sees("3.20 more; all are ready.");
      expect(site.source.acted).toHaveLength(0);
      await way.press("button", "Save departure");
      await way.sees(/departure/i);
      expect(site.source.acted[0]?.request).toMatchObject({
        action: "departure",
        values: { evse: "8", targetPct: 90 },
      });
    }, 3));

  test("3: departure and energy of one vehicle for this stay, what it changes shown first", () =>
    operator(async (way, page) => {
      await way.press("link", "Fleet");
      await way.press("link", "Bus 102");
      await way.press("link", /Change departure or target/);
      expect(await page.locator('input[name="targetPct"]').inputValue()).toBe("90");
      await page.locator('input[name="departsAtMs"]').fill("06:45");
      await way.press("button", "Save departure");
      await page.waitForURL(/\/fleet\/charger\/2$/);
      expect(site.source.acted[0]?.request.values["evse"]).toBe("2");
    }, 5));

  test("3: a weekly timetable, and a table of many with its broken rows named first", () =>
    operator(async (way, page) => {
      await page.goto(`${site.url}/fleet/vehicles`);
      await way.press("link", "Bus 104");
      await page.locator('input[name="w0.leavesAt"]').fill("05:45");
      await way.press("button", "Save the week");
      await way.sees("timetable bus-104");
      await page.goto(`${site.url}/fleet/vehicles`);
      await page.getByLabel("Its text").fill("Bus 104,mon,05:45\nBus 107,mon,25:00");
      await way.press("button", "Show what it would change");
      await way.sees("One row can't be taken");
      expect(await page.locator("table.tb tbody tr").first().textContent()).toContain("Write 01:00.");
      await way.press("button", "Take one row");
      await way.sees("import");
      expect(site.source.asked).toEqual(["timetable bus-104", "import"]);
    }, 4));

  test("5: stop one charger, and take it back", () =>
    operator(async (way, page) => {
      await way.press("link", "Fleet");
      await way.press("link", "Bus 102");
      await way.press("link", /Stop this charger/);
      await way.sees("Nothing has changed yet.");
      await way.press("button", "Stop");
      await page.waitForURL(/\/fleet\/charger\/2$/);
      expect(site.source.acted[0]?.request).toMatchObject({
        action: "stop",
        values: { evse: "2" },
        reason: "Operations",
      });
      site.source.change((state) => ({
        ...state,
        evses: state.evses.map((evse) =>
          evse.evse === 2
            ? { ...evse, held: { level: "everything", by: "operator", atMs: state.atMs, reason: "Operations" } }
            : evse,
        ),
      }));
      await page.reload();
      expect(plain(await page.textContent("main"))).toContain("Stopped by operator");
      await page.getByRole("link", { name: /Resume this charger/ }).click();
      await page.getByRole("button", { name: "Resume" }).click();
      await page.waitForURL(/\/fleet\/charger\/2$/);
      expect(site.source.acted[1]?.request.action).toBe("resume");
      site.source.change((state) => ({ ...state, evses: state.evses.map((evse) => ({ ...evse, held: null })) }));
    }, 4));

  test("7 and 9: yesterday, and what it cost and saved against charging at once", () =>
    operator(async (way, page) => {
      await way.press("link", "History");
      const text = plain(await page.textContent("main"));
      expect(text).toContain("Mon 13 July.");
      expect(text).toContain("Energy cost $208.78; charging at once it would have been $311.00.");
      expect(text).toContain("$249.59 saved against charging at once.");
      expect(text).toContain("4 quarter hours were not measured: they are gaps, not zero.");
      await way.press("link", "Month");
      expect(plain(await page.textContent("main"))).toContain("$6,925.00 saved against charging at once.");
    }, 2));

  test("8: why a bus gets what it gets", () =>
    operator(async (way, page) => {
      await way.press("link", "Fleet");
      await way.press("link", "Bus 102");
      const why = plain(await page.getByRole("region", { name: "Why it does this now" }).textContent());
      expect(why).toContain("Setpoint");
      expect(why).toContain("spare");
      expect(plain(await page.getByRole("region", { name: "Plan" }).textContent())).toContain(
        "Energy costs 0.50 now and 0.13 from 21:00 on.",
      );
    }, 2));

  test("10: a report to keep: rows with UTC and site time, no formula in a cell", () =>
    operator(async (way, page) => {
      await way.press("link", "History");
      const download = page.waitForEvent("download");
      await way.press("link", /CSV: quarters/);
      const file = await download;
      expect(file.suggestedFilename()).toBe("2026-07-13-quarters.csv");
      const text = await (await page.request.get(`${site.url}/history/day.csv?date=2026-07-13&what=quarters`)).text();
      expect(text.split("\r\n").slice(0, 2)).toEqual([
        "from_utc,from_site_time,import_Wh,export_Wh,pv_Wh,vehicles_in_Wh,vehicles_out_Wh,estimated",
        "2026-07-13 07:00,2026-07-13 00:00,35000,0,0,17000,0,no",
      ]);
      expect((await page.request.get(`${site.url}/history/day.csv?date=2026-01-01`)).status()).toBe(404);
    }, 2));

  test("a grid event is answered with what is certain, and declined in one press", () =>
    operator(async (way, page) => {
      await page.goto(`${site.url}/fleet/grid-events`);
      await way.sees("One grid event is offered.");
      expect(await page.getByLabel(/Commit, kW/).inputValue()).toBe("120");
      await way.press("button", "Commit");
      await way.sees("answer 120000");
      await way.press("button", "Decline");
      await way.sees("answer 0");
    }, 2));

  test("events: all of a kind are acknowledged at once", () =>
    operator(async (way, page) => {
      await way.press("link", /^Events/);
      await way.press("button", /^Acknowledge all \d+$/);
      await page.waitForURL(/\/events/);
      expect(String(site.source.acted[0]?.request.values["event"]).split(",").length).toBeGreaterThan(1);
    }, 2));

  test("the planned day: every vehicle, power, price and cost, each with a table", () =>
    operator(async (way, page) => {
      await page.goto(`${site.url}/fleet/plan`);
      await way.sees("The next 24 hours.");
      expect(await page.locator("svg[role=img]").count()).toBe(2);
      expect(await page.locator("details.twin table").count()).toBe(2);
      const text = plain(await page.textContent("main"));
      expect(text).toContain("Charging at once");
      expect(text).toContain("$311.00");
      expect(text).toContain("Off by 4 % an hour ahead and 7 % a day ahead, over the last two weeks.");
    }, 0));

  test("8: why a bus does in a slot what it does, proven", () =>
    operator(async (way, page) => {
      await page.goto(`${site.url}/fleet/plan`);
      await way.press("link", "Why, Bus 102");
      await way.sees("More import would raise the billed peak.");
      await way.sees("Proven: the day was planned again without it, and this slot changed.");
      await way.press("link", /^Prove /);
      await page.waitForURL(/why\?evse=2&at=\d+$/);
    }, 2));

  test("4: the reserve: hours of tier 1 over the day, and a storm that is expected raises them", () =>
    operator(async (way, page) => {
      await page.goto(`${site.url}/fleet/reserve`);
      await way.sees("if the grid failed now.");
      await way.sees("The least of the next day: 2.4");
      await page.locator('select[name="hours"]').selectOption("24");
      await page.locator('input[name="untilMs"]').fill("20:00");
      await way.press("button", "Warn");
      await page.waitForURL(/\/fleet\/reserve$/);
      expect(site.source.acted[0]?.request).toMatchObject({ action: "outageWarning", values: { hours: "24" } });
    }, 3));
});

run("people", () => {
  test("11 and 12: invite a colleague, who chooses the password; own password; sign out", async () => {
    const browser = await launch();
    const site = await openSite();
    try {
      const { page, errors, close } = await visit(browser, site.url);
      await signIn(page, "installer");
      const way = walker(page);
      await way.press("link", "Accounts");
      await page.locator('form[action="/accounts/invite"] input[name="name"]').fill("Kim");
      await page.locator('form[action="/accounts/invite"] select').selectOption("operator");
      await way.press("button", "Invite");
      const address = (await page.locator('[role="status"] code').textContent()) ?? "";
      expect(address).toContain(`${site.url}/invite?code=`);
      expect(await axe(page)).toEqual([]);
      const colleague = await visit(browser, address);
      await colleague.page.getByLabel(/^Password/).fill("seven wet boots");
      await colleague.page.getByLabel("The same again").fill("seven wet boots");
      expect(await axe(colleague.page)).toEqual([]);
      await colleague.page.getByRole("button", { name: "Set the password" }).click();
      await colleague.page.getByLabel("Name").fill("Kim");
      await colleague.page.getByLabel("Password").fill("seven wet boots");
      await colleague.page.getByRole("button", { name: "Sign in" }).click();
      await colleague.page.waitForSelector("#chargers");
      await colleague.page.getByRole("link", { name: "Password" }).click();
      await colleague.page.getByLabel("Present password").fill("seven wet boots");
      await colleague.page.getByLabel(/^New password/).fill("eight dry boots");
      await colleague.page.getByLabel("The same again").fill("eight dry boots");
      await colleague.page.getByRole("button", { name: "Change my password" }).click();
      await colleague.page.getByText("Your password is changed.").waitFor();
      await colleague.page.getByRole("link", { name: "Back to the site" }).click();
      await colleague.page.getByRole("button", { name: "Sign out" }).click();
      await colleague.page.getByRole("button", { name: "Sign in" }).waitFor();
      // The address is worth nothing any more.
      await colleague.page.goto(address);
      await colleague.page.getByText("This invitation does not work any more.").waitFor();
      expect(way.steps).toBe(2);
      expect([...errors, ...colleague.errors].filter((error) => !error.includes("404"))).toEqual([]);
      await colleague.close();
      await close();
    } finally {
      await browser.close();
      await site.board.close();
    }
  });
});

run("every page", () => {
  const pages = [
    "/fleet",
    "/fleet/charger/2",
    "/fleet/change?act=departure&evse=2",
    "/fleet/vehicles",
    "/fleet/vehicle/bus-101",
    "/fleet/plan",
    "/fleet/plan/why?evse=2",
    "/fleet/grid-events",
    "/fleet/reserve",
    "/history?date=2026-07-13",
    "/history/month",
    "/history?date=2026-01-01",
    "/events",
  ];
  let browser: Browser;
  let demo: Site;
  let site: Site;
  beforeAll(async () => {
    browser = await launch();
    demo = await openSite("operator", true);
    site = await openSite();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.board.close();
    await site?.board.close();
  });

  test("has no violation of axe and no sideways scroll at 1440 and 390 px, light and dark", async () => {
    for (const [width, colorScheme] of [
      [1440, "light"],
      [390, "dark"],
    ] as const) {
      const visitor = await visit(browser, demo.url, { viewport: { width, height: 900 }, colorScheme });
      for (const path of pages) {
        await visitor.page.goto(demo.url + path);
        // On a phone, and in the other scheme, what differs is the same on all pages: three stand for them.
        if (width === 1440 || ["/fleet", "/fleet/plan", "/history?date=2026-07-13"].includes(path))
          expect([path, width, await axe(visitor.page)]).toEqual([path, width, []]);
        const over = await visitor.page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect([path, width, over]).toEqual([path, width, 0]);
      }
      expect(visitor.errors.filter((line) => !line.includes("404"))).toEqual([]);
      await visitor.close();
    }
  });

  test("shows a viewer everything and offers nothing; a viewer's form is refused by the server", async () => {
    const visitor = await visit(browser, site.url);
    const { page } = visitor;
    await signIn(page, "viewer");
    for (const path of pages) {
      await page.goto(site.url + path);
      expect([path, await page.locator("main form[method=post]").count()]).toEqual([path, 0]);
    }
    const csrf = await page.evaluate(async () => {
      const text = await (await fetch("/")).text();
      return /"csrf":"([^"]+)"/.exec(text)?.[1] ?? "";
    });
    expect(csrf).not.toBe("");
    for (const path of [
      "/fleet/change",
      "/fleet/vehicle",
      "/fleet/vehicles/add",
      "/fleet/import",
      "/fleet/grid-events",
      "/fleet/reserve",
      "/events/acknowledge",
    ]) {
      const answer = await page.request.post(site.url + path, {
        form: { csrf, act: "stop", evse: "2" },
        maxRedirects: 0,
      });
      expect([path, answer.status()]).toEqual([path, 403]);
    }
    expect(site.source.acted).toEqual([]);
    await visitor.close();
  });

  test("guided commissioning is an installer's: steps, a question, what was found, the report", async () => {
    const { commissioning } = site.source;
    const forms = ["begin", "answer", "stop", "again", "adopt"].map((what) => `/installation/${what}`);
    const other = await visit(browser, site.url);
    await signIn(other.page, "operator");
    expect(await other.page.getByRole("link", { name: "Installation" }).count()).toBe(0);
    expect((await other.page.goto(`${site.url}/installation`))?.status()).toBe(403);
    const csrf = await other.page.evaluate(
      async () => /name="csrf" value="([^"]+)"/.exec(await (await fetch("/fleet/vehicles")).text())?.[1] ?? "",
    );
    for (const path of forms) {
      const answer = await other.page.request.post(site.url + path, {
        form: { csrf, step: "devices" },
        maxRedirects: 0,
      });
      expect([path, answer.status()]).toEqual([path, 403]);
    }
    expect(commissioning.asked).toEqual([]);
    await other.close();

    const { page, errors, close } = await visit(browser, site.url);
    await signIn(page, "installer");
    await page.getByRole("link", { name: "Installation" }).click();
    expect(plain(await page.textContent("h1"))).toBe("1 to mend. 3 steps are left.");
    await page.getByRole("button", { name: "Begin this step" }).click();
    expect(commissioning.asked).toEqual(["begin limit installer"]);
    // What needs somebody at the site is not begun from elsewhere.
    await page.getByRole("link", { name: /Links and inputs/ }).click();
    await page.getByRole("button", { name: "Begin this step" }).click();
    expect(await page.getByRole("alert").textContent()).toMatch(/person on site/);
    await page.getByRole("link", { name: /Wiring of the meter/ }).click();
    for (const [width, height, scheme] of [
      [1440, 960, "light"],
      [390, 844, "dark"],
    ] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      for (const running of [null, askingStep(sampleState("parallel"))]) {
        commissioning.running = running;
        await page.goto(`${site.url}/installation?step=nudges`);
        expect([width, await axe(page)]).toEqual([width, []]);
        const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        expect([width, over]).toEqual([width, 0]);
      }
    }
    await page.getByRole("button", { name: "Yes" }).click();
    expect(commissioning.asked.at(-1)).toBe("answer yes");
    commissioning.running = null;
    await page.goto(`${site.url}/installation`);
    await page.getByRole("button", { name: "Write into the site file" }).click();
    expect(commissioning.asked.at(-1)).toBe("adopt installer");
    expect(plain(await page.getByRole("status").first().textContent())).toMatch(/^Written: .*deadTimeMs: 590/);
    await page.getByRole("link", { name: "Open the signed report" }).click();
    expect(await page.title()).toBe("Commissioning of a sample");
    expect(errors).toEqual([]);
    await close();
  });

  test("asks a stranger to sign in, and takes no form without the page's secret", async () => {
    for (const path of pages)
      expect([path, (await fetch(site.url + path, { redirect: "manual" })).status]).toEqual([path, 303]);
    const visitor = await visit(browser, site.url);
    await signIn(visitor.page, "operator");
    const answer = await visitor.page.request.post(`${site.url}/fleet/change`, {
      form: { act: "stop", evse: "2" },
      maxRedirects: 0,
    });
    expect(answer.status()).toBe(403);
    expect(site.source.acted).toEqual([]);
    await visitor.close();
  });
});
