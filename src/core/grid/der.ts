/**
 * The grid functions as one distributed energy resource (IEEE 1547-2018): inputs, status, active power, reactive power,
 * limits, output. The same step runs in three places: grid-function cases with an ideal stage, a site or stage whose firmware
 * lacks these functions, and the controller's own protections as a backup beside certified ones.
 *
 * Powers here are positive when injected; the caller flips at this edge with `flipIeee1547` of `src/domain/sign.ts`.
 *
 * Order of authority: permit service off, trip, ride-through, droop and volt-watt, active power limit, reactive modes. The
 * export cap of the connection contract is none of these: it is the outermost bound, and droop cannot pass it.
 */
import type { GridProfile, GridSettings } from "../../config/grid-profiles.ts";
import type { RideThrough } from "../../config/ride-through.ts";
import { clamp } from "../../domain/units.ts";
import {
  createHysteresis,
  createOnDelay,
  type HysteresisState,
  LowPassState,
  type OnDelayState,
  olrtTimeConstantS,
  RampState,
  stepHysteresis,
  stepLowPass,
  stepOnDelay,
  stepRamp,
} from "../blocks.ts";
import { type ActivePowerLimitState, createActivePowerLimit, stepActivePowerLimit } from "./active-power-limit.ts";
import {
  createIslandingBackup,
  type IslandingBackupState,
  type IslandingBackupTuning,
  islandingBackupTuning,
  islandingBackupVar,
  resetIslandingBackup,
  stepIslandingBackup,
} from "./anti-islanding.ts";
import { createDroop, type DroopState, resetDroop, stepDroop } from "./droop.ts";
import { createEnterService, type EnterServiceState, leaveService, stepEnterService } from "./enter-service.ts";
import { createMeanVoltage, type MeanVoltageState, stepMeanVoltage } from "./mean-voltage.ts";
import {
  type ApplicableGrid,
  type Connection,
  createApplicableGrid,
  type GridMeasurement,
  isCollapsed,
  isMeasured,
  readGrid,
  readTimes,
} from "./measurement.ts";
import {
  createGridInputs,
  createGridOutcome,
  type GridBinding,
  type GridInputs,
  type GridOutcome,
  type GridStatus,
  type TripCause,
} from "./outcome.ts";
import { varPerWatt, varPerWattAt } from "./power-factor.ts";
import { addReactive, type GridRatings, limitToCurrent, limitToRatings, type OperatingPoint } from "./pq-priority.ts";
import { regionsOf } from "./ride-through.table.ts";
import { createRideThrough, type RideThroughState, stepRideThrough } from "./ride-through.ts";
import { createRocof, type RocofState, stepRocof } from "./rocof.ts";
import { createTrips, loadTrips, stepTrips, type TripState, tripRows } from "./trip.ts";
import { createVoltVar, loadVoltVar, stepVoltVar, type VoltVarState } from "./volt-var.ts";
import { createVoltWatt, stepVoltWatt, type VoltWattState } from "./volt-watt.ts";
import { createWattVarCurve, loadWattVarCurve, type WattVarCurve, wattVarPu } from "./watt-var.ts";

export type { GridOutcome, GridStatus, TripCause } from "./outcome.ts";

/** All grid functions of one stage or of the whole site with what they remember (IEEE 1547-2018, clauses 4 to 8). */
export interface GridFunctions {
  /** In force; changed only through `applyGridSettings`. */
  readonly settings: Readonly<GridSettings>;
  readonly ratings: GridRatings;
  readonly connection: Connection;
  readonly tuning: IslandingBackupTuning;
  readonly inputs: GridInputs;
  readonly outcome: GridOutcome;
  readonly grid: ApplicableGrid;
  readonly trips: TripState;
  readonly meanVoltage: MeanVoltageState;
  readonly rocof: RocofState;
  readonly rideThrough: RideThroughState;
  /** What has to be ridden through by the code in force. */
  readonly regions: RideThrough;
  readonly enterService: EnterServiceState;
  readonly unknown: OnDelayState;
  readonly activePowerLimit: ActivePowerLimitState;
  readonly voltWatt: VoltWattState;
  readonly droop: DroopState;
  readonly voltVar: VoltVarState;
  readonly wattVarCurve: WattVarCurve;
  /** Power factor by active power acts: the voltage is beyond its lock-in. */
  readonly factorLock: HysteresisState;
  readonly reactiveResponse: LowPassState;
  readonly reactiveTransition: RampState;
  readonly backup: IslandingBackupState;
  readonly point: OperatingPoint;
  reactiveMode: GridSettings["reactiveMode"];
  inTransition: boolean;
  /** Why service must be left now. */
  tripped: TripCause;
  /** Injected power without droop, pu of rated: what droop starts from. */
  undisturbedPu: number;
  /** Injected power before the apparent-power circle, W. */
  wantedW: number;
  lastMs: number;
  /** Since the last step, seconds. */
  dtS: number;
}

/** How grid functions begin: in service already, and the random part of the enter-service delay, in [0, 1). */
export interface GridFunctionsOptions {
  /** In service from the first step (a stage that is already running); otherwise the delay is waited for. */
  readonly inService?: boolean;
  /** In [0, 1), for the random part of the enter-service delay. */
  readonly randomFraction?: number;
  readonly tuning?: IslandingBackupTuning;
}

/** The state of all functions for a profile, made once. */
export function createGridFunctions(
  profile: Pick<GridProfile, "settings"> & Partial<Pick<GridProfile, "rideThrough">>,
  ratings: GridRatings,
  connection: Connection,
  { inService = false, randomFraction = 0, tuning = islandingBackupTuning }: GridFunctionsOptions = {},
): GridFunctions {
  const der: GridFunctions = {
    settings: { ...profile.settings },
    ratings,
    connection,
    tuning,
    inputs: createGridInputs(),
    outcome: createGridOutcome(inService),
    grid: createApplicableGrid(),
    trips: createTrips(),
    meanVoltage: createMeanVoltage(),
    rocof: createRocof(),
    rideThrough: createRideThrough(),
    regions: regionsOf(profile.rideThrough ?? "ieee1547", profile.settings.abnormalCategory),
    enterService: createEnterService(inService, randomFraction),
    unknown: createOnDelay(),
    activePowerLimit: createActivePowerLimit(),
    voltWatt: createVoltWatt(),
    droop: createDroop(),
    voltVar: createVoltVar(),
    wattVarCurve: createWattVarCurve(),
    factorLock: createHysteresis(),
    reactiveResponse: new LowPassState(),
    reactiveTransition: new RampState(),
    backup: createIslandingBackup(),
    point: { injectedW: 0, injectedVar: 0 },
    reactiveMode: profile.settings.reactiveMode,
    inTransition: false,
    tripped: "none",
    undisturbedPu: 0,
    wantedW: 0,
    lastMs: Number.NaN,
    dtS: Number.NaN,
  };
  applyGridSettings(der, {});
  return der;
}

/**
 * Puts changed settings in force from the next step on, without disturbing what runs. They must have been checked
 * (`changeGridProfile`): a running function trusts them.
 */
export function applyGridSettings(der: GridFunctions, changes: Partial<GridSettings>): void {
  Object.assign(der.settings, changes);
  loadTrips(der.trips, der.settings);
  loadVoltVar(der.voltVar, der.settings);
  loadWattVarCurve(der.wattVarCurve, der.settings);
}

/** Longest time between two steps that timers and ramps believe, seconds. */
const stepMaxS = 1;
/** A measurement that is unknown for so long ends power; for so long, service. Seconds. */
export const unknownCeaseS = 0.5;
export const unknownTripS = 2;

/** A part of the step that hands its numbers on in the state. */
type Chapter = (der: GridFunctions) => void;

/**
 * Tables and not calls in a row, because of the engine: it compiles each chapter for itself, with room to inline the blocks
 * that it is made of. A number that crosses a call which was not inlined would be allocated, in every tick.
 */
const judging: readonly Chapter[] = [findTrip, updateStatus];
const acting: readonly Chapter[] = [setActivePower, setReactivePower, limitToCircle, writeOutcome];

/** One step at `nowMs` of the monotonic clock, for what stands in `der.inputs`. The result is `der.outcome`, also returned. */
export function stepGridFunctions(der: GridFunctions, measurement: GridMeasurement, nowMs: number): GridOutcome {
  takeTime(der, nowMs);
  readGrid(der.grid, measurement, der.connection, der.settings);
  readTimes(der.grid, measurement, nowMs, der.dtS * 1_000);
  run(judging, der);
  if (!der.outcome.inService) standStill(der);
  else if (isCeasing(der.outcome.status))
    writeNothing(der, "cessation"); // slow functions hold: power comes back as it was
  else run(acting, der);
  return der.outcome;
}

function run(chapters: readonly Chapter[], der: GridFunctions): void {
  for (let i = 0; i < chapters.length; i++) chapters[i]!(der);
}

function takeTime(der: GridFunctions, nowMs: number): void {
  der.dtS = Number.isNaN(der.lastMs) ? 0 : clamp((nowMs - der.lastMs) / 1_000, 0, stepMaxS);
  der.lastMs = nowMs;
}

/** Why service must be left now, the gravest first. */
function findTrip(der: GridFunctions): void {
  const { settings, grid, inputs, dtS } = der;
  const row = stepTrips(der.trips, grid, der.ratings.openingS, settings.nominalFrequencyHz);
  const highForLong = stepMeanVoltage(der.meanVoltage, settings, grid, dtS);
  const changesFast = stepRocof(der.rocof, settings, grid, der.ratings.openingS);
  const islanded = stepIslandingBackup(der.backup, settings, grid, der.tuning, dtS);
  const unknown = stepOnDelay(der.unknown, !isMeasured(grid), unknownTripS - dtS, dtS);
  if (!settings.permitService) der.tripped = "permit";
  else if (inputs.transferTrip) der.tripped = "transfer-trip";
  else if (!inputs.permissive) der.tripped = "permissive";
  else if (!inputs.upstreamClosed) der.tripped = "upstream-open";
  else if (row >= 0) der.tripped = tripRows[row]!.cause;
  else if (highForLong) der.tripped = "ov-mean";
  else if (changesFast) der.tripped = "rocof";
  else if (islanded) der.tripped = "islanding";
  else der.tripped = unknown ? "measurement" : "none";
}

/** Causes that say something about the grid itself. */
const aboutGrid = (cause: TripCause): boolean =>
  cause !== "none" && cause !== "permit" && cause !== "permissive" && cause !== "measurement";

function updateStatus(der: GridFunctions): void {
  const { outcome, enterService, grid, tripped, dtS } = der;
  const mode = stepRideThrough(der.rideThrough, der.regions, der.settings, grid, dtS);
  if (tripped !== "none") {
    outcome.cause = tripped;
    if (aboutGrid(tripped)) outcome.gridTripped = true;
    leaveService(enterService, aboutGrid(tripped));
  }
  const wasInService = enterService.inService;
  const inService = stepEnterService(enterService, der.settings, grid, tripped === "none", dtS);
  if (inService && !wasInService) outcome.cause = "none";
  outcome.inService = inService;
  outcome.gridInEnterServiceWindow = enterService.inWindow;
  if (enterService.inWindow && !aboutGrid(tripped)) outcome.gridTripped = false;
  outcome.voltageQuality = grid.voltageQuality;
  outcome.frequencyQuality = grid.frequencyQuality;
  if (!inService) outcome.status = "trip";
  else if (der.unknown.elapsedS >= unknownCeaseS) outcome.status = "ceased";
  else if (mode === "cease") outcome.status = "ceased";
  else if (mode !== "continuous") outcome.status = mode;
  else outcome.status = enterService.ramp.value < 1 ? "enteringService" : "continuous";
}

const isCeasing = (status: GridStatus): boolean => status === "ceased" || status === "momentaryCessation";

/** Out of service: nothing is injected and every slow function starts anew. */
function standStill(der: GridFunctions): void {
  der.activePowerLimit.limit.value = 1;
  der.voltWatt.limit.value = 1;
  resetDroop(der.droop);
  der.voltVar.response.value = 0;
  der.voltVar.reference.value = Number.isNaN(der.grid.averagePu) ? der.voltVar.reference.value : der.grid.averagePu;
  der.reactiveResponse.value = 0;
  der.reactiveTransition.value = 0;
  der.inTransition = false;
  der.undisturbedPu = 0;
  resetIslandingBackup(der.backup);
  writeNothing(der, "not-in-service");
}

function writeNothing(der: GridFunctions, binding: GridBinding): void {
  const { outcome } = der;
  outcome.injectedW = outcome.injectedVar = outcome.maxInjectedW = outcome.minInjectedW = 0;
  outcome.binding = binding;
}

/** Request, limits, droop, ramp: in this order, each bounding or replacing the one before. */
function setActivePower(der: GridFunctions): void {
  const { settings, ratings, outcome, grid, droop, dtS } = der;
  const { requestedInjectedW } = der.inputs;
  const { ratedW } = ratings;
  const chargePerRated = ratings.maxChargeW / ratedW;
  const requestedPu = Number.isNaN(requestedInjectedW) ? 0 : clamp(requestedInjectedW / ratedW, -chargePerRated, 1);
  const limitPu = stepActivePowerLimit(der.activePowerLimit, settings, requestedPu, dtS);
  const averagePu = Number.isNaN(grid.averagePu) ? 1 : grid.averagePu;
  const wantedPu = droop.active ? droop.response.value : Math.min(requestedPu, limitPu);
  const voltWattPu = stepVoltWatt(der.voltWatt, settings, averagePu, wantedPu, chargePerRated, dtS);
  const rampPu = der.enterService.ramp.value;
  // Charging ramps by its own rating, which may be larger than that of discharging.
  const chargeRampPu = rampPu * chargePerRated;
  const normalPu = clamp(Math.min(requestedPu, limitPu, voltWattPu), -chargeRampPu, rampPu);
  if (!droop.active) der.undisturbedPu = droop.returning ? normalPu : der.undisturbedPu;
  const droopPu = stepDroop(droop, settings, grid.frequencyHz, normalPu, der.undisturbedPu, -chargePerRated, dtS);
  const drooping = droop.active || droop.returning;
  const boundedPu = clamp(drooping ? Math.min(droopPu, voltWattPu) : droopPu, -chargePerRated, 1);
  const activePu = clamp(boundedPu, -chargeRampPu, rampPu);
  der.point.injectedW = activePu * ratedW;
  outcome.maxInjectedW = Math.min(rampPu, voltWattPu, drooping ? activePu : limitPu, 1) * ratedW;
  outcome.minInjectedW = drooping ? der.point.injectedW : -chargeRampPu * ratedW;
  if (activePu !== boundedPu || normalPu !== Math.min(requestedPu, limitPu, voltWattPu))
    outcome.binding = "enter-service-ramp";
  else if (drooping) outcome.binding = voltWattPu < droopPu ? "volt-watt" : "droop";
  else if (requestedPu <= limitPu && requestedPu <= voltWattPu) {
    outcome.binding = requestedInjectedW > ratedW || requestedInjectedW < -ratings.maxChargeW ? "rating" : "request";
  } else outcome.binding = voltWattPu < limitPu ? "volt-watt" : "active-power-limit";
}

/** The one reactive mode in force; a change of mode moves smoothly from where the last one stood. */
function setReactivePower(der: GridFunctions): void {
  const { settings, ratings, point, reactiveTransition, dtS } = der;
  const { ratedVA } = ratings;
  if (settings.reactiveMode !== der.reactiveMode) {
    der.reactiveMode = settings.reactiveMode;
    der.inTransition = true;
  }
  const modePu = reactiveModePu(der, der.inputs.requestedInjectedVar / ratedVA, dtS);
  if (der.inTransition) {
    const perS = 1 / settings.reactiveModeTransitionS;
    der.inTransition = stepRamp(reactiveTransition, modePu, perS, perS, dtS) !== modePu;
  } else reactiveTransition.value = modePu;
  point.injectedVar = reactiveTransition.value * ratedVA;
}

/** Injected reactive power of the mode in force, pu of the apparent-power rating. */
function reactiveModePu(der: GridFunctions, requestedPu: number, dtS: number): number {
  const { settings, ratings, point } = der;
  const averagePu = Number.isNaN(der.grid.averagePu) ? 1 : der.grid.averagePu;
  const voltVarPu = stepVoltVar(der.voltVar, settings, averagePu, dtS, point.injectedW / ratings.ratedW);
  if (settings.reactiveMode === "volt-var") return voltVarPu;
  return stepLowPass(
    der.reactiveResponse,
    slowModePu(der, requestedPu, point.injectedW, ratings),
    olrtTimeConstantS(settings.reactiveResponseS),
    dtS,
  );
}

function slowModePu(der: GridFunctions, requestedPu: number, injectedW: number, ratings: GridRatings): number {
  const { settings } = der;
  switch (settings.reactiveMode) {
    case "constant-power-factor":
      return (varPerWatt(settings) * injectedW) / ratings.ratedVA;
    case "constant-var":
      return settings.constantVarPu;
    case "power-factor-watt":
      return factorWattPu(der, injectedW, ratings);
    case "watt-var":
      return wattVarPu(der.wattVarCurve, injectedW / (injectedW < 0 ? ratings.maxChargeW : ratings.ratedW));
    default:
      return Number.isNaN(requestedPu)
        ? 0
        : clamp(requestedPu, -ratings.maxAbsorbVar / ratings.ratedVA, ratings.maxInjectVar / ratings.ratedVA);
  }
}

/** Power factor by active power, from its lock-in voltage on; a voltage that is not known switches it off. */
function factorWattPu({ settings, factorLock, grid }: GridFunctions, injectedW: number, ratings: GridRatings): number {
  const { factorWattLockInPu, factorWattLockOutPu } = settings;
  const acts = stepHysteresis(factorLock, grid.averagePu, factorWattLockInPu, factorWattLockOutPu);
  if (factorWattLockInPu > 0 && !acts) return 0;
  return (varPerWattAt(settings, injectedW / ratings.ratedW) * injectedW) / ratings.ratedVA;
}

/** The apparent-power circle, the anti-islanding feedback on top, and the current at a low voltage. */
function limitToCircle(der: GridFunctions): void {
  const { point, ratings, grid } = der;
  der.wantedW = point.injectedW;
  limitToRatings(point, der.settings, ratings, der.wattVarCurve);
  const backupVar = isCollapsed(grid) ? 0 : islandingBackupVar(der.backup, point.injectedW, ratings.ratedW);
  addReactive(point, backupVar, ratings);
  limitToCurrent(point, ratings, grid.averagePu);
}

/** Power that the circle took away and that is worth naming, W. */
const namedLossW = 1e-6;

/** The contract's cap last, over everything. A cap that is not a number allows no export. */
function writeOutcome(der: GridFunctions): void {
  const { outcome, point, ratings, droop, wantedW } = der;
  const { exportCapW } = der.inputs;
  const capW = Number.isNaN(exportCapW) ? 0 : exportCapW;
  if (Math.abs(wantedW - point.injectedW) > namedLossW) outcome.binding = "apparent-power";
  if (!droop.active && !droop.returning) der.undisturbedPu = point.injectedW / ratings.ratedW;
  if (point.injectedW > capW) {
    point.injectedW = Math.max(capW, -ratings.maxChargeW);
    outcome.binding = "export-cap";
  }
  outcome.maxInjectedW = Math.min(outcome.maxInjectedW, Math.max(capW, -ratings.maxChargeW));
  outcome.minInjectedW = Math.min(outcome.minInjectedW, outcome.maxInjectedW);
  outcome.injectedW = point.injectedW;
  outcome.injectedVar = point.injectedVar;
}
