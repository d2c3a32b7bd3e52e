/**
 * The five sample states, pictured from the simulated site: `node tests/browser/site-screenshots.ts [--folder DIR]`. Starts
 * the demonstration, leads it through a day's mishaps by the simulator's control API and takes each state at 1440 and
 * 390 px, light and dark; then a house without a permit. Takes about four minutes; everything it starts ends with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { parseDocument } from "yaml";
import type { SiteState } from "../../src/dashboard/state.ts";
import type { Mode } from "../../src/domain/modes.ts";
import { launch, visit } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const controlPort = 15_900;
const pagePort = 18_080;
const control = `http://127.0.0.1:${controlPort}`;
const page = `http://127.0.0.1:${pagePort}`;
const { values } = parseArgs({ options: { folder: { type: "string", default: join(root, "docs/screenshots") } } });

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function free(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", () => reject(new Error(`Port ${port} is in use; end what uses it first.`)));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [join(root, "bin/islet.mjs"), ...args], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr?.on("data", (chunk: Buffer) => process.stderr.write(chunk));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await Promise.race([ended, sleep(8000)]);
  child.kill("SIGKILL");
}

const tell = async (path: string, body: unknown): Promise<void> => {
  const answer = await fetch(control + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
};

/** Waits until the page's state fits; says what it is meanwhile when it never does. */
async function reach(what: string, fits: (state: SiteState) => boolean, withinS = 120): Promise<void> {
  let last = "no answer";
  for (const untilMs = performance.now() + withinS * 1000; performance.now() < untilMs; await sleep(200)) {
    const state = await fetch(`${page}/api/v1/state`).then(
      (answer) => (answer.ok ? (answer.json() as Promise<SiteState>) : null),
      () => null,
    );
    if (state === null) continue;
    if (fits(state)) return;
    last = state.mode.mode;
  }
  throw new Error(`The site did not come to “${what}” within ${withinS} s; it is in ${last}.`);
}
const inMode = (mode: Mode) => (state: SiteState) => state.mode.mode === mode;
const vehiclesW = (state: SiteState): number => state.evses.reduce((sum, evse) => sum + (evse.powerW ?? 0), 0);

const sizes = [1440, 390].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({ width, colorScheme })),
);

/** Open pages, one for each width and colour scheme: a picture is taken within a second, before the site moves on. */
interface Camera {
  picture(name: string, what: string, fits: (state: SiteState) => boolean): Promise<void>;
  close(): Promise<void>;
}

async function openCamera(browser: Browser): Promise<Camera> {
  const shown = await Promise.all(
    sizes.map(({ width, colorScheme }) =>
      visit(browser, page, {
        viewport: { width, height: width < 700 ? 844 : 960 },
        colorScheme,
        reducedMotion: "reduce",
      }),
    ),
  );
  for (const visitor of shown) await visitor.page.waitForSelector("#plot canvas", { timeout: 60_000 });
  return {
    async picture(name, what, fits) {
      await reach(what, fits);
      await sleep(300);
      for (const [i, { width, colorScheme }] of sizes.entries()) {
        await reach(what, fits);
        await shown[i]!.page.screenshot({ path: join(values.folder, `${name}-${width}-${colorScheme}.png`) });
      }
      process.stdout.write(`${name}\n`);
    },
    close: async () => void (await Promise.all(shown.map((visitor) => visitor.close()))),
  };
}

async function depot(browser: Browser): Promise<void> {
  const demo = start(["demo", "--port", String(pagePort), "--seconds", "600"]);
  const giving = (state: SiteState): boolean => state.mode.mode === "parallel" && vehiclesW(state) < -20_000;
  const fed = (state: SiteState): boolean =>
    state.mode.mode === "islandRunning" && state.tiers.some((tier) => tier.state === "on");
  const grid = (present: boolean): Promise<void> =>
    tell("/grid", present ? { present, voltagePu: 1, frequencyHz: 60 } : { present });
  try {
    await reach("in parallel, giving", giving, 150);
    const camera = await openCamera(browser);
    await sleep(10_000);
    await camera.picture("depot-day", "in parallel, giving", giving);
    await grid(false);
    await reach("an island", fed);
    await sleep(15_000);
    await camera.picture("island", "an island", fed);
    // Back in parallel, then a stuck contact block, which shows when K1 has to open.
    await grid(true);
    await camera.picture("enter-service", "the wait", inMode("enterDelay"));
    await reach("in parallel again", inMode("parallel"), 150);
    await tell("/fault", { target: "transferDevice", error: "ncClosed", active: true });
    await grid(false);
    await reach("locked out", inMode("lockedOut"));
    await sleep(3000);
    await camera.picture("locked-out", "locked out", inMode("lockedOut"));
    await camera.close();
  } finally {
    await stop(demo);
  }
}

async function home(browser: Browser): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "islet-pictures-"));
  const document = parseDocument(readFileSync(join(root, "config/home.yaml"), "utf8"));
  document.setIn(["dashboard"], document.createNode({ host: "127.0.0.1", port: pagePort }));
  document.setIn(["stateDir"], join(folder, "state"));
  const config = join(folder, "site.yaml");
  writeFileSync(config, document.toString());
  const sim = start(["sim", "--config", config, "--control-port", String(controlPort)]);
  await sleep(4000);
  const controller = start(["run", "--config", config, "--demo", "--log-json"]);
  try {
    await reach("load only", inMode("loadOnly"));
    const camera = await openCamera(browser);
    await sleep(20_000);
    await camera.picture("home-no-permit", "load only", inMode("loadOnly"));
    await camera.close();
  } finally {
    await stop(controller);
    await stop(sim);
    rmSync(folder, { recursive: true, force: true });
  }
}

await free(controlPort);
await free(pagePort);
mkdirSync(values.folder, { recursive: true });
const browser = await launch();
try {
  await depot(browser);
  await home(browser);
} finally {
  await browser.close();
}
