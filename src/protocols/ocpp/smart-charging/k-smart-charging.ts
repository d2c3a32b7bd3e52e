/**
 * K01–K10: charging profiles and the intents that come of them. A profile acts in the same turn in which it arrives; its
 * cap holds until another replaces it, its request is made anew while it stands, also while there is no connection (use
 * case K06).
 */

import type { Flexibility } from "../bidirectional/flexibility.ts";
import { type Block, type Context, info, isEvse } from "../context.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { ChargingProfile, RequestOf, ResponseOf, SchedulePeriod } from "../transport/messages.table.ts";
import { createChargingLimits, type SmartChargingFacts } from "./charging-limits.ts";
import type { ScheduleContext } from "./composite.ts";
import { createCompositeAnswers } from "./composite-answers.ts";
import { judgeModes } from "./profile-modes.ts";
import { createProfileReports } from "./profile-reports.ts";
import type { Refusal } from "./profile-rules.ts";
import { createProfiles, type Profiles } from "./profiles.ts";

/** Charging profiles and what follows from them for each EVSE. */
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
  /** The period that an EVSE follows now where its power depends on the grid or a signal (2.1), else null. */
  follows(evseId: number): SchedulePeriod | null;
  /** A profile has changed the limit of an EVSE's transaction. */
  onProfileSet(listener: (evseId: number, profile: ChargingProfile) => void): void;
}

const isDynamic = ({ chargingProfileKind }: ChargingProfile): boolean => chargingProfileKind === "Dynamic";

/** Functional block of smart charging; profiles on record act as soon as it starts. */
export function createSmartCharging(
  context: Context,
  facts: SmartChargingFacts,
  flexibility: Flexibility,
): SmartCharging {
  const { model } = context;
  const profiles = createProfiles(context);
  const held = new Map<number, ChargingProfile>();
  const listeners: ((evseId: number, profile: ChargingProfile) => void)[] = [];
  const limits = createChargingLimits(context, profiles, facts, flexibility);
  const schedules = createCompositeAnswers(context, profiles, limits.scheduleContext);
  const reports = createProfileReports(context, profiles);
  model.provide("SmartChargingCtrlr", "Entries", () => String(profiles.all().length), undefined, "ChargingProfiles");

  function set(request: RequestOf<"SetChargingProfile">): ResponseOf<"SetChargingProfile"> {
    if (!model.flag("SmartChargingCtrlr", "Enabled"))
      return { status: "Rejected", statusInfo: info("NotEnabled", "Smart charging is switched off.") };
    const { evseId, chargingProfile } = request;
    const transaction = evseId > 0 ? facts.transaction(evseId) : null;
    const refusal =
      judgeModes(chargingProfile, context.session.version, profiles.perPhase(evseId)) ??
      profiles.judge(evseId, chargingProfile, transaction?.transactionId ?? null, false);
    if (refusal) {
      context.log("info", `A charging profile was refused: ${refusal.sentence}`, {
        evseId,
        profileId: chargingProfile.id,
      });
      return { status: "Rejected", statusInfo: info(refusal.reasonCode, refusal.sentence) };
    }
    const persist = profiles.install({
      evseId,
      // The age of a dynamic profile counts from when it came: the backend's clock may be another.
      profile: isDynamic(chargingProfile) ? { ...chargingProfile, dynUpdateTime: context.iso() } : chargingProfile,
      source: "CSO",
      ...(chargingProfile.transactionId !== undefined && { transactionId: chargingProfile.transactionId }),
    });
    profiles.forget(chargingProfile.id);
    limits.emit();
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
    const everything = chargingProfileId === undefined && Object.keys(criteria).length === 0;
    const forgotten = profiles.forget(chargingProfileId ?? (everything ? "all" : Number.NaN));
    if (gone.length === 0 && !forgotten) return { status: "Unknown" };
    limits.emit();
    return { status: "Accepted" };
  }

  return {
    profiles,
    handlers: {
      SetChargingProfile: set,
      ClearChargingProfile: clear,
      GetCompositeSchedule: schedules.answer,
      GetChargingProfiles: reports.answer,
    },
    judgeStarting(evseId, profile) {
      if (profile.chargingProfilePurpose !== "TxProfile")
        return { reasonCode: "InvalidProfile", sentence: "A remote start takes only a TxProfile." };
      return (
        judgeModes(profile, context.session.version, profiles.perPhase(evseId)) ??
        profiles.judge(evseId, profile, null, true)
      );
    },
    hold: (evseId, profile) => void held.set(evseId, profile),
    onStarted(transaction) {
      const profile = held.get(transaction.evseId);
      held.delete(transaction.evseId);
      const { transactionId, evseId } = transaction;
      if (profile) profiles.install({ evseId, profile: { ...profile, transactionId }, source: "CSO", transactionId })();
      limits.emit();
    },
    onEnded(transaction) {
      profiles.remove((stored) => stored.transactionId === transaction.transactionId);
      flexibility.setPriority(transaction.transactionId, false);
      limits.emit();
    },
    emit: limits.emit,
    start: limits.emit,
    scheduleContext(evseId) {
      if (!isEvse(context, evseId)) throw new RangeError(`There is no EVSE ${evseId}.`);
      return limits.scheduleContext(evseId);
    },
    follows: limits.follows,
    onProfileSet: (listener) => void listeners.push(listener),
  };
}
