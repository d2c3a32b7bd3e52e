/**
 * What the dashboard costs and how fast it is: bytes over the wire, first paint on a slow connection, from a new state to
 * the drawn page, and a hundred open pages beside a control loop. `--pages N --seconds S` size the last one (the full
 * claim is 100 pages for 600 s), `--quiet-seconds S` its comparison without pages; `--no-browser` leaves out what needs
 * Chromium. `--site` measures the simulated site's page instead: from a turn of the mode, and from a key of the
 * demonstration, to the drawn page.
 */
import { spawn } from "node:child_process";
import { get } from "node:http";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import pino from "pino";
import { createHistogram, quantileMs } from "../src/app/control/histogram.ts";
import { openAccounts } from "../src/dashboard/access/accounts.ts";
import { stateEveryMs } from "../src/dashboard/live/attention.ts";
import { createDashboard } from "../src/dashboard/server/server.ts";
import { createFakeSource, type FakeSource } from "../tests/dashboard/fakeSource.ts";
import { sampleState } from "../tests/dashboard/sampleStates.ts";
import type { LoopOutcome } from "./lib/control-loop-worker.ts";
import { siteFigures } from "./lib/dashboard-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

/** "Fast 3G" as browsers' own tools define it: 1.6 Mbit/s with a tenth off, 562.5 ms for each round trip. */
const fast3g = { offline: false, downloadThroughput: 180_000, uploadThroughput: 84_375, latency: 562.5 } as const;
const updates = 60;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pages: { type: "string", default: "100" },
      seconds: { type: "string", default: "20" },
      "quiet-seconds": { type: "string" },
      "no-browser": { type: "boolean" },
      site: { type: "boolean" },
    },
  });
  if (values.site) return { name: "dashboard", figures: await siteFigures(say) };
  const source = createFakeSource(sampleState("parallel", 20));
  const board = await createDashboard({
    port: 0,
    host: "127.0.0.1",
    source,
    accounts: openAccounts(null),
    log: pino({ level: "silent" }),
    demo: { role: "operator" },
    bounds: { connectionsOfAddress: 300, pagesOfAsker: 250 },
  });
  const figures: Figure[] = [];
  try {
    figures.push({
      name: "payload, compressed, chart library included",
      value: (await payloadBytes(board.url)) / 1000,
      unit: "KB",
    });
    if (!values["no-browser"]) figures.push(...(await inBrowser(board.url, source, say)));
    const seconds = Number(values.seconds);
    const quietSeconds = Number(values["quiet-seconds"] ?? seconds);
    figures.push(...(await manyPages(board.url, source, Number(values.pages), seconds, quietSeconds, say)));
  } finally {
    await board.close();
  }
  return { name: "dashboard", figures };
}

/** Bytes of one response body as sent. */
const bytesOf = (url: string): Promise<{ bytes: number; text: string }> =>
  new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": url.endsWith("plain") ? "identity" : "br" } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () =>
        resolve({ bytes: Buffer.concat(parts).length, text: Buffer.concat(parts).toString("latin1") }),
      );
    }).on("error", reject);
  });

async function payloadBytes(url: string): Promise<number> {
  const page = await bytesOf(`${url}/?plain`);
  const paths = new Set(
    [...page.text.matchAll(/(?:href|src|data-chart)="(\/m\/[^"]+)"/g)].map((found) => found[1] ?? ""),
  );
  let total = 0;
  for (const path of ["/", ...paths]) total += (await bytesOf(url + path)).bytes;
  return total;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;

async function inBrowser(url: string, source: FakeSource, say: (line: string) => void): Promise<Figure[]> {
  const { launch } = await import("../tests/browser/browser.ts");
  const browser = await launch();
  try {
    const slow = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
    const session = await slow.context().newCDPSession(slow);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", fast3g);
    await slow.goto(url, { waitUntil: "load", timeout: 60_000 });
    const paintMs = Number(await slow.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime"));
    say(`first contentful paint on fast 3G: ${paintMs.toFixed(0)} ms`);
    await slow.context().close();

    const page = await (await browser.newContext({ viewport: { width: 1440, height: 960 } })).newPage();
    await page.goto(url);
    await page.waitForSelector("#plot canvas");
    // The page notes when the drawn power changes; both clocks are this machine's.
    await page.evaluate(`window.drawn = {};
      new MutationObserver(() => {
        const power = /Importing ([\\d.]+)/.exec(document.querySelector("#diagram svg.wide").textContent)?.[1];
        if (power && !(power in window.drawn)) window.drawn[power] = Date.now();
      }).observe(document.querySelector("#main"), { subtree: true, childList: true, characterData: true });`);
    const at: Record<string, number> = {};
    for (let i = 0; i < updates; i++) {
      at[(100 + i).toFixed(1)] = Date.now();
      source.change((state) => ({ ...state, pccW: (100 + i) * 1000 }));
      await new Promise((resolve) => setTimeout(resolve, 211));
    }
    const drawn = (await page.evaluate("window.drawn")) as Record<string, number>;
    const delays = Object.entries(at).flatMap(([power, sentMs]) =>
      drawn[power] === undefined ? [] : [drawn[power] - sentMs],
    );
    return [
      { name: "first contentful paint, fast 3G", value: paintMs, unit: "ms" },
      { name: "state to drawn page, p50", value: quantile(delays, 0.5), unit: "ms" },
      { name: "state to drawn page, p95", value: quantile(delays, 0.95), unit: "ms" },
      { name: "updates drawn", value: delays.length, unit: `of ${updates}` },
    ];
  } finally {
    await browser.close();
  }
}

/** Period of the loop beside the pages, ms. */
const periodMs = 10;

/** What a control loop beside the page's server does for a while, and how busy the server's thread is. */
interface Measured {
  readonly loop: LoopOutcome;
  readonly delayP99Ms: number;
  readonly busyPct: number;
}

async function measured(seconds: number, work: () => void): Promise<Measured> {
  const worker = new Worker(new URL("./lib/control-loop-worker.ts", import.meta.url), { workerData: { periodMs } });
  await new Promise((resolve) => worker.once("online", resolve));
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const before = performance.eventLoopUtilization();
  delay.enable();
  const timer = setInterval(work, stateEveryMs);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(timer);
  delay.disable();
  const busyPct = 100 * performance.eventLoopUtilization(before).utilization;
  const loop = await new Promise<LoopOutcome>((resolve) => {
    worker.once("message", resolve);
    worker.postMessage("stop");
  });
  return { loop, delayP99Ms: delay.percentile(99) / 1e6, busyPct };
}

/** Two times of the same kind as one. */
function joined(a: Measured, b: Measured): Measured {
  const lateness = createHistogram();
  for (const { counts, count, maxMs } of [a.loop.lateness, b.loop.lateness]) {
    for (let i = 0; i < counts.length; i++) lateness.counts[i]! += counts[i]!;
    lateness.count += count;
    lateness.maxMs = Math.max(lateness.maxMs, maxMs);
  }
  return {
    loop: { realTime: a.loop.realTime && b.loop.realTime, skipped: a.loop.skipped + b.loop.skipped, lateness },
    delayP99Ms: Math.max(a.delayP99Ms, b.delayP99Ms),
    busyPct: (a.busyPct + b.busyPct) / 2,
  };
}

/** Opens pages in a process of their own, as browsers are; ends them and says how much they got. */
async function openPages(url: string, pages: number): Promise<() => Promise<{ bytes: number }>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "lib/open-pages.ts"), url, String(pages)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const opened = await lines.next();
  if (opened.value !== "open") throw new Error("The pages could not be opened.");
  return async () => {
    child.stdin.end();
    const told = await lines.next();
    return JSON.parse(String(told.value)) as { bytes: number };
  };
}

/** Every charger moves a little, as often as the running site makes a state at leisure. */
const stir = (source: FakeSource) => (): void =>
  source.change((state) => ({
    ...state,
    atMs: state.atMs + stateEveryMs,
    pccW: Math.round(5000 + Math.random() * 1000),
    evses: state.evses.map((evse) =>
      evse.connected
        ? {
            ...evse,
            powerW: evse.setpointW + Math.round(Math.random() * 40),
            limits: evse.limits.map((limit) => ({ ...limit, ageMs: Math.round(Math.random() * 30) })),
          }
        : evse,
    ),
  }));

async function manyPages(
  url: string,
  source: FakeSource,
  pages: number,
  seconds: number,
  quietSeconds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  say(`${quietSeconds / 2} s without pages, ${seconds} s with ${pages}, ${quietSeconds / 2} s without …`);
  const before = await measured(quietSeconds / 2, stir(source));
  const close = await openPages(url, pages);
  const memory: number[] = [];
  const sample = setInterval(() => memory.push(process.memoryUsage.rss()), 1000);
  const together = await measured(seconds, stir(source));
  clearInterval(sample);
  const { bytes } = await close();
  // Before and after, so that a machine that slows down or wakes up meanwhile favours neither.
  const alone = joined(before, await measured(quietSeconds / 2, stir(source)));
  const half = Math.floor(memory.length / 2);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const pair = (name: string, unit: string, of: (run: Measured) => number): Figure[] => [
    { name: `${name} without pages`, value: of(alone), unit },
    {
      name: `${name} with ${pages} pages`,
      value: of(together),
      unit,
      comparedWith: `${name} without pages`,
      ratio: of(together) / of(alone),
    },
  ];
  return [
    { name: "loop has real-time priority", value: together.loop.realTime ? 1 : 0, unit: "" },
    ...pair("loop lateness p99", "ms", ({ loop }) => quantileMs(loop.lateness, 0.99)),
    ...pair("loop lateness p99.9", "ms", ({ loop }) => quantileMs(loop.lateness, 0.999)),
    ...pair("loop lateness, longest", "ms", ({ loop }) => loop.lateness.maxMs),
    { name: "loop cycles skipped without pages", value: alone.loop.skipped, unit: `of ${alone.loop.lateness.count}` },
    {
      name: `loop cycles skipped with ${pages} pages`,
      value: together.loop.skipped,
      unit: `of ${together.loop.lateness.count}`,
    },
    ...pair("main thread's delay p99", "ms", ({ delayP99Ms }) => delayP99Ms),
    ...pair("main thread busy", "%", ({ busyPct }) => busyPct),
    { name: "sent to each page", value: bytes / pages / seconds / 1000, unit: "KB/s" },
    {
      name: "memory, second half over first half",
      value: mean(memory.slice(half)) / mean(memory.slice(0, half)),
      unit: "×",
    },
  ];
}
