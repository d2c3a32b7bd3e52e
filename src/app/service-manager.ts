/**
 * Tells the service manager (systemd) when the site is controlled, what it does, and that it still makes progress: the
 * protocol of sd_notify(3), by systemd's own command, because Node.js has no datagram sockets of the local kind. Without
 * `NOTIFY_SOCKET`, outside such a service, nothing is done.
 */
import { execFile } from "node:child_process";
import type { Log } from "./log.ts";

/** A command that takes longer is ended, ms; the next one comes anyway. */
const commandMaxMs = 4_000;
/** What is looked at is looked at this often where the manager watches nothing, ms. */
const lookEveryMs = 5_000;
/** The manager hears of progress this many times within its time. */
const feedsPerWatch = 3;
/** A sentence for `systemctl status` ends here, characters. */
const statusMax = 200;

/** What the manager is told about. */
export interface Progress {
  /** Cycles of the control loop since it started; null before the first. */
  readonly cycles: number | null;
  /** The site in a sentence. */
  readonly sentence: string;
}

export interface ServiceManager {
  /** The service ends in order from now on. */
  stopping(): void;
}

/**
 * Looks at `progress` from now on. Ready is told with the first cycle of the control loop, and progress only while its cycles
 * are counted on: a loop that stands still is started anew by the manager, though everything else still runs.
 */
export function tellServiceManager(
  progress: () => Progress,
  log: Log,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ServiceManager {
  if (env["NOTIFY_SOCKET"] === undefined) return { stopping: () => undefined };
  const watchMs = Number(env["WATCHDOG_USEC"] ?? Number.NaN) / 1_000;
  const everyMs = watchMs > 0 ? Math.max(100, watchMs / feedsPerWatch) : lookEveryMs;
  let told = false;
  let isReady = false;
  let isBusy = false;
  let lastCycles = -1;
  let lastSentence = "";

  const notify = (...words: readonly string[]): void => {
    isBusy = true;
    execFile("systemd-notify", words, { env: { ...env } as NodeJS.ProcessEnv, timeout: commandMaxMs }, (failure) => {
      isBusy = false;
      if (failure === null || told) return;
      told = true;
      log("warn", `The service manager can't be told how it goes: ${failure.message.split("\n")[0]}`);
    });
  };

  const look = (): void => {
    const { cycles, sentence } = progress();
    if (isBusy || cycles === null || cycles === lastCycles) return;
    lastCycles = cycles;
    const status = sentence === lastSentence ? [] : [`--status=${sentence.slice(0, statusMax)}`];
    lastSentence = sentence;
    notify(...(isReady ? [] : ["--ready"]), ...status, "WATCHDOG=1");
    isReady = true;
  };
  // Ready is waited for by whoever started the service: looked at more often until then.
  const first = setInterval(() => {
    look();
    if (isReady) clearInterval(first);
  }, 100);
  const watch = setInterval(look, everyMs);
  first.unref();
  watch.unref();
  return {
    stopping() {
      clearInterval(first);
      clearInterval(watch);
      notify("STOPPING=1");
    },
  };
}
