import { describe, expect, test } from "vitest";
import type { EvseConfig } from "../../src/config/site.ts";
import { applyEvseLimits, createReserveMemory, type SiteAllowance } from "../../src/core/setpoints/evse-limits.ts";
import { chainSetpointW, createLimitChains, startChain } from "../../src/core/setpoints/limits.ts";
import { createSnapshot, type EvseFacts, type StageFacts } from "../../src/core/snapshot.ts";

const config: EvseConfig = {
  stage: {
    host: "h",
    port: 502,
    unitId: 1,
    map: "sunspec",
    connector: 1,
    replyTimeoutMs: 1_000,
    pauseMs: 0,
    connectDelayMs: 0,
    maxInFlight: 2,
    maxRegisters: 125,
    mergeGaps: true,
    freshMs: 0,
    responseMs: 50,
    deadTimeMs: 15,
    commandPeriodMs: 0,
    resolutionW: 0,
    openingMs: 60,
    holdsAngle: false,
    gridFunctions: "stage",
    maxVar: 0,
    reactiveResponseMs: 1_000,
  },
  maxChargeW: 60_000,
  maxDischargeW: 60_000,
  minPowerW: 0,
  dischargeEnabled: true,
  gridForming: false,
  reservePct: 30,
  phase: "all",
};
const inLoop = { served: true, inEnergy: true, vehicleForMs: 500 };
const all: SiteAllowance = { charge: true, discharge: true, permitMissing: false };

interface Situation {
  readonly evse?: Partial<EvseFacts>;
  readonly stage?: Partial<StageFacts>;
  readonly config?: Partial<EvseConfig>;
  readonly site?: Partial<SiteAllowance>;
  readonly usable?: boolean;
}

function setpointW(requestedW: number, situation: Situation, nowMs = 1_000, memory = createReserveMemory(1)): number {
  const snapshot = createSnapshot(1, 0);
  const evse = Object.assign(snapshot.evses[0]!, {
    connected: true,
    authorized: true,
    bidirectional: true,
    vehicleAtMs: nowMs,
    vehicleMaxChargeW: 50_000,
    vehicleMaxDischargeW: 40_000,
    socPct: 60,
    capacityWh: 155_000,
    reservePct: 0,
    ...situation.evse,
  });
  const stage = Object.assign(snapshot.stages[0]!, {
    verified: true,
    maxChargeW: 60_000,
    maxDischargeW: 60_000,
    ...situation.stage,
  });
  const chains = createLimitChains(1);
  startChain(chains, 0, requestedW, 0);
  const site = { ...all, ...situation.site };
  const usable = situation.usable ?? true;
  applyEvseLimits(chains, 0, { ...config, ...situation.config }, evse, stage, usable, site, memory, nowMs);
  return chainSetpointW(chains, 0);
}

describe("limits of one EVSE, in both directions", () => {
  const cases: readonly [string, number, number, Situation][] = [
    ["the vehicle's charging limit binds", 55_000, 50_000, {}],
    ["the vehicle's discharging limit binds", -55_000, -40_000, {}],
    ["a lost vehicle means zero, charging", 55_000, 0, { evse: { vehicleAtMs: -10_000 } }],
    [
      "a session that allows 0.5 s of silence, heard 0.4 s ago",
      55_000,
      50_000,
      { evse: { ...inLoop, vehicleAtMs: 600 } },
    ],
    ["… heard 0.6 s ago → zero", 55_000, 0, { evse: { ...inLoop, vehicleAtMs: 400 } }],
    ["a session before its loop → zero, however fresh its limits", 55_000, 0, { evse: { ...inLoop, inEnergy: false } }],
    ["a lost vehicle means zero, discharging", -55_000, 0, { evse: { vehicleAtMs: -10_000 } }],
    ["no vehicle means zero", 10_000, 0, { evse: { connected: false } }],
    ["nobody authorized means zero", 10_000, 0, { evse: { authorized: false } }],
    ["a vehicle that can only charge is never discharged", -10_000, 0, { evse: { bidirectional: false } }],
    ["a vehicle that can only charge is charged", 10_000, 10_000, { evse: { bidirectional: false } }],
    ["at the reserve discharging stops", -10_000, 0, { evse: { socPct: 30 } }],
    ["at the reserve charging goes on (lesson 6)", 10_000, 10_000, { evse: { socPct: 30 } }],
    ["a full battery is not charged", 10_000, 0, { evse: { socPct: 100 } }],
    ["a full battery may be discharged (lesson 6)", -10_000, -10_000, { evse: { socPct: 100 } }],
    ["an unknown state of charge is not discharged", -10_000, 0, { evse: { socPct: Number.NaN } }],
    ["an unknown state of charge is charged", 10_000, 10_000, { evse: { socPct: Number.NaN } }],
    ["the vehicle's own reserve counts when it is higher", -10_000, 0, { evse: { reservePct: 70 } }],
    ["capable is not enabled", -10_000, 0, { config: { dischargeEnabled: false } }],
    [
      "an installer has enabled it since",
      -10_000,
      -10_000,
      { config: { dischargeEnabled: false }, evse: { dischargeEnabled: true } },
    ],
    ["no permit, no discharge", -10_000, 0, { site: { discharge: false, permitMissing: true } }],
    ["a mode without charging", 10_000, 0, { site: { charge: false } }],
    ["a stage that is not usable", 10_000, 0, { usable: false }],
    ["a stage's present ability binds", 50_000, 20_000, { stage: { maxChargeW: 20_000 } }],
    ["a backend limit of zero never discharges", -10_000, 0, { evse: { backendMinW: 0, backendMaxW: 0 } }],
    [
      "a backend's cap holds when its request has long lapsed",
      10_000,
      3_000,
      { evse: { backendMinW: 0, backendMaxW: 3_000, requestUntilMs: 500 } },
    ],
    ["an operator tightens", 10_000, 3_000, { evse: { operatorMaxW: 3_000 } }],
    ["a paused EVSE is at zero", -10_000, 0, { evse: { paused: true } }],
  ];
  test.each(cases)("%s", (_name, requestedW, expectedW, situation) => {
    expect(setpointW(requestedW, situation)).toBe(expectedW);
  });
});

test("what has reached its reserve gives again only one percent above it", () => {
  const memory = createReserveMemory(1);
  const given = (socPct: number): number => setpointW(-10_000, { evse: { socPct } }, 1_000, memory);
  expect(given(30.1)).toBe(-10_000);
  expect(given(30)).toBe(0);
  expect(given(30.1)).toBe(0);
  expect(given(30.9)).toBe(0);
  expect(given(31.1)).toBe(-10_000);
  expect(given(30.1)).toBe(-10_000);
});
