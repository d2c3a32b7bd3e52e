/**
 * Q: power in both directions, as 2.1 lets a backend ask for it, with K21, K22 (priority charging) and K28 (dynamic
 * schedules) that belong to it. What a profile may say is `profile-modes.ts`, what comes of it `charging-limits.ts`.
 */
import { type Block, type Context, info } from "../context.ts";
import type { SmartCharging } from "../smart-charging/k-smart-charging.ts";
import type { Transaction } from "../transactions/transaction.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import type { Flexibility } from "./flexibility.ts";
import { createDynamicSchedules } from "./q-dynamic.ts";

/** The block, looked at from time to time. */
export interface Bidirectional extends Block {
  /** Follows the grid, asks for updates that are due, tells of priority that somebody here has given. Called often. */
  look(): void;
}

/** What the block needs of transactions. */
export interface BidirectionalFacts {
  byId(transactionId: string): Transaction | null;
  of(evseId: number): Transaction | null;
}

const mHzPerHz = 1000;
/** Names of connectors that carry direct current. */
const isDirect = (connectorType: string): boolean => /^c(CCS|Cha|G105)/.test(connectorType);

export function createBidirectional(
  context: Context,
  smartCharging: SmartCharging,
  flexibility: Flexibility,
  facts: BidirectionalFacts,
): Bidirectional {
  const { model, port, session, config } = context;
  const dynamic = createDynamicSchedules(context, smartCharging);
  /** What a person here has asked for, as it was told last, by EVSE. */
  const told = new Map<number, boolean>();
  const rejected = (reasonCode: string, sentence: string) => ({
    status: "Rejected" as const,
    statusInfo: info(reasonCode, sentence),
  });
  const valueAt = (evseId: number, name: string): string => {
    const entry = model.find({ name: "V2XChargingCtrlr", evse: { id: evseId } }, { name });
    return typeof entry === "string" ? "" : model.value(entry);
  };
  /** As it acted last, by EVSE. */
  const enabled = new Map<number, boolean>();
  config.evses.forEach((evse, index) => {
    const id = index + 1;
    const isAble = evse.maxDischargeW > 0;
    const plain = isDirect(evse.connectorType) ? "DC" : evse.supplyPhases === 1 ? "AC_single_phase" : "AC_three_phase";
    const both = isDirect(evse.connectorType) ? "DC_BPT" : "AC_BPT";
    model.provide("V2XChargingCtrlr", "Available", () => String(isAble), { id });
    model.provide("V2XChargingCtrlr", "SupportedEnergyTransferModes", () => (isAble ? `${plain},${both}` : plain), {
      id,
    });
  });

  function signal({ signal: value }: RequestOf<"AFRRSignal">): ResponseOf<"AFRRSignal"> {
    const listens = config.evses.some((_, index) => smartCharging.follows(index + 1)?.v2xSignalWattCurve !== undefined);
    if (!listens) return rejected("NoSignalWattCurve", "No profile in force follows a signal.");
    flexibility.signal = value;
    smartCharging.emit();
    return { status: "Accepted" };
  }

  function prioritize({
    transactionId,
    activate,
  }: RequestOf<"UsePriorityCharging">): ResponseOf<"UsePriorityCharging"> {
    const transaction = facts.byId(transactionId);
    if (transaction === null) return rejected("TxNotFound", "This transaction is not running.");
    const { evseId } = transaction;
    const has = smartCharging.profiles
      .inForce()
      .some(
        (stored) =>
          stored.profile.chargingProfilePurpose === "PriorityCharging" &&
          (stored.evseId === 0 || stored.evseId === evseId),
      );
    if (activate && !has) return { status: "NoProfile" };
    flexibility.setPriority(transactionId, activate);
    smartCharging.emit();
    return { status: "Accepted" };
  }

  /** In the order in which 2.1 has them judged; no session here can renegotiate its service. */
  function allow({
    transactionId,
  }: RequestOf<"NotifyAllowedEnergyTransfer">): ResponseOf<"NotifyAllowedEnergyTransfer"> {
    const transaction = facts.byId(transactionId);
    if (transaction === null) return rejected("InvalidValue", "This transaction is not running.");
    if (valueAt(transaction.evseId, "Enabled") !== "true")
      return rejected("InvalidValue", "V2X is switched off at this EVSE.");
    return rejected(
      "UnsupportedRequest",
      "A running session cannot renegotiate its service: it counts from the next one.",
    );
  }

  /** K22: somebody at the site charges a vehicle before the others. */
  function tellPriority(evseId: number): void {
    const transaction = facts.of(evseId);
    const activated = transaction !== null && port.evses[evseId - 1]!.chargesNow;
    if (activated === (told.get(evseId) ?? false)) return;
    told.set(evseId, activated);
    if (transaction === null || session.version !== "2.1") return;
    session.tell("NotifyPriorityCharging", { transactionId: transaction.transactionId, activated });
  }

  /** Q08: renewed when the frequency has moved by more than the threshold. */
  function hasMoved(): boolean {
    for (const [evseId, setAtHz] of flexibility.followedHz) {
      const threshold = Number(valueAt(evseId, "LocalFrequencyUpdateThreshold")) / mHzPerHz;
      const { frequencyHz } = port.evses[evseId - 1]!;
      if (Number.isNaN(frequencyHz) !== Number.isNaN(setAtHz) || Math.abs(frequencyHz - setAtHz) > threshold)
        return true;
    }
    return false;
  }

  /** Somebody has switched V2X on or off at an EVSE. */
  function hasSwitched(): boolean {
    let changed = false;
    for (let evseId = 1; evseId <= config.evses.length; evseId++) {
      const is = valueAt(evseId, "Enabled") === "true";
      changed ||= is !== (enabled.get(evseId) ?? true);
      enabled.set(evseId, is);
      flexibility.switchedOff[is ? "delete" : "add"](evseId);
    }
    return changed;
  }

  return {
    handlers: {
      AFRRSignal: signal,
      NotifyAllowedEnergyTransfer: allow,
      UpdateDynamicSchedule: dynamic.update,
      UsePriorityCharging: prioritize,
    },
    onOffline() {
      if (flexibility.signal === null) return;
      flexibility.signal = null;
      smartCharging.emit();
    },
    look() {
      if (hasSwitched() || hasMoved()) smartCharging.emit();
      dynamic.pull();
      for (let evseId = 1; evseId <= config.evses.length; evseId++) tellPriority(evseId);
    },
  };
}
