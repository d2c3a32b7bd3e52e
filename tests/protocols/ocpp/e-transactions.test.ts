import { describe, expect, test } from "vitest";
import { createHarness, type Harness, token } from "./harness.ts";

const short = (h: Harness): string[] =>
  h
    .events()
    .map((event) =>
      [event.eventType, event.triggerReason, event.transactionInfo.stoppedReason].filter(Boolean).join(" "),
    );

describe("start points: the first event of a transaction", () => {
  test.each([
    ["EVConnected (TC_E_09)", "EVConnected", "Started CablePluggedIn"],
    ["Authorized (TC_E_10)", "Authorized", "Started Authorized"],
    ["PowerPathClosed (TC_E_01)", "PowerPathClosed", "Started Authorized"],
    ["DataSigned (TC_E_11)", "DataSigned", "Started Authorized"],
    ["EnergyTransfer (TC_E_02)", "EnergyTransfer", "Started ChargingStateChanged"],
    ["ParkingBayOccupancy (TC_E_12)", "ParkingBayOccupancy", "Started EVDetected"],
  ])("%s", async (_, point, first) => {
    const h = await createHarness({ variables: { "TxCtrlr.TxStartPoint": point } });
    h.site.evses[0]!.bayOccupied = true;
    await h.run(1000);
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(5000);
    expect(short(h)[0]).toBe(first);
    expect(h.site.allowed[0]).toBe(true);
    expect(h.events().some((event) => event.transactionInfo.chargingState === "Charging")).toBe(true);
  });

  test("token first, then the plug (TC_E_04)", async () => {
    const h = await createHarness({ evses: 1 });
    expect((await h.present(token(), 1)).outcome).toBe("waiting-for-plug");
    expect(h.sent("StatusNotification").at(-1)?.connectorStatus).toBe("Occupied");
    await h.plug(1);
    await h.run(2000);
    expect(short(h)).toEqual(["Started Authorized", "Updated CablePluggedIn", "Updated ChargingStateChanged"]);
  });

  test("token first, no plug: the connection times out (TC_E_05, TC_E_39)", async () => {
    const h = await createHarness({ variables: { "TxCtrlr.EVConnectionTimeOut": "30" } });
    await h.present(token(), 1);
    await h.run(31_000, 500);
    expect(short(h)).toEqual(["Started Authorized", "Ended EVConnectTimeout Timeout"]);
    expect((await h.present(token(), 1)).outcome).toBe("waiting-for-plug");
  });

  test("a token without an EVSE waits for whoever plugs in", async () => {
    const h = await createHarness();
    expect((await h.present(token())).outcome).toBe("waiting-for-plug");
    await h.plug(2);
    await h.run(1000);
    expect(h.site.allowed).toEqual([false, true]);
  });
});

describe("stop points: what ends a transaction", () => {
  const charging = async (stop: string, more: Record<string, string> = {}): Promise<Harness> => {
    const h = await createHarness({ variables: { "TxCtrlr.TxStopPoint": stop, ...more } });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(5000);
    return h;
  };

  test.each([
    ["Authorized, by token (TC_E_15)", "Authorized", "token", "Ended StopAuthorized Local"],
    ["PowerPathClosed, by token (TC_E_07)", "PowerPathClosed", "token", "Ended StopAuthorized Local"],
    [
      "PowerPathClosed, by the cable (TC_E_37)",
      "PowerPathClosed",
      "unplug",
      "Ended EVCommunicationLost EVDisconnected",
    ],
    ["EVConnected, by the cable (TC_E_20)", "EVConnected", "unplug", "Ended EVCommunicationLost EVDisconnected"],
    ["Authorized, by the cable (TC_E_17, TC_E_24)", "Authorized", "unplug", "Ended EVCommunicationLost EVDisconnected"],
    ["EnergyTransfer, by token (TC_E_08)", "EnergyTransfer", "token", "Ended StopAuthorized Local"],
    ["EnergyTransfer, by the vehicle (TC_E_22)", "EnergyTransfer", "pause", "Ended ChargingStateChanged StoppedByEV"],
  ])("%s", async (_, stop, how, last) => {
    const h = await charging(stop);
    if (how === "token") await h.present(token(), 1);
    else if (how === "unplug") await h.unplug(1);
    else h.site.evses[0]!.energyRequested = false;
    await h.run(6000);
    expect(short(h).at(-1)).toBe(last);
    expect(h.site.allowed[0]).toBe(false);
    expect(h.core.ledger.report()).toMatchObject({ ended: 1, gaps: 0, malformed: 0 });
  });

  test("EVConnected: a stop by token suspends, the cable ends it with the first reason (TC_E_14, TC_E_15)", async () => {
    const h = await charging("EVConnected");
    await h.present(token(), 1);
    await h.run(1000);
    expect(short(h).at(-1)).toMatch(/^Updated/);
    await h.unplug(1);
    expect(short(h).at(-1)).toBe("Ended EVCommunicationLost Local");
  });

  test("the cable suspends where it must not stop, and charging goes on afterwards (TC_E_26)", async () => {
    const h = await charging("Authorized", { "TxCtrlr.StopTxOnEVSideDisconnect": "false" });
    await h.unplug(1);
    expect(h.events().at(-1)).toMatchObject({
      eventType: "Updated",
      triggerReason: "EVCommunicationLost",
      transactionInfo: { chargingState: "Idle" },
    });
    await h.plug(1);
    await h.run(2000);
    expect(h.events().at(-1)).toMatchObject({ eventType: "Updated", transactionInfo: { chargingState: "Charging" } });
    expect(
      h.events().every((event) => event.transactionInfo.transactionId === h.events()[0]!.transactionInfo.transactionId),
    ).toBe(true);
  });

  test("the vehicle pauses and resumes (SuspendedEV)", async () => {
    const h = await charging("EVConnected,Authorized");
    h.site.evses[0]!.energyRequested = false;
    await h.run(6000);
    expect(h.events().at(-1)?.transactionInfo.chargingState).toBe("SuspendedEV");
    h.site.evses[0]!.energyRequested = true;
    await h.run(2000);
    expect(h.events().at(-1)?.transactionInfo.chargingState).toBe("Charging");
  });

  test("the station pauses (SuspendedEVSE) while a limit of zero stands", async () => {
    const h = await charging("EVConnected,Authorized");
    await h.call("SetChargingProfile", {
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
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }],
          },
        ],
      },
    });
    await h.run(2000);
    expect(h.events().at(-1)?.transactionInfo.chargingState).toBe("SuspendedEVSE");
  });

  test("a fault withdraws the permission and is told", async () => {
    const h = await charging("EVConnected,Authorized");
    h.site.evses[0]!.faulted = true;
    await h.run(1000);
    expect(h.site.allowed[0]).toBe(false);
    expect(h.sent("StatusNotification").at(-1)?.connectorStatus).toBe("Faulted");
    expect(h.sent("NotifyEvent").at(-1)?.eventData[0]).toMatchObject({
      component: { name: "EVSE", evse: { id: 1 } },
      variable: { name: "Problem" },
      actualValue: "true",
    });
  });
});

describe("meter values", () => {
  test("discharged energy is in the export register of the Ended event (J02)", async () => {
    const h = await createHarness();
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(1000);
    await h.call("SetChargingProfile", {
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
            chargingSchedulePeriod: [{ startPeriod: 0, limit: -9000 }],
          },
        ],
      },
    });
    await h.run(600_000, 1000);
    await h.present(token(), 1);
    const values = h
      .events()
      .at(-1)!
      .meterValue!.flatMap((value) => value.sampledValue)
      .filter((value) => value.measurand === "Energy.Active.Export.Register");
    expect(values.map((value) => value.context)).toEqual(["Transaction.Begin", "Transaction.End"]);
    expect(values[1]!.value - values[0]!.value).toBeCloseTo(1500, -1);
  });

  test("clock-aligned values: MeterValues while idle, events while in a transaction (TC_J_01, TC_J_02)", async () => {
    const h = await createHarness({ variables: { "AlignedDataCtrlr.Interval": "900" } });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(901_000, 1000);
    expect(h.sent("MeterValues").map((value) => value.evseId)).toEqual([2]);
    const aligned = h.events().filter((event) => event.triggerReason === "MeterValueClock");
    expect(aligned).toHaveLength(1);
    expect(Date.parse(aligned[0]!.meterValue![0]!.timestamp) % 900_000).toBe(0);
  });

  test("no aligned values while a transaction runs, when so configured (TC_J_06)", async () => {
    const h = await createHarness({
      variables: { "AlignedDataCtrlr.Interval": "900", "AlignedDataCtrlr.SendDuringIdle": "true" },
    });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(1_801_000, 1000);
    expect(h.sent("MeterValues")).toEqual([]);
    expect(h.events().some((event) => event.triggerReason === "MeterValueClock")).toBe(false);
  });

  test("readings for the end are kept at their interval (TC_J_10)", async () => {
    const h = await createHarness({
      variables: { "SampledDataCtrlr.TxEndedInterval": "60", "SampledDataCtrlr.TxUpdatedInterval": "0" },
    });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(310_000, 1000);
    // Not written again with each event of a long transaction.
    expect(h.store.entries("transaction")[0]!.value.length).toBeLessThan(700);
    await h.restart();
    await h.run(1_000);
    await h.present(token(), 1);
    expect(
      h
        .events()
        .at(-1)!
        .meterValue!.map((value) => value.sampledValue[0]!.context),
    ).toEqual(["Transaction.Begin", ...Array<string>(5).fill("Sample.Periodic"), "Transaction.End"]);
  });

  test("signed readings carry the key as often as configured (TC_J_11)", async () => {
    const h = await createHarness({ variables: { "SampledDataCtrlr.SignReadings": "true" } });
    h.site.signReading = () => ({
      signedMeterData: "ZGF0YQ==",
      signingMethod: "ECDSA",
      encodingMethod: "OCMF",
      publicKey: "a2V5",
    });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(125_000, 1000);
    const keys = h
      .events()
      .flatMap((event) => event.meterValue ?? [])
      .flatMap((value) => value.sampledValue)
      .flatMap((value) => value.signedMeterValue ?? [])
      .map((value) => value.publicKey);
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter((key) => key !== "")).toHaveLength(1);
  });
});

describe("delivery", () => {
  test.each([
    ["given up after the last attempt (TC_E_50)", 99, 3],
    ["accepted at the second attempt (TC_E_51)", 1, 2],
  ])("an event that the backend cannot process is repeated with growing pauses: %s", async (_, failures, attempts) => {
    const h = await createHarness({
      variables: {
        "OCPPCommCtrlr.MessageAttempts.TransactionEvent": "3",
        "OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent": "10",
        "SampledDataCtrlr.TxUpdatedInterval": "0",
      },
    });
    let left = failures;
    h.core.answers.TransactionEvent = (event) => {
      if (event.seqNo === 0 && left-- > 0) throw new Error("no");
      return {};
    };
    await h.plug(1);
    await h.run(60_000, 500);
    expect(h.events().filter((event) => event.seqNo === 0)).toHaveLength(attempts);
    await h.present(token(), 1);
    await h.run(2000);
    expect(h.events().some((event) => event.seqNo === 1)).toBe(true);
  });

  test("transaction status tells what is queued (TC_E_28, TC_E_30, TC_E_31, TC_E_33, TC_E_34)", async () => {
    const h = await createHarness({ variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0" } });
    expect(await h.call("GetTransactionStatus", { transactionId: "nobody" })).toEqual({
      ongoingIndicator: false,
      messagesInQueue: false,
    });
    expect(await h.call("GetTransactionStatus", {})).toEqual({ messagesInQueue: false });
    await h.plug(1);
    await h.present(token(), 1);
    const { transactionId } = h.station.transactions()[0]!;
    expect(await h.call("GetTransactionStatus", { transactionId })).toEqual({
      ongoingIndicator: true,
      messagesInQueue: false,
    });
    h.core.answers.TransactionEvent = () => {
      throw new Error("busy");
    };
    await h.present(token(), 1);
    await h.run(500);
    expect(await h.call("GetTransactionStatus", { transactionId })).toEqual({
      ongoingIndicator: false,
      messagesInQueue: true,
    });
    expect(await h.call("GetTransactionStatus", {})).toEqual({ messagesInQueue: true });
  });

  test("new calls are answered while the queue drains, and follow-up messages do not wait for it", async () => {
    const h = await createHarness({
      variables: {
        "OCPPCommCtrlr.RetryBackOffRandomRange": "0",
        "SampledDataCtrlr.TxUpdatedInterval": "1",
        "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
      },
    });
    h.link.up = false;
    h.link.cut();
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(1_200_000, 1000);
    const queued = h.store.queued();
    expect(queued).toBeGreaterThan(1000);
    h.link.latencyMs = 50;
    h.link.up = true;
    await h.run(60_000, 500);
    expect(h.store.queued()).toBeGreaterThan(200);
    const at = h.clock.wallMs();
    expect((await h.call("GetBaseReport", { requestId: 1, reportBase: "SummaryInventory" })).status).toBe("Accepted");
    while (h.sent("NotifyReport").length === 0) await h.run(50, 50);
    expect(h.clock.wallMs() - at).toBeLessThan(2000);
    expect(h.store.queued()).toBeGreaterThan(100);
  });
});
