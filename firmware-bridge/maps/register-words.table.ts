/**
 * What numbers in registers mean, for firmware and for people: enumerations, bits, and the times and numbers that
 * CONTRACT.md names. Symbols of the standard models as in the SunSpec information models (github.com/sunspec/models, 7abdf89).
 */
import { roleNames, transferCommandNames } from "../../src/domain/modes.ts";
import { StageFlag } from "./vendor-models.table.ts";

/** [what, constant's prefix, word → number, whether the numbers are bits]. */
export type WordTable = readonly [title: string, prefix: string, words: Readonly<Record<string, number>>, areBits?: "bits"];

const numbered = (names: readonly string[]): Record<string, number> => Object.fromEntries(names.map((name, i) => [name, i]));

export const registerWords: readonly WordTable[] = [
  ["roles of a power stage: 64901.Role, RoleCmd", "islet_role", numbered(roleNames)],
  ["bits of the stage's flags: 64901.Flags", "islet_flag", StageFlag, "bits"],
  ["commands of the transfer device: 64902.Cmd", "islet_transfer", numbered(transferCommandNames)],
  ["what a contact says about K1's main poles: 64902.ContNo, ContNc; anything else is in transit", "islet_contact", { open: 0, closed: 1 }],
  ["synchronism check: 64902.Sync", "islet_sync", { no: 0, yes: 1 }],
  [
    "bits of alarms: 701.Alrm, 64901.Alrm",
    "sunspec_alarm",
    numbered([
      "groundFault", "dcOverVolt", "acDisconnect", "dcDisconnect", "gridDisconnect", "cabinetOpen", "manualShutdown",
      "overTemp", "overFrequency", "underFrequency", "acOverVolt", "acUnderVolt", "blownStringFuse", "underTemp",
      "memoryLoss", "hwTestFailure", "manufacturer",
    ]),
    "bits",
  ],
  ["701.ACType", "sunspec_ac", numbered(["singlePhase", "splitPhase", "threePhase"])],
  ["701.St", "sunspec_state", numbered(["off", "on"])],
  ["701.InvSt", "sunspec_inverter", numbered(["off", "sleeping", "starting", "running", "throttled", "shuttingDown", "fault", "standby"])],
  ["bits of 701.DERMode", "sunspec_mode", numbered(["gridFollowing", "gridForming", "pvClipped"]), "bits"],
  ["703.ES, 704 and 705 to 712: Ena", "sunspec", { disabled: 0, enabled: 1 }],
  ["704.WSetMod", "sunspec_w_set_mod", { wMaxPct: 0, watts: 1 }],
  ["704.VarSetMod", "sunspec_var_set_mod", numbered(["wMaxPct", "varMaxPct", "varAvailPct", "vaMaxPct", "vars"])],
  ["705 to 712: AdptCrvRslt, AdptCtlRslt", "sunspec_adoption", numbered(["inProgress", "completed", "failed"])],
  ["714: PrtTyp", "sunspec_port", numbered(["pv", "ess", "ev", "inj", "abs", "bidir", "dcDc"])],
  ["715.LocRemCtl", "sunspec_control", { remote: 0, local: 1 }],
  ["715.OpCtl", "sunspec_operate", numbered(["stop", "start", "enterStandby", "exitStandby"])],
  ["exception codes that a refused request is answered with", "islet_exception", { function: 1, address: 2, value: 3, failure: 4, busy: 6 }],
];

/** Numbers that CONTRACT.md gives; times in the unit of their names. */
export const contractNumbers: Readonly<Record<string, readonly [value: number, meaning: string]>> = {
  sunspecBase: [40_000, "first register, 0-based, of the marker"],
  sunspecMarkerHigh: [0x5375, "registers of the marker: \"Su\""],
  sunspecMarkerLow: [0x6e53, "and \"nS\""],
  sunspecEnd: [0xffff, "identifier after the last model; a length of 0 follows"],
  answerTypicalMs: [5, "answer to a read or a write, as a rule"],
  answerMaxMs: [20, "and at the latest; a slower stage works, at its own pace"],
  requestsInFlightMax: [2, "requests that the controller sends before the first is answered"],
  readsPerSecondMax: [100, "of the block of the cycle"],
  tokMaxMinMs: [100, "least TokMax"],
  tokMaxDefaultMs: [300, "TokMax as delivered"],
  tokMaxMaxMs: [1_000, "greatest TokMax"],
  hbTmsMinS: [2, "least HbTms: the heartbeat comes once a second"],
  hbTmsDefaultS: [5, "HbTms as delivered"],
  hbTmsMaxS: [30, "greatest HbTms"],
  rampToZeroMaxMs: [1_000, "from rating to zero at a revert, a loss of the heartbeat or the role off"],
  openBelowPct: [5, "the contactor opens below this share of rated current"],
  openMaxMs: [2_000, "and at the latest so long after the ramp began"],
  adoptionMaxMs: [5_000, "until AdptCrvRslt or AdptCtlRslt tells the outcome"],
  energyKeptEveryS: [300, "energy registers are kept over a loss of power, saved at least so often"],
};
