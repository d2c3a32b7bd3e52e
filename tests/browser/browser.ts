/** A real browser for the tests: Debian's Chromium, driven by playwright-core. Missing: skipped at home, a failure in CI. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import pino from "pino";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { openAccounts } from "../../src/dashboard/access/accounts.ts";
import type { AccountRole } from "../../src/dashboard/actions.ts";
import { createDashboard, type Dashboard } from "../../src/dashboard/server/server.ts";
import { createFakeSource, type FakeSource } from "../dashboard/fakeSource.ts";
import { type SampleCommissioning, sampleCommissioning } from "../dashboard/sampleCommissioning.ts";
import { type SamplePorts, samplePorts } from "../dashboard/samplePorts.ts";
import { sampleState } from "../dashboard/sampleStates.ts";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const chromiumPath = places.find((place) => existsSync(place)) ?? null;
export const arguments_ = [
  "--disable-smooth-scrolling",
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether the browser tests can run; says why not. */
export function browserAvailable(): boolean {
  if (chromiumPath) return true;
  if (process.env["CI"]) throw new Error("The browser tests need Chromium (apt-get install chromium).");
  process.stderr.write("Browser tests skipped: no Chromium on this machine (apt-get install chromium).\n");
  return false;
}

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath ?? "", args: arguments_ });

export interface Site {
  readonly source: FakeSource & SamplePorts & { readonly commissioning: SampleCommissioning };
  readonly board: Dashboard;
  readonly url: string;
}
export const password = "a password for tests";

/** A dashboard on a free port with one account for each role. */
export async function openSite(demo: AccountRole | null = null, onSite = false, port = 0): Promise<Site> {
  const first = sampleState("parallel");
  const ports = samplePorts(first);
  const source = Object.assign(createFakeSource(first), ports, { commissioning: sampleCommissioning(first) });
  const accounts = openAccounts(null);
  if (!demo) for (const role of ["viewer", "operator", "installer"] as const) await accounts.set(role, role, password);
  const board = await createDashboard({
    port,
    host: "127.0.0.1",
    source,
    accounts,
    log: pino({ level: "silent" }),
    demo: demo ? { role: demo } : null,
    onSiteAddresses: onSite ? ["127.0.0.1"] : [],
  });
  return { source, board, url: board.url };
}

export interface Visit {
  readonly page: Page;
  /** Console errors and exceptions, which there must not be. */
  readonly errors: string[];
  close(): Promise<void>;
}

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 960 }, ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  if (options.javaScriptEnabled !== false) await listens(page);
  return { page, errors, close: () => context.close() };
}

export async function signIn(page: Page, role: AccountRole): Promise<void> {
  await page.getByLabel("Name").fill(role);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForSelector("#chargers");
  await listens(page);
}

/** The overview comes drawn; it listens to people once its script has drawn the chart. Other pages are links and forms. */
export const listens = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const { document } = globalThis as unknown as { document: { querySelector(selector: string): unknown } };
    return document.querySelector("#plot") === null || document.querySelector("#plot canvas") !== null;
  });

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds: rule and the first element that breaks it. `colours`: only what another colour scheme can change. */
export async function axe(page: Page, colours = false): Promise<string[]> {
  // Evaluated by the debugger, so that the page's own policy stays as it is.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axeSource);
  return page.evaluate(async (coloursOnly) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(
          options: unknown,
        ): Promise<{ violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({
      resultTypes: ["violations"],
      runOnly: coloursOnly
        ? { type: "rule", values: ["color-contrast", "link-in-text-block"] }
        : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 2)
        .map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary.split("\n").slice(1, 2).join("")}`),
    );
  }, colours);
}
