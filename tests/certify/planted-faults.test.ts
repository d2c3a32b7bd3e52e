/**
 * Equipment that makes something else of its settings than it was told: each fault is found by the row that is about it.
 * Equipment without a fault passes the same rows: the smoke run of `command.test.ts`.
 */
import { describe, expect, test } from "vitest";
import { type PlantedFault, simulatedRig } from "../../sim/certify/simulated-rig.ts";
import { runProcedure } from "../../src/certify/engine.ts";
import type { Procedure, ProcedureResult } from "../../src/certify/procedure.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { type GridSettings, standardGridProfile } from "../../src/config/grid-profiles.ts";

const profile = standardGridProfile;

/** The smoke rows of a procedure that are about a fault, on equipment that has it. */
function run(id: string, row: RegExp, planted: PlantedFault): Promise<ProcedureResult> {
  const rig = simulatedRig({ profile, seed: 7, planted });
  const procedure = procedures.find((one) => one.id === id)!;
  const cases: Procedure["cases"] = (of) => procedure.cases!(of).filter(({ name }) => row.test(name));
  return runProcedure({ ...procedure, cases }, profile, rig, { quick: true });
}

/** Equipment that makes something else of its settings. */
const instead = (settings: (s: Readonly<GridSettings>) => Partial<GridSettings>): PlantedFault => ({
  settings: (s) => ({ ...s, ...settings(s) }),
});

type Fault = readonly [fault: string, procedure: string, row: RegExp, planted: PlantedFault];

const faults: readonly Fault[] = [
  [
    "a dead band that is half a hertz too wide",
    "droop-above",
    /^own.*settled/,
    instead((s) => ({ droopOverBandHz: s.droopOverBandHz + 0.5 })),
  ],
  [
    "a droop that is half as steep",
    "droop-below",
    /^own.*settled/,
    instead((s) => ({ droopUnderPu: 2 * s.droopUnderPu })),
  ],
  [
    "a droop that answers too slowly",
    "droop-above",
    /^own.*after 5 s/,
    instead((s) => ({ droopOlrtS: 4 * s.droopOlrtS })),
  ],
  ["a trip that is twice as slow", "of-trip", /OF2 just outside/, instead((s) => ({ of2S: 2 * s.of2S }))],
  ["a trip at half its time", "uv-trip", /UV1 just outside/, instead((s) => ({ uv1S: s.uv1S / 2 }))],
  ["a threshold that is 3 % too high", "ov-trip", /OV1 just outside/, instead(() => ({ ov1Pu: 1.13 }))],
  [
    "volt-var with its sign reversed",
    "volt-var",
    /settled/,
    instead((s) => ({ voltVarQ1Pu: -s.voltVarQ1Pu, voltVarQ4Pu: -s.voltVarQ4Pu })),
  ],
  ["volt-var that answers too slowly", "volt-var", /after 5 s/, instead(() => ({ voltVarOlrtS: 20 }))],
  ["active power before reactive power", "volt-var", /1\.085 pu, settled/, { stage: { ratedVar: 15_000 } }],
  ["volt-watt that is off", "volt-watt", /1\.092 pu, settled/, instead(() => ({ voltWattEnabled: false }))],
  ["watt-var with its sign reversed", "watt-var", /settled/, instead((s) => ({ wattVarQ3Pu: -s.wattVarQ3Pu }))],
  [
    "the other excitation",
    "constant-power-factor",
    /^over.*settled/,
    instead(() => ({ powerFactorExcitation: "under-excited" })),
  ],
  ["a limit that goes before droop", "priority", /59\.36/, instead(() => ({ droopEnabled: false }))],
  ["a limit that is not kept", "limit-active-power", /30 s/, instead(() => ({ activePowerLimitEnabled: false }))],
  [
    "a way into service that is too early",
    "enter-service",
    /low voltage/,
    instead(() => ({ enterVoltageMinPu: 0.85 })),
  ],
  ["a ramp that is too fast", "enter-service-ramp", /20 s/, instead(() => ({ enterRampS: 5 }))],
  ["a return without waiting", "reconnect", /back after/, instead(() => ({ enterDelayS: 1 }))],
  ["no pause at low voltage", "low-voltage-ride-through", /pauses/, instead(() => ({ momentaryCessation: false }))],
  ["a stage that gives its power back slowly", "high-voltage-ride-through", /back/, { stage: { slewWPerS: 20_000 } }],
];

describe("planted faults", () => {
  test.each(faults)("%s is found by %s", async (_, id, row, planted) => {
    expect((await run(id, row, planted)).verdict).toBe("fail");
  });
});
