/** J02 within E: meter readings of a running transaction, sampled, clock-aligned, on request, and kept for its end. */
import type { Context } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { MeterValue } from "../transport/messages.table.ts";
import type { Metering } from "./j-metering.ts";
import type { Cause, Transaction } from "./transaction.ts";

/** Readings kept for the Ended event; beyond it every second one is dropped. */
const endReadingsMax = 200;

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
  begin(transaction: Transaction): MeterValue[];
  end(transaction: Transaction): MeterValue[];
  /** What an event with a reading says; null when no configured measurand is known. */
  cause(transaction: Transaction, triggerReason: keyof typeof kinds): Cause | null;
  arm(transaction: Transaction): void;
  disarm(transaction: Transaction): void;
}

export interface ReadingPorts {
  /** A periodic reading is due. */
  due(transaction: Transaction): void;
  /** Readings for the end have changed and must be kept. */
  keep(transaction: Transaction): void;
}

export function createReadings(context: Context, metering: Metering, ports: ReadingPorts): Readings {
  const { model, clock } = context;
  const timers = new Map<string, Cancel[]>();
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
    if (value) transaction.endReadings.push(value);
    if (transaction.endReadings.length > endReadingsMax)
      transaction.endReadings = transaction.endReadings.filter((_, index) => index % 2 === 0);
    ports.keep(transaction);
  }

  /** Runs at multiples of a configured interval since `sinceMs`. */
  function every(
    transaction: Transaction,
    controller: string,
    variable: string,
    sinceMs: number,
    run: () => void,
  ): void {
    const intervalMs = model.number(controller, variable) * 1000;
    const own = timers.get(transaction.transactionId);
    if (!(intervalMs > 0) || !own) return;
    const slot = own.push(() => undefined) - 1;
    const arm = (): void => {
      const elapsedMs = Math.max(context.nowMs() - sinceMs, 0);
      const name = `${controller}.${variable} of EVSE ${transaction.evseId}`;
      own[slot] = clock.after(name, intervalMs - (elapsedMs % intervalMs), () => {
        run();
        if (timers.get(transaction.transactionId) === own) arm();
      });
    };
    arm();
  }

  function disarm(transaction: Transaction): void {
    for (const cancel of timers.get(transaction.transactionId) ?? []) cancel();
    timers.delete(transaction.transactionId);
  }

  return {
    begin(transaction) {
      const first = forEnd(transaction, "Transaction.Begin");
      if (first) transaction.endReadings.push(first);
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
      return last ? [...transaction.endReadings, last] : transaction.endReadings;
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
