/**
 * The running controller replaces itself, by the same way as `islet update`: a signed version is put beside the running one when
 * the site allows it, and the process ends so that its next start is on trial. Asked for by the page or by the backend; one at a
 * time. Only where this program is one of several versions in a folder: otherwise whoever installed it replaces it.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Log } from "../log.ts";
import { isletVersion } from "../version.ts";
import { installVersion } from "./install.ts";
import { rootOf } from "./trial.ts";
import { openVersions } from "./versions.ts";

/** The site is looked at this often while an update waits for it, ms; an update that can't begin for so long is given up. */
const lookEveryMs = 2_000;
const waitMaxMs = 7 * 24 * 3_600_000;
const bundleMaxBytes = 500_000_000;
/** Versions in the folder that are offered. */
const offeredMax = 20;

export const notOneOfSeveral =
  "This controller can't replace itself: it was installed by the system that runs it (package, container, image) and is updated by that, at a moment when the site neither discharges nor is an island.";

type UpdatePhase = "none" | "fetching" | "waiting" | "installing" | "restarting" | "failed";

/** What people are shown. */
export interface UpdateView {
  readonly running: string;
  /** Why this controller can't replace itself; "" where it can. */
  readonly unable: string;
  readonly current: string | null;
  readonly former: string | null;
  readonly onTrial: boolean;
  readonly phase: UpdatePhase;
  /** What is being installed, and who asked for it. */
  readonly what: string;
  readonly by: string;
  /** Why it waits, or what went wrong; "" where there is nothing to say. */
  readonly sentence: string;
  /** Why a version of the backend waits; "" where none does. */
  readonly backendWaits: string;
  /** Names of versions in the folder for them. */
  readonly offered: readonly string[];
}

export interface UpdateOrder {
  /** The name of a version that is offered, or an address to fetch one from. */
  readonly from: string;
  readonly by: string;
  /** Not before, UTC ms. */
  readonly notBeforeMs: number;
  /** Exactly this build; left out: whatever the bundle's signature stands for. */
  readonly expects?: { readonly islet: string; readonly sha256: string };
  /** Why the one who asks would have it wait; "" when it need not. */
  readonly waitsFor?: () => string;
}

/** Back to the version before the one that runs. */
export type BackOrder = Pick<UpdateOrder, "by" | "waitsFor"> & {
  /** The name that the version must have; any other is not gone back to. */
  readonly to: string;
};

export interface SelfUpdate {
  view(): UpdateView;
  /** Begins; a sentence where it can't. */
  order(order: UpdateOrder): string;
  /** Goes back when the site allows it; a sentence where it can't. */
  goBack(order: BackOrder): string;
  /** Ends one that waits; false where none does. */
  cancel(): boolean;
  /** What the backend has sent and verified: installed at once, where the site allows it. */
  installImage(path: string): Promise<{ rebootNeeded: boolean; version: string }>;
  /** Why what the backend has sent waits; null when nothing does. */
  noteWaiting(why: string | null): void;
  /** Whether this very version is on trial. */
  onTrial(): boolean;
  stop(): void;
}

export interface SelfUpdateOptions {
  readonly programFolder: string;
  readonly siteFile: string;
  /** Why nothing may be installed now; "" when it may. */
  readonly refusal: () => string;
  /** Devices that are not well. */
  readonly unwell: () => readonly string[];
  /** To disk, within a bound. */
  readonly fetch: (
    address: string,
    bounds: { maxBytes: number; signal: AbortSignal },
  ) => Promise<{ readonly path: string; remove(): void }>;
  /** Why an address can never be fetched from; null where it may. */
  readonly judge: (address: string) => string | null;
  /** The process ends, to be started again. */
  readonly restart: (sentence: string) => void;
  readonly log: Log;
  readonly nowMs: () => number;
}

interface Running {
  phase: UpdatePhase;
  sentence: string;
  readonly order: UpdateOrder;
  readonly abort: AbortController;
  readonly sinceMs: number;
}

export function createSelfUpdate(options: SelfUpdateOptions): SelfUpdate {
  const { programFolder, siteFile, refusal, unwell, log, nowMs } = options;
  const root = rootOf(programFolder);
  let at: Running | null = null;
  let installing = false;
  let backendWaits = "";

  const say = (running: Running, phase: UpdatePhase, sentence: string): void => {
    const isNew = running.sentence !== sentence || running.phase !== phase;
    running.phase = phase;
    running.sentence = sentence;
    if (isNew && sentence !== "")
      log(phase === "failed" ? "error" : "info", `Update to ${basename(running.order.from)}: ${sentence}`);
  };

  /** Installs a file when nothing speaks against it now; throws a sentence where something does. */
  const install = async (bundle: string, expects: UpdateOrder["expects"] | null = null) => {
    if (root === null) throw new Error(notOneOfSeveral);
    if (installing) throw new Error("Another version is being installed.");
    const why = refusal();
    if (why !== "") throw new Error(why);
    installing = true;
    try {
      const order = { bundle, root, siteFile, olderToo: false, unwell: unwell(), nowMs: nowMs(), refusal, expects };
      const installed = await installVersion(order);
      if (!installed.ok) throw new Error(installed.error);
      return installed.value;
    } finally {
      installing = false;
    }
  };

  /** Why an order waits now; "" when it need not. */
  const waitsFor = ({ order: { notBeforeMs, waitsFor: own } }: Running): string =>
    nowMs() < notBeforeMs
      ? `it waits until ${new Date(notBeforeMs).toISOString().slice(0, 16)}Z.`
      : refusal() || (own?.() ?? "");

  const untilAllowed = async (running: Running): Promise<void> => {
    for (let why = waitsFor(running); why !== ""; why = waitsFor(running)) {
      say(running, "waiting", why);
      if (nowMs() - running.sinceMs > waitMaxMs) throw new Error(`It could not begin for a week: ${why}`);
      await pause(lookEveryMs, running.abort.signal);
    }
  };

  const carryOut = async (running: Running): Promise<void> => {
    const { from, by } = running.order;
    let fetched: { readonly path: string; remove(): void } | null = null;
    try {
      if (isAddress(from)) {
        say(running, "fetching", "it is being fetched.");
        fetched = await options.fetch(from, { maxBytes: bundleMaxBytes, signal: running.abort.signal });
      }
      const bundle = fetched?.path ?? join(root!, "bundles", basename(from));
      await untilAllowed(running);
      say(running, "installing", "it is verified, unpacked and tried out.");
      const { name, former } = await install(bundle, running.order.expects);
      // What began meanwhile is not interrupted by the restart either.
      await untilAllowed(running);
      say(running, "restarting", `${name} is used from now on, on trial; ${former ?? "none"} is kept.`);
      options.restart(`${by} has installed ${name}.`);
    } catch (failure) {
      if (running.abort.signal.aborted) at = null;
      else say(running, "failed", (failure as Error).message);
    } finally {
      fetched?.remove();
    }
  };

  const carryBack = async (running: Running, to: string): Promise<void> => {
    try {
      await untilAllowed(running);
      const versions = openVersions(root!);
      if (versions.former() !== to) throw new Error(`${to} is no longer the version before this one.`);
      versions.rollBack();
      say(running, "restarting", `${to} is used again.`);
      options.restart(`${running.order.by} has gone back to ${to}.`);
    } catch (failure) {
      if (running.abort.signal.aborted) at = null;
      else say(running, "failed", (failure as Error).message);
    }
  };

  const offered = (): string[] => {
    const folder = root === null ? "" : join(root, "bundles");
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith(".update") && statSync(join(folder, name)).isFile())
      .sort()
      .slice(-offeredMax);
  };
  const onTrial = (): boolean => root !== null && openVersions(root).trial()?.name === basename(programFolder);

  return {
    view() {
      const versions = root === null ? null : openVersions(root);
      return {
        running: isletVersion(),
        unable: root === null ? notOneOfSeveral : "",
        current: versions?.current() ?? null,
        former: versions?.former() ?? null,
        onTrial: onTrial(),
        phase: at?.phase ?? "none",
        what: at === null ? "" : basename(at.order.from),
        by: at?.order.by ?? "",
        sentence: at?.sentence ?? "",
        backendWaits,
        offered: offered(),
      };
    },
    order(order) {
      if (root === null) return notOneOfSeveral;
      if (at !== null && at.phase !== "failed") return "Another update is under way: end that one first.";
      if (isAddress(order.from)) {
        const wrong = options.judge(order.from);
        if (wrong !== null) return wrong;
      } else if (!offered().includes(order.from)) return `${order.from} is not in the folder of versions.`;
      at = { phase: "waiting", sentence: "", order, abort: new AbortController(), sinceMs: nowMs() };
      void carryOut(at);
      return "";
    },
    goBack({ by, to, waitsFor: own }) {
      if (root === null) return notOneOfSeveral;
      if (at !== null && at.phase !== "failed") return "Another update is under way: end that one first.";
      if (openVersions(root).former() !== to) return `${to} is not the version before this one.`;
      const order = { from: to, by, notBeforeMs: 0, ...(own !== undefined && { waitsFor: own }) };
      at = { phase: "waiting", sentence: "", order, abort: new AbortController(), sinceMs: nowMs() };
      void carryBack(at, to);
      return "";
    },
    cancel() {
      if (at === null || (at.phase !== "waiting" && at.phase !== "fetching" && at.phase !== "failed")) return false;
      at.abort.abort();
      at = null;
      return true;
    },
    async installImage(path) {
      if (at !== null && at.phase !== "failed") throw new Error("A person has begun another update.");
      const { name, version } = await install(path);
      log("info", `The backend has sent Islet ${name}: it is used from the restart on, on trial.`);
      return { rebootNeeded: true, version };
    },
    noteWaiting: (why) => {
      backendWaits = why ?? "";
    },
    onTrial,
    stop: () => at?.abort.abort(),
  };
}

const isAddress = (from: string): boolean => /^https?:\/\//.test(from);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new Error("It was ended."));
      },
      { once: true },
    );
  });
}
