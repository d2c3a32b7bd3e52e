/**
 * `islet demo` (what `npm start` does): simulator, backend and controller as separate processes over real sockets, at real
 * speed, with a live view of the site. Keys cause what a site has to live through. Everything it starts ends with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { type Document, parseDocument } from "yaml";
import { loadSite } from "../../app/site/load-config.ts";
import type { SiteState } from "../../dashboard/state.ts";
import { view } from "../../dashboard/view.ts";
import { port, seconds } from "../asked.ts";
import type { FromController } from "../controller-messages.ts";
import { type DemoVehicle, demoFleet, setCharges, setSessions, setVehicles } from "./demo-fleet.ts";
import { type DemoKey, demoKeys } from "./demo-keys.ts";
import { createDemoPermit } from "./demo-permit.ts";
import { demoPrices } from "./demo-prices.ts";
import { alternateScreen, drawsVariable, normalScreen } from "./terminal-screen.ts";
import { renderTerminal } from "./terminal-view.ts";

const root = join(import.meta.dirname, "../../..");
const identity = "DEPOT-1";
/** What the backend asks of the vehicles that stay, once: to give so much together. */
const askedTogetherW = -170_000;
/** How often and how many times the backend asks until its station accepts, ms. */
const askEveryMs = 5_000;
const askAttemptsMax = 24;
const linesKept = 200;
const stopMaxMs = 3_000;
const portMove = 200;
const portMovesMax = 50;

interface DemoOptions {
  readonly config: string;
  readonly seconds?: number;
  readonly port: number;
  readonly verbose?: boolean;
}

export function demoCommand(program: Command): void {
  program
    .command("demo")
    .description("simulator, controller and backend together, with a live view")
    .option("--config <file>", "the site", join(root, "config/depot.yaml"))
    .option("--seconds <n>", "end by itself after this time", seconds)
    .option("--port <n>", "port of the page", port, 8080)
    .option("--verbose", "what the processes say, on standard error")
    .action(async (options: DemoOptions) => {
      await demo(options);
      process.exit();
    });
}

async function demo(options: DemoOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "islet-demo-"));
  const children: Child[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const problems: string[] = [];
  const start = (name: string, args: readonly string[], ipc = false): Child => {
    const onLine = options.verbose ? (line: string) => process.stderr.write(`${name}: ${line}\n`) : () => undefined;
    const child = startChild(name, args, ipc, onLine, (sentence) => {
      problems.push(sentence);
      end();
    });
    children.push(child);
    return child;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end);
  if (options.seconds !== undefined) setTimeout(end, 1_000 * options.seconds);
  try {
    process.stderr.write("Islet: starting the simulated site, its backend and its controller …\n");
    const [pagePort, controlPort, backendPort] = await Promise.all([
      freePort(options.port),
      freePort(15_900),
      freePort(15_901),
    ]);
    const { config: given } = loadSite(options.config);
    const fleet = demoFleet(given);
    const setPrices = (spike: boolean): void =>
      writeFileSync(join(folder, pricesFile), demoPrices(Date.now(), given.site.timeZone, spike));
    setPrices(false);
    const config = await writeDemoConfig(options.config, folder, pagePort, backendPort, fleet);
    // The simulator owns the controller, so that its control API can also cut the controller's supply and its backend link.
    const site = ["bin/islet.mjs", "sim", "--config", config, "--control-port", String(controlPort)];
    const sim = start("simulator", [...site, "--controller", ...(options.verbose ? ["--verbose"] : [])], true);
    const backend = start("backend", [
      "sim/peers/csms-process.ts",
      "--port",
      String(backendPort),
      "--until-stdin-ends",
    ]);
    void askUntilAccepted(backend, ended, fleet);
    const api = `http://127.0.0.1:${controlPort}`;
    const show = isInteractive() ? showLive(sim, api, setPrices, end) : showLines(sim, api);
    await ended;
    show.stop();
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
  for (const problem of problems) process.stderr.write(`islet: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

/** A person looks at it: the live view is drawn and keys are taken. */
const isInteractive = (): boolean => process.stdout.isTTY === true && process.stdin.isTTY === true;

interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when the process has printed a line that contains the word. */
  ready(word: string): Promise<void>;
  stop(): Promise<void>;
}

function startChild(
  name: string,
  args: readonly string[],
  ipc: boolean,
  onLine: (line: string) => void,
  onFailure: (sentence: string) => void,
): Child {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: isInteractive() ? { ...process.env, [drawsVariable]: "1" } : process.env,
    stdio: ["pipe", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])],
  });
  const lines: string[] = [];
  const waiting: { word: string; resolve: () => void }[] = [];
  let stopping = false;
  const take = (chunk: Buffer): void => {
    for (const line of chunk.toString("utf8").split("\n")) {
      if (line.trim() === "") continue;
      lines.push(line);
      onLine(line);
      if (lines.length > linesKept) lines.shift();
      for (const wait of waiting) if (line.includes(wait.word)) wait.resolve();
    }
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.once("exit", (code, signal) => {
    if (!stopping)
      onFailure(`the ${name} has ended (${signal ?? code}). Its last words:\n${lines.slice(-8).join("\n")}`);
  });
  return {
    process: child,
    lines,
    ready: (word) =>
      lines.some((line) => line.includes(word))
        ? Promise.resolve()
        : new Promise((resolve) => void waiting.push({ word, resolve })),
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), stopMaxMs);
      await exited;
      clearTimeout(patience);
    },
  };
}

/** Beside the site's file. */
const pricesFile = "prices.csv";

/** The example site with a backend, a permit signed for this run, a short wait before discharging, and its own state folder. */
async function writeDemoConfig(
  file: string,
  folder: string,
  pagePort: number,
  backendPort: number,
  fleet: readonly DemoVehicle[],
): Promise<string> {
  const document = parseDocument(readFileSync(file, "utf8"));
  const permit = createDemoPermit(folder, loadSite(file).config);
  document.setIn(["site", "gridProfile"], join(root, "config/profiles/demo.yaml"));
  document.setIn(["permit"], document.createNode({ file: permit.permitFile, anchors: [permit.anchorFile] }));
  document.setIn(["backend"], document.createNode({ url: `ws://127.0.0.1:${backendPort}`, identity }));
  document.setIn(
    ["dashboard"],
    document.createNode({ host: "127.0.0.1", port: pagePort, onSiteAddresses: ["127.0.0.1"] }),
  );
  document.setIn(["sim", "stageEnterServiceS"], 10);
  document.setIn(["stateDir"], join(folder, "state"));
  fleet.forEach(({ name }, i) => {
    if (!document.hasIn(["evses", i, "vehicle"])) document.setIn(["evses", i, "vehicle"], name);
  });
  setCharges(document, fleet);
  setVehicles(document, fleet);
  const tariff = {
    name: "Day-ahead",
    currency: "USD",
    wearPerKWh: 0.04,
    dayAhead: { file: join(folder, pricesFile), everyMinutes: 5 },
  };
  document.set("tariff", document.createNode(tariff));
  setSessions(document, fleet);
  await moveDevicePorts(document);
  const target = join(folder, "site.yaml");
  writeFileSync(target, document.toString());
  return target;
}

/** Devices keep their ports unless another program has one of them: then all move together. */
async function moveDevicePorts(document: Document): Promise<void> {
  const places: (readonly (string | number)[])[] = [["pcc", "meter"], ["transferDevice"], ["loadPanel"], ["pv"]];
  for (let i = 0; document.hasIn(["pv", i]); i++) places.push(["pv", i]);
  for (let i = 0; document.hasIn(["evses", i]); i++) places.push(["evses", i, "stage"], ["evses", i, "vehicleLink"]);
  const paths = places.map((path) => [...path, "port"]).filter((path) => document.hasIn(path));
  const ports = paths.map((path) => Number(document.getIn(path)));
  for (let offset = 0; offset <= portMovesMax * portMove; offset += portMove) {
    const free = await Promise.all([...new Set(ports)].map((port) => isFree(port + offset)));
    if (!free.every(Boolean)) continue;
    paths.forEach((path, i) => {
      document.setIn(path, ports[i]! + offset);
    });
    return;
  }
  throw new Error(
    "the ports of the simulated devices are taken by another program; end it, or change the ports in the configuration",
  );
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });

/** The wanted port, or any free one when somebody else has it. */
function freePort(wanted: number): Promise<number> {
  const attempt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address ? address.port : port));
      });
    });
  return attempt(wanted).catch(() => attempt(0));
}

/** The station refuses to discharge until its stages are verified and the permit counts: the backend asks again until then. */
async function askUntilAccepted(backend: Child, ended: Promise<void>, fleet: readonly DemoVehicle[]): Promise<void> {
  await backend.ready('"event":"station"');
  const staying = fleet.filter(({ departs }) => departs === null);
  const accepted = (): number =>
    backend.lines.filter((line) => line.includes('"SetChargingProfile"') && line.includes('"Accepted"')).length;
  for (let attempt = 0; attempt < askAttemptsMax; attempt++) {
    const pause = new Promise<"again">((resolve) => setTimeout(resolve, askEveryMs, "again"));
    if ((await Promise.race([pause, ended])) !== "again") return;
    if (accepted() >= staying.length) return;
    for (const { evse } of staying)
      backend.process.stdin?.write(`${JSON.stringify(askForPower(evse, askedTogetherW / staying.length))}\n`);
  }
}

const askForPower = (evseId: number, powerW: number) => ({
  identity,
  action: "SetChargingProfile",
  payload: {
    evseId,
    chargingProfile: {
      id: evseId,
      stackLevel: 0,
      chargingProfilePurpose: "TxDefaultProfile",
      chargingProfileKind: "Absolute",
      chargingSchedule: [
        {
          id: evseId,
          startSchedule: new Date(Date.now() - 60_000).toISOString(),
          chargingRateUnit: "W",
          chargingSchedulePeriod: [{ startPeriod: 0, limit: Math.round(powerW) }],
        },
      ],
    },
  },
});

interface Shown {
  stop(): void;
}

/** One JSON line a second, for a machine that reads; `control` is the simulator's control API, `page` the page. */
function showLines(simulator: Child, api: string): Shown {
  let latest: FromController | undefined;
  simulator.process.on("message", (message) => {
    latest = message as FromController;
  });
  const timer = setInterval(() => {
    if (latest === undefined) return;
    const { state, url } = latest;
    const evses = state.evses.map(({ evse, powerW, setpointW, socPct, role }) => ({
      evse,
      powerW,
      setpointW,
      socPct,
      role,
    }));
    const line = {
      t: new Date(state.atMs).toISOString(),
      mode: state.mode.mode,
      pccW: state.pccW,
      page: url,
      control: api,
      evses,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }, 1_000);
  return { stop: () => clearInterval(timer) };
}

/** A sentence about a key stays so long, ms. */
const saidMs = 15_000;
const home = "\u001b[H";
const clearRest = "\u001b[J";
const clearLine = "\u001b[K";

/** The live view of a person at a terminal, and the keys. */
function showLive(simulator: Child, api: string, setPrices: (spike: boolean) => void, end: () => void): Shown {
  const { stdin, stdout } = process;
  let said = "";
  let saidAtMs = 0;
  let drawn = false;
  const say = (sentence: string): void => {
    said = sentence;
    saidAtMs = performance.now();
  };
  const draw = (state: SiteState, url: string): void => {
    // Until there is something to show, what was said before it stays readable.
    if (!drawn) stdout.write(alternateScreen);
    drawn = true;
    const isFresh = said !== "" && performance.now() - saidAtMs < saidMs;
    const text = renderTerminal(
      view(state, { role: "installer", supported: [] }),
      { columns: stdout.columns, rows: stdout.rows, color: process.env["NO_COLOR"] === undefined },
      {
        keys: `${demoKeys.map(({ key, label }) => `${key} ${label}`).join("  ")}  q quit`,
        hint: isFresh ? `${said}   The page: ${url}` : `The page: ${url}`,
      },
    );
    stdout.write(`${home}${text.split("\n").join(`${clearLine}\n`)}${clearRest}`);
  };
  simulator.process.on("message", (message) => {
    const { state, url } = message as FromController;
    draw(state, url);
  });
  stdin.setRawMode(true);
  stdin.resume();
  const active = new Set<DemoKey>();
  stdin.on("data", (chunk) => {
    const pressed = chunk.toString("utf8");
    if (pressed === "q" || pressed === "\u0003") return end();
    const key = demoKeys.find((one) => one.key === pressed);
    if (key === undefined) return;
    const on = !active.has(key);
    if (on) active.add(key);
    else active.delete(key);
    const operation = on ? key.on : key.off;
    say(on ? key.onSentence : key.offSentence);
    if (typeof operation === "string") return setPrices(operation === "price spike");
    const [path, body] = operation;
    fetch(`${api}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
      .then(async (response) => {
        if (!response.ok) say(`The simulator refused: ${(await response.text()).slice(0, 100)}`);
      })
      .catch((failure) => {
        say(`The simulator does not answer: ${failure instanceof Error ? failure.message : failure}`);
      });
  });
  return {
    stop() {
      stdin.setRawMode(false);
      stdin.pause();
      if (drawn) stdout.write(normalScreen);
    },
  };
}
