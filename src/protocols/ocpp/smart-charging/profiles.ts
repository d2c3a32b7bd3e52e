/** Installed charging profiles: judged when they come, kept across connections and restarts, gone with their transaction. */

import { collectionOf } from "../collection.ts";
import type { Context } from "../context.ts";
import type { OcppStore } from "../ports.ts";
import type { ChargingProfile } from "../transport/messages.table.ts";
import { modeOf } from "./profile-modes.ts";
import { judgeDischarge, judgePurpose, judgeSchedules, overlaps, type Refusal, refuse } from "./profile-rules.ts";
import type { InstalledProfile } from "./profile-stack.ts";
import { validityOf } from "./schedule-timeline.ts";

const profilesMax = 1_000;
const stackLevelMax = 99;

/** A profile with its place and, for external limits, the system that set it. */
export interface Stored extends InstalledProfile {
  source: "CSO" | "EMS" | "SO" | "Other";
  /** The transaction that a TxProfile belongs to. */
  transactionId?: string;
}

/** The charging profiles that are kept. */
export interface Profiles {
  all(): readonly Stored[];
  /** All but those that do not count because the connection has been lost for longer than they allow. */
  inForce(): readonly Stored[];
  of(id: number): Stored | undefined;
  /** The vehicle at an EVSE has named its abilities for each phase: amounts may be given so. */
  perPhase(evseId: number): boolean;
  notePhases(evseId: number, named: boolean): void;
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
      chargingSchedulePeriod.every((period) => modeOf(period) !== "ChargingOnly" || Number.isFinite(period.limit)),
    );
    return whole && Number.isInteger(stored.evseId) && Number.isInteger(stored.profile.id) ? stored : null;
  } catch {
    return null;
  }
}

/** The profiles on record; those that cannot be read are told by `unreadable`. */
export function createProfiles(context: Context): Profiles {
  const { config, port } = context;
  const documents = collectionOf<Stored>(context.store, collection);
  const byId = new Map<number, Stored>();
  const lost = new Set<string>();
  const phased = new Set<number>();
  for (const { key, value } of context.store.entries(collection)) {
    const stored = read(value);
    if (stored) byId.set(stored.profile.id, stored);
    else lost.add(key);
  }
  let list: readonly Stored[] = [];
  /** Some profile ends with a connection that is lost for long. */
  let endsOffline = false;
  const keep = (): void => {
    list = [...byId.values()];
    endsOffline = list.some(({ profile }) => profile.maxOfflineDuration !== undefined);
  };
  keep();

  /** The connection has been lost for longer than the profile allows. */
  function isOrphaned({ profile }: Stored): boolean {
    const { maxOfflineDuration } = profile;
    const { offlineSinceMs } = context.session;
    if (maxOfflineDuration === undefined || Number.isNaN(offlineSinceMs)) return false;
    return context.clock.wallMs() - offlineSinceMs > maxOfflineDuration * 1000;
  }

  function inForce(): readonly Stored[] {
    if (!endsOffline) return list;
    const orphaned = list.filter(isOrphaned);
    if (orphaned.length === 0) return list;
    for (const { profile } of orphaned) {
      if (!profile.invalidAfterOfflineDuration) continue;
      byId.delete(profile.id);
      documents.remove(String(profile.id));
    }
    keep();
    return list.filter((stored) => !isOrphaned(stored));
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
    inForce,
    of: (id) => byId.get(id),
    perPhase: (evseId) => phased.has(evseId),
    notePhases(evseId, named) {
      if (named) phased.add(evseId);
      else phased.delete(evseId);
    },
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
        judgePurpose(evseId, profile, transactionId, starting) ??
        judgeSchedules(profile) ??
        judgeDischarge(profile, config, port.site);
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
