/** Caps of charging profiles: from the first moment on, whatever happens to backend, store, clock or main thread. */
import { describe, expect, test } from "vitest";
import { loseProfiles } from "../../../src/protocols/ocpp/smart-charging/profiles.ts";
import type { ChargingProfile } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { createHarness, type Harness, startMs, token } from "./harness.ts";

const profile = (id: number, limit: number, rest: Partial<ChargingProfile> = {}): ChargingProfile => ({
  id,
  stackLevel: 0,
  chargingProfilePurpose: "TxDefaultProfile",
  chargingProfileKind: "Absolute",
  chargingSchedule: [
    {
      id,
      startSchedule: "2026-06-15T00:00:00Z",
      chargingRateUnit: "W",
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    },
  ],
  ...rest,
});

const set = (h: Harness, evseId: number, chargingProfile: ChargingProfile) =>
  h.call("SetChargingProfile", { evseId, chargingProfile });

async function charging(h: Harness): Promise<string> {
  await h.plug(1);
  await h.present(token(), 1);
  await h.run(1000);
  return h.station.transactions()[0]!.transactionId;
}

/** The station as another process finds it: nothing told yet, no backend. */
async function restartOffline(h: Harness): Promise<void> {
  h.link.up = false;
  h.site.limits.clear();
  await h.restart();
}

describe("caps after a restart", () => {
  test("stored profiles are in force before the backend is there, and where none applies that is said as well", async () => {
    const h = await createHarness();
    await set(h, 1, profile(1, 0));
    await restartOffline(h);
    expect(h.site.limits.get(1)).toMatchObject({ minW: 0, maxW: 0 });
    expect(h.site.limits.get(2)).toBeNull();
    expect(h.site.limits.get(0)).toBeNull();
  });

  test("a running transaction's profile is in force before the backend is there", async () => {
    const h = await createHarness();
    const transactionId = await charging(h);
    await set(h, 1, profile(1, 0, { chargingProfilePurpose: "TxProfile", transactionId }));
    await restartOffline(h);
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 0, profileId: 1 });
  });

  test("a profile that cannot be read any more holds everything at zero until the backend has replaced or cleared it", async () => {
    const h = await createHarness();
    await set(h, 1, profile(1, 4000));
    await set(h, 2, profile(2, 0));
    h.store.put("charging-profile", "2", `{"evseId":2,"prof`);
    await h.restart();
    for (const evseId of [0, 1, 2]) expect(h.site.limits.get(evseId)).toMatchObject({ minW: 0, maxW: 0 });
    expect(h.logs.some((line) => line.includes("Charging profile 2 on record cannot be read"))).toBe(true);
    await h.run(60_000, 1000);
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 0 });
    await set(h, 2, profile(2, 3000));
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 4000 });
    expect(h.site.limits.get(2)).toMatchObject({ maxW: 3000 });
    expect(h.site.limits.get(0)).toBeNull();
  });

  test.each([
    ["sets a profile", "SetChargingProfile", { evseId: 2, chargingProfile: profile(9, 3000) }, 3000],
    ["clears what there may be", "ClearChargingProfile", { chargingProfileCriteria: {} }, null],
  ] as const)(
    "after its memory was lost everything waits at zero until the backend %s",
    async (_, action, request, maxW) => {
      const h = await createHarness();
      await set(h, 1, profile(1, 4000));
      h.store.clear("charging-profile");
      loseProfiles(h.store);
      await h.restart();
      await h.run(60_000, 1_000);
      for (const evseId of [0, 1, 2]) expect(h.site.limits.get(evseId)).toMatchObject({ minW: 0, maxW: 0 });
      await h.call(action, request as never);
      expect(h.site.limits.get(1)).toBeNull();
      if (maxW === null) expect(h.site.limits.get(2)).toBeNull();
      else expect(h.site.limits.get(2)).toMatchObject({ maxW });
      await h.restart();
      expect(h.site.limits.get(1)).toBeNull();
    },
  );

  test("clearing everything ends the wait as well", async () => {
    const h = await createHarness();
    await set(h, 1, profile(1, 4000));
    h.store.put("charging-profile", "1", "");
    await h.restart();
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 0 });
    expect((await h.call("ClearChargingProfile", { chargingProfileCriteria: {} })).status).toBe("Accepted");
    expect(h.site.limits.get(1)).toBeNull();
  });

  test("with a clock before the last moment on record timed profiles hold everything at zero", async () => {
    const h = await createHarness({ config: { clockFloorMs: startMs + 60_000 } });
    await set(h, 1, profile(1, 4000, { validFrom: "2026-06-15T12:00:30Z" }));
    expect(h.site.limits.get(1)).toMatchObject({ minW: 0, maxW: 0 });
    await h.run(65_000, 1000);
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 4000 });
  });
});

test("a cap is told in the turn in which it comes and its request is renewed; both are gone only when cleared", async () => {
  const h = await createHarness();
  await set(h, 1, profile(1, 0));
  expect(h.site.limits.get(1)).toMatchObject({ minW: 0, maxW: 0, requestedW: 0 });
  h.link.cut();
  h.link.up = false;
  await h.run(3_600_000, 10_000);
  expect(h.site.limits.get(1)).toMatchObject({ minW: 0, maxW: 0 });
  expect(h.site.limits.get(1)!.requestUntilMs).toBeGreaterThan(h.clock.monotonicMs());
});

describe("a standing maximum of the station and discharge: the lowest limit counts, for limits and schedules alike", () => {
  const maximum = { chargingProfilePurpose: "ChargingStationMaxProfile" } as const;
  test.each([
    [
      "a maximum above zero leaves a discharge alone",
      30_000,
      -5_000,
      { minW: -5_000, maxW: 0, requestedW: -5_000 },
      -5_000,
    ],
    ["a maximum of zero leaves a discharge that is asked for alone", 0, -5_000, { minW: -5_000, maxW: 0 }, -5_000],
    ["a maximum of zero alone never discharges", 0, null, { minW: 0, maxW: 0, requestedW: 0 }, 0],
    [
      "a maximum above zero alone never discharges",
      30_000,
      null,
      { minW: 0, maxW: 30_000, requestedW: 30_000 },
      30_000,
    ],
    ["a limit of zero below a maximum never discharges", 30_000, 0, { minW: 0, maxW: 0, requestedW: 0 }, 0],
    ["a lower negative maximum wins", -8_000, -5_000, { minW: -8_000, maxW: 0, requestedW: -8_000 }, -8_000],
    ["a lower discharge wins over a negative maximum", -3_000, -5_000, { minW: -5_000, maxW: 0 }, -5_000],
  ])("%s", async (_, stationW, ownW, expected, composite) => {
    const h = await createHarness();
    const transactionId = await charging(h);
    await set(h, 0, profile(1, stationW, maximum));
    if (ownW !== null) await set(h, 1, profile(2, ownW, { chargingProfilePurpose: "TxProfile", transactionId }));
    expect(h.site.limits.get(1)).toMatchObject(expected);
    const { schedule } = await h.call("GetCompositeSchedule", { evseId: 1, duration: 60 });
    expect(schedule?.chargingSchedulePeriod).toEqual([{ startPeriod: 0, limit: composite }]);
    // What the station as a whole may do leaves room for what its EVSEs are asked for, and for no more.
    expect(h.site.limits.get(0)).toMatchObject({
      minW: Math.min(stationW, ownW ?? 0, 0),
      maxW: Math.max(stationW, 0),
    });
  });

  test("an external constraint of one EVSE is its own alone", async () => {
    const h = await createHarness({ variables: { "SmartChargingCtrlr.ExternalControlSignalsEnabled": "true" } });
    h.station.externalLimits.set({ source: "EMS", evseId: 2, limitW: 2_000, gridCritical: false });
    expect(h.site.limits.get(2)).toMatchObject({ maxW: 2_000 });
    expect(h.site.limits.get(1)).toBeNull();
    expect(h.site.limits.get(0)).toBeNull();
  });

  test("the station's schedule is the sum of its EVSEs' under its maximum", async () => {
    const h = await createHarness();
    const transactionId = await charging(h);
    await set(h, 0, profile(1, 30_000, maximum));
    await set(h, 1, profile(2, -5_000, { chargingProfilePurpose: "TxProfile", transactionId }));
    await set(h, 2, profile(3, 7_000));
    const { schedule } = await h.call("GetCompositeSchedule", { evseId: 0, duration: 60 });
    expect(schedule?.chargingSchedulePeriod).toEqual([{ startPeriod: 0, limit: 2_000 }]);
  });
});
