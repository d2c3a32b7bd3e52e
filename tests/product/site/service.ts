/**
 * `islet run` with a configuration, as a person sets it up: files in a folder of their own, a permit made and installed by the
 * commands that people use, the log, the page and `islet explain`. What devices it finds is somebody else's.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { until } from "./judge.ts";
import { openPage, type Page, type PageState } from "./page.ts";
import { type IsletProcess, type LogLine, runIslet, signalPid, startIslet } from "./process.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export interface PermitOptions {
  readonly mode: "load-only" | "non-parallel-backup" | "parallel-non-export" | "parallel-export";
  readonly exportLimitW?: number;
  /** Of the stages covered; all without it. */
  readonly serials?: readonly string[];
  readonly firmware?: string;
  readonly serial?: number;
}

/** The service's own process, that of the control loop, or both. */
export type Part = "service" | "control" | "both";

export interface ServiceOptions {
  readonly folder: string;
  readonly config: JsonObject;
  /** Further files beside the configuration, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Serial numbers that a permit covers when it names none. */
  readonly serials: readonly string[];
  /** A permission to operate that is signed and installed before the start. */
  readonly permit?: PermitOptions | undefined;
  /** Options of the runtime, for what can't be broken from outside. */
  readonly nodeOptions?: string | undefined;
  /** `bin/islet.mjs` of another folder than the checkout. */
  readonly program?: string | undefined;
  /** Variables of its environment, beside this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Service {
  readonly folder: string;
  readonly configFile: string;
  readonly stateDir: string;
  readonly log: readonly LogLine[];
  readonly process: IsletProcess;
  readonly started: boolean;
  /** Starts it, or starts it again after `stop` or `kill` of the process. */
  start(): void;
  page(): Promise<Page>;
  state(): Promise<PageState>;
  /** Words of `islet explain`. */
  explain(): Promise<string>;
  mode(): string;
  /** The latest changes of the mode with the rows that made them, the oldest first. */
  modes(): string[];
  /** Waits until the mode machine is in this mode; false when it does not come to it in time. */
  reached(mode: string, withinMs?: number): Promise<boolean>;
  /** A line of the log that fits, since `fromMs`. */
  said(pattern: RegExp, fromMs?: number): LogLine | undefined;
  installPermit(permit: PermitOptions): Promise<string>;
  /** Kills without warning; the devices go on. */
  kill(): Promise<void>;
  /** Stands still as a whole (SIGSTOP), or only the service or only its control loop, and goes on (SIGCONT). */
  pause(part?: Part): void;
  resume(part?: Part): void;
  /** Ends the process and removes the folder. */
  stop(): Promise<void>;
}

/** A grid profile with short waits, so that parallel operation is reached in seconds; everything else is the standard's. */
const quickProfile = JSON.stringify({
  name: "quick",
  base: "ieee1547-catB-III",
  version: 1,
  settings: { enterDelayS: 1, enterRampS: 1 },
});
const usualFiles: Readonly<Record<string, string>> = {
  "quick.yaml": quickProfile,
  "quick-50hz.yaml": quickProfile.replace("catB-III", "catB-III-50hz"),
};

/** Changes of the mode that are told where something did not come. */
const modesTold = 12;

/** For a start and for what follows on a busy machine; no part of what is shown, ms. */
const patienceMs = 60_000;

/** One utility signs for all sites of a process. */
let utilityKeys: Promise<string> | undefined;
async function makeUtilityKeys(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "islet-utility-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const made = await runIslet(["permit", "keygen", join(folder, "utility")]);
  if (made.code !== 0) throw new Error(`permit keygen: ${made.err}`);
  return folder;
}

export async function makeService(options: ServiceOptions): Promise<Service> {
  const { folder, config } = options;
  const stateDir = join(folder, "state");
  const configFile = join(folder, "site.yaml");
  const files = { ...usualFiles, "site.yaml": JSON.stringify(config, null, 1), ...options.files };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const keys = join(folder, "utility");
  utilityKeys ??= makeUtilityKeys();
  for (const name of ["utility.key.pem", "utility.pem"])
    copyFileSync(join(await utilityKeys, name), join(folder, name));

  let running: IsletProcess | undefined;
  let opened: Promise<Page> | undefined;
  let permits = 0;
  let hasPassword = false;

  async function installPermit(permit: PermitOptions): Promise<string> {
    permits += 1;
    const draft = join(folder, `draft-${permits}.json`);
    const signed = join(folder, `permit-${permits}.json`);
    const covered = permit.serials ?? options.serials;
    const created = await runIslet([
      "permit",
      "create",
      "--mode",
      permit.mode,
      "--export-limit-w",
      String(permit.exportLimitW ?? 0),
      "--config",
      configFile,
      "--serial",
      String(permit.serial ?? permits),
      "--reference",
      "PRODUCT",
      "--utility",
      "Test utility",
      ...covered.flatMap((serial) => ["--stage", `${serial}=${permit.firmware ?? "7.1"}`]),
      "--out",
      draft,
    ]);
    const sealed = await runIslet(["permit", "sign", draft, "--key", `${keys}.key.pem`, "--out", signed]);
    const installed = await runIslet(["permit", "install", signed, "--config", configFile]);
    if (created.code !== 0 || sealed.code !== 0) throw new Error(`permit: ${created.err}${sealed.err}`);
    return installed.out + installed.err;
  }
  if (options.permit !== undefined) {
    const words = await installPermit(options.permit);
    if (!words.includes("Installed")) throw new Error(`the permit was not installed: ${words}`);
  }

  const now = (): IsletProcess => {
    if (running === undefined) throw new Error("the process was not started");
    return running;
  };
  const open = async (): Promise<Page> => {
    const { lines } = now();
    const codes = (): string[] => lines.flatMap(({ text }) => /with this code: (\S+)/.exec(text)?.[1] ?? []);
    const greets = (): boolean =>
      lines.some(({ text }) => text.startsWith("Dashboard: ")) && (hasPassword || codes().length > 0);
    const greeted = await until(greets, patienceMs);
    if (!greeted) throw new Error(`no page after 60 s: ${now().err()} ${lines.map(({ text }) => text).join(" | ")}`);
    const url = lines.find(({ text }) => text.startsWith("Dashboard: "))!.text.slice("Dashboard: ".length);
    const code = codes()[0];
    const page = await openPage(url, hasPassword ? null : (code ?? null));
    hasPassword = true;
    return page;
  };
  const page = (): Promise<Page> => (opened ??= open());
  const changes = () => now().lines.filter(({ fields }) => typeof fields["mode"] === "string");
  const mode = (): string => String(changes().at(-1)?.fields["mode"] ?? "unknown");
  const modes = (): string[] =>
    changes()
      .slice(-modesTold)
      .map(({ fields }) => `${String(fields["mode"])} (${String(fields["row"])})`);
  const signalPart = (signal: NodeJS.Signals, part: Part = "both"): void => {
    if (part !== "control") now().signal(signal);
    if (part !== "service") signalPid(now().controlPid(), signal);
  };
  return {
    folder,
    configFile,
    stateDir,
    get log() {
      return now().lines;
    },
    get process() {
      return now();
    },
    get started() {
      return running !== undefined;
    },
    start() {
      running = startIslet(configFile, folder, options.nodeOptions, options.program, options.env);
      opened = undefined;
    },
    page,
    state: async () => (await page()).state(),
    async explain() {
      const url =
        now()
          .lines.find(({ text }) => text.startsWith("Dashboard: "))
          ?.text.slice("Dashboard: ".length) ?? "";
      const { out, err } = await runIslet(["explain", "--url", url, "--token", await (await page()).token()]);
      return out + err;
    },
    mode,
    modes,
    reached: (wanted, withinMs = patienceMs) => until(() => mode() === wanted, withinMs),
    said: (pattern, fromMs = 0) => now().lines.find(({ text, atMs }) => atMs >= fromMs && pattern.test(text)),
    installPermit,
    async kill() {
      now().signal("SIGKILL");
      await now().ended;
    },
    pause: (part) => signalPart("SIGSTOP", part),
    resume: (part) => signalPart("SIGCONT", part),
    async stop() {
      await running?.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
