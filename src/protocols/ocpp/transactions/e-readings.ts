/** J02 within E: meter readings of a running transaction, sampled, clock-aligned, on request, and kept for its end. */
import type { Context } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { MeterValue } from "../transport/messages.table.ts";
import { createBeats } from "./beats.ts";
import type { EndReadings } from "./end-readings.ts";
import type { Metering } from "./j-metering.ts";
import type { Cause, Transaction } from "./transaction.ts";

const kinds = {
  MeterValuePeriodic: {
    controller: "SampledDataCtrlr",
    variable: "TxUpdatedMeasurands",
    context: "Sample.Periodic",
    droppable: true,
  },
  MeterValueClock: {
    controller: "AlignedDataCtrlr",
    variable: "Measurands",
    context: "Sample.Clock",
    droppable: true,
  },
  Trigger: {
    controller: "SampledDataCtrlr",
    variable: "TxUpdatedMeasurands",
    context: "Trigger",
    droppable: false,
  },
} as const;

export interface Readings {
  /** To be stored together with the event that says it. */
  begin(transaction: Transaction): MeterValue[];
  /** All readings for the Ended event, which are then not kept any more: to be stored together with it. */
  end(transaction: Transaction): MeterValue[];
  /** What an event with a reading says; null when no configured measurand is known. */
  cause(transaction: Transaction, triggerReason: keyof typeof kinds): Cause | null;
  arm(transaction: Transaction): void;
  disarm(transaction: Transaction): void;
}

export interface ReadingPorts {
  /** Where those for the Ended event are kept. */
  readonly endReadings: EndReadings;
  /** A periodic reading is due. */
  due(transaction: Transaction): void;
}

export function createReadings(context: Context, metering: Metering, ports: ReadingPorts): Readings {
  const { model, clock, store } = context;
  const { endReadings } = ports;
  const timers = new Map<string, Cancel[]>();
  const beats = createBeats(clock, context.nowMs, (run) => store.atomically(run));
  const list = (variable: string): string[] => model.list("SampledDataCtrlr", variable);
  const signs = (): boolean => model.flag("SampledDataCtrlr", "SignReadings");

  /** A reading for the Ended event; its intervals are counted apart from those of the Updated events. */
  function forEnd(
    transaction: Transaction,
    reading: "Transaction.Begin" | "Sample.Periodic" | "Sample.Clock" | "Transaction.End",
  ): MeterValue | null {
    const aligned = reading === "Sample.Clock";
    const measurands = aligned ? model.list("AlignedDataCtrlr", "TxEndedMeasurands") : list("TxEndedMeasurands");
    const sign = aligned ? model.flag("AlignedDataCtrlr", "SignReadings") : signs();
    return metering.sample(transaction.evseId, measurands, reading, `${transaction.transactionId}|${reading}`, sign);
  }

  function keep(transaction: Transaction, reading: "Sample.Periodic" | "Sample.Clock"): void {
    const value = forEnd(transaction, reading);
    if (value) endReadings.add(transaction, value);
  }

  /** Runs at a configured interval, for the first time at its next multiple since `sinceMs`. */
  function every(
    transaction: Transaction,
    controller: string,
    variable: string,
    sinceMs: number,
    run: () => void,
  ): void {
    const intervalMs = model.number(controller, variable) * 1000;
    if (!(intervalMs > 0)) return;
    const elapsedMs = Math.max(context.nowMs() - sinceMs, 0);
    const name = `${controller}.${variable} of EVSE ${transaction.evseId}`;
    timers
      .get(transaction.transactionId)
      ?.push(beats.add({ name, intervalMs, firstMs: intervalMs - (elapsedMs % intervalMs), run }));
  }

  function disarm(transaction: Transaction): void {
    for (const cancel of timers.get(transaction.transactionId) ?? []) cancel();
    timers.delete(transaction.transactionId);
  }

  return {
    begin(transaction) {
      const first = forEnd(transaction, "Transaction.Begin");
      if (first) endReadings.add(transaction, first);
      const reading = metering.sample(
        transaction.evseId,
        list("TxStartedMeasurands"),
        "Transaction.Begin",
        transaction.transactionId,
        signs(),
      );
      return reading ? [reading] : [];
    },
    end(transaction) {
      const last = forEnd(transaction, "Transaction.End");
      const all = [...endReadings.of(transaction), ...(last ? [last] : [])];
      endReadings.drop(transaction);
      return all;
    },
    cause(transaction, triggerReason) {
      const kind = kinds[triggerReason];
      const value = metering.sample(
        transaction.evseId,
        model.list(kind.controller, kind.variable),
        kind.context,
        transaction.transactionId,
        model.flag(kind.controller, "SignReadings"),
      );
      if (!value && triggerReason !== "Trigger") return null;
      return { triggerReason, ...(value && { meterValue: [value] }), droppable: kind.droppable };
    },
    arm(transaction) {
      disarm(transaction);
      timers.set(transaction.transactionId, []);
      const { startedMs } = transaction;
      every(transaction, "SampledDataCtrlr", "TxUpdatedInterval", startedMs, () => ports.due(transaction));
      every(transaction, "SampledDataCtrlr", "TxEndedInterval", startedMs, () => keep(transaction, "Sample.Periodic"));
      if (model.text("AlignedDataCtrlr", "TxEndedMeasurands") !== "")
        every(transaction, "AlignedDataCtrlr", "TxEndedInterval", 0, () => keep(transaction, "Sample.Clock"));
    },
    disarm,
  };
}
