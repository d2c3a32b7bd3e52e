/** OCPP 2.1 beside 2.0.1: the version is chosen at each connection, and everything said is in its words. */
import { afterEach, describe, expect, test } from "vitest";
import { type Csms, startCsms } from "../../../sim/peers/csms.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { createSystemClock, type SystemClock } from "../../../src/protocols/ocpp/clock.ts";
import { ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import { createOcppStation, type OcppStation } from "../../../src/protocols/ocpp/station.ts";
import { shaped } from "../../../src/protocols/ocpp/transport/shapes.ts";
import type { Version } from "../../../src/protocols/ocpp/transport/versions.ts";
import { createFakeSite, createHarness, token } from "./harness.ts";

describe("which version is spoken", () => {
  const cases: [offers: Version[], speaks: Version[], picked: Version][] = [
    [["2.1", "2.0.1"], ["2.1", "2.0.1"], "2.1"],
    [["2.1", "2.0.1"], ["2.0.1"], "2.0.1"],
    [["2.0.1", "2.1"], ["2.1", "2.0.1"], "2.0.1"],
    [["2.1"], ["2.1"], "2.1"],
  ];
  for (const [offers, speaks, picked] of cases)
    test(`the site offers ${offers.join(", ")}, the backend speaks ${speaks.join(", ")}: ${picked}`, async () => {
      const site = await createHarness({ versions: speaks, config: { versions: offers } });
      expect(site.station.status()).toMatchObject({ connection: "open", registration: "accepted", version: picked });
    });

  test("without a version in common there is no connection", async () => {
    const site = await createHarness({ versions: ["2.0.1"], config: { versions: ["2.1"] } });
    expect(site.station.status().connection).toBe("waiting");
  });

  test("another backend after a cut may speak another version; the messages of 2.1 are then unknown", async () => {
    const site = await createHarness({ versions: ["2.1", "2.0.1"] });
    const signal = { timestamp: new Date(site.clock.wallMs()).toISOString(), signal: 1 };
    expect(await site.call("AFRRSignal", signal)).toMatchObject({ status: "Rejected" });
    site.link.versions = ["2.0.1"];
    site.link.cut();
    await site.run(20_000);
    expect(site.station.status()).toMatchObject({ connection: "open", version: "2.0.1" });
    await expect(site.link.call("AFRRSignal", signal)).rejects.toMatchObject({ code: "NotImplemented" });
  });
});

describe("what 2.0.1 has no words for", () => {
  test("a profile of 2.1 counts on, and is left out of the reports", async () => {
    const site = await createHarness({ evses: 1, versions: ["2.1", "2.0.1"] });
    const period = { startPeriod: 0, operationMode: "CentralSetpoint" as const, setpoint: 2000 };
    const chargingProfile = {
      ...{ id: 5, stackLevel: 1, chargingProfilePurpose: "TxDefaultProfile", chargingProfileKind: "Dynamic" },
      chargingSchedule: [{ id: 5, chargingRateUnit: "W", chargingSchedulePeriod: [period] }],
    } as const;
    const report = { requestId: 1, chargingProfile: {} };
    expect(
      await site.call("SetChargingProfile", { evseId: 1, chargingProfile: structuredClone(chargingProfile) as never }),
    ).toEqual({ status: "Accepted" });
    expect(await site.call("GetChargingProfiles", report)).toEqual({ status: "Accepted" });
    await site.run(1000);
    expect(site.sent("ReportChargingProfiles")[0]?.chargingProfile[0]).toMatchObject(chargingProfile);
    site.link.versions = ["2.0.1"];
    site.link.cut();
    await site.run(20_000);
    expect(await site.call("GetChargingProfiles", report)).toEqual({ status: "NoProfiles" });
    expect(site.site.limits.get(1)).toMatchObject({ requestedW: 2000, isFirm: true });
  });

  test("a reset that resumes is refused", async () => {
    const site = await createHarness({ evses: 1, versions: ["2.1"] });
    expect(await site.call("Reset", { type: "ImmediateAndResume" })).toMatchObject({ status: "Rejected" });
  });

  test("is left out, and another word stands for one that it does not know", () => {
    const event = {
      eventType: "Updated",
      timestamp: "2026-06-15T12:00:00Z",
      triggerReason: "OperationModeChanged",
      seqNo: 1,
      transactionInfo: { transactionId: "a", operationMode: "CentralSetpoint" },
    };
    expect(shaped("2.0.1", "TransactionEvent", false, event)).toEqual({
      ...event,
      triggerReason: "ChargingRateChanged",
      transactionInfo: { transactionId: "a" },
    });
    expect(shaped("2.1", "TransactionEvent", false, event)).toBe(event);
  });
});

describe("over a real socket", () => {
  let csms: Csms | null = null;
  let station: OcppStation | null = null;
  let clock: SystemClock | null = null;
  afterEach(async () => {
    station?.stop();
    clock?.cancelAll();
    await csms?.close();
    station = csms = clock = null;
  });

  const until = async (what: () => boolean): Promise<void> => {
    const endMs = performance.now() + 60_000;
    while (!what()) {
      if (performance.now() > endMs) throw new Error("It did not come to pass.");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  test("2.1: a transaction without violation; an answer that cannot be read is refused by kind 5; kinds 5 and 6 get no answer", async () => {
    const frames: { direction: string; frame: unknown[] }[] = [];
    csms = await startCsms({
      versions: ["2.1"],
      onMessage: (_, direction, message) => void frames.push({ direction, frame: JSON.parse(message) as unknown[] }),
    });
    clock = createSystemClock();
    const site = createFakeSite(1);
    const evse = { connectorType: "cCCS2", supplyPhases: 3 as const, nominalVoltageV: 230 };
    const logs: string[] = [];
    station = createOcppStation(
      {
        ...ocppDefaults,
        identity: "depot-1",
        pollMs: 20,
        evses: [{ ...evse, maxChargeW: 60_000, maxDischargeW: 60_000 }],
        network: [{ slot: 1, url: csms.url, securityProfile: 1 as const }],
      },
      site,
      openStore({ path: ":memory:" }),
      clock,
      { log: (_, message) => void logs.push(message) },
    );
    station.start();
    await until(() => station?.status().registration === "accepted");
    site.evses[0]!.connected = true;
    station.factsChanged();
    expect((await station.presentToken(token(), 1)).outcome).toBe("started");
    await until(() => csms?.core.received.some(({ action }) => action === "TransactionEvent") === true);

    csms.sendRaw("depot-1", JSON.stringify([5, "none-of-yours", "FormatViolation", "not readable", {}]));
    csms.sendRaw("depot-1", JSON.stringify([6, "s-1", "NotifyPeriodicEventStream", {}]));
    await until(() => logs.some((one) => one.includes("cannot read an answer of this station (FormatViolation)")));
    csms.core.answers.Heartbeat = () => ({ currentTime: 5 }) as never;
    await csms.call("depot-1", "TriggerMessage", { requestedMessage: "Heartbeat" });
    await until(() => frames.some(({ direction, frame }) => direction === "in" && frame[0] === 5));
    const refusal = frames.find(({ direction, frame }) => direction === "in" && frame[0] === 5)!.frame;
    const beat = frames.find(({ direction, frame }) => direction === "in" && frame[2] === "Heartbeat")!.frame;
    expect(refusal.slice(0, 3)).toEqual([5, beat[1], "TypeConstraintViolation"]);
    expect(frames.filter(({ direction, frame }) => direction === "in" && frame[0] === 4)).toEqual([]);
    expect(csms.violations).toEqual([]);
  });
});
