/** Installed charging profiles: judged when they come, kept across connections and restarts, gone with their transaction. */

import { collectionOf } from "../collection.ts";
import type { Context } from "../context.ts";
import type { OcppStore } from "../ports.ts";
import type { ChargingProfile } from "../transport/messages.table.ts";
import type { InstalledProfile } from "./profile-stack.ts";
import { validityOf } from "./schedule-timeline.ts";

const profilesMax = 1_000;
const periodsMax = 1_024;
const stackLevelMax = 99;

/** Why something is refused: a stable key and a sentence. */
export interface Refusal {
  reasonCode: string;
  sentence: string;
}

/** A profile with its place and, for external limits, the system that set it. */
export interface Stored extends InstalledProfile {
  source: "CSO" | "EMS" | "SO" | "Other";
  /** The transaction that a TxProfile belongs to. */
  transactionId?: string;
}

/** The charging profiles that are kept. */
export interface Profiles {
  all(): readonly Stored[];
  /** Ids of profiles on record that cannot be read: what they allowed is not known until they are replaced or removed. */
  unreadable(): readonly string[];
  /** Why a profile cannot be installed, or null. `transactionId` is the EVSE's running transaction. */
  judge(evseId: number, profile: ChargingProfile, transactionId: string | null, starting: boolean): Refusal | null;
  /** Counts at once; the returned function makes it durable, so that a limit can act before the medium has answered. */
  install(stored: Stored): () => void;
  /** Removes what has expired for good, so that it takes nobody's place. */
  expire(): void;
  remove(match: (stored: Stored) => boolean): Stored[];
  /**
   * Gives up unreadable profiles: this one, or all of them, and in any case what stands for a lost memory, for the backend
   * has spoken anew; false when there was none.
   */
  forget(id: number | "all"): boolean;
  choose(id: number, index: number): void;
}

const refuse = (reasonCode: string, sentence: string): Refusal => ({ reasonCode, sentence });
const collection = "charging-profile";
/** Stands among the profiles, as one that cannot be read, while nobody knows what there was. */
export const memoryLost = "memory";

/** The memory was lost: until the backend has spoken anew it is not known what its profiles allow. */
export function loseProfiles(store: OcppStore): void {
  store.put(collection, memoryLost, "");
}

/** A profile from its text on record; null when it is not one. */
function read(text: string): Stored | null {
  try {
    const stored = JSON.parse(text) as Stored;
    const whole = stored.profile.chargingSchedule.every(({ chargingSchedulePeriod }) =>
      chargingSchedulePeriod.every(({ limit }) => Number.isFinite(limit)),
    );
    return whole && Number.isInteger(stored.evseId) && Number.isInteger(stored.profile.id) ? stored : null;
  } catch {
    return null;
  }
}

export function createProfiles(context: Context): Profiles {
  const { config, port } = context;
  const documents = collectionOf<Stored>(context.store, collection);
  const byId = new Map<number, Stored>();
  const lost = new Set<string>();
  for (const { key, value } of context.store.entries(collection)) {
    const stored = read(value);
    if (stored) byId.set(stored.profile.id, stored);
    else lost.add(key);
  }
  let list: readonly Stored[] = [...byId.values()];
  const keep = (): void => void (list = [...byId.values()]);

  function judgeSchedules(profile: ChargingProfile): Refusal | null {
    const relative = profile.chargingProfileKind === "Relative";
    for (const schedule of profile.chargingSchedule) {
      const periods = schedule.chargingSchedulePeriod;
      if (periods.length > periodsMax) return refuse("TooManyPeriods", `A schedule may have ${periodsMax} periods.`);
      if (periods[0]!.startPeriod !== 0) return refuse("InvalidSchedule", "The first period must start at 0.");
      if (schedule.duration !== undefined && schedule.duration <= 0)
        return refuse("InvalidSchedule", "The duration must be positive.");
      if (relative && schedule.startSchedule !== undefined)
        return refuse("InvalidSchedule", "A relative schedule has no startSchedule.");
      if (!relative && schedule.startSchedule === undefined)
        return refuse("InvalidSchedule", "An absolute or recurring schedule needs startSchedule.");
      for (let i = 0; i < periods.length; i++) {
        const period = periods[i]!;
        if (i > 0 && period.startPeriod <= periods[i - 1]!.startPeriod)
          return refuse("InvalidSchedule", "Periods must come in ascending order.");
        if (!Number.isFinite(period.limit)) return refuse("InvalidSchedule", "A limit must be a number.");
        if (period.numberPhases !== undefined && (period.numberPhases < 1 || period.numberPhases > 3))
          return refuse("InvalidSchedule", "numberPhases must be 1 to 3.");
        if (period.phaseToUse !== undefined)
          return refuse("UnsupportedParam", "Phases cannot be selected at this station.");
      }
    }
    return null;
  }

  function judgePurpose(
    evseId: number,
    profile: ChargingProfile,
    transactionId: string | null,
    starting: boolean,
  ): Refusal | null {
    switch (profile.chargingProfilePurpose) {
      case "ChargingStationExternalConstraints":
        return refuse("InvalidProfile", "External constraints cannot be set by the backend.");
      case "ChargingStationMaxProfile":
        if (evseId !== 0) return refuse("InvalidProfile", "A station maximum belongs to evseId 0.");
        return profile.chargingProfileKind === "Relative"
          ? refuse("InvalidProfile", "A station maximum cannot be relative.")
          : null;
      case "TxDefaultProfile":
        return profile.transactionId === undefined
          ? null
          : refuse("InvalidProfile", "A default profile names no transaction.");
      case "TxProfile":
        if (evseId === 0) return refuse("InvalidProfile", "A TxProfile needs an EVSE.");
        if (starting)
          return profile.transactionId === undefined
            ? null
            : refuse("InvalidProfile", "The transaction has not begun, so it cannot be named.");
        if (transactionId === null) return refuse("TxNotFound", "No transaction is running at this EVSE.");
        if (profile.transactionId === undefined)
          return refuse("MissingParam", "A TxProfile must name its transaction.");
        return profile.transactionId === transactionId
          ? null
          : refuse("TxNotFound", "This transaction is not running at this EVSE.");
    }
  }

  const overlaps = (a: ChargingProfile, b: ChargingProfile): boolean => {
    const from = (profile: ChargingProfile): number =>
      profile.validFrom ? Date.parse(profile.validFrom) : Number.NEGATIVE_INFINITY;
    const to = (profile: ChargingProfile): number =>
      profile.validTo ? Date.parse(profile.validTo) : Number.POSITIVE_INFINITY;
    return from(a) < to(b) && from(b) < to(a);
  };

  /** R3: a discharge that no permit covers is refused with a reason. */
  function judgeDischarge(profile: ChargingProfile): Refusal | null {
    if (!config.refuseUnpermittedDischarge) return null;
    const negative = profile.chargingSchedule.some((schedule) =>
      schedule.chargingSchedulePeriod.some((period) => period.limit < 0),
    );
    const { known, serviceMode, permitValid, permitMissing, explanation } = port.site;
    if (!negative || (permitValid && (serviceMode === "parallel-non-export" || serviceMode === "parallel-export")))
      return null;
    if (!known) return refuse("NotReady", "The devices have not been heard of since the start: try again in a moment.");
    return permitMissing || explanation === ""
      ? refuse("NoPermit", "No permission to operate in parallel covers discharging.")
      : refuse("PermitNotInForce", explanation);
  }

  /** Gone for good: its validity is over, or, where room is short, its only run. */
  function expired({ profile }: Stored, roomIsShort: boolean): boolean {
    const nowMs = context.nowMs();
    if (validityOf(profile).toMs <= nowMs) return true;
    if (!roomIsShort || profile.chargingProfileKind !== "Absolute") return false;
    return profile.chargingSchedule.every(
      ({ startSchedule = "", duration }) =>
        duration !== undefined && Date.parse(startSchedule) + duration * 1000 <= nowMs,
    );
  }

  /** Only while the time is beyond doubt: a cap must not go because a clock is wrong. */
  function expire(): void {
    if (context.timeDisputed() || context.nowMs() < config.clockFloorMs) return;
    const roomIsShort = byId.size >= profilesMax;
    const gone = list.filter((stored) => stored.source === "CSO" && expired(stored, roomIsShort));
    for (const { profile } of gone) {
      byId.delete(profile.id);
      documents.remove(String(profile.id));
    }
    if (gone.length > 0) keep();
  }

  return {
    all: () => list,
    expire,
    unreadable: () => [...lost],
    judge(evseId, profile, transactionId, starting) {
      expire();
      if (evseId < 0 || evseId > config.evses.length) return refuse("UnknownEvse", `There is no EVSE ${evseId}.`);
      if (profile.stackLevel < 0 || profile.stackLevel > stackLevelMax)
        return refuse("InvalidStackLevel", `The stack level must be 0 to ${stackLevelMax}.`);
      if (profile.chargingProfileKind === "Recurring" && !profile.recurrencyKind)
        return refuse("MissingParam", "A recurring profile needs recurrencyKind.");
      if (profile.validFrom && profile.validTo && Date.parse(profile.validFrom) >= Date.parse(profile.validTo))
        return refuse("InvalidProfile", "validTo must be after validFrom.");
      const wrong =
        judgePurpose(evseId, profile, transactionId, starting) ?? judgeSchedules(profile) ?? judgeDischarge(profile);
      if (wrong) return wrong;
      const existing = byId.get(profile.id);
      if (existing?.profile.chargingProfilePurpose === "ChargingStationExternalConstraints")
        return refuse("DuplicateProfile", "This id belongs to an external constraint.");
      if (!existing && byId.size >= profilesMax)
        return refuse("TooManyProfiles", `At most ${profilesMax} profiles can be installed.`);
      const rival = list.find(
        (other) =>
          other.profile.id !== profile.id &&
          other.evseId === evseId &&
          other.profile.stackLevel === profile.stackLevel &&
          other.profile.chargingProfilePurpose === profile.chargingProfilePurpose &&
          overlaps(other.profile, profile),
      );
      return rival
        ? refuse("DuplicateProfile", `Profile ${rival.profile.id} has this purpose and stack level at the same time.`)
        : null;
    },
    install(stored) {
      byId.set(stored.profile.id, stored);
      lost.delete(String(stored.profile.id));
      keep();
      return () => documents.put(String(stored.profile.id), stored);
    },
    remove(match) {
      const gone = list.filter(match);
      for (const { profile } of gone) {
        byId.delete(profile.id);
        documents.remove(String(profile.id));
      }
      if (gone.length > 0) keep();
      return gone;
    },
    forget(id) {
      const gone = [...lost].filter((key) => id === "all" || key === String(id) || key === memoryLost);
      for (const key of gone) {
        lost.delete(key);
        documents.remove(key);
      }
      return gone.length > 0;
    },
    choose(id, index) {
      const stored = byId.get(id);
      if (!stored || index >= stored.profile.chargingSchedule.length) return;
      stored.chosen = index;
      documents.put(String(id), stored);
      keep();
    },
  };
}
