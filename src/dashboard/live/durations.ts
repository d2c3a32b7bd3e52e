/**
 * When things happened, which a report of the present does not tell: since when K1's contacts agree, when it was told to
 * move and when each contact followed, when each tier was switched, and what led to the present mode. Fed with each
 * report; small and bounded.
 */

import type { ControlReport } from "../../app/control/shared/report.ts";
import { isDeadPu, isLivePu, isLostPu } from "../../domain/electrical.ts";
import { isIslanded, isJoined, isWithoutGrid } from "../../domain/modes.ts";
import { Quality } from "../../domain/quality.ts";
import type { Sentence, SiteState } from "../state.ts";

export interface Durations {
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
  /** What the site waits for while it has no feedback or is not yet known: what was missing when that began, until another is. */
  readonly missing: SiteState["mode"]["missing"];
  /** What ended discharging; null while nothing has, or discharging had not begun. */
  readonly ceasedBy: "voltage" | "frequency" | "meter" | "k1" | "grid" | null;
}

/** The range in which discharging may begin, and how to find what is missing. */
export interface DurationsSettings {
  readonly minVoltagePu: number;
  readonly maxVoltagePu: number;
  readonly minFrequencyHz: number;
  readonly maxFrequencyHz: number;
  readonly missingOf: (report: ControlReport) => SiteState["mode"]["missing"];
}

/** Why discharging stopped, with the value that said so. */
interface Ceased {
  by: NonNullable<Durations["ceasedBy"]>;
  value: number;
  atMs: number;
}
interface Outage {
  lostAtMs: number;
  backAtMs: number | null;
}

/** Why discharging has to wait again. */
const waitCause = (outage: Readonly<Outage> | null, ceased: Readonly<Ceased> | null): Sentence | null => {
  if (outage !== null && outage.backAtMs !== null)
    return { key: "cause.outage", values: { lostAtMs: outage.lostAtMs, backAtMs: outage.backAtMs } };
  if (ceased === null) return null;
  const sagAtMs = ceased.atMs;
  if (ceased.by === "voltage") return { key: "cause.sag", values: { voltagePu: ceased.value, sagAtMs } };
  if (ceased.by === "frequency") return { key: "cause.frequency", values: { frequencyHz: ceased.value, sagAtMs } };
  if (ceased.by === "k1") return { key: "cause.k1", values: { sagAtMs } };
  return ceased.by === "meter" ? { key: "cause.meter", values: { sagAtMs } } : null;
};

/** Why the site is locked out, by the mode in which it happened. */
const lockoutCause = (from: ControlReport["site"]["mode"], lostAtMs: number | null): Sentence | null => {
  if (from === "opening" || from === "transferToIsland")
    return lostAtMs !== null ? { key: "cause.notProven", values: { lostAtMs } } : { key: "cause.notProvenPlanned" };
  if (from === "isolating") return { key: "cause.stageForms" };
  return isJoined(from) ? { key: "cause.movedAlone" } : null;
};

export function createDurations(settings: DurationsSettings): Durations {
  let before: ControlReport["site"] | null = null;
  let agreeSinceMs: number | null = null;
  let commandAtMs: number | null = null;
  let noMovedAtMs: number | null = null;
  let ncMovedAtMs: number | null = null;
  let lostAtMs: number | null = null;
  let darkSinceMs: number | null = null;
  let darkS: number | null = null;
  let ceased: Ceased | null = null;
  /** Vehicles were allowed to give when that came: more than a wait was broken off. */
  let wasGiving = false;
  let outage: Outage | null = null;
  let missing: SiteState["mode"]["missing"] = null;
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
    if (isLostPu(gridVoltagePu)) {
      lostAtMs ??= atMs;
      outage = { lostAtMs, backAtMs: null };
    } else if (isLivePu(gridVoltagePu)) {
      if (outage !== null) outage.backAtMs ??= atMs;
      if (isJoined(mode)) lostAtMs = null;
    }
    if (isDeadPu(busVoltagePu)) darkSinceMs ??= atMs;
    else if (darkSinceMs !== null) {
      if (isIslanded(mode)) darkS = (atMs - darkSinceMs) / 1000;
      darkSinceMs = null;
    }
  };

  /** Why discharging stopped: read from the facts of the moment, in the order in which they are sure. */
  const ceasing = (site: ControlReport["site"], atMs: number): void => {
    const { gridVoltagePu, meterVoltagePu, meterFrequencyHz, meterQuality } = site;
    const { minVoltagePu, maxVoltagePu, minFrequencyHz, maxFrequencyHz } = settings;
    const outside = [gridVoltagePu, meterVoltagePu].find((pu) => pu < minVoltagePu || pu > maxVoltagePu);
    wasGiving = before?.mode !== "enterDelay";
    if (meterQuality !== Quality.good) ceased = { by: "meter", value: Number.NaN, atMs };
    else if (site.deviceFresh === false) ceased = { by: "k1", value: Number.NaN, atMs };
    else if (outside !== undefined) ceased = { by: "voltage", value: outside, atMs };
    else if (meterFrequencyHz < minFrequencyHz || meterFrequencyHz > maxFrequencyHz)
      ceased = { by: "frequency", value: meterFrequencyHz, atMs };
    else ceased = { by: "grid", value: Number.NaN, atMs };
  };
  /** The deepest of a sag. */
  const deepen = ({ gridVoltagePu }: ControlReport["site"]): void => {
    if (ceased?.by === "voltage" && isLivePu(gridVoltagePu) && gridVoltagePu < ceased.value)
      ceased.value = gridVoltagePu;
  };
  const causes = (site: ControlReport["site"], atMs: number): void => {
    const { mode } = site;
    if (mode === "ceased") deepen(site);
    if (before === null || before.mode === mode) return;
    if (before.mode === "islandStarting") startFailed = mode === "isolated" || mode === "lockedOut";
    else if (mode === "islandRunning" || !isWithoutGrid(mode)) startFailed = false;
    // From load only nothing was given that could have stopped.
    if (mode === "ceased" && before.mode !== "loadOnly") ceasing(site, atMs);
    if (mode === "ramping" || mode === "parallel") ceased = outage = null;
    if (mode === "lockedOut") cause = lockoutCause(before.mode, lostAtMs);
    else if (isWithoutGrid(mode))
      cause = lostAtMs === null ? { key: "cause.operatorIsland" } : { key: "cause.gridLost", values: { lostAtMs } };
    else if (mode === "enterDelay") cause = waitCause(outage, ceased);
    else if (mode === "ceased" && before.mode === "loadOnly")
      cause = waitCause(outage, ceased) ?? { key: "cause.fromLoadOnly" };
    else if (mode !== "noFeedback" || (cause?.key !== "cause.gridLost" && cause?.key !== "cause.operatorIsland"))
      cause = null;
  };
  /** What was missing first stays named until something else is, so that the words don't chase each other. */
  const misses = (report: ControlReport): void => {
    const now = settings.missingOf(report);
    const { mode } = report.site;
    if (mode !== "noFeedback" && mode !== "unknown") missing = null;
    else if (now !== null || before?.mode !== mode) missing = now ?? (before?.mode === mode ? missing : null);
  };

  return {
    observe(report, atMs) {
      contacts(report.site, atMs);
      voltages(report.site, atMs);
      causes(report.site, atMs);
      misses(report);
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
    get missing() {
      return missing;
    },
    get ceasedBy() {
      return wasGiving ? (ceased?.by ?? null) : null;
    },
    get darkS() {
      return darkS;
    },
  };
}
