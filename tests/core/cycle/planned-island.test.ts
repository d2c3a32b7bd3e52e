/** Before a planned island the power through K1 is brought to zero, by those who will carry it. */
import { describe, expect, test } from "vitest";
import { standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";
import { createCore } from "../../../src/core/core.ts";
import { planIsland } from "../../../src/core/cycle/planned-island.ts";
import { emptyRecord } from "../../../src/core/modes/state.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";

const text = `
site: { name: T, serviceMode: parallel-export, nominalVoltageV: 480 }
pcc: { importLimitW: 500000, meter: { host: m } }
transferDevice: { kind: open-transition, host: k }
tiers: [ { name: A, loadW: 10000 }, { name: B, loadW: 10000 } ]
evses:
  - { maxChargeW: 60000, maxDischargeW: 60000, gridForming: true, dischargeEnabled: true, stage: { host: a, holdsAngle: true } }
  - { maxChargeW: 60000, maxDischargeW: 60000, gridForming: true, dischargeEnabled: true, stage: { host: b, holdsAngle: true } }
  - { maxChargeW: 60000, maxDischargeW: 60000, gridForming: true, dischargeEnabled: true, stage: { host: c } }
`;

interface Situation {
  /** Loads of the two tiers, PV on the bus, powers and roles of the stages. */
  readonly tiersW: readonly [number, number];
  readonly pvW?: number;
  readonly panelAgeMs?: number;
  /** As configured for the panel. */
  readonly freshMs?: number;
  readonly stagesW?: readonly [number, number, number];
  readonly mayForm?: readonly [0 | 1, 0 | 1, 0 | 1];
  readonly off?: readonly number[];
  readonly canW?: readonly [number, number, number];
}

function plan({
  panelAgeMs = 0,
  freshMs = 0,
  tiersW,
  pvW = 0,
  stagesW = [0, 0, 0],
  mayForm = [1, 1, 1],
  off = [],
  canW,
}: Situation) {
  const parsed = parseSiteConfig(`${text}loadPanel: { host: p, freshMs: ${freshMs} }\n`, "test.yaml");
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const core = createCore(parsed.value, { profile: standardGridProfile, record: emptyRecord, nowMs: 0 });
  const snapshot = createSnapshot(3, 2);
  snapshot.site.tierLoadW.splice(0, 2, ...tiersW);
  snapshot.site.panelLiveAtMs = 10_000 - panelAgeMs;
  snapshot.site.pvPowerW = pvW;
  for (const [i, stage] of snapshot.stages.entries()) {
    stage.role = off.includes(i) ? "off" : "charge";
    stage.powerW = stagesW[i]!;
    stage.maxDischargeW = canW?.[i] ?? 60_000;
    core.mayForm[i] = mayForm[i]!;
  }
  core.modeFacts.islandRequested = true;
  planIsland(core, snapshot, 10_000);
  return {
    ready: core.modeFacts.seamlessReady,
    balanced: core.modeFacts.balanced,
    flowW: core.planned.flowW,
    carries: [...core.planned.carries],
    targetW: [...core.planned.targetW].map(Math.round),
  };
}

describe("who carries, and how much", () => {
  const cases: readonly (readonly [string, Situation, Partial<ReturnType<typeof plan>>])[] = [
    [
      "the panel answers with old values: the load is not known from it",
      { tiersW: [20_000, 10_000], panelAgeMs: 1_501 },
      { balanced: false, flowW: Number.NaN },
    ],
    [
      "the panel's values are younger than what is configured: the load is known from it",
      { tiersW: [20_000, 10_000], panelAgeMs: 3_999, freshMs: 4_000 },
      { ready: true, targetW: [-15_000, -15_000, 0] },
    ],
    [
      "the panel's values are older than what is configured: the load is not known from it",
      { tiersW: [20_000, 10_000], panelAgeMs: 501, freshMs: 500 },
      { balanced: false, flowW: Number.NaN },
    ],
    [
      "stages that hold their angle suffice → they share the load, the other rests",
      { tiersW: [20_000, 10_000] },
      { ready: true, carries: [1, 1, 0], targetW: [-15_000, -15_000, 0] },
    ],
    [
      "shares go by what each can give",
      { tiersW: [20_000, 10_000], canW: [60_000, 30_000, 60_000] },
      { targetW: [-20_000, -10_000, 0] },
    ],
    [
      "they do not suffice → all that may form, with an interruption",
      { tiersW: [90_000, 50_000] },
      { ready: false, carries: [1, 1, 1] },
    ],
    [
      "one of them is off → the other holds alone",
      { tiersW: [20_000, 10_000], off: [0] },
      { ready: true, carries: [0, 1, 0], targetW: [0, -30_000, 0] },
    ],
    [
      "one may not form → it is no carrier",
      { tiersW: [20_000, 10_000], mayForm: [0, 1, 1] },
      { ready: true, carries: [0, 1, 0] },
    ],
    [
      "only the stage that can't → no holding",
      { tiersW: [20_000, 10_000], mayForm: [0, 0, 1] },
      { ready: false, carries: [0, 0, 1], targetW: [0, 0, -30_000] },
    ],
    [
      "nobody → nothing is asked",
      { tiersW: [20_000, 10_000], mayForm: [0, 0, 0] },
      { ready: false, targetW: [0, 0, 0] },
    ],
    [
      "PV gives more than the loads take → the stages take the rest",
      { tiersW: [5_000, 5_000], pvW: 40_000 },
      { targetW: [15_000, 15_000, 0] },
    ],
  ];
  test.each(cases)("%s", (_, situation, expected) => {
    expect(plan(situation)).toMatchObject(expected);
  });
});

describe("what counts as no power through K1", () => {
  const cases: readonly (readonly [string, Situation, boolean])[] = [
    ["loads met exactly", { tiersW: [20_000, 10_000], stagesW: [-15_000, -15_000, 0] }, true],
    ["2 % of the carriers' ratings away", { tiersW: [20_000, 10_000], stagesW: [-15_000, -11_500, 0] }, true],
    ["more than that", { tiersW: [20_000, 10_000], stagesW: [-15_000, -11_000, 0] }, false],
    ["export of the same size", { tiersW: [20_000, 10_000], stagesW: [-15_000, -19_000, 0] }, false],
    ["the tiers' loads are not measured, and the meter has not spoken", { tiersW: [Number.NaN, 10_000] }, false],
  ];
  test.each(cases)("%s", (_, situation, balanced) => {
    expect(plan(situation).balanced).toBe(balanced);
  });
});
