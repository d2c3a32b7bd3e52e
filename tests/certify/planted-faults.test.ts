/**
 * Equipment that makes something else of its settings than it was told: each fault is found by the row that is about it.
 * Equipment without a fault passes the same rows: the smoke run of `command.test.ts`.
 */
import { describe, expect, test } from "vitest";
import type { PlantedFault } from "../../sim/certify/planted.ts";
import { simulatedRig } from "../../sim/certify/simulated-rig.ts";
import type { LoadedSite } from "../../src/app/site/load-config.ts";
import { runProcedure } from "../../src/certify/engine.ts";
import type { Procedure, ProcedureResult } from "../../src/certify/procedure.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { type GridSettings, standardGridProfile } from "../../src/config/grid-profiles.ts";
import { createLimitedGenerationProfile } from "../../src/core/pcc/limited-generation-profile.ts";

const profile = standardGridProfile;

/** The rows of a procedure that are about a fault, on equipment that has it. */
function run(id: string, row: RegExp, planted: PlantedFault): Promise<ProcedureResult> {
  const rig = simulatedRig({ profile, seed: 7, planted });
  const procedure = procedures.find((one) => one.id === id)!;
  const cases: Procedure["cases"] = (of) => procedure.cases!(of).filter(({ name }) => row.test(name));
  const quick = cases(profile).some((one) => one.quick);
  return runProcedure({ ...procedure, cases }, profile, rig, { quick });
}

/** Equipment that makes something else of its settings. */
const instead = (settings: (s: Readonly<GridSettings>) => Partial<GridSettings>): PlantedFault => ({
  settings: (s) => ({ ...s, ...settings(s) }),
});

/** Equipment whose connection is configured otherwise. */
const pcc = (changes: Partial<LoadedSite["config"]["pcc"]>): PlantedFault => ({
  site: (site) => ({ ...site, config: { ...site.config, pcc: { ...site.config.pcc, ...changes } } }),
});

const withoutRelay = (site: LoadedSite): LoadedSite => {
  const { reversePower: _, ...rest } = site.config.pcc;
  return { ...site, config: { ...site.config, pcc: rest } };
};

/** A meter that is configured to be slow, so that its silence is noticed late. */
const patient = (site: LoadedSite): LoadedSite => {
  const meter = { ...site.config.pcc.meter, updateMs: 5_000, windowMs: 5_000 };
  return { ...site, config: { ...site.config, pcc: { ...site.config.pcc, meter } } };
};

/** The same hours, three of them later. */
const elsewhere = (site: LoadedSite): LoadedSite => {
  const { valuesW } = site.generationProfile!;
  const rows = Array.from({ length: 12 }, (_, month) => [...valuesW.slice(24 * month, 24 * month + 24)]);
  const made = createLimitedGenerationProfile(rows, "America/New_York");
  return { ...site, generationProfile: made.ok ? made.value : null };
};

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
  ["a permissive signal that is not wired", "permissive-signal", /100 %: ceases/, { deaf: ["permissive"] }],
  ["a transfer trip that is not heard", "cease-inputs", /transfer trip.*ceases/, { deaf: ["transferTrip"] }],
  ["a relay's contact that is not heard", "cease-inputs", /relay's contact.*ceases/, { deaf: ["relayTripped"] }],
  ["charging that goes on without permit", "permit-service", /off while it charges$/, { deaf: ["permit"] }],
  ["an export limit that is not kept", "export-limit", /^non-export.*settled/, pcc({ exportLimitW: 200_000 })],
  ["a power stage that follows slowly", "export-limit", /^non-export.*back/, { stage: { tauMs: 3_000 } }],
  ["a meter that may be old", "loss-of-measurement", /^meter silent/, { site: patient }],
  ["no relay function", "reverse-power", /just outside/, { site: withoutRelay }],
  ["a phase that nobody looks at", "open-phase", /^first/, instead(() => ({ momentaryCessation: false, uv2S: 21 }))],
  ["volt-var of the wrong voltage", "volt-var-unbalanced", /1\.07/, instead((s) => ({ voltVarQ1Pu: -s.voltVarQ1Pu }))],
  ["no anti-islanding", "unintentional-island", /functions off: ends/, { stage: { antiIslanding: false } }],
  ["a return to a bad grid", "synchronisation", /voltage too low/, instead(() => ({ enterVoltageMinPu: 0.88 }))],
  ["a profile in another time zone", "generation-profile", /^an hour.*after/, { site: elsewhere }],
  ["a meter the other way round", "measuring-chain", /^sign/, { meter: { gain: -1 } }],
  ["a power stage that is slower than told", "measuring-chain", /^time constant/, { stage: { tauMs: 400 } }],
  ["a stage that gives its power back slowly", "high-voltage-ride-through", /back/, { stage: { slewWPerS: 20_000 } }],
];

describe("planted faults", () => {
  test.each(faults)("%s is found by %s", async (_, id, row, planted) => {
    expect((await run(id, row, planted)).verdict).toBe("fail");
  });
});
