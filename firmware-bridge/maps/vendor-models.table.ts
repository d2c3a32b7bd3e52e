/**
 * What SunSpec has no point for, as models of our own in SunSpec's form: identifiers from the makers' range, the same
 * types, the same signs (generation and injection positive), the same value for "not implemented". CONTRACT.md says what
 * the words oblige both sides to. Read blocks come first and hold what belongs to one cycle; command blocks are
 * contiguous and are written with one request.
 */
import type { ModelTable } from "../../src/protocols/sunspec/model.ts";

/** A power stage's cycle: one read, one write. */
export const stageModel: ModelTable = {
  id: 64_901,
  name: "islet_stage",
  points: [
    ["Role",     "enum16"],
    ["Flags",    "bitfield16"],
    ["Alrm",     "bitfield32"],
    ["W",        "int32",  "W_SF",  "W"],
    ["Var",      "int32",  "W_SF",  "Var"],
    ["V",        "uint16", "V_SF",  "VNomPct"],
    ["Hz",       "uint32", "Hz_SF", "Hz"],
    ["WChaMax",  "uint32", "W_SF",  "W"],
    ["WDisMax",  "uint32", "W_SF",  "W"],
    ["SoC",      "uint16", "Pct_SF", "Pct"],
    ["Hb",       "uint32"],
    ["ClkMs",    "uint32", undefined, "ms"],
    ["ExeSeq",   "uint32"],
    ["CtlHbAge", "uint32", undefined, "ms"],
    ["Refused",  "uint32"],
    ["Tok",      "uint32", undefined, "ms",      "RW"],
    ["Seq",      "uint32", undefined, undefined, "RW"],
    ["RoleCmd",  "enum16", undefined, undefined, "RW"],
    ["WCmd",     "int32",  "W_SF",    "W",       "RW"],
    ["VarCmd",   "int32",  "W_SF",    "Var",     "RW"],
    ["FormV",    "uint16", "V_SF",    "VNomPct", "RW"],
    ["FormHz",   "uint32", "Hz_SF",   "Hz",      "RW"],
    ["CtlHb",    "uint32", undefined, undefined, "RW"],
    ["TokMax",   "uint16", undefined, "ms"],
    ["HbTms",    "uint16", undefined, "Secs"],
    ["W_SF",     "sunssf"],
    ["V_SF",     "sunssf"],
    ["Hz_SF",    "sunssf"],
    ["Pct_SF",   "sunssf"],
  ],
};

/** Bits of `islet_stage.Flags`. */
export const StageFlag = {
  local: 0,
  antiIslanding: 1,
  contactorClosed: 2,
  watchdogTripped: 3,
  vehicleConnected: 4,
} as const;

/** The transfer device K1: contacts, voltages on both sides, synchronism check, command. */
export const transferDeviceModel: ModelTable = {
  id: 64_902,
  name: "islet_transfer_device",
  points: [
    ["ContNo",   "enum16"],
    ["ContNc",   "enum16"],
    ["GridV",    "uint16", "V_SF",   "VNomPct"],
    ["GridHz",   "uint32", "Hz_SF",  "Hz"],
    ["BusV",     "uint16", "V_SF",   "VNomPct"],
    ["BusHz",    "uint32", "Hz_SF",  "Hz"],
    ["Ang",      "int16",  "Ang_SF", "Deg"],
    ["Sync",     "enum16"],
    ["CloseSeq", "uint32"],
    ["Ops",      "uint32"],
    ["ClkMs",    "uint32", undefined, "ms"],
    ["Refused",  "uint32"],
    ["Tok",      "uint32", undefined, "ms",      "RW"],
    ["Cmd",      "enum16", undefined, undefined, "RW"],
    ["SeqCmd",   "uint32", undefined, undefined, "RW"],
    ["TokMax",   "uint16", undefined, "ms"],
    ["V_SF",     "sunssf"],
    ["Hz_SF",    "sunssf"],
    ["Ang_SF",   "sunssf"],
  ],
};

/** The panel with the tiers of critical load. */
export const loadPanelModel: ModelTable = {
  id: 64_903,
  name: "islet_load_panel",
  points: [
    ["Closed",   "bitfield16"],
    ["ClkMs",    "uint32", undefined, "ms"],
    ["Tok",      "uint32", undefined, "ms",      "RW"],
    ["CloseCmd", "bitfield16", undefined, undefined, "RW"],
    ["TokMax",   "uint16", undefined, "ms"],
    ["W_SF",     "sunssf"],
    ["NTier",    "uint16"],
  ],
  groups: [{ name: "Tier", count: "NTier", points: [["W", "int32", "W_SF", "W"]] }],
};

/**
 * The vehicle port of a power stage whose sessions (DIN SPEC 70121, ISO 15118) the controller speaks: control pilot, insulation
 * test, contactors and output towards the vehicle. It stands beside 64901 and lives by that model's clock.
 */
export const vehiclePortModel: ModelTable = {
  id: 64_904,
  name: "islet_vehicle_port",
  points: [
    ["Pilot",    "enum16"],
    ["Phase",    "enum16"],
    ["Insul",    "enum16"],
    ["Flags",    "bitfield16"],
    ["V",        "uint16", "V_SF",   "V"],
    ["A",        "int16",  "A_SF",   "A"],
    ["VMin",     "uint16", "V_SF",   "V"],
    ["VMax",     "uint16", "V_SF",   "V"],
    ["AMax",     "uint16", "A_SF",   "A"],
    ["Tok",      "uint32", undefined, "ms",     "RW"],
    ["PhaseCmd", "enum16", undefined, undefined, "RW"],
    ["VCmd",     "uint16", "V_SF",    "V",      "RW"],
    ["AChaMax",  "uint16", "A_SF",    "A",      "RW"],
    ["ADisMax",  "uint16", "A_SF",    "A",      "RW"],
    ["Duty",     "uint16", "Pct_SF",  "Pct",    "RW"],
    ["V_SF",     "sunssf"],
    ["A_SF",     "sunssf"],
    ["Pct_SF",   "sunssf"],
  ],
};

/** Bits of `islet_vehicle_port.Flags`. */
export const PortFlag = { closed: 0, ready: 1, emergency: 2 } as const;

export const vendorModels: readonly ModelTable[] = [stageModel, transferDeviceModel, loadPanelModel, vehiclePortModel];

/** Registers of commands: what a device accepts, and what it does with each when the controller's life sign stops. */
export const commandDuties = [
  // model   point       accepted                                                       on loss of the controller
  [64_901, "Tok",      "ClkMs of a read at most TokMax ms old",                         "kept"],
  [64_901, "Seq",      "not older than ExeSeq (serial-number order)",                   "kept"],
  [64_901, "RoleCmd",  "0 off, 1 charge, 2 discharge, 3 forming, 4 hold",               "0 off, after the ramp to zero"],
  [64_901, "WCmd",     "-rating to +rating; generation positive",                       "ramp to 0"],
  [64_901, "VarCmd",   "-rating to +rating; injection positive",                        "0"],
  [64_901, "FormV",    "85 to 110 % of nominal while the role is forming or hold",      "kept until off"],
  [64_901, "FormHz",   "57 to 62 Hz (60 Hz), 47 to 52 Hz (50 Hz), likewise",             "kept until off"],
  [64_901, "CtlHb",    "any number; only a change counts as life",                      "latches the reason after HbTms"],
  [64_902, "Tok",      "ClkMs of a read at most TokMax ms old",                         "kept"],
  [64_902, "Cmd",      "0 none, 1 open (standing), 2 close (once for each SeqCmd)",     "stays where it is"],
  [64_902, "SeqCmd",   "newer than CloseSeq for a close (serial-number order)",         "kept"],
  [64_903, "Tok",      "ClkMs of a read at most TokMax ms old",                         "kept"],
  [64_903, "CloseCmd", "bit i: the breaker of tier i+1 should be closed",               "stays where it is"],
  [64_904, "Tok",      "ClkMs of 64901, of a read at most TokMax ms old",               "kept"],
  [64_904, "PhaseCmd", "0 idle, 1 cable check, 2 precharge, 3 energy, 4 stopped",       "no current, then contactors open"],
  [64_904, "VCmd",     "0 to VMax",                                                     "0"],
  [64_904, "AChaMax",  "0 to AMax; 0 blocks the output at once",                        "0"],
  [64_904, "ADisMax",  "0 to AMax; 0 blocks the output at once",                        "0"],
  [64_904, "Duty",     "5 % for sessions, 100 % for none",                              "100 %"],
  [704,    "WSet",     "-rating to +rating; generation positive",                       "WSetRvrt after WSetRvrtTms"],
  [704,    "WMaxLimPct", "0 to 100 %",                                                  "WMaxLimPctRvrt after WMaxLimPctRvrtTms"],
  [715,    "ControllerHb", "any number; only a change counts as life",                  "ramp to 0, open, latch the reason"],
] as const satisfies readonly (readonly [number, string, string, string])[];
