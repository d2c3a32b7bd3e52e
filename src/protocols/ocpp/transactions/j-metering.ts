/**
 * J: meter values. Which measurands go where is configured by the backend; export registers stand beside import ones,
 * so that energy given back is accounted for. Interval values are differences of registers since the last sample.
 */
import { type Block, type Context, isEvse } from "../context.ts";
import type { Cancel, EvseView } from "../ports.ts";
import type { Measurand, MeterValue, ReadingContext, SampledValue } from "../transport/messages.table.ts";

/** Registers and powers of one measurand; NaN where the EVSE does not know it, then it is left out. */
const readers: Partial<Record<Measurand, { unit: string; read(view: EvseView, nominalV: number): number }>> = {
  "Energy.Active.Import.Register": { unit: "Wh", read: (view) => view.importWh },
  "Energy.Active.Export.Register": { unit: "Wh", read: (view) => view.exportWh },
  "Power.Active.Import": { unit: "W", read: (view) => Math.max(view.powerW, 0) },
  "Power.Active.Export": { unit: "W", read: (view) => Math.max(-view.powerW, 0) },
  "Power.Reactive.Import": { unit: "var", read: (view) => Math.max(view.reactiveVar, 0) },
  "Power.Reactive.Export": { unit: "var", read: (view) => Math.max(-view.reactiveVar, 0) },
  "Power.Offered": { unit: "W", read: (view) => Math.abs(view.setpointW) },
  "Current.Import": { unit: "A", read: (view) => (view.powerW >= 0 ? view.currentA : 0) },
  "Current.Export": { unit: "A", read: (view) => (view.powerW < 0 ? view.currentA : 0) },
  "Current.Offered": { unit: "A", read: (view, nominalV) => Math.abs(view.setpointW) / nominalV },
  Voltage: { unit: "V", read: (view) => view.voltageV },
  Frequency: { unit: "Hz", read: (view) => view.frequencyHz },
  SoC: { unit: "Percent", read: (view) => view.socPct },
};

/** Interval measurands and the register whose growth they report. */
const intervals: Partial<Record<Measurand, (view: EvseView) => number>> = {
  "Energy.Active.Import.Interval": (view) => view.importWh,
  "Energy.Active.Export.Interval": (view) => view.exportWh,
};

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Meter values: what is sampled and sent. */
export interface Metering extends Block {
  /** One sample of an EVSE, or null when no configured measurand is known. `series` names the sequence of intervals. */
  sample(
    evseId: number,
    measurands: readonly string[],
    context: ReadingContext,
    series: string,
    sign: boolean,
  ): MeterValue | null;
  /** Sends a MeterValues message outside transactions (use case J01). */
  report(evseId: number, context: ReadingContext): void;
  /** Called at each clock-aligned moment; transactions report theirs through `onAligned`. */
  start(onAligned: (evseId: number) => boolean, anyTransaction: () => boolean): void;
}

export function createMetering(context: Context): Metering {
  const { model, port, clock, session } = context;
  const last = new Map<string, number>();
  let timer: Cancel | null = null;
  const keySent = new Set<string>();

  function sample(
    evseId: number,
    wanted: readonly string[],
    reading: ReadingContext,
    series: string,
    sign: boolean,
  ): MeterValue | null {
    const view = port.evses[evseId - 1];
    const evse = context.config.evses[evseId - 1];
    if (!view?.known || !evse) return null;
    const timestamp = context.iso();
    const sampledValue: SampledValue[] = [];
    for (const name of wanted) {
      const measurand = name as Measurand;
      const reader = readers[measurand];
      const register = intervals[measurand];
      let value = Number.NaN;
      if (reader) value = reader.read(view, evse.nominalVoltageV * evse.supplyPhases);
      else if (register) {
        const key = `${series}|${evseId}|${measurand}`;
        const now = register(view);
        value = now - (last.get(key) ?? now);
        last.set(key, now);
      }
      if (!Number.isFinite(value)) continue;
      const signed = sign && measurand === "Energy.Active.Import.Register" ? signature(evseId, series) : null;
      sampledValue.push({
        value: round(value),
        context: reading,
        measurand,
        location: "Outlet",
        unitOfMeasure: { unit: reader?.unit ?? "Wh" },
        ...(signed && { signedMeterValue: signed }),
      });
    }
    const [first, ...rest] = sampledValue;
    return first ? { timestamp, sampledValue: [first, ...rest] } : null;
  }

  /** The public key is given as often as PublicKeyWithSignedMeterValue says. */
  function signature(evseId: number, series: string): SampledValue["signedMeterValue"] | null {
    const signed = port.signReading?.(evseId);
    if (!signed) return null;
    const policy = model.text("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue");
    const withKey = policy === "EveryMeterValue" || (policy === "OncePerTransaction" && !keySent.has(series));
    keySent.add(series);
    return { ...signed, publicKey: withKey ? signed.publicKey : "" };
  }

  function report(evseId: number, reading: ReadingContext): void {
    if (!context.online()) return;
    const value = sample(
      evseId,
      model.list("AlignedDataCtrlr", "Measurands"),
      reading,
      "aligned",
      model.flag("AlignedDataCtrlr", "SignReadings"),
    );
    if (value) session.tell("MeterValues", { evseId, meterValue: [value] });
  }

  /** Moments are multiples of the interval since midnight UTC (the clock-aligned data of use case J01). */
  function arm(run: () => void): void {
    timer?.();
    timer = null;
    const intervalMs = model.number("AlignedDataCtrlr", "Interval") * 1000;
    if (!(intervalMs > 0) || !model.flag("AlignedDataCtrlr", "Enabled")) return;
    const now = context.nowMs();
    const nextMs = Math.floor(now / intervalMs + 1) * intervalMs;
    timer = clock.after("clock-aligned meter values", nextMs - now, run);
  }

  return {
    handlers: {},
    sample,
    report(evseId, reading) {
      if (evseId === 0) for (let id = 1; id <= port.evses.length; id++) report(id, reading);
      else if (isEvse(context, evseId)) report(evseId, reading);
    },
    start(onAligned, anyTransaction) {
      const run = (): void => {
        const silent = model.flag("AlignedDataCtrlr", "SendDuringIdle") && anyTransaction();
        if (!silent)
          for (let evseId = 1; evseId <= port.evses.length; evseId++)
            if (!onAligned(evseId)) report(evseId, "Sample.Clock");
        arm(run);
      };
      arm(run);
      model.onChange("AlignedDataCtrlr", "Interval", () => arm(run));
      model.onChange("AlignedDataCtrlr", "Enabled", () => arm(run));
    },
  };
}
