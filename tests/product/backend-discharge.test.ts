/**
 * A backend with a standing maximum that still gets its discharge, in the words of 2.0.1 and of 2.1, and knows the station by a
 * number that stays.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { until } from "./site/judge.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

/** A profile of 2.1 that the backend updates, with what it asks for, W. */
const dynamic = (id: number, setpoint: number) => ({
  id,
  stackLevel: 50,
  chargingProfileKind: "Dynamic",
  chargingSchedule: [
    {
      id,
      chargingRateUnit: "W",
      chargingSchedulePeriod: [{ startPeriod: 0, operationMode: "CentralSetpoint", setpoint }],
    },
  ],
});

describe("a depot under a permit whose backend has set a maximum of 30 kW for good", () => {
  let product: Product;
  let cappedMs = 0;
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{}, {}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 200_000 },
      backend: true,
    });
    const accepted = () => product.backend.said.some(({ action }) => action === "StatusNotification");
    expect(await until(accepted, 60_000)).toBe(true);
    expect((await product.backend.setProfile(0, 30_000)).status).toBe("Accepted");
    expect(await product.reached("parallel")).toBe(true);
    cappedMs = performance.now();
  });
  afterAll(() => product.stop());

  it("discharges what another profile asks for: the lowest limit counts", async () => {
    expect(await product.backend.setPower(1, -5_000)).toBe("Accepted");
    await soon(product, "gives 5 kW", () => Math.abs(product.plant.stages[0]!.powerW + 5_000) < 300);
    // A schedule counts whole seconds: in the one in which the request came, both limits stand in it.
    const period = { startPeriod: 0, limit: -5_000 };
    await vi.waitFor(async () => {
      const { schedule } = await product.backend.call("GetCompositeSchedule", { evseId: 1, duration: 60 });
      expect(schedule).toMatchObject({ chargingSchedulePeriod: [period] });
    }, 10_000);
    const told = product.stages.flatMap((_, stage) => product.setpointsW(stage, cappedMs).map(({ value }) => value));
    expect(Math.max(0, ...told)).toBeLessThanOrEqual(30_001);
  });

  it("speaks 2.1 with a backend that has been renewed: a setpoint discharges, a negative limit is refused", async () => {
    const { backend, plant } = product;
    backend.speak("2.1");
    await soon(product, "the connection is back", () => backend.protocol === "ocpp2.1");
    const ask = () =>
      backend.call("DataTransfer", { vendorId: "org.islet", messageId: "ClearPower", data: { evseId: 1 } });
    await soon(
      product,
      "the old request is taken back",
      async () => (await ask().catch((): Record<string, unknown> => ({})))["status"] === "Accepted",
    );
    expect((await backend.setProfile(1, -5_000)).why).toMatch(/^InvalidSchedule/);
    expect(await backend.setProfile(1, 0, "TxDefaultProfile", dynamic(700, -6_000))).toEqual({
      status: "Accepted",
      why: "",
    });
    await soon(product, "gives 6 kW", () => Math.abs(plant.stages[0]!.powerW + 6_000) < 300);
    const events = () => backend.said.filter(({ payload }) => payload["triggerReason"] === "OperationModeChanged");
    await soon(product, "the mode is told", () => events().length > 0);
    expect(events()[0]!.payload["transactionInfo"]).toMatchObject({ operationMode: "CentralSetpoint" });
  });

  it("obeys a DER control above the setpoint while it lasts, and tells its start; an update charges", async () => {
    const { backend, plant } = product;
    const pctMaxDischargePower = (3_000 / plant.stages[0]!.options.maxDischargeW) * 100;
    const limitMaxDischarge = {
      priority: 1,
      pctMaxDischargePower,
      startTime: new Date(Date.now() + 500).toISOString(),
    };
    const control = { isDefault: false, controlId: "hold", controlType: "LimitMaxDischarge", limitMaxDischarge };
    expect(await backend.call("SetDERControl", control)).toEqual({ status: "Accepted" });
    const begins = () => backend.said.filter(({ action }) => action === "NotifyDERStartStop");
    await soon(product, "its start is told", () => begins().length > 0);
    expect(begins()[0]!.payload).toMatchObject({ controlId: "hold", started: true });
    await soon(product, "gives 3 kW at most", () => Math.abs(plant.stages[0]!.powerW + 3_000) < 200);
    const update = { chargingProfileId: 700, scheduleUpdate: { setpoint: 4_000 } };
    expect(await backend.call("UpdateDynamicSchedule", update)).toEqual({ status: "Accepted" });
    await soon(product, "takes 4 kW", () => Math.abs(plant.stages[0]!.powerW - 4_000) < 300);
  });

  it("has a serial number of its own, the same after a restart", async () => {
    const numbers = () =>
      product.backend.said
        .filter(({ action }) => action === "BootNotification")
        .map(({ payload }) => (payload["chargingStation"] as { serialNumber: string }).serialNumber);
    expect(numbers()[0]).toMatch(/^[A-Za-z0-9_.:-]{8,25}$/);
    await product.process.stop();
    product.start();
    expect(await until(() => numbers().length > 1, 60_000)).toBe(true);
    expect(new Set(numbers()).size).toBe(1);
    const asked = () =>
      product.backend
        .call("GetDERControl", { requestId: 1, controlId: "hold" })
        .catch((): Record<string, unknown> => ({}));
    await soon(product, "the DER control is still there", async () => (await asked())["status"] === "Accepted");
  });
});
