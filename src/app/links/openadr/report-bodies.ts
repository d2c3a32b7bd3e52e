/** What a report says of each of its intervals, in the units that are asked for; the data quality says what is missing. */
import { dayMs, hourMs } from "../../../domain/units.ts";
import { durationText } from "../../../protocols/openadr/durations.ts";
import type { ReportDescriptor } from "../../../protocols/openadr/messages.ts";
import type { Slice } from "../../../protocols/openadr/timeline.ts";
import type { Economy } from "../../economy/economy.ts";
import type { ReportWindow, ReportWindows } from "./report-windows.ts";
import type { KnownEvent } from "./wanted.ts";

const quarterMs = 15 * 60_000;
/** Measured for this share of its time an interval is whole; below the other nothing is said of it. */
const wholeShare = 0.98;
const leastShare = 0.5;

interface ReportParts {
  readonly known: KnownEvent;
  readonly descriptors: readonly ReportDescriptor[];
  readonly slices: readonly Slice[];
  readonly reportName: string;
  readonly isForecast: boolean;
  readonly windows: Pick<ReportWindows, "get">;
  readonly economy: Pick<Economy, "baseline" | "book">;
  readonly clientName: string;
  readonly resourceName: string;
}

/** The body of a report on these slices of an event. */
export function reportBody(of: ReportParts): unknown {
  const { descriptors, slices, reportName, isForecast, windows, clientName, resourceName } = of;
  const { event } = of.known;
  const period = (fromMs: number, toMs: number) => ({
    start: new Date(fromMs).toISOString(),
    duration: durationText(toMs - fromMs),
  });
  const intervals = slices.map((slice) => ({
    id: slice.ordinal,
    intervalPeriod: period(slice.fromMs, slice.toMs),
    payloads: payloadsOf(of, slice, isForecast ? undefined : windows.get(`${event.id}/${slice.ordinal}`)),
  }));
  return {
    eventID: event.id,
    clientName,
    reportName,
    payloadDescriptors: descriptors.map((one) => ({
      objectType: "REPORT_PAYLOAD_DESCRIPTOR",
      payloadType: one.payloadType,
      readingType: one.readingType ?? "DIRECT_READ",
      ...(unitOf(one) !== undefined && { units: unitOf(one) }),
    })),
    resources: [
      {
        resourceName: descriptors[0]!.aggregate === true ? "AGGREGATED_REPORT" : resourceName,
        intervalPeriod: period(slices[0]!.fromMs, slices.at(-1)!.toMs),
        intervals,
      },
    ],
  };
}

function payloadsOf(
  { descriptors, economy }: ReportParts,
  { fromMs, toMs }: Slice,
  window: ReportWindow | undefined,
): readonly { type: string; values: readonly (number | string)[] }[] {
  const energy = energyOf(economy, window, fromMs, toMs);
  let quality = "OK";
  const payloads = descriptors.flatMap((one) => {
    const found = valueFor(one, { energy, window, economy, fromMs, toMs });
    if (found === null) {
      quality = "MISSING";
      return [];
    }
    if (found.isEstimated && quality === "OK") quality = "ESTIMATED";
    return [{ type: one.payloadType, values: [found.value] }];
  });
  return [...payloads, { type: "DATA_QUALITY", values: [quality] }];
}

const usualUnits: Readonly<Record<string, string>> = {
  USAGE: "KWH",
  DEMAND: "KW",
  BASELINE: "KWH",
  STORAGE_USABLE_CAPACITY: "KWH",
  STORAGE_CHARGE_LEVEL: "PERCENT",
  STORAGE_MAX_DISCHARGE_POWER: "KW",
  STORAGE_MAX_CHARGE_POWER: "KW",
};
const unitOf = ({ payloadType, units }: ReportDescriptor): string | undefined => units ?? usualUnits[payloadType];

interface Energy {
  readonly importWh: number;
  readonly isEstimated: boolean;
}

/** By the record of quarter-hours where the interval is made of them, which outlives more than this link; else as measured here. */
function energyOf(
  { book }: Pick<Economy, "book">,
  window: ReportWindow | undefined,
  fromMs: number,
  toMs: number,
): Energy | null {
  if (fromMs % quarterMs === 0 && toMs % quarterMs === 0) {
    const quarters = book.quarters(fromMs, toMs);
    if (quarters.length === Math.round((toMs - fromMs) / quarterMs))
      return {
        importWh: quarters.reduce((sum, { importWh }) => sum + importWh, 0),
        isEstimated: quarters.some(({ estimated }) => estimated),
      };
  }
  const share = window === undefined ? 0 : window.measuredMs / (toMs - fromMs);
  if (window === undefined || share < leastShare) return null;
  const isEstimated = share < wholeShare;
  return { importWh: window.importWms / hourMs / Math.min(1, share), isEstimated };
}

interface Measured {
  readonly energy: Energy | null;
  readonly window: ReportWindow | undefined;
  readonly economy: Pick<Economy, "baseline">;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A value in the unit that is asked for; null where it is not known or the unit is none of it. */
function valueFor(
  descriptor: ReportDescriptor,
  { energy, window, economy, fromMs, toMs }: Measured,
): { readonly value: number | string; readonly isEstimated: boolean } | null {
  const unit = unitOf(descriptor);
  const hours = (toMs - fromMs) / hourMs;
  const last = window?.last;
  const of = (value: number | undefined, isEstimated = false) =>
    value === undefined || !Number.isFinite(value) ? null : { value: Math.round(value * 1_000) / 1_000, isEstimated };
  const energyOrPower = (wh: number, isEstimated: boolean) =>
    unit === "KWH" ? of(wh / 1_000, isEstimated) : unit === "KW" ? of(wh / 1_000 / hours, isEstimated) : null;
  switch (descriptor.payloadType) {
    case "USAGE":
      return energy && energyOrPower(energy.importWh, energy.isEstimated);
    case "DEMAND":
      if (descriptor.readingType === "PEAK") return unit === "KW" && window ? of(window.peakW / 1_000) : null;
      return energy && energyOrPower(energy.importWh, energy.isEstimated);
    case "BASELINE": {
      const from = Math.floor(fromMs / quarterMs) * quarterMs;
      const to = Math.ceil(toMs / quarterMs) * quarterMs;
      const baseline = to - from <= dayMs ? economy.baseline({ fromMs: from, toMs: to }) : null;
      if (baseline === null || baseline.quarterW.length === 0) return null;
      const meanW = baseline.quarterW.reduce((sum, powerW) => sum + powerW, 0) / baseline.quarterW.length;
      return energyOrPower(meanW * hours, true);
    }
    case "STORAGE_USABLE_CAPACITY":
      return unit === "KWH" ? of((last?.usableWh ?? Number.NaN) / 1_000) : null;
    case "STORAGE_CHARGE_LEVEL":
      if (unit === "PERCENT") return of(last?.socPct);
      return unit === "KWH" && last ? of((last.usableWh * last.socPct) / 100_000) : null;
    case "STORAGE_MAX_DISCHARGE_POWER":
      return unit === "KW" ? of((last?.maxDischargeW ?? Number.NaN) / 1_000) : null;
    case "STORAGE_MAX_CHARGE_POWER":
      return unit === "KW" ? of((last?.maxChargeW ?? Number.NaN) / 1_000) : null;
    case "OPERATING_STATE":
      return last ? { value: last.operatingState, isEstimated: false } : null;
    default:
      return null;
  }
}
