import { describe, expect, test } from "vitest";
import { createHarness, type Harness, token } from "./harness.ts";

const brief = (
  events: {
    eventType: string;
    triggerReason: string;
    seqNo: number;
    transactionInfo: { chargingState?: string; stoppedReason?: string };
  }[],
): string[] =>
  events.map(
    (event) =>
      `${event.seqNo} ${event.eventType} ${event.triggerReason} ${event.transactionInfo.chargingState ?? "-"}${event.transactionInfo.stoppedReason ? ` ${event.transactionInfo.stoppedReason}` : ""}`,
  );

describe("a station in front of its backend", () => {
  test("boots, is accepted, tells every connector's status and beats its heart", async () => {
    const { core, sent, run } = await createHarness();
    expect(core.received.slice(0, 1).map((message) => message.action)).toEqual(["BootNotification"]);
    expect(sent("BootNotification")[0]?.reason).toBe("PowerUp");
    expect(sent("StatusNotification").map((status) => [status.evseId, status.connectorStatus])).toEqual([
      [1, "Available"],
      [2, "Available"],
    ]);
    expect(sent("SecurityEventNotification")[0]?.type).toBe("StartupOfTheDevice");
    await run(301_000, 1000);
    expect(sent("Heartbeat")).toHaveLength(1);
  });

  test("charges a vehicle from plug to unplug with both registers and no gap", async () => {
    const { site, present, plug, unplug, run, events, core } = await createHarness();
    await plug(1);
    expect((await present(token(), 1)).outcome).toBe("started");
    await run(120_000);
    expect(site.allowed[0]).toBe(true);
    expect((await present(token(), 1)).outcome).toBe("stopped");
    await run(2_000);
    expect(site.allowed[0]).toBe(false);
    await unplug(1);
    expect(brief(events())).toEqual([
      "0 Started CablePluggedIn EVConnected",
      "1 Updated Authorized SuspendedEVSE",
      "2 Updated ChargingStateChanged Charging",
      "3 Updated MeterValuePeriodic Charging",
      "4 Updated MeterValuePeriodic Charging",
      "5 Ended StopAuthorized EVConnected Local",
    ]);
    const measurands = events()[0]?.meterValue?.[0]?.sampledValue.map((value) => value.measurand);
    expect(measurands).toContain("Energy.Active.Import.Register");
    expect(measurands).toContain("Energy.Active.Export.Register");
    expect(core.ledger.report()).toMatchObject({
      transactions: 1,
      ended: 1,
      gaps: 0,
      conflicting: 0,
      outOfOrder: 0,
      malformed: 0,
    });
  });

  test.each([
    ["a positive limit charges up to it and never discharges", 5_000, { minW: 0, maxW: 5_000, requestedW: 5_000 }],
    ["a limit of zero never discharges", 0, { minW: 0, maxW: 0, requestedW: 0 }],
    ["a negative limit asks for discharge down to it", -7_000, { minW: -7_000, maxW: 0, requestedW: -7_000 }],
  ])("%s", async (_, limit, expected) => {
    const { site, station, present, plug, call, run, clock } = await createHarness();
    await plug(1);
    await present(token(), 1);
    await run(1000);
    const transactionId = station.transactions()[0]!.transactionId;
    const answer = await call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: {
        id: 7,
        stackLevel: 0,
        chargingProfilePurpose: "TxProfile",
        chargingProfileKind: "Relative",
        transactionId,
        chargingSchedule: [{ id: 1, chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit }] }],
      },
    });
    expect(answer.status).toBe("Accepted");
    expect(site.limits.get(1)).toMatchObject(expected);
    await run(60_000, 1000);
    expect(site.limits.get(1)!.requestUntilMs).toBeGreaterThan(clock.monotonicMs());
    expect((await call("ClearChargingProfile", { chargingProfileId: 7 })).status).toBe("Accepted");
    expect(site.limits.get(1)).toBeNull();
  });

  test("an intent is emitted in the turn in which the profile arrives", async () => {
    const { site, link } = await createHarness();
    void link.call("SetChargingProfile", {
      evseId: 0,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Absolute",
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-06-15T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 4000 }],
          },
        ],
      },
    });
    expect(site.limits.get(2)?.maxW).toBe(4000);
  });

  test("a discharge that no permit covers is refused with a reason and changes nothing", async () => {
    const { site, call } = await createHarness();
    site.site.permitValid = false;
    const answer = await call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Absolute",
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-06-15T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: -4000 }],
          },
        ],
      },
    });
    expect(answer).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "NoPermit" } });
    expect([...site.limits.values()].every((limit) => limit === null)).toBe(true);
  });

  test("what happens offline is delivered afterwards, marked and in order", async () => {
    const { link, present, plug, unplug, run, events, core } = await createHarness({
      variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0", "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true" },
    });
    link.up = false;
    link.cut();
    await plug(1);
    await present(token(), 1);
    await run(180_000, 1000);
    await unplug(1);
    expect(events()).toHaveLength(0);
    link.up = true;
    await run(120_000, 1000);
    expect(events().length).toBeGreaterThan(4);
    expect(events().every((event) => event.offline === true)).toBe(true);
    expect(events().at(-1)).toMatchObject({ eventType: "Ended", transactionInfo: { stoppedReason: "EVDisconnected" } });
    expect(core.ledger.report()).toMatchObject({ gaps: 0, conflicting: 0, outOfOrder: 0, malformed: 0, ended: 1 });
  });

  test("a profile stands while there is no connection and after a restart", async () => {
    const { link, site, call, run, restart } = await createHarness();
    await call("SetChargingProfile", {
      evseId: 0,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: "ChargingStationMaxProfile",
        chargingProfileKind: "Absolute",
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-06-15T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 9000 }],
          },
        ],
      },
    });
    link.up = false;
    link.cut();
    await run(60_000, 1000);
    site.limits.clear();
    await restart();
    expect(site.limits.get(0)).toMatchObject({ maxW: 9000 });
    expect(site.limits.get(1)).toMatchObject({ maxW: 9000 });
  });

  test("a running transaction goes on after a restart with the next number", async () => {
    const { present, plug, run, restart, events, core, unplug } = await createHarness();
    await plug(1);
    await present(token(), 1);
    await run(10_000);
    await restart();
    await run(65_000);
    await unplug(1);
    expect(events().map((event) => event.seqNo)).toEqual(events().map((_, index) => index));
    expect(core.ledger.report()).toMatchObject({ transactions: 1, ended: 1, gaps: 0, malformed: 0 });
  });

  test.each([
    [
      "the backend has not accepted the station yet",
      async (h: Harness): Promise<void> =>
        void (h.core.answers.BootNotification = () => ({
          status: "Pending",
          currentTime: "2026-06-15T12:00:00Z",
          interval: 30,
        })),
      async (h: Harness): Promise<void> => void delete h.core.answers.BootNotification,
    ],
    [
      "the EVSE is inoperative",
      async (h: Harness): Promise<void> => h.station.start(),
      async (h: Harness): Promise<void> =>
        void (await h.call("ChangeAvailability", { operationalStatus: "Operative", evse: { id: 1 } })),
    ],
  ])("a vehicle that is plugged in while %s is served afterwards", async (what, before, after) => {
    const h = await createHarness({ started: false, variables: { "AuthCtrlr.Enabled": "false" } });
    await before(h);
    if (what.startsWith("the backend")) h.station.start();
    await h.clock.advance(1000);
    if (!what.startsWith("the backend"))
      await h.call("ChangeAvailability", { operationalStatus: "Inoperative", evse: { id: 1 } });
    await h.plug(1);
    await h.run(5000);
    expect(h.site.allowed[0]).toBe(false);
    expect(h.events()).toEqual([]);
    await after(h);
    await h.run(40_000, 500);
    expect(h.site.allowed[0]).toBe(true);
    expect(h.events()[0]).toMatchObject({ eventType: "Started", triggerReason: "CablePluggedIn" });
  });

  test("remote start, remote stop", async () => {
    const { plug, call, run, events, site } = await createHarness();
    await plug(2);
    const started = await call("RequestStartTransaction", {
      idToken: token("X", "Central"),
      remoteStartId: 42,
      evseId: 2,
    });
    expect(started.status).toBe("Accepted");
    await run(5_000);
    expect(site.allowed[1]).toBe(true);
    const withId = events().find((event) => event.triggerReason === "RemoteStart");
    expect(withId?.transactionInfo.remoteStartId).toBe(42);
    const { transactionId } = events()[0]!.transactionInfo;
    expect((await call("RequestStopTransaction", { transactionId })).status).toBe("Accepted");
    await run(1_000);
    expect(events().at(-1)).toMatchObject({
      eventType: "Ended",
      triggerReason: "RemoteStop",
      transactionInfo: { stoppedReason: "Remote" },
    });
    expect((await call("RequestStopTransaction", { transactionId: "nobody" })).status).toBe("Rejected");
  });
});
