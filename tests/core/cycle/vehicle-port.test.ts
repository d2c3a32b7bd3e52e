/** What the core tells a stage's vehicle port: the session's order while somebody carries it, no current for a silent vehicle. */
import { describe, expect, test } from "vitest";
import type { EvseFacts } from "../../../src/core/snapshot.ts";
import { step } from "../../../src/core/step.ts";
import { TestSite } from "./site.ts";

function portAfter(change: (evse: EvseFacts, nowMs: number) => void) {
  const site = new TestSite();
  site.run(200, () => {
    const evse = site.snapshot.evses[0]!;
    Object.assign(evse, { served: true, inEnergy: true, vehicleForMs: 500, orderAtMs: site.nowMs });
    Object.assign(evse, {
      portPhase: "energy",
      portVoltageV: 700,
      portChargeA: 60,
      portDischargeA: 40,
      portDutyPct: 5,
    });
  });
  const evse = site.snapshot.evses[0]!;
  change(evse, site.nowMs);
  step(site.core, site.snapshot, site.nowMs);
  return site.core.commands.stages[0]!;
}

describe("the vehicle port", () => {
  test("follows the session", () => {
    expect(portAfter(() => undefined)).toMatchObject({
      portPhase: "energy",
      portVoltageV: 700,
      portChargeA: 60,
      portDischargeA: 40,
    });
  });
  test("a vehicle silent for longer than its protocol allows → no current, contactors as they are", () => {
    expect(portAfter((evse, nowMs) => (evse.vehicleAtMs = nowMs - 501))).toMatchObject({
      portPhase: "energy",
      portChargeA: 0,
      portDischargeA: 0,
    });
  });
  test("nobody carries the session any more → no current, contactors open, no duty cycle for sessions", () => {
    expect(portAfter((evse, nowMs) => (evse.orderAtMs = nowMs - 1_001))).toMatchObject({
      portPhase: "stopped",
      portChargeA: 0,
      portDutyPct: 100,
    });
  });
  test("precharge has its current before the loop", () => {
    const order = { portPhase: "precharge", portChargeA: 2, inEnergy: false } as const;
    expect(portAfter((evse) => Object.assign(evse, order))).toMatchObject({ portPhase: "precharge", portChargeA: 2 });
  });
  test("no session served here → the port is not spoken to", () => {
    expect(portAfter((evse) => (evse.served = false)).portPhase).toBe("none");
  });
});
