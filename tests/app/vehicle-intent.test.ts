/** From what a vehicle has said to what its session asks of core and vehicle port. */
import { describe, expect, test } from "vitest";
import { createIntent } from "../../src/app/control/shared/vehicle-intents.ts";
import { intend, intendNothing, type Told } from "../../src/app/vehicle-sessions/intent.ts";
import { noVehicle, type StageOrder, type VehicleFacts } from "../../src/protocols/iso15118/sessions/contract.ts";

interface Situation {
  readonly vehicle?: Partial<VehicleFacts>;
  readonly order?: Partial<StageOrder>;
  readonly isIn?: boolean;
  readonly bidirectional?: boolean;
  readonly protocol?: string;
  readonly dynamic?: boolean;
  readonly phases?: number;
}

function intended(of: Situation) {
  const intent = createIntent();
  const told: Told = {
    protocol: of.protocol ?? "ISO 15118-20",
    vehicle: { ...noVehicle(), maxW: 30_000, minW: -20_000, ...of.vehicle },
    order: { phase: "energy", voltageV: 400, currentA: Number.NaN, ...of.order },
    loop: {
      isIn: of.isIn ?? true,
      silentMs: 500,
      heardAtMs: 900,
      choice: { serviceId: 6, bidirectional: of.bidirectional ?? true, dynamic: of.dynamic ?? true },
    },
  };
  intend(intent, told, { voltageV: 400, maxA: 250, phases: of.phases ?? 0 }, 1_000);
  return intent;
}

describe("what a session asks for", () => {
  test.each<[string, Situation, object]>([
    [
      "the site decides: the vehicle's limits both ways",
      {},
      {
        maxChargeW: 30_000,
        maxDischargeW: 20_000,
        portChargeA: 75,
        portDischargeA: 50,
        inEnergy: true,
        forMs: 500,
        heardAtMs: 900,
      },
    ],
    ["the vehicle decides: its demand is a cap", { order: { currentA: 20 } }, { maxChargeW: 8_000, maxDischargeW: 0 }],
    ["it wants to give, within its limit", { order: { currentA: -80 } }, { maxChargeW: 0, maxDischargeW: 20_000 }],
    [
      "only one direction was agreed on",
      { bidirectional: false },
      { maxDischargeW: 0, portDischargeA: 0, bidirectional: false },
    ],
    ["not in its loop yet", { isIn: false }, { inEnergy: false, maxChargeW: 0, maxDischargeW: 0, portChargeA: 0 }],
    [
      "precharge: its current, no power",
      { isIn: false, order: { phase: "precharge", currentA: 1.5 } },
      { portPhase: "precharge", portChargeA: 1.5, maxChargeW: 0 },
    ],
    [
      "a fault of its own",
      { vehicle: { error: "FAILED_RESSTemperatureInhibit" } },
      { maxChargeW: 0, maxDischargeW: 0 },
    ],
    ["a limit that is no number", { vehicle: { maxW: Number.NaN } }, { maxChargeW: 0 }],
    [
      "AC on three phases: the vehicle's limits, currents summed",
      {
        phases: 3,
        protocol: "ISO 15118-2",
        bidirectional: false,
        vehicle: { maxW: 11_000, maxCurrentA: 16 },
        order: { currentA: 0 },
      },
      { maxChargeW: 11_000, portChargeA: 27.5 },
    ],
    [
      "it can do with no less: the site gives nothing, or at least that",
      { vehicle: { leastChargeW: 4_000, leastDischargeW: 3_000 } },
      { minChargeW: 4_000, minDischargeW: 3_000 },
    ],
    [
      "its minimum is more than its battery takes now",
      { vehicle: { maxW: 1_500, leastChargeW: 4_000 } },
      { minChargeW: 1_500 },
    ],
    [
      "it decides itself: its minimum is its own affair",
      { dynamic: false, vehicle: { leastChargeW: 4_000 }, order: { currentA: 20 } },
      { minChargeW: 0 },
    ],
    ["not in its loop: no minimum either", { isIn: false, vehicle: { leastChargeW: 4_000 } }, { minChargeW: 0 }],
    ["AC of ISO 15118-20 that is being stopped", { phases: 3, order: { currentA: 0 } }, { maxChargeW: 0 }],
  ])("%s", (_, situation, expected) => {
    expect(intended(situation)).toMatchObject(expected);
  });

  test("nobody in session: idle, nothing flows, and the pilot says whether one may begin", () => {
    const intent = intended({});
    intendNothing(intent, true, 2_000);
    expect(intent).toMatchObject({
      served: true,
      inEnergy: false,
      portPhase: "idle",
      maxChargeW: 0,
      portDutyPct: 5,
      orderAtMs: 2_000,
    });
    intendNothing(intent, false, 2_000);
    expect(intent.portDutyPct).toBe(100);
  });
});
