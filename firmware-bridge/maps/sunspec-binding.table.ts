/**
 * Which SunSpec point is which fact or command. Where a device has our stage model, one read and one write per cycle do
 * everything; where it has only the standard models, several slower ones do.
 */
import type { Pace, RegisterSign } from "./device-map.ts";
import { PortFlag, StageFlag } from "./vendor-models.table.ts";

/** Which point of which SunSpec model a fact is. */
export interface FactBinding {
  readonly fact: string;
  readonly model: number;
  readonly point: string;
  readonly pace: Pace;
  readonly sign?: RegisterSign;
  /** From the point's unit to the fact's, such as percent to per unit. */
  readonly factor?: number;
  readonly bit?: number;
  readonly codes?: Readonly<Record<number, number>>;
}

/** Which point of which SunSpec model a command is. */
export interface CommandBinding {
  readonly command: string;
  readonly model: number;
  readonly point: string;
  readonly request: string;
  readonly sign?: RegisterSign;
  readonly factor?: number;
  readonly codes?: Readonly<Record<number, number>>;
}

const pctToPu = 0.01;
const cycle = "cycle", second = "second", slow = "slow";
const generation = "generation";
/** SunSpec enumerations to ours; everything else is unknown. */
/** Control pilot A to F; phases of the vehicle port from idle; outcomes of the insulation test. */
const pilots   = { 0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6 } as const;
const phases   = { 0: 1, 1: 2, 2: 3, 3: 4, 4: 5 } as const;
const phaseOrders = { 1: 0, 2: 1, 3: 2, 4: 3, 5: 4 } as const;
const insulations = { 0: 0, 1: 1, 2: 2, 3: 3 } as const;
const roles    = { 0: 0, 1: 1, 2: 2, 3: 3 } as const;
/** What a stage is told; it never reports `hold`. */
const orders   = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4 } as const;
const contacts = { 0: 0, 1: 1 } as const;

export const vendorStageFacts: readonly FactBinding[] = [
  { fact: "roleCode",         model: 64_901, point: "Role",     pace: cycle, codes: roles },
  { fact: "local",            model: 64_901, point: "Flags",    pace: cycle, bit: StageFlag.local },
  { fact: "antiIslanding",    model: 64_901, point: "Flags",    pace: cycle, bit: StageFlag.antiIslanding },
  { fact: "watchdogTripped",  model: 64_901, point: "Flags",    pace: cycle, bit: StageFlag.watchdogTripped },
  { fact: "alarmBits",        model: 64_901, point: "Alrm",     pace: cycle },
  { fact: "powerW",           model: 64_901, point: "W",        pace: cycle, sign: generation },
  { fact: "reactiveVar",      model: 64_901, point: "Var",      pace: cycle, sign: generation },
  { fact: "voltagePu",        model: 64_901, point: "V",        pace: cycle, factor: pctToPu },
  { fact: "frequencyHz",      model: 64_901, point: "Hz",       pace: cycle },
  { fact: "maxChargeW",       model: 64_901, point: "WChaMax",  pace: cycle },
  { fact: "maxDischargeW",    model: 64_901, point: "WDisMax",  pace: cycle },
  { fact: "socPct",           model: 64_901, point: "SoC",      pace: cycle },
  { fact: "heartbeat",        model: 64_901, point: "Hb",       pace: cycle },
  { fact: "clockMs",          model: 64_901, point: "ClkMs",    pace: cycle },
  { fact: "executedSequence", model: 64_901, point: "ExeSeq",   pace: cycle },
  { fact: "controllerHeartbeatAgeMs", model: 64_901, point: "CtlHbAge", pace: cycle },
  { fact: "refused",          model: 64_901, point: "Refused",  pace: cycle },
  { fact: "vehicleConnected", model: 64_901, point: "Flags",    pace: cycle, bit: StageFlag.vehicleConnected },
  { fact: "watchdogMs",       model: 64_901, point: "HbTms",    pace: slow, factor: 1_000 },
  { fact: "permitService",    model: 703,    point: "ES",       pace: slow },
  { fact: "capacityWh",       model: 713,    point: "WHRtg",    pace: slow },
  { fact: "importWh",         model: 701,    point: "TotWhAbs", pace: second },
  { fact: "exportWh",         model: 701,    point: "TotWhInj", pace: second },
  { fact: "portPhase",        model: 64_904, point: "Phase",    pace: cycle, codes: phases },
  { fact: "pilot",            model: 64_904, point: "Pilot",    pace: cycle, codes: pilots },
  { fact: "insulation",       model: 64_904, point: "Insul",    pace: cycle, codes: insulations },
  { fact: "portClosed",       model: 64_904, point: "Flags",    pace: cycle, bit: PortFlag.closed },
  { fact: "portReady",        model: 64_904, point: "Flags",    pace: cycle, bit: PortFlag.ready },
  { fact: "emergency",        model: 64_904, point: "Flags",    pace: cycle, bit: PortFlag.emergency },
  { fact: "outletV",          model: 64_904, point: "V",        pace: cycle },
  { fact: "outletA",          model: 64_904, point: "A",        pace: cycle, sign: generation },
  { fact: "outletMinV",       model: 64_904, point: "VMin",     pace: cycle },
  { fact: "outletMaxV",       model: 64_904, point: "VMax",     pace: cycle },
  { fact: "outletMaxA",       model: 64_904, point: "AMax",     pace: cycle },
];

export const vendorStageCommands: readonly CommandBinding[] = [
  { command: "token",           model: 64_901, point: "Tok",     request: "command" },
  { command: "sequence",        model: 64_901, point: "Seq",     request: "command" },
  { command: "roleCode",        model: 64_901, point: "RoleCmd", request: "command", codes: orders },
  { command: "powerW",          model: 64_901, point: "WCmd",    request: "command", sign: generation },
  { command: "reactiveVar",     model: 64_901, point: "VarCmd",  request: "command", sign: generation },
  { command: "formVoltagePu",   model: 64_901, point: "FormV",   request: "command", factor: pctToPu },
  { command: "formFrequencyHz", model: 64_901, point: "FormHz",  request: "command" },
  { command: "heartbeat",       model: 64_901, point: "CtlHb",   request: "command" },
  { command: "portToken",       model: 64_904, point: "Tok",      request: "port" },
  { command: "portPhase",       model: 64_904, point: "PhaseCmd", request: "port", codes: phaseOrders },
  { command: "portVoltageV",    model: 64_904, point: "VCmd",     request: "port" },
  { command: "portChargeA",     model: 64_904, point: "AChaMax",  request: "port" },
  { command: "portDischargeA",  model: 64_904, point: "ADisMax",  request: "port" },
  { command: "portDutyPct",     model: 64_904, point: "Duty",     request: "port" },
];

export const standardStageFacts: readonly FactBinding[] = [
  { fact: "on",            model: 701, point: "St",         pace: cycle },
  { fact: "alarmBits",     model: 701, point: "Alrm",       pace: cycle },
  { fact: "forming",       model: 701, point: "DERMode",    pace: cycle, bit: 1 },
  { fact: "powerW",        model: 701, point: "W",          pace: cycle, sign: generation },
  { fact: "reactiveVar",   model: 701, point: "Var",        pace: cycle, sign: generation },
  { fact: "lineVoltageV",  model: 701, point: "LLV",        pace: cycle },
  { fact: "phaseVoltageV", model: 701, point: "LNV",        pace: cycle },
  { fact: "frequencyHz",   model: 701, point: "Hz",         pace: cycle },
  { fact: "heartbeat",     model: 715, point: "DERHb",      pace: second },
  { fact: "local",         model: 715, point: "LocRemCtl",  pace: second },
  { fact: "socPct",        model: 713, point: "SoC",        pace: second },
  { fact: "antiIslanding", model: 704, point: "AntiIslEna", pace: second },
  { fact: "maxChargeW",    model: 702, point: "WChaRteMax", pace: slow },
  { fact: "maxDischargeW", model: 702, point: "WDisChaRteMax", pace: slow },
  { fact: "permitService", model: 703, point: "ES",         pace: slow },
  { fact: "vehicleConnected", model: 714, point: "Prt[1].DCSta", pace: second, codes: { 0: 0, 1: 1, 2: 1, 3: 1 } },
  { fact: "capacityWh",    model: 713, point: "WHRtg",      pace: slow },
  { fact: "importWh",      model: 701, point: "TotWhAbs",   pace: second },
  { fact: "exportWh",      model: 701, point: "TotWhInj",   pace: second },
  { fact: "socPct",        model: 802, point: "SoC",        pace: second },
  { fact: "capacityWh",    model: 802, point: "WHRtg",      pace: slow },
];

export const standardStageCommands: readonly CommandBinding[] = [
  { command: "powerW",    model: 704, point: "WSet",         request: "power", sign: generation },
  // off stops the stage, every other role starts it; forming has no standard command and is refused before it gets here
  { command: "operate",   model: 715, point: "OpCtl",        request: "operate" },
  { command: "heartbeat", model: 715, point: "ControllerHb", request: "heartbeat" },
];

/** Only where the controller, not a function in the stage, decides about reactive power. */
export const standardReactiveCommand: CommandBinding = {
  command: "reactiveVar", model: 704, point: "VarSet", request: "reactive", sign: generation,
};

/** Any of the meter models; `model` is filled in with the one that the device has. */
export const meterFacts: readonly Omit<FactBinding, "model">[] = [
  { fact: "voltageAV",   point: "PhVphA", pace: cycle },
  { fact: "voltageBV",   point: "PhVphB", pace: cycle },
  { fact: "voltageCV",   point: "PhVphC", pace: cycle },
  { fact: "voltageABV",  point: "PhVphAB", pace: cycle },
  { fact: "voltageBCV",  point: "PhVphBC", pace: cycle },
  { fact: "voltageCAV",  point: "PhVphCA", pace: cycle },
  { fact: "voltageV",    point: "PPV",    pace: cycle },
  { fact: "frequencyHz", point: "Hz",     pace: cycle },
  { fact: "powerW",      point: "W",      pace: cycle },
  { fact: "powerAW",     point: "WphA",   pace: cycle },
  { fact: "powerBW",     point: "WphB",   pace: cycle },
  { fact: "powerCW",     point: "WphC",   pace: cycle },
  { fact: "reactiveVar", point: "VAR",    pace: cycle },
];

export const transferDeviceFacts: readonly FactBinding[] = [
  { fact: "contactNo",       model: 64_902, point: "ContNo",   pace: cycle, codes: contacts },
  { fact: "contactNc",       model: 64_902, point: "ContNc",   pace: cycle, codes: contacts },
  { fact: "gridVoltagePu",   model: 64_902, point: "GridV",    pace: cycle, factor: pctToPu },
  { fact: "gridFrequencyHz", model: 64_902, point: "GridHz",   pace: cycle },
  { fact: "busVoltagePu",    model: 64_902, point: "BusV",     pace: cycle, factor: pctToPu },
  { fact: "busFrequencyHz",  model: 64_902, point: "BusHz",    pace: cycle },
  { fact: "phaseDeg",        model: 64_902, point: "Ang",      pace: cycle },
  { fact: "syncRelay",       model: 64_902, point: "Sync",     pace: cycle },
  { fact: "closeSequence",   model: 64_902, point: "CloseSeq", pace: cycle },
  { fact: "clockMs",         model: 64_902, point: "ClkMs",    pace: cycle },
  { fact: "refused",         model: 64_902, point: "Refused",  pace: cycle },
];

export const transferDeviceCommands: readonly CommandBinding[] = [
  { command: "token",         model: 64_902, point: "Tok",    request: "command" },
  { command: "command",       model: 64_902, point: "Cmd",    request: "command" },
  { command: "closeSequence", model: 64_902, point: "SeqCmd", request: "command" },
];

export const loadPanelFacts: readonly FactBinding[] = [
  { fact: "closedBits", model: 64_903, point: "Closed", pace: cycle },
  { fact: "clockMs",    model: 64_903, point: "ClkMs",  pace: cycle },
];

export const loadPanelCommands: readonly CommandBinding[] = [
  { command: "token",      model: 64_903, point: "Tok",      request: "command" },
  { command: "closedBits", model: 64_903, point: "CloseCmd", request: "command" },
];

const inverters = [103, 102, 101, 113, 112, 111] as const;

export const pvFacts: readonly FactBinding[] = [
  // a magnitude of production, so not turned
  { fact: "powerW", model: 701, point: "W",    pace: cycle },
  ...inverters.map((model) => ({ fact: "powerW", model, point: "W", pace: cycle }) as const),
  { fact: "ratedW", model: 702, point: "WMax", pace: slow },
  { fact: "ratedW", model: 121, point: "WMax", pace: slow },
  { fact: "ratedW", model: 120, point: "WRtg", pace: slow },
];

export const pvCommands: readonly CommandBinding[] = [
  { command: "limitOn",  model: 704, point: "WMaxLimPctEna", request: "limit" },
  { command: "limitPct", model: 704, point: "WMaxLimPct",    request: "limit" },
  { command: "limitPct", model: 123, point: "WMaxLimPct",    request: "limit" },
];
