/**
 * K01–K10: charging profiles and the intents that come of them. A profile acts in the same turn in which it arrives;
 * while it stands, its limit is emitted anew as a lease, also while there is no connection (use case K06).
 */
import {
  type CompositePeriod,
  compositeSchedule,
  limitAt,
  noProfile,
  type ScheduleContext,
  stationSchedule,
} from "./composite.ts";
import { type Block, type Context, info, isEvse } from "./context.ts";
import type { ChargingProfile, RequestOf, ResponseOf } from "./messages.table.ts";
import { priority } from "./outbox.ts";
import type { BackendLimit, Cancel } from "./ports.ts";
import { createProfiles, type Profiles, type Refusal, type Stored } from "./profiles.ts";
import { createZone } from "./timezone.ts";
import type { Transaction } from "./transaction.ts";

/** Longest composite schedule that is computed, s. */
const durationMaxS = 32 * 24 * 3600;
/** Profiles in one ReportChargingProfiles. */
const reportItems = 10;

export interface SmartCharging extends Block {
  readonly profiles: Profiles;
  judgeStarting(evseId: number, profile: ChargingProfile): Refusal | null;
  /** A TxProfile that came with a remote start: held until the transaction has begun. */
  hold(evseId: number, profile: ChargingProfile): void;
  onStarted(transaction: Transaction): void;
  onEnded(transaction: Transaction): void;
  /** Emits every limit as it is now; called on changes and periodically. */
  emit(): void;
  start(): void;
  scheduleContext(evseId: number): ScheduleContext;
  /** A profile has changed the limit of an EVSE's transaction. */
  onProfileSet(listener: (evseId: number, profile: ChargingProfile) => void): void;
}

export interface SmartChargingFacts {
  transaction(evseId: number): Transaction | null;
  running(): Transaction[];
}

export function createSmartCharging(context: Context, facts: SmartChargingFacts): SmartCharging {
  const { config, port, clock, model, session } = context;
  const profiles = createProfiles(context);
  const zone = createZone(config.timeZone);
  const held = new Map<number, ChargingProfile>();
  const listeners: ((evseId: number, profile: ChargingProfile) => void)[] = [];
  /** Whether the port holds a limit of ours: null is only told once. */
  const told = new Set<number>();
  let refresh: Cancel | null = null;
  model.provide("SmartChargingCtrlr", "Entries", () => String(profiles.all().length), undefined, "ChargingProfiles");

  function scheduleContext(evseId: number): ScheduleContext {
    const evse = config.evses[evseId - 1]!;
    const transaction = facts.transaction(evseId);
    return {
      evseId,
      supplyPhases: evse.supplyPhases,
      nominalVoltageV: evse.nominalVoltageV,
      maxChargeW: evse.maxChargeW,
      maxDischargeW: evse.maxDischargeW,
      transactionId: transaction?.transactionId ?? null,
      transactionStartMs: transaction?.startedMs ?? context.nowMs(),
      zone,
    };
  }

  function toLimit(limitW: number, profileId: number): BackendLimit {
    const untilMs = clock.monotonicMs() + config.leaseMs;
    return { minW: Math.min(limitW, 0), maxW: Math.max(limitW, 0), wishW: limitW, untilMs, profileId };
  }

  function tell(evseId: number, limit: BackendLimit | null): void {
    if (!limit && !told.has(evseId)) return;
    if (limit) told.add(evseId);
    else told.delete(evseId);
    port.limit(evseId, limit);
  }

  /**
   * The station's maximum counts for the sum (id 0) and, when it is not negative, for each EVSE; a negative one is a
   * discharge of the station as a whole, shared equally between the EVSEs that are in a transaction.
   */
  function emit(): number {
    const nowMs = context.nowMs();
    const stored = profiles.all();
    let nextMs = Number.POSITIVE_INFINITY;
    if (stored.length === 0 || !model.flag("SmartChargingCtrlr", "Enabled")) {
      for (const evseId of [...told]) tell(evseId, null);
      return nextMs;
    }
    const station = limitAt(stored, nowMs, scheduleContext(1), [
      "ChargingStationMaxProfile",
      "ChargingStationExternalConstraints",
    ]);
    nextMs = Math.min(nextMs, station.untilMs);
    tell(0, station.limit && toLimit(station.limit.limitW, station.limit.profileId));
    const share =
      station.limit && station.limit.limitW < 0 ? station.limit.limitW / Math.max(facts.running().length, 1) : null;
    for (let evseId = 1; evseId <= config.evses.length; evseId++) {
      const own = limitAt(stored, nowMs, scheduleContext(evseId), ["TxProfile", "TxDefaultProfile"]);
      nextMs = Math.min(nextMs, own.untilMs);
      const stationW = share ?? station.limit?.limitW ?? Number.POSITIVE_INFINITY;
      const ownW = own.limit?.limitW ?? Number.POSITIVE_INFINITY;
      const limitW = Math.min(stationW, ownW);
      if (limitW === Number.POSITIVE_INFINITY) tell(evseId, null);
      else
        tell(
          evseId,
          toLimit(limitW, (ownW <= stationW ? own.limit?.profileId : station.limit?.profileId) ?? noProfile),
        );
    }
    return nextMs;
  }

  /** Emits now and again at the next change of any profile, but at least once per refresh interval. */
  function run(): void {
    refresh?.();
    refresh = null;
    const nextMs = emit();
    if (profiles.all().length === 0) return;
    const delayMs = Math.min(Math.max(nextMs - context.nowMs(), 1), config.refreshMs);
    refresh = clock.after("charging limits", delayMs, run);
  }

  function set(request: RequestOf<"SetChargingProfile">): ResponseOf<"SetChargingProfile"> {
    if (!model.flag("SmartChargingCtrlr", "Enabled"))
      return { status: "Rejected", statusInfo: info("NotEnabled", "Smart charging is switched off.") };
    const { evseId, chargingProfile } = request;
    const transaction = evseId > 0 ? facts.transaction(evseId) : null;
    const refusal = profiles.judge(evseId, chargingProfile, transaction?.transactionId ?? null, false);
    if (refusal) {
      context.log("info", `A charging profile was refused: ${refusal.sentence}`, {
        evseId,
        profileId: chargingProfile.id,
      });
      return { status: "Rejected", statusInfo: info(refusal.reasonCode, refusal.sentence) };
    }
    const persist = profiles.install({
      evseId,
      profile: chargingProfile,
      source: "CSO",
      ...(chargingProfile.transactionId !== undefined && { transactionId: chargingProfile.transactionId }),
    });
    run();
    persist();
    for (const listener of listeners) listener(evseId, chargingProfile);
    return { status: "Accepted" };
  }

  function clear({
    chargingProfileId,
    chargingProfileCriteria,
  }: RequestOf<"ClearChargingProfile">): ResponseOf<"ClearChargingProfile"> {
    const criteria = chargingProfileCriteria ?? {};
    const gone = profiles.remove((stored) => {
      if (stored.profile.chargingProfilePurpose === "ChargingStationExternalConstraints") return false;
      if (chargingProfileId !== undefined) return stored.profile.id === chargingProfileId;
      return (
        (criteria.evseId === undefined || criteria.evseId === stored.evseId) &&
        (criteria.chargingProfilePurpose === undefined ||
          criteria.chargingProfilePurpose === stored.profile.chargingProfilePurpose) &&
        (criteria.stackLevel === undefined || criteria.stackLevel === stored.profile.stackLevel)
      );
    });
    if (gone.length === 0) return { status: "Unknown" };
    run();
    return { status: "Accepted" };
  }

  function composite(request: RequestOf<"GetCompositeSchedule">): ResponseOf<"GetCompositeSchedule"> {
    const { evseId, duration, chargingRateUnit = "W" } = request;
    if (evseId < 0 || evseId > config.evses.length)
      return { status: "Rejected", statusInfo: info("UnknownEvse", `There is no EVSE ${evseId}.`) };
    const startMs = Math.floor(context.nowMs() / 1000) * 1000;
    const durationS = Math.min(Math.max(duration, 0), durationMaxS);
    const periods: CompositePeriod[] =
      evseId === 0
        ? stationSchedule(
            profiles.all(),
            startMs,
            durationS,
            chargingRateUnit,
            config.evses.map((_, index) => scheduleContext(index + 1)),
          )
        : compositeSchedule(profiles.all(), startMs, durationS, chargingRateUnit, scheduleContext(evseId));
    const [first, ...rest] = periods;
    if (!first) return { status: "Rejected", statusInfo: info("InvalidValue", "The duration must be positive.") };
    return {
      status: "Accepted",
      schedule: {
        evseId,
        duration: durationS,
        scheduleStart: context.iso(startMs),
        chargingRateUnit,
        chargingSchedulePeriod: [first, ...rest],
      },
    };
  }

  function report({
    requestId,
    evseId,
    chargingProfile: wanted,
  }: RequestOf<"GetChargingProfiles">): ResponseOf<"GetChargingProfiles"> {
    const chosen = profiles
      .all()
      .filter(
        (stored) =>
          (evseId === undefined || stored.evseId === evseId) &&
          (!wanted.chargingProfileId || wanted.chargingProfileId.includes(stored.profile.id)) &&
          (!wanted.chargingProfilePurpose || wanted.chargingProfilePurpose === stored.profile.chargingProfilePurpose) &&
          (wanted.stackLevel === undefined || wanted.stackLevel === stored.profile.stackLevel) &&
          (!wanted.chargingLimitSource || wanted.chargingLimitSource.includes(stored.source)),
      );
    if (chosen.length === 0) return { status: "NoProfiles" };
    context.afterAnswer("charging profiles", () => sendReport(requestId, chosen));
    return { status: "Accepted" };
  }

  /** One message carries the profiles of one EVSE and one source. */
  function sendReport(requestId: number, chosen: readonly Stored[]): void {
    const groups = Map.groupBy(chosen, (stored) => `${stored.evseId}|${stored.source}`);
    const parts = [...groups.values()].flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / reportItems) }, (_, i) =>
        group.slice(i * reportItems, (i + 1) * reportItems),
      ),
    );
    parts.forEach((part, index) => {
      const [first, ...rest] = part;
      if (!first) return;
      session.tell(
        "ReportChargingProfiles",
        {
          requestId,
          evseId: first.evseId,
          chargingLimitSource: first.source,
          tbc: index < parts.length - 1,
          chargingProfile: [first.profile, ...rest.map((stored) => stored.profile)],
        },
        { priority: priority.report },
      );
    });
  }

  return {
    profiles,
    handlers: {
      SetChargingProfile: set,
      ClearChargingProfile: clear,
      GetCompositeSchedule: composite,
      GetChargingProfiles: report,
    },
    judgeStarting(evseId, profile) {
      if (profile.chargingProfilePurpose !== "TxProfile")
        return { reasonCode: "InvalidProfile", sentence: "A remote start takes only a TxProfile." };
      return profiles.judge(evseId, profile, null, true);
    },
    hold: (evseId, profile) => void held.set(evseId, profile),
    onStarted(transaction) {
      const profile = held.get(transaction.evseId);
      held.delete(transaction.evseId);
      const { transactionId, evseId } = transaction;
      if (profile) profiles.install({ evseId, profile: { ...profile, transactionId }, source: "CSO", transactionId })();
      run();
    },
    onEnded(transaction) {
      profiles.remove((stored) => stored.transactionId === transaction.transactionId);
      run();
    },
    emit: run,
    start: run,
    scheduleContext(evseId) {
      if (!isEvse(context, evseId)) throw new RangeError(`There is no EVSE ${evseId}.`);
      return scheduleContext(evseId);
    },
    onProfileSet: (listener) => void listeners.push(listener),
  };
}
