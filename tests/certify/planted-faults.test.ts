/**
 * Equipment that makes something else of its settings than it was told: each fault is found by the row that is about it, and
 * equipment without a fault passes the same rows.
 */
import { describe, expect, test } from "vitest";
import { type Equipment, simulatedRig } from "../../sim/certify/simulated-rig.ts";
import { runProcedure } from "../../src/certify/engine.ts";
import type { Procedure, ProcedureResult } from "../../src/certify/procedure.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { standardGridProfile } from "../../src/config/grid-profiles.ts";

const profile = standardGridProfile;

/** The smoke rows of a procedure that are about a fault, on equipment with or without it. */
function run(id: string, row: RegExp, planted?: Equipment): Promise<ProcedureResult> {
  const rig = simulatedRig({ profile, seed: 7, ...(planted && { planted }) });
  const procedure = procedures.find((one) => one.id === id)!;
  const cases: Procedure["cases"] = (of) => procedure.cases!(of).filter(({ name }) => row.test(name));
  return runProcedure({ ...procedure, cases }, profile, rig, { quick: true });
}

type Fault = readonly [fault: string, procedure: string, row: RegExp, planted: Equipment];

const faults: readonly Fault[] = [
  [
    "a dead band that is half a hertz too wide",
    "droop-above",
    /settled/,
    (s) => ({ ...s, droopOverBandHz: s.droopOverBandHz + 0.5 }),
  ],
  ["a droop that is half as steep", "droop-below", /settled/, (s) => ({ ...s, droopUnderPu: 2 * s.droopUnderPu })],
  [
    "a droop that answers four times too slowly",
    "droop-above",
    /after 5 s/,
    (s) => ({ ...s, droopOlrtS: 4 * s.droopOlrtS }),
  ],
  ["an over-frequency trip that is twice as slow", "of-trip", /OF2 just outside/, (s) => ({ ...s, of2S: 2 * s.of2S })],
  [
    "an under-voltage trip that comes at half its time",
    "uv-trip",
    /UV1 just outside/,
    (s) => ({ ...s, uv1S: s.uv1S / 2 }),
  ],
  ["an over-voltage threshold that is 3 % too high", "ov-trip", /OV1 just outside/, (s) => ({ ...s, ov1Pu: 1.13 })],
  [
    "volt-var with its sign reversed",
    "volt-var",
    /settled/,
    (s) => ({ ...s, voltVarQ1Pu: -s.voltVarQ1Pu, voltVarQ4Pu: -s.voltVarQ4Pu }),
  ],
  ["volt-var with the response of another code", "volt-var", /after 5 s/, (s) => ({ ...s, voltVarOlrtS: 20 })],
  ["volt-watt that is off", "volt-watt", /V 1\.092 pu, settled/, (s) => ({ ...s, voltWattEnabled: false })],
  ["watt-var with its sign reversed", "watt-var", /settled/, (s) => ({ ...s, wattVarQ3Pu: -s.wattVarQ3Pu })],
  [
    "the other excitation",
    "constant-power-factor",
    /settled/,
    (s) => ({
      ...s,
      powerFactorExcitation: s.powerFactorExcitation === "over-excited" ? "under-excited" : "over-excited",
    }),
  ],
  ["a return without waiting", "reconnect", /back after/, (s) => ({ ...s, enterDelayS: 1 })],
];

describe("planted faults", () => {
  test.each(faults)("%s is found by %s", async (_, id, row, planted) => {
    expect((await run(id, row)).verdict).toBe("pass");
    expect((await run(id, row, planted)).verdict).toBe("fail");
  });
});
