/**
 * The controller as a process of its own that the simulator owns: the control API starts it, cuts its supply, kills it, cuts
 * its backend link and presents cards. Its state lies in a folder that ends with the owner; a real site's is never touched.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Document, parseDocument } from "yaml";
import { type ControllerHooks, type PowerRequest, Refusal } from "../../../sim/run/control-operations.table.ts";
import type { FromController, ToController } from "../controller-messages.ts";
import { type BackendRelay, createBackendRelay } from "./backend-relay.ts";

const islet = join(import.meta.dirname, "../../../bin/islet.mjs");
/** A reset or failure is followed by a new start, as a service manager does it, at most so often in a row. */
const restartsMax = 5;
const restartMs = 300;
/** A life longer than this counts as a success, ms. */
const livedMs = 5_000;
const startMaxMs = 20_000;
const stopMaxMs = 3_000;
const linesKept = 20;

/** Files that are looked for in the folder of certificates of a `power` request, and the settings that they go into. */
const certificateFiles = [
  ["backend-ca.pem", "caFile"],
  ["station.pem", "certificateFile"],
  ["station.key", "keyFile"],
  ["password", "passwordFile"],
  ["manufacturer-ca.pem", "manufacturerCaFile"],
  ["v2g-ca.pem", "v2gCaFile"],
  ["contract-ca.pem", "contractCaFile"],
] as const;

export interface OwnedController {
  readonly hooks: ControllerHooks;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface OwnedControllerOptions {
  readonly configFile: string;
  /** Sign everybody on this machine in at its page. */
  readonly demo: boolean;
  readonly onMessage: (message: FromController) => void;
  readonly onLine: (line: string) => void;
  /** It ended again and again. */
  readonly onFailure: (sentence: string) => void;
}

export function ownController(options: OwnedControllerOptions): OwnedController {
  const folder = mkdtempSync(join(tmpdir(), "islet-owned-"));
  const configFile = join(folder, "site.yaml");
  const stateDir = join(folder, "state");
  const relay = createBackendRelay();
  const lines: string[] = [];
  let child: ChildProcess | null = null;
  let wanted = false;
  let restarts = 0;
  let restarting: NodeJS.Timeout | undefined;
  let firmware: ToController = { kind: "firmware", result: "Installed" };
  let settings: Partial<PowerRequest> = {};

  function launch(): Promise<void> {
    const bornMs = Date.now();
    const born = spawn(
      process.execPath,
      [islet, "run", "--config", configFile, "--log-json", ...(options.demo ? ["--demo"] : [])],
      { stdio: ["ignore", "pipe", "pipe", "ipc"] },
    );
    child = born;
    const hear = (chunk: Buffer): void => {
      for (const line of chunk.toString("utf8").split("\n")) {
        if (line.trim() === "") continue;
        lines.push(line);
        if (lines.length > linesKept) lines.shift();
        options.onLine(line);
      }
    };
    born.stdout?.on("data", hear);
    born.stderr?.on("data", hear);
    born.once("exit", () => {
      if (child !== born) return;
      child = null;
      if (!wanted) return;
      restarts = Date.now() - bornMs > livedMs ? 1 : restarts + 1;
      if (restarts > restartsMax) options.onFailure(`the controller does not stay up:\n${lines.join("\n")}`);
      else restarting = setTimeout(() => void launch(), restartMs);
    });
    return new Promise((ready) => {
      const patience = setTimeout(ready, startMaxMs);
      const done = (): void => {
        clearTimeout(patience);
        ready();
      };
      born.once("exit", done);
      born.on("message", (message) => {
        done();
        options.onMessage(message as FromController);
      });
      born.send(firmware);
    });
  }

  /** Without warning, as when the supply fails. */
  async function end(): Promise<void> {
    wanted = false;
    clearTimeout(restarting);
    const dying = child;
    if (dying === null) return;
    const gone = new Promise<void>((resolve) => dying.once("exit", () => resolve()));
    dying.kill("SIGKILL");
    await gone;
  }

  async function start(text: string): Promise<void> {
    writeFileSync(configFile, text);
    wanted = true;
    restarts = 0;
    await launch();
  }

  const tell = (message: ToController): void => {
    if (child === null) throw new Refusal(409, "the controller has no supply: POST /power with on true first");
    child.send(message);
  };

  return {
    start: async () => start(await configured(options.configFile, stateDir, settings, relay)),
    async stop() {
      wanted = false;
      clearTimeout(restarting);
      const stopping = child;
      if (stopping !== null) {
        const gone = new Promise<void>((resolve) => stopping.once("exit", () => resolve()));
        stopping.kill("SIGTERM");
        const patience = setTimeout(() => stopping.kill("SIGKILL"), stopMaxMs);
        await gone;
        clearTimeout(patience);
      }
      relay.close();
      rmSync(folder, { recursive: true, force: true });
    },
    hooks: {
      async power(request) {
        if (!request.on) return end();
        const next = request.fresh ? request : { ...settings, ...request };
        const text = await configured(options.configFile, stateDir, next, relay);
        await end();
        if (request.fresh) rmSync(stateDir, { recursive: true, force: true });
        settings = next;
        await start(text);
      },
      kill: end,
      network: (up) => relay.setUp(up),
      swipe: ({ idToken, type, evses }) => tell({ kind: "card", idToken, type, evses }),
      firmware(result) {
        firmware = { kind: "firmware", result };
        if (child !== null) child.send(firmware);
      },
    },
  };
}

/** The site's configuration with what a `power` request says about the backend, as YAML. */
async function configured(
  file: string,
  stateDir: string,
  { identity, ocppVersion, networkProfiles = [], config = [], certsDir }: Partial<PowerRequest>,
  relay: BackendRelay,
): Promise<string> {
  if (ocppVersion !== undefined && !/^(ocpp)?2\.0\.1$/i.test(ocppVersion))
    throw new Refusal(400, `ocppVersion is ${ocppVersion}: this station speaks ocpp2.0.1`);
  const document = parseDocument(readFileSync(file, "utf8"));
  anchorFiles(document, dirname(file));
  document.set("stateDir", stateDir);
  const backend: Record<string, unknown> = (document.toJS() as { backend?: Record<string, unknown> }).backend ?? {};
  const profiles = networkProfiles.map(networkProfile);
  const [first, ...others] = profiles;
  if (first !== undefined) Object.assign(backend, first, { fallbacks: others });
  if (identity !== undefined) backend["identity"] = identity;
  for (const [name, setting] of certificateFiles) {
    if (certsDir === undefined || certsDir === null) break;
    const path = resolve(certsDir, name);
    if (existsSync(path)) backend[setting] = path;
    else delete backend[setting];
  }
  if (config.length > 0) backend["variables"] = { ...(backend["variables"] as object), ...variablesOf(config) };
  if (typeof backend["url"] === "string") {
    backend["identity"] ??= "ISLET-1";
    // Whoever drives the simulator keeps its files on this machine, and has nothing to protect.
    backend["fileHosts"] ??= ["127.0.0.1", "[::1]", "localhost"];
    backend["certificatesOverPlainLink"] ??= true;
    backend["url"] = await relay.through(backend["url"]);
    const fallbacks = (backend["fallbacks"] ?? []) as { url: string; securityProfile: number }[];
    backend["fallbacks"] = await Promise.all(
      fallbacks.map(async ({ url, ...rest }) => ({ ...rest, url: await relay.through(url) })),
    );
    document.set("backend", document.createNode(backend));
  }
  return document.toString();
}

/** A profile of the request, in OCPP's own names, as our setting. */
function networkProfile(profile: Record<string, unknown>): { url: string; securityProfile: number } {
  const data = (profile["connectionData"] ?? profile) as Record<string, unknown>;
  const url = data["ocppCsmsUrl"];
  const securityProfile = data["securityProfile"] ?? 1;
  if (typeof url !== "string" || !URL.canParse(url))
    throw new Refusal(400, "networkProfiles: connectionData.ocppCsmsUrl must be a WebSocket URL");
  if (typeof securityProfile !== "number")
    throw new Refusal(400, "networkProfiles: connectionData.securityProfile must be 1, 2 or 3");
  return { url, securityProfile };
}

/** Actual values of station-wide variables; values of single EVSEs have no setting. */
function variablesOf(config: readonly Record<string, unknown>[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { component, evse, variable, instance, attribute = "Actual", value } of config) {
    if (typeof component !== "string" || typeof variable !== "string" || value === undefined)
      throw new Refusal(400, "config: each entry needs component, variable and value");
    if (evse !== undefined && evse !== null) continue;
    if (attribute !== "Actual") continue;
    const name = typeof instance === "string" && instance !== "" ? `.${instance}` : "";
    variables[`${component}.${variable}${name}`] = String(value);
  }
  return variables;
}

/** Files that are named relative to the configuration, from anywhere. */
function anchorFiles(document: Document, base: string): void {
  const site = document.toJS() as { evses?: unknown[]; pv?: unknown };
  const devices = [["pcc", "meter"], ["transferDevice"], ["loadPanel"], ["pv"]] as (string | number)[][];
  if (Array.isArray(site.pv)) devices.push(...site.pv.map((_, i) => ["pv", i]));
  site.evses?.forEach((_, i) => {
    devices.push(["evses", i, "stage"]);
  });
  const paths = [["site", "gridProfile"], ["pcc", "generationProfile"], ...devices.map((path) => [...path, "map"])];
  for (const path of paths) {
    const value = document.hasIn(path) ? document.getIn(path) : undefined;
    if (typeof value === "string" && /[./\\]/.test(value)) document.setIn(path, resolve(base, value));
  }
}
