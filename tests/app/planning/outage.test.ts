/** Energy for an outage: hours of tier 1, more under a warning of a person or a file, and a plan that charges for it in time. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ControlReport } from "../../../src/app/control/shared/report.ts";
import { buildProblem } from "../../../src/app/planning/build-problem.ts";
import { createOutagePlanning } from "../../../src/app/planning/outage.ts";
import type { MadePlan } from "../../../src/app/planning/planning.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { plan } from "../../../src/planning/planner.ts";
import { createHighsSolver } from "../../../src/planning/solver/highs.ts";
import { evse, hourMs, noVehicles, situation, startMs } from "./situations.ts";

const tiers = [{ name: "Kitchen", loadW: 9_300 }] as never;
const report = (loadW: number): ControlReport => ({ tiers: [{ loadW }] }) as unknown as ControlReport;
const warning = { hours: 8, untilMs: startMs + 20 * hourMs, by: "ann", reason: "storm" };

function open(planning: { runwayH: number; warningFile?: string }, store = openStore({ path: ":memory:" })) {
  const said: string[] = [];
  const outage = createOutagePlanning({ planning, tiers }, store, (_level, message) => void said.push(message));
  return { outage, store, said };
}

describe("what is wanted", () => {
  test("by the configuration, and more while a person warns; a restart keeps the warning, its end ends it", () => {
    const { outage, store } = open({ runwayH: 2 });
    expect(outage.wanted(startMs)).toEqual({ hours: 2, energyWh: 20_000 });
    outage.warn(warning);
    for (const one of [outage, open({ runwayH: 2 }, store).outage]) expect(one.wanted(startMs).hours).toBe(8);
    expect(outage.wanted(startMs + 21 * hourMs).hours).toBe(2);
    outage.warn(null);
    expect(open({ runwayH: 2 }, store).outage.wanted(startMs).hours).toBe(2);
  });
  test("by the load that tier 1 really has", () => {
    const { outage } = open({ runwayH: 2 });
    outage.look(report(4_650), startMs);
    expect(outage.wanted(startMs).energyWh).toBe(10_000);
  });
  test("by a file; one that is broken is told once, and the warning before it counts", () => {
    const folder = mkdtempSync(join(tmpdir(), "islet-warning-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const warningFile = join(folder, "warning.json");
    const { outage, said } = open({ runwayH: 0, warningFile });
    outage.look(report(0), startMs);
    expect([outage.wanted(startMs).hours, said]).toEqual([0, []]);
    writeFileSync(
      warningFile,
      JSON.stringify({ hours: 12, until: new Date(startMs + 30 * hourMs).toISOString(), reason: "shutoff" }),
    );
    outage.look(report(0), startMs + 11_000);
    expect(outage.warning(startMs)).toMatchObject({ hours: 12, by: "file", reason: "shutoff" });
    writeFileSync(warningFile, '{ "hours": 999 }');
    for (const seconds of [22, 33]) outage.look(report(0), startMs + seconds * 1_000);
    expect(outage.warning(startMs)?.hours).toBe(12);
    expect(said).toHaveLength(1);
    rmSync(warningFile);
    outage.look(report(0), startMs + 44_000);
    expect(outage.warning(startMs)).toBeNull();
  });
});

test("the plan charges for it although energy is dear, and it is known when it is there", async () => {
  const solver = await createHighsSolver();
  const { outage } = open({ runwayH: 0 });
  const wants = (backupWh: number): MadePlan => {
    const made = situation([evse(1, { mayBackUp: true })], { backupWh });
    const built = buildProblem(made, noVehicles, null);
    return { version: 1, madeAtMs: startMs, plan: plan(built.problem, solver), built, situation: made };
  };
  const [usual, warned] = [wants(0), wants(30_000)];
  // Energy is dear for two hours: without a warning the vehicle waits for them to be over.
  expect(usual.plan.powerW["1"]!.slice(0, 8).every((powerW) => powerW === 0)).toBe(true);
  expect(warned.plan.powerW["1"]!.slice(0, 3).map((powerW) => Math.round(powerW / 1_000))).toEqual([50, 36, 0]);
  // 40 % now, 30 % reserve: 20 kWh are missing, with 50 kW half an hour.
  expect(outage.readyAtMs(warned)).toBe(startMs + 0.5 * hourMs);
  expect(outage.readyAtMs(wants(90_000))).toBe(Number.NaN);
  // At 9.3 kW 30 kWh above the reserve are three hours; from its departure on it holds nothing.
  const hours = outage.hoursAhead(warned).map((value) => Math.round(value * 10) / 10);
  expect([hours[1], hours[31], hours[32]]).toEqual([3, 5, 0]);
  expect(outage.hoursAhead(null)).toEqual([]);
});
