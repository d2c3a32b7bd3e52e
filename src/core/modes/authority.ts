/**
 * What the site is allowed to do right now, judged anew in every cycle: the permission to operate (its signature and the
 * equipment it covers are verified outside; its dates, revocation and scope here), the utility's "permit service", the relay
 * latch, and for backup the transfer device and the notification of the utility (requirements R1 to R6, R22).
 *
 * Nothing here loosens anything: the service mode in force is the lesser of what the installer configured and what is
 * granted. The moment of a revocation or an expiry is the cycle that sees it.
 */
import { type ServiceMode, serviceModes } from "../../domain/modes.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import { minuteMs, secondMs } from "../../domain/units.ts";
import type { Snapshot } from "../snapshot.ts";

/** What does not change while the site runs. */
export interface AuthorityConfig {
  /** How the installer wants the site to run; more than the permit grants is refused. */
  readonly serviceMode: ServiceMode;
  /** A transfer device exists, so that the site can be cut off from the grid. */
  readonly canIsolate: boolean;
  /** The utility was told in writing of the backup use. A permit may say so as well. */
  readonly utilityNotified: boolean;
  /** The grid code leaves settings to a person who has not entered them yet: no power goes to the grid on what only stands in. */
  readonly gridCodeOpen?: boolean;
}

/** Result of `evaluateAuthority`, written in place. */
export interface Authority {
  /** The service mode in force. */
  serviceMode: ServiceMode;
  /** Discharge in parallel with the grid is allowed: a valid permit, service enabled, no relay latched. */
  parallelOK: boolean;
  /** Forming an island behind a proven-open transfer device is allowed. */
  backupOK: boolean;
  /** Magnitude that may be exported at the PCC, W; 0 unless export is permitted. */
  exportLimitW: number;
  /** Why `parallelOK` is false; "" while it is true. */
  parallelRefusal: ReasonKey | "";
  /** Why `backupOK` is false; "" while it is true. */
  backupRefusal: ReasonKey | "";
  /** The controller's own reverse-power or minimum-import function has tripped, or a relay's contact was seen. Set by the cycle. */
  relayLatched: boolean;
  /** The latest moment that a settled clock has shown, ms UTC; a clock set back never revives an expired permit. */
  clockFloorMs: number;
  /** Wall clock of the last cycle, and of the cycle since which it has gone evenly, ms UTC; NaN before the first. */
  lastWallMs: number;
  evenSinceWallMs: number;
}

/** A step of the clock between two looks beyond this is a jump, ms. */
export const clockStepMaxMs = 5 * secondMs;
/** A clock that has jumped is believed for good after it has gone evenly for this long, ms. */
export const clockSettlesMs = 10 * minuteMs;
/** The clock may be corrected backwards by this much without a word. */
export const clockStepBackMaxMs = 10 * minuteMs;

/** `clockFloorMs`: the latest moment that a durable record knows of (the audit log's last), so that a restart forgets nothing. */
export const createAuthority = (clockFloorMs: number = Number.NEGATIVE_INFINITY): Authority => ({
  serviceMode: "load-only",
  parallelOK: false,
  backupOK: false,
  exportLimitW: 0,
  parallelRefusal: "permit-none",
  backupRefusal: "permit-none",
  relayLatched: false,
  clockFloorMs,
  lastWallMs: Number.NaN,
  evenSinceWallMs: Number.NaN,
});

/** Raises the floor under the clock, by a clock that has gone evenly for long: one that is wrong for a while leaves nothing behind. */
function raiseClockFloor(authority: Authority, wallMs: number): void {
  if (!Number.isFinite(wallMs)) return;
  const stepMs = wallMs - authority.lastWallMs;
  if (!(stepMs >= -clockStepMaxMs && stepMs <= clockStepMaxMs)) authority.evenSinceWallMs = wallMs;
  authority.lastWallMs = wallMs;
  if (wallMs - authority.evenSinceWallMs >= clockSettlesMs && wallMs > authority.clockFloorMs)
    authority.clockFloorMs = wallMs;
}

/** The part of the snapshot that authority is judged by. */
type AuthorityFacts = Pick<Snapshot, "site" | "wallMs"> & {
  readonly transferDevice?: Pick<Snapshot["transferDevice"], "otherSource">;
};

/** Beside a source that is not the grid no stage gives power, whoever feeds the bus; one that is not known may run. */
function otherSourceRefusal({ transferDevice }: AuthorityFacts): ReasonKey | "" {
  if (transferDevice?.otherSource === "runs") return "generator-runs";
  return transferDevice?.otherSource === "unknown" ? "generator-unknown" : "";
}

/** Why the permit gives no right to parallel operation, in the order in which a person would repair it; "" when it does. */
function permitRefusal({ site, wallMs }: AuthorityFacts, { clockFloorMs }: Authority): ReasonKey | "" {
  const { permit } = site;
  if (permit.mode === "load-only" || permit.mode === "non-parallel-backup") return "permit-none";
  if (permit.revoked) return "permit-revoked";
  if (!Number.isFinite(wallMs)) return "clock-untrusted";
  if (!(wallMs >= permit.validFromMs)) return "permit-not-yet-valid";
  if (!(wallMs < permit.validUntilMs)) return "permit-expired";
  if (!(clockFloorMs < permit.validUntilMs)) return "clock-set-back";
  if (!permit.equipmentMatches) return "permit-equipment";
  return "";
}

/** Judges permit, service and backup for this cycle and writes the result into `authority`. */
export function evaluateAuthority(authority: Authority, config: AuthorityConfig, facts: AuthorityFacts): Authority {
  const { site, wallMs } = facts;
  const { permit } = site;
  const asked = serviceModes.indexOf(config.serviceMode);
  raiseClockFloor(authority, wallMs);

  let refusal = permitRefusal(facts, authority);
  if (refusal === "" && asked < serviceModes.indexOf("parallel-non-export")) refusal = "service-mode";
  if (refusal === "" && config.gridCodeOpen) refusal = "grid-code-open";
  if (refusal === "" && !site.serviceEnabled) refusal = "service-disabled";
  if (refusal === "" && (site.relayLatched || authority.relayLatched)) refusal = "relay-latched";
  const beside = otherSourceRefusal(facts);
  if (refusal === "") refusal = beside;
  authority.parallelRefusal = refusal;
  authority.parallelOK = refusal === "";

  // Backup needs no permission to operate (R4), but nothing may stand against it that a person has written.
  let backup: ReasonKey | "" = "";
  if (asked < serviceModes.indexOf("non-parallel-backup")) backup = "service-mode";
  else if (!config.canIsolate) backup = "no-transfer-device";
  else if (!config.utilityNotified && !permit.backupNotified) backup = "backup-not-notified";
  else if (permit.revoked && permit.mode === "non-parallel-backup") backup = "permit-revoked";
  else backup = beside;
  authority.backupRefusal = backup;
  authority.backupOK = backup === "";

  const exporting =
    authority.parallelOK && permit.mode === "parallel-export" && config.serviceMode === "parallel-export";
  authority.exportLimitW = exporting && permit.exportLimitW > 0 ? permit.exportLimitW : 0;
  authority.serviceMode = exporting
    ? "parallel-export"
    : authority.parallelOK
      ? "parallel-non-export"
      : authority.backupOK
        ? "non-parallel-backup"
        : "load-only";
  return authority;
}

/** Whether the wall clock has been set back further than a correction would: worth an alarm, never a right. */
export const clockWasSetBack = (authority: Authority, wallMs: number): boolean =>
  Number.isFinite(wallMs) && wallMs < authority.clockFloorMs - clockStepBackMaxMs;
