/** What the server is told of the chargers: as one device, from the configuration and what the control thread reports. */
import type { SiteConfig } from "../../../config/site.ts";
import { liveMaxMs } from "../../../core/snapshot.ts";
import { Quality } from "../../../domain/quality.ts";
import type { DerFigures, DerState } from "../../../protocols/csip/bodies.ts";
import type { ReadingName } from "../../../protocols/csip/readings.ts";
import type { EvseInputs } from "../../control/shared/inputs.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import { held, type People } from "../../people.ts";

/** An electric vehicle supply equipment, in the standard's list of devices. */
const evseType = 82;
/** An answer that is older is not of now, ms. */
const answersMaxMs = 1_000;
/** Less than this is no charging or discharging, W. */
const holdingW = 100;
const off = 1;
const operational = 2;

/** Ratings of all chargers together; giving counts for as much as the permit lets them. */
export function figuresOf(
  config: Pick<SiteConfig, "evses">,
  report: ControlReport | null,
  inputs: readonly Pick<EvseInputs, "reservePct">[],
): DerFigures {
  const chargeW = config.evses.reduce((sum, { maxChargeW }) => sum + maxChargeW, 0);
  // What the server itself has switched off is no less rated for it.
  const mayGive = report !== null && (report.site.parallelOK || report.site.parallelRefusal === "service-disabled");
  const dischargeW = config.evses.reduce(
    (sum, { maxDischargeW, dischargeEnabled }) => sum + (dischargeEnabled ? maxDischargeW : 0),
    0,
  );
  // A battery whose energy nobody knows leaves the sum unknown.
  const plugged = (report?.stages ?? []).flatMap(({ vehicleConnected, capacityWh }, i) =>
    vehicleConnected ? [{ capacityWh, keptWh: (capacityWh * inputs[i]!.reservePct) / 100 }] : [],
  );
  const sum = (of: (battery: { capacityWh: number; keptWh: number }) => number): number =>
    plugged.length === 0 ? Number.NaN : Math.round(sumOf(plugged, of));
  return {
    type: evseType,
    maxChargeW: chargeW,
    maxDischargeW: mayGive ? dischargeW : 0,
    maxVA: Math.max(chargeW, dischargeW),
    maxVar: config.evses.reduce((sum, { stage }) => sum + stage.maxVar, 0),
    maxWh: sum(({ capacityWh }) => capacityWh),
    minWh: sum(({ keptWh }) => keptWh),
  };
}

export interface StateSources {
  readonly report: ControlReport;
  readonly inputs: readonly EvseInputs[];
  readonly people: Pick<People, "get">;
  /** What the server has switched off. */
  readonly isDisconnected: boolean;
  readonly isDeEnergized: boolean;
}

export function stateOf({ report, inputs, people, isDisconnected, isDeEnergized }: StateSources): DerState {
  const { site, stages } = report;
  const isStopped = inputs.every((_, i) => (people.get("held", i + 1)?.value ?? 0) >= held.everything);
  const powerW = stages.reduce((sum, stage) => sum + (Number.isFinite(stage.powerW) ? stage.powerW : 0), 0);
  const plugged = stages.filter(({ vehicleConnected, socPct }) => vehicleConnected && Number.isFinite(socPct));
  const isOff = isStopped || isDeEnergized || isDisconnected;
  return {
    connected: !isDisconnected && !isStopped && site.mode !== "islandRunning",
    // Running at no power is running: a limit of zero is no stop.
    available: plugged.length > 0 && !isOff,
    operating: plugged.length > 0 && !isOff,
    faulted: site.mode === "lockedOut",
    operationalMode: isOff ? off : operational,
    socPct: plugged.length === 0 ? Number.NaN : plugged.reduce((sum, { socPct }) => sum + socPct, 0) / plugged.length,
    storageMode: powerW > holdingW ? 0 : powerW < -holdingW ? 1 : 2,
    alarmBits: alarms[site.gridTrip.slice(0, 2)] ?? 0,
  };
}
/** Alarms of the status: bits 1 over-voltage, 2 under-voltage, 3 over-frequency, 4 under-frequency, by the cause of a trip. */
const alarms: Readonly<Record<string, number>> = { ov: 1 << 1, uv: 1 << 2, of: 1 << 3, uf: 1 << 4 };

/** What the chargers could give now, W. */
export const availableW = ({ site, stages }: ControlReport): number =>
  site.parallelOK ? stages.reduce((sum, stage) => sum + (stage.vehicleConnected ? stage.maxDischargeW : 0), 0) : 0;

export interface Means {
  add(report: ControlReport): void;
  /** Means since the last call. */
  take(): Partial<Record<ReadingName, number>>;
}

/** Means of what is measured; what is not of now counts for nothing. */
export function createMeans({ phases, nominalVoltageV }: SiteConfig["site"]): Means {
  const sums = new Map<ReadingName, { sum: number; count: number }>();
  const phaseV = phases === "three" ? nominalVoltageV / Math.sqrt(3) : nominalVoltageV;
  const note = (name: ReadingName, value: number): void => {
    if (!Number.isFinite(value)) return;
    const one = sums.get(name) ?? { sum: 0, count: 0 };
    one.sum += value;
    one.count++;
    sums.set(name, one);
  };
  return {
    add({ site, stages }) {
      if (site.meterQuality === Quality.good) {
        note("siteW", site.pccW);
        note("siteVar", site.pccVar);
        note("siteV", site.meterVoltagePu * phaseV);
      }
      const isLive = stages.every(
        ({ atMs, liveAtMs }) => site.atMs - atMs <= answersMaxMs && site.atMs - liveAtMs <= liveMaxMs,
      );
      if (!isLive) return;
      note(
        "derW",
        sumOf(stages, ({ powerW }) => powerW),
      );
      note(
        "derVar",
        sumOf(stages, ({ reactiveVar }) => reactiveVar),
      );
      const plugged = stages.filter(({ vehicleConnected }) => vehicleConnected);
      // What is stored is told as of the moment: the last value, not a mean.
      const storedWh = sumOf(plugged, ({ socPct, capacityWh }) => (socPct / 100) * capacityWh);
      if (Number.isFinite(storedWh)) sums.set("derWh", { sum: storedWh, count: 1 });
    },
    take() {
      const means = Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
      sums.clear();
      return means;
    },
  };
}

const sumOf = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((sum, one) => sum + of(one), 0);
