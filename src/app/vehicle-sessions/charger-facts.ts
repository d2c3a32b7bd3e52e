/**
 * One charging place as a session sees it: ratings from configuration and stage, measurements, and what the core allows. Renewed
 * from the control process's newest report; the vehicle's own limits are left out of what it is told, so that it never meets its
 * own words as the charger's.
 */
import { explain } from "../../core/setpoints/limits.ts";
import { modeColumns } from "../../domain/modes.ts";
import { clamp } from "../../domain/units.ts";
import type { ChargerFacts, StageOrder } from "../../protocols/iso15118/sessions/contract.ts";
import type { ControlReport, StageReport } from "../control/shared/report.ts";

/** A report of a stage older than this tells nothing of now, ms. */
const stageMaxMs = 2_000;
/** Where the stage does not tell what its outlet can. */
const usualOutlet = { minV: 150, maxV: 1_000 };
/** MCS goes up to 1,250 V and 3,000 A. */
const mcsMaxV = 1_250;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** What the thread writes. */
export type PlaceFacts = Writable<Omit<ChargerFacts, "ratings">> & {
  readonly ratings: Writable<ChargerFacts["ratings"]>;
};

export interface PlaceRatings {
  readonly evseId: string;
  readonly connector: ChargerFacts["connector"];
  readonly maxChargeW: number;
  /** 0 where discharging is not enabled. */
  readonly maxDischargeW: number;
  readonly nominalV: number;
  readonly nominalHz: number;
}

export const createPlaceFacts = (of: PlaceRatings): PlaceFacts => ({
  evseId: of.evseId,
  connector: of.connector,
  authorization: "waiting",
  pilot: "A",
  trouble: "",
  insulation: "unknown",
  contactorsClosed: false,
  outputReady: false,
  wants: "charge",
  presentVoltageV: 0,
  presentCurrentA: 0,
  presentW: Number.NaN,
  meterWh: Number.NaN,
  dischargedWh: Number.NaN,
  ratings: {
    minVoltageV: usualOutlet.minV,
    maxVoltageV: of.connector === "mcs" ? mcsMaxV : usualOutlet.maxV,
    maxCurrentA: of.maxChargeW / usualOutlet.minV,
    minCurrentA: 0,
    maxW: of.maxChargeW,
    minW: -of.maxDischargeW,
  },
  maxW: 0,
  minW: 0,
  setpointW: 0,
  unixS: 0,
  schedules: [],
  scheduleAwaited: false,
  nominalV: of.nominalV,
  nominalHz: of.nominalHz,
  noAcDischarge: "no pair of this charger and this vehicle is in the permit",
});

/** Whether the stage has a port that a session can drive. */
export const hasPort = (stage: StageReport): boolean => stage.portPhase !== "none";

/** Takes the newest report over. `order` is what the session wants now, `startWh` the meter at its start. */
export function refreshFacts(
  facts: PlaceFacts,
  { site, stages, chains }: PlaceReport,
  index: number,
  order: Readonly<StageOrder> | undefined,
  startWh: { readonly charged: number; readonly discharged: number },
  nowMs: number,
): void {
  const stage = stages[index]!;
  const isOld = !(nowMs - stage.atMs <= stageMaxMs);
  facts.trouble = stage.emergency ? "emergency" : isOld || stage.alarmBits !== 0 ? "fault" : "";
  facts.pilot = stage.pilot === "unknown" ? (stage.vehicleConnected ? "C" : "A") : stage.pilot;
  // A test counts once the stage has begun the one that was ordered.
  const isTesting = order?.phase === "cableCheck";
  facts.insulation = isTesting && stage.portPhase !== "cableCheck" ? "unknown" : stage.insulation;
  facts.contactorsClosed = stage.portClosed;
  facts.outputReady = stage.portReady;
  facts.presentVoltageV = known(stage.outletV);
  facts.presentCurrentA = known(stage.outletA);
  facts.presentW = stage.powerW;
  facts.meterWh = stage.importWh - startWh.charged;
  facts.dischargedWh = stage.exportWh - startWh.discharged;
  const { ratings } = facts;
  if (stage.outletMinV > 0) ratings.minVoltageV = stage.outletMinV;
  if (stage.outletMaxV > 0) ratings.maxVoltageV = stage.outletMaxV;
  if (stage.outletMaxA > 0) ratings.maxCurrentA = stage.outletMaxA;
  allow(facts, stage, site, chains, index);
}

/** What places need of the control process's report. */
export type PlaceReport = Pick<ControlReport, "stages" | "chains"> & {
  readonly site: Pick<ControlReport["site"], "mode">;
};

/**
 * An island is carried, or about to be: the bus decides then, and a vehicle whose session begins in the dark is to come as far as
 * one that was there before.
 */
export const isIslandNear = ({ mode }: Pick<ControlReport["site"], "mode">): boolean => {
  const { place } = modeColumns[mode];
  return place === "leaving" || place === "island";
};

const known = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** What the site allows each way, and what it wants. In an island the bus decides, within what the stage can. */
function allow(
  facts: PlaceFacts,
  stage: StageReport,
  site: PlaceReport["site"],
  chains: Float64Array,
  index: number,
): void {
  const { ratings } = facts;
  if (stage.commandRole === "forming" || stage.commandRole === "hold" || isIslandNear(site)) {
    facts.maxW = Math.min(ratings.maxW, stage.maxChargeW);
    facts.minW = Math.max(ratings.minW, -stage.maxDischargeW);
    facts.setpointW = Number.NaN;
    return;
  }
  let minW = ratings.minW;
  let maxW = ratings.maxW;
  for (const limit of explain(chains, index).limits) {
    if (limit.source === "vehicle") continue;
    if (limit.minW > minW) minW = limit.minW;
    if (limit.maxW < maxW) maxW = limit.maxW;
  }
  facts.maxW = clamp(maxW, 0, ratings.maxW);
  facts.minW = clamp(minW, ratings.minW, 0);
  facts.setpointW = stage.setpointW;
}
