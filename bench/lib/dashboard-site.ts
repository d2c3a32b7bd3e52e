/**
 * The page of the simulated site. From a turn of the control loop (the moment that the mode machine itself notes) to the
 * drawn page; from the control cycle that saw another power at the PCC to the drawn page; and from the key of a load step
 * to the drawn page, which the simulator, the meter and the cycle are part of. Starts the demonstration, opens it in a
 * browser, presses the keys: outage and return, load steps, frozen meter, welded contact.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { demoKeys } from "../../src/cli/demo/demo-keys.ts";
import { launch } from "../../tests/browser/browser.ts";
import type { Figure } from "../main.ts";

const root = join(import.meta.dirname, "../..");
const lastsS = 600;
const stepsMade = 20;
/** A load step shows when the power at the PCC differs this much, W. */
const movedW = 15_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Line {
  readonly mode: string;
  readonly pccW: number;
  readonly page: string;
  readonly control: string;
}
interface Drawn {
  readonly atMs: number;
  readonly mode: string;
  readonly sinceMs: number;
}

interface Power {
  readonly atMs: number;
  readonly powerW: number;
}

/** Notes when the mode's sentence is drawn anew, and which mode that is and since when; each drawn power; and each state. */
const observe = `window.drawn = []; window.powers = []; window.cycles = [];
  const stream = new EventSource("/api/v1/events");
  let atMs = null, mode = null, sinceMs = null;
  const note = (at, powerW, newMode, newSinceMs) => {
    atMs = at ?? atMs; mode = newMode ?? mode; sinceMs = newSinceMs ?? sinceMs;
    if (powerW !== undefined) window.cycles.push({ atMs, powerW });
  };
  stream.addEventListener("state", ({ data }) => {
    const { state } = JSON.parse(data);
    note(state.atMs, state.pccW, state.mode.mode, state.mode.sinceMs);
  });
  stream.addEventListener("patch", ({ data }) => {
    const parts = JSON.parse(data).patch.in;
    note(parts.atMs?.set, parts.pccW?.set, parts.mode?.in?.mode?.set, parts.mode?.in?.sinceMs?.set);
  });
  let lead = "", power = "";
  new MutationObserver(() => {
    const drawnMs = Date.now();
    const now = (document.querySelector(".panel.mode .lead")?.textContent ?? "").replace(/\\d[\\d:.]*/g, "");
    const text = /(Importing|Exporting) ([\\d.]+)/.exec(document.querySelector("#diagram svg.wide")?.textContent ?? "")?.[2];
    if (text !== power) { power = text; window.powers.push({ atMs: drawnMs, powerW: Number(text) * 1000 }); }
    if (now === lead) return;
    lead = now;
    window.drawn.push({ atMs: drawnMs, mode, sinceMs });
  }).observe(document.body, { subtree: true, childList: true, characterData: true });`;

export async function siteFigures(say: (line: string) => void): Promise<Figure[]> {
  const demo = spawn(
    process.execPath,
    [join(root, "bin/islet.mjs"), "demo", "--port", "0", "--seconds", String(lastsS)],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  let line: Line | null = null;
  createInterface({ input: demo.stdout }).on("line", (text) => {
    line = JSON.parse(text) as Line;
  });
  const reach = async (...modes: readonly string[]): Promise<Line> => {
    for (let waitedMs = 0; waitedMs < 150_000; waitedMs += 100) {
      if (line !== null && modes.includes(line.mode)) return line;
      await sleep(100);
    }
    throw new Error(`The site did not come to ${modes.join(" or ")}; it is in ${line?.mode ?? "no mode yet"}.`);
  };
  const press = async (key: string, way: "on" | "off"): Promise<number> => {
    const [path, body] = demoKeys.find((one) => one.key === key)![way];
    const atMs = Date.now();
    const answer = await fetch(line!.control + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return atMs;
  };
  const browser = await launch();
  try {
    const { page: url } = await reach("parallel");
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 960 } })).newPage();
    await page.goto(url);
    await page.waitForSelector("#plot canvas");
    await page.evaluate(observe);
    await sleep(3_000);

    say("load steps …");
    const keys: number[] = [];
    const steps: number[] = [];
    for (let i = 0; i < stepsMade; i++) {
      const pressedMs = await press("l", i % 2 === 0 ? "on" : "off");
      await sleep(3_000);
      const powers = (await page.evaluate("window.powers")) as Power[];
      const cycles = (await page.evaluate("window.cycles")) as Power[];
      const beforeW = cycles.findLast(({ atMs }) => atMs < pressedMs)?.powerW ?? Number.NaN;
      const isMoved = ({ atMs, powerW }: Power): boolean =>
        atMs >= pressedMs && Math.abs(Math.abs(powerW) - Math.abs(beforeW)) > movedW;
      const drawnMs = powers.find(isMoved)?.atMs;
      const seenMs = cycles.find(isMoved)?.atMs;
      if (drawnMs === undefined || seenMs === undefined) continue;
      keys.push(drawnMs - pressedMs);
      steps.push(drawnMs - seenMs);
      say(`drawn ${Math.round(drawnMs - seenMs)} ms after its cycle, ${drawnMs - pressedMs} ms after the key`);
    }
    say("frozen meter …");
    await press("m", "on");
    await sleep(8_000);
    await press("m", "off");
    await reach("parallel");
    for (let round = 0; round < 2; round++) {
      say("outage and return …");
      await press("o", "on");
      await reach("islandRunning");
      await sleep(5_000);
      await press("o", "off");
      await reach("parallel");
    }
    say("welded contact …");
    await press("w", "on");
    await press("o", "on");
    await reach("lockedOut");
    await sleep(1_500);

    const drawn = (await page.evaluate("window.drawn")) as Drawn[];
    const fresh = drawn.filter(({ mode }, i) => i > 0 && mode !== drawn[i - 1]!.mode);
    for (const { mode, atMs, sinceMs } of fresh) say(`${mode}: drawn ${Math.round(atMs - sinceMs)} ms after its turn`);
    const delays = fresh.map(({ atMs, sinceMs }) => atMs - sinceMs);
    const of = (name: string, values: readonly number[]): Figure[] => [
      { name: `${name} to drawn page, p50`, value: quantile(values, 0.5), unit: "ms" },
      { name: `${name} to drawn page, p95`, value: quantile(values, 0.95), unit: "ms" },
      { name: `${name} to drawn page, longest`, value: Math.max(...values), unit: "ms" },
    ];
    return [
      ...of("turn of the mode", delays),
      { name: "turns of the mode drawn", value: delays.length, unit: "" },
      ...of("control cycle after a load step", steps),
      ...of("key of a load step", keys),
      { name: "load steps drawn", value: steps.length, unit: `of ${stepsMade}` },
    ];
  } finally {
    await browser.close();
    const ended = new Promise((resolve) => demo.once("exit", resolve));
    demo.kill("SIGTERM");
    await Promise.race([ended, sleep(10_000)]);
    if (demo.exitCode === null) demo.kill("SIGKILL");
  }
}

const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;
