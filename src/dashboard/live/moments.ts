/**
 * When things happened, which a report of the present does not tell: since when K1's contacts agree, when it was told to
 * move and when each contact followed, when each tier was switched, and what led to the present mode. Fed with each
 * report; small and bounded.
 */
import type { ControlReport } from "../../app/shared/report.ts";
import type { Sentence, SiteState } from "../state.ts";

export interface Moments {
  observe(report: ControlReport, atMs: number): void;
  readonly agreeSinceMs: number | null;
  readonly commandAtMs: number | null;
  readonly trace: SiteState["k1"]["trace"];
  readonly cause: Sentence | null;
  /** When tier i was switched last. */
  tierSinceMs(i: number): number | null;
  /** How long the last outage left the loads without power, s. */
  readonly darkS: number | null;
  /** The last attempt to start an island did not become one, and none has since. */
  readonly startFailed: boolean;
}

/** A grid below this is lost, not sagging, pu. */
const lostPu = 0.5;
const livePu = 0.1;
const beforeLoss: ReadonlySet<string> = new Set([
  "loadOnly",
  "ceased",
  "enterDelay",
  "ramping",
  "parallel",
  "balancing",
]);
const withoutGrid: ReadonlySet<string> = new Set([
  "isolating",
  "parting",
  "opening",
  "isolated",
  "islandStarting",
  "islandRunning",
]);

export function createMoments(): Moments {
  let before: ControlReport["site"] | null = null;
  let agreeSinceMs: number | null = null;
  let commandAtMs: number | null = null;
  let noMovedAtMs: number | null = null;
  let ncMovedAtMs: number | null = null;
  let lostAtMs: number | null = null;
  let darkSinceMs: number | null = null;
  let darkS: number | null = null;
  let sag: { voltagePu: number; atMs: number } | null = null;
  let cause: Sentence | null = null;
  let startFailed = false;
  const tiers: { closed: boolean; sinceMs: number | null }[] = [];

  const contacts = ({ contactNo, contactNc, transferCommand }: ControlReport["site"], atMs: number): void => {
    const agree = contactNo === contactNc && contactNo !== "unknown";
    if (!agree) agreeSinceMs = null;
    else if (agreeSinceMs === null || before?.contactNo !== contactNo) agreeSinceMs = atMs;
    if (before && transferCommand !== "none" && transferCommand !== before.transferCommand) {
      commandAtMs = atMs;
      noMovedAtMs = null;
      ncMovedAtMs = null;
    }
    if (before && commandAtMs !== null) {
      if (contactNo !== before.contactNo) noMovedAtMs ??= atMs;
      if (contactNc !== before.contactNc) ncMovedAtMs ??= atMs;
    }
  };

  const voltages = ({ gridVoltagePu, busVoltagePu, mode }: ControlReport["site"], atMs: number): void => {
    if (gridVoltagePu < lostPu) lostAtMs ??= atMs;
    else if (beforeLoss.has(mode)) lostAtMs = null;
    if (busVoltagePu < livePu) darkSinceMs ??= atMs;
    else if (darkSinceMs !== null) {
      if (mode === "islandStarting" || mode === "islandRunning") darkS = (atMs - darkSinceMs) / 1000;
      darkSinceMs = null;
    }
  };

  const causes = ({ mode, gridVoltagePu }: ControlReport["site"], atMs: number): void => {
    if (mode === "ceased" && gridVoltagePu >= lostPu && (sag === null || gridVoltagePu < sag.voltagePu))
      sag = { voltagePu: gridVoltagePu, atMs: sag?.atMs ?? atMs };
    if (before === null || before.mode === mode) return;
    if (before.mode === "islandStarting") startFailed = mode === "isolated" || mode === "lockedOut";
    else if (mode === "islandRunning" || !withoutGrid.has(mode)) startFailed = false;
    if (mode === "lockedOut") {
      if (before.mode === "opening" && lostAtMs !== null) cause = { key: "cause.notProven", values: { lostAtMs } };
      else if (before.mode === "opening" || before.mode === "isolating") cause = { key: "cause.stageForms" };
      else if (beforeLoss.has(before.mode)) cause = { key: "cause.movedAlone" };
      else cause = null;
    } else if (withoutGrid.has(mode))
      cause = lostAtMs === null ? { key: "cause.operatorIsland" } : { key: "cause.gridLost", values: { lostAtMs } };
    else if (mode === "enterDelay" && sag !== null) {
      cause = { key: "cause.sag", values: { voltagePu: sag.voltagePu, sagAtMs: sag.atMs } };
      sag = null;
    } else if (mode !== "blind") cause = null;
  };

  return {
    observe(report, atMs) {
      contacts(report.site, atMs);
      voltages(report.site, atMs);
      causes(report.site, atMs);
      for (let i = 0; i < report.tiers.length; i++) {
        const { closed } = report.tiers[i]!;
        const kept = (tiers[i] ??= { closed, sinceMs: null });
        if (kept.closed !== closed) {
          kept.closed = closed;
          kept.sinceMs = atMs;
        }
      }
      before = { ...report.site };
    },
    get agreeSinceMs() {
      return agreeSinceMs;
    },
    get commandAtMs() {
      return commandAtMs;
    },
    get trace() {
      return commandAtMs === null ? null : { commandAtMs, noMovedAtMs, ncMovedAtMs };
    },
    get cause() {
      return cause;
    },
    tierSinceMs: (i) => tiers[i]?.sinceMs ?? null,
    get startFailed() {
      return startFailed;
    },
    get darkS() {
      return darkS;
    },
  };
}
