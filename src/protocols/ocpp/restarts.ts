/** Restarts of the station: why the last one was, and saying all that is to be said before the next. */
import type { Boot } from "./blocks/b-boot.ts";
import { collectionOf } from "./collection.ts";
import type { OcppStore, StationPort } from "./ports.ts";
import type { SecurityLog } from "./security/a-security-log.ts";
import type { BootReason } from "./transport/messages.table.ts";
import type { Session } from "./transport/session.ts";

/** How long the station stays away after a reset before it connects again, ms. */
const rebootMs = 1_000;

/** What has happened must be told before a reboot, but a backend that does not answer holds it up no longer than this, ms. */
const lastWordsMaxMs = 10_000;

/** What is kept about the last shutdown, so that the next boot notification tells the reason. */
interface BootRecord {
  reason: BootReason;
}

/** Restarts, and what is on record of them. */
export interface Restarts {
  /** Why this process has started. */
  readonly firstReason: BootReason;
  /** Why the station has started last, resets since then included. */
  lastReason(): BootReason;
  /** Set while the last words before a reboot are said. */
  rebooting(): BootReason | null;
  /** A backend has accepted this station once. */
  everAccepted(): boolean;
  noteAccepted(): void;
  /** Says what is still to be said, so that the backend hears of ends and statuses before the boot, and starts anew. */
  reboot(reason: BootReason): void;
}

/** What a restart acts on. */
export interface RestartPorts {
  readonly port: StationPort;
  readonly securityLog: SecurityLog;
  session(): Session;
  boot(): Boot;
}

/** Takes the reason of the last shutdown from the record; without one the power came up. */
export function createRestarts(store: OcppStore, { port, securityLog, session, boot }: RestartPorts): Restarts {
  const records = collectionOf<BootRecord>(store, "boot");
  const firstReason: BootReason = records.get("next")?.reason ?? "PowerUp";
  records.remove("next");
  let lastReason = firstReason;
  let rebooting: BootReason | null = null;
  return {
    firstReason,
    lastReason: () => lastReason,
    rebooting: () => rebooting,
    everAccepted: () => records.get("accepted") !== undefined,
    noteAccepted: () => records.put("accepted", { reason: firstReason }),
    reboot(reason) {
      if (rebooting !== null) return;
      rebooting = reason;
      lastReason = reason;
      records.put("next", { reason });
      securityLog.record("ResetOrReboot", reason);
      session().drain(lastWordsMaxMs, () => {
        rebooting = null;
        boot().restart(reason);
        session().disconnect("Reset", rebootMs);
        port.reset(0, reason === "ScheduledReset" ? "OnIdle" : "Immediate");
      });
    },
  };
}
