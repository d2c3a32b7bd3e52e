/** Cases of the public certification list (Core, Advanced Security) that the blocks' own tests do not tell by themselves. */
import { describe, expect, test } from "vitest";
import type { AuthorizationStatus } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { createHarness, type Harness, token } from "./harness.ts";

const charging = async (variables: Record<string, string> = {}): Promise<Harness> => {
  const h = await createHarness({ variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0", ...variables } });
  await h.plug(1);
  await h.present(token(), 1);
  await h.run(3000);
  return h;
};
const last = (h: Harness): string => {
  const event = h.events().at(-1)!;
  return [event.eventType, event.triggerReason, event.transactionInfo.stoppedReason].filter(Boolean).join(" ");
};
const offlineFor = async (h: Harness, ms: number): Promise<void> => {
  h.link.up = false;
  h.link.cut();
  await h.run(ms, 500);
};
const back = async (h: Harness): Promise<void> => {
  h.link.up = true;
  await h.run(60_000, 500);
};

describe("provisioning", () => {
  test("cold boot: accepted, statuses, security event (TC_B_01)", async () => {
    const h = await createHarness();
    expect(h.core.received.map((message) => message.action)).toEqual(
      expect.arrayContaining(["BootNotification", "StatusNotification", "SecurityEventNotification"]),
    );
  });
  test("several variables at once (TC_B_07, TC_B_10), one with an attribute that it does not have (TC_B_37)", async () => {
    const h = await createHarness();
    const one = (name: string) => ({ component: { name: "OCPPCommCtrlr" }, variable: { name } });
    const got = await h.call("GetVariables", { getVariableData: [one("OfflineThreshold"), one("ResetRetries")] });
    expect(got.getVariableResult.map((result) => result.attributeValue)).toEqual(["300", "3"]);
    const set = await h.call("SetVariables", {
      setVariableData: [
        { ...one("OfflineThreshold"), attributeValue: "7" },
        { ...one("ResetRetries"), attributeValue: "2" },
        { ...one("ResetRetries"), attributeType: "MaxSet", attributeValue: "2" },
      ],
    });
    expect(set.setVariableResult.map((result) => result.attributeStatus)).toEqual([
      "Accepted",
      "Accepted",
      "NotSupportedAttributeType",
    ]);
  });
  test("an inoperative station stays so through a reset (TC_B_23)", async () => {
    const h = await createHarness();
    await h.call("ChangeAvailability", { operationalStatus: "Inoperative" });
    await h.call("Reset", { type: "OnIdle" });
    await h.run(10_000, 500);
    expect(h.sent("BootNotification")).toHaveLength(2);
    expect(
      h
        .sent("StatusNotification")
        .slice(-2)
        .map((status) => status.connectorStatus),
    ).toEqual(["Unavailable", "Unavailable"]);
  });
  test("a reset on idle waits for every transaction (TC_B_41); one EVSE without any resets at once (TC_B_25)", async () => {
    const h = await charging();
    await h.plug(2);
    await h.present(token("B"), 2);
    expect((await h.call("Reset", { type: "OnIdle" })).status).toBe("Scheduled");
    await h.present(token(), 1);
    await h.run(3000);
    expect(h.site.resets).toEqual([]);
    await h.present(token("B"), 2);
    await h.run(5000);
    expect(h.site.resets).toEqual(["0 OnIdle"]);
    expect((await h.call("Reset", { type: "Immediate", evseId: 2 })).status).toBe("Accepted");
    expect(h.site.resets.at(-1)).toBe("2 Immediate");
  });
});

describe("authorisation", () => {
  test.each([
    ["Invalid", "TC_C_09"],
    ["Blocked", "TC_C_10"],
    ["Expired", "TC_C_11"],
  ] as [AuthorizationStatus, string][])(
    "cached as %s and still so: refused after asking (TC_C_09, TC_C_10, TC_C_11)",
    async (status) => {
      const h = await createHarness({ variables: { "AuthCtrlr.LocalPreAuthorize": "true" } });
      h.core.answers.Authorize = () => ({ idTokenInfo: { status } });
      await h.plug(1);
      await h.present(token(), 1);
      expect((await h.present(token(), 1)).outcome).toBe("refused");
      expect(h.sent("Authorize")).toHaveLength(2);
    },
  );
  test("another token does not stop (TC_C_04), an invalid one starts nothing (TC_C_05)", async () => {
    const h = await charging();
    const before = h.events().length;
    expect((await h.present(token("OTHER"), 1)).outcome).toBe("refused");
    h.core.answers.Authorize = () => ({ idTokenInfo: { status: "Invalid" } });
    expect((await h.present(token("BAD"), 2)).outcome).toBe("refused");
    expect(h.events()).toHaveLength(before);
  });
  test("the cache serves before the plug (TC_C_13), follows answers (TC_C_33) and events (TC_C_34), and is silent when not wanted (TC_C_36)", async () => {
    const h = await charging({ "AuthCtrlr.LocalPreAuthorize": "true" });
    await h.present(token(), 1);
    await h.unplug(1);
    expect((await h.present(token(), 2)).decision?.source).toBe("cache");
    h.core.answers.TransactionEvent = (event) => (event.idToken ? { idTokenInfo: { status: "Blocked" } } : {});
    await h.plug(2);
    await h.run(1000);
    await h.unplug(2);
    h.core.answers.Authorize = () => ({ idTokenInfo: { status: "Blocked" } });
    await h.plug(1);
    expect((await h.present(token(), 1)).outcome).toBe("started");
    await h.run(1000);
    expect(last(h)).toBe("Ended Deauthorized DeAuthorized");
    expect((await h.present(token(), 1)).outcome).toBe("refused");
    h.station.model.put("AuthCtrlr", "LocalPreAuthorize", "false");
    const asked = h.sent("Authorize").length;
    await h.present(token(), 1);
    expect(h.sent("Authorize")).toHaveLength(asked + 1);
  });
  test.each([
    ["Accepted", "stopped"],
    ["Invalid", "refused"],
  ] as const)("a cached token of the same group, %s (TC_C_41, TC_C_44)", async (status, outcome) => {
    const h = await createHarness({ variables: { "AuthCtrlr.LocalPreAuthorize": "true" } });
    const groupIdToken = { idToken: "fleet", type: "Central" as const };
    h.core.answers.Authorize = ({ idToken }) => ({
      idTokenInfo: { status: idToken.idToken === "B" ? status : "Accepted", groupIdToken },
    });
    await h.plug(2);
    await h.present(token("B"), 2);
    await h.unplug(2);
    await h.plug(1);
    await h.present(token("A"), 1);
    await h.run(1000);
    expect((await h.present(token("B"), 1)).outcome).toBe(outcome);
  });
});

describe("transactions", () => {
  test("plug, token, energy, token (TC_E_03, TC_E_06, TC_J_07, TC_J_09)", async () => {
    const h = await charging();
    await h.run(120_000, 500);
    await h.present(token(), 1);
    const contexts = h
      .events()
      .flatMap((event) => event.meterValue ?? [])
      .map((value) => value.sampledValue[0]!.context);
    expect(contexts[0]).toBe("Transaction.Begin");
    expect(contexts).toContain("Sample.Periodic");
    expect(last(h)).toBe("Ended StopAuthorized Local");
    expect(h.events()[0]!.evse).toEqual({ id: 1, connectorId: 1 });
  });
  test.each([
    ["Authorized (TC_E_13)", "Authorized", "Started RemoteStart"],
    ["PowerPathClosed (TC_F_01)", "PowerPathClosed", "Started RemoteStart"],
  ])("a remote start with start point %s", async (_, point, first) => {
    const h = await createHarness({ variables: { "TxCtrlr.TxStartPoint": point } });
    await h.plug(1);
    await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 3, evseId: 1 });
    await h.run(2000);
    expect(`${h.events()[0]!.eventType} ${h.events()[0]!.triggerReason}`).toBe(first);
    expect(h.events()[0]!.transactionInfo.remoteStartId).toBe(3);
  });
  test.each([
    ["Authorized (TC_E_21, TC_F_08)", "Authorized"],
    ["PowerPathClosed (TC_E_35)", "PowerPathClosed"],
  ])("a remote stop with stop point %s", async (_, point) => {
    const h = await charging({ "TxCtrlr.TxStopPoint": point });
    await h.call("RequestStopTransaction", { transactionId: h.station.transactions()[0]!.transactionId });
    await h.run(1000);
    expect(last(h)).toBe("Ended RemoteStop Remote");
    expect((await h.call("RequestStopTransaction", { transactionId: "unknown" })).status).toBe("Rejected");
  });
  test("a vehicle that is not ready is suspended (TC_E_38)", async () => {
    const h = await createHarness();
    h.site.evses[0]!.energyRequested = false;
    await h.present(token(), 1);
    await h.plug(1);
    await h.run(6000);
    expect(h.events().at(-1)).toMatchObject({
      triggerReason: "ChargingStateChanged",
      transactionInfo: { chargingState: "SuspendedEV" },
    });
  });
  test("the bay becomes free (TC_E_19)", async () => {
    const h = await createHarness({
      variables: {
        "TxCtrlr.TxStartPoint": "ParkingBayOccupancy",
        "TxCtrlr.TxStopPoint": "ParkingBayOccupancy",
        "TxCtrlr.StopTxOnEVSideDisconnect": "false",
      },
    });
    h.site.evses[0]!.bayOccupied = true;
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(2000);
    await h.present(token(), 1);
    await h.unplug(1);
    expect(h.events().at(-1)!.eventType).toBe("Updated");
    h.site.evses[0]!.bayOccupied = false;
    await h.run(1000);
    expect(last(h)).toBe("Ended EVDeparted Local");
  });
  test("the plug stays locked on the station's side when so configured (TC_E_25)", async () => {
    const h = await charging({ "OCPPCommCtrlr.UnlockOnEVSideDisconnect": "false" });
    await h.unplug(1);
    expect(h.site.unlocked).toEqual([]);
    expect(last(h)).toBe("Ended EVCommunicationLost EVDisconnected");
  });
  test("a suspended transaction frees the connector and ends when the cable does not come back (TC_E_27)", async () => {
    const h = await charging({
      "TxCtrlr.StopTxOnEVSideDisconnect": "false",
      "TxCtrlr.TxStopPoint": "Authorized,ParkingBayOccupancy",
      "TxCtrlr.EVConnectionTimeOut": "60",
    });
    h.site.evses[0]!.bayOccupied = true;
    await h.run(500);
    await h.unplug(1);
    expect(h.events().at(-1)).toMatchObject({
      eventType: "Updated",
      triggerReason: "EVCommunicationLost",
      transactionInfo: { chargingState: "Idle" },
    });
    expect(h.sent("StatusNotification").at(-1)).toMatchObject({ evseId: 1, connectorStatus: "Available" });
    await h.run(61_000, 500);
    expect(last(h)).toBe("Ended EVConnectTimeout Timeout");
  });
});

describe("offline", () => {
  const unknown = { "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true", "SampledDataCtrlr.TxUpdatedInterval": "5" };
  test("the connection is lost during a transaction (TC_E_40), its queue is told (TC_E_29)", async () => {
    const h = await charging(unknown);
    const before = h.events().length;
    const { transactionId } = h.station.transactions()[0]!;
    await offlineFor(h, 30_000);
    h.link.up = true;
    h.link.latencyMs = 2000;
    while (!h.link.connected) await h.run(250);
    expect(await h.call("GetTransactionStatus", { transactionId })).toEqual({
      ongoingIndicator: true,
      messagesInQueue: true,
    });
    await back(h);
    const told = h.events().slice(before);
    expect(told[0]).toMatchObject({ eventType: "Updated", offline: true });
    expect(told.at(-1)?.offline).toBe(false);
  });
  test("a whole transaction happens offline (TC_E_43)", async () => {
    const h = await createHarness({ variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0", ...unknown } });
    await offlineFor(h, 500);
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(20_000, 500);
    await h.present(token(), 1);
    await h.unplug(1);
    await back(h);
    expect(h.events().every((event) => event.offline)).toBe(true);
    expect([h.events()[0]!.eventType, h.events().at(-1)!.eventType]).toEqual(["Started", "Ended"]);
  });
  test.each([
    ["by its token (TC_E_44)", "04A1B2C3"],
    ["by one of its group, known from the cache (TC_E_45)", "SISTER"],
  ])("a transaction is stopped offline %s", async (_, idToken) => {
    const h = await createHarness({ variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0" } });
    h.core.answers.Authorize = () => ({
      idTokenInfo: { status: "Accepted", groupIdToken: { idToken: "fleet", type: "Central" } },
    });
    await h.plug(2);
    await h.present(token("SISTER"), 2);
    await h.unplug(2);
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(2000);
    await offlineFor(h, 2000);
    expect((await h.present(token(idToken), 1)).outcome).toBe("stopped");
    await back(h);
    expect(h.events().at(-1)).toMatchObject({ eventType: "Ended", offline: true, idToken: { idToken } });
  });
});

describe("delivery without answers", () => {
  test.each([
    ["given up (TC_E_41)", 99, 3],
    ["answered at the second attempt (TC_E_42)", 1, 2],
  ])("a TransactionEvent that nobody answers is %s", async (_, silent, attempts) => {
    const h = await createHarness({
      variables: {
        "OCPPCommCtrlr.MessageTimeout.Default": "2",
        "OCPPCommCtrlr.MessageAttempts.TransactionEvent": "3",
        "OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent": "5",
      },
    });
    let left = silent;
    h.link.swallow = (action, payload) =>
      action === "TransactionEvent" && (payload as { seqNo: number }).seqNo === 0 && left-- > 0;
    await h.plug(1);
    await h.run(60_000, 500);
    expect(silent - left + (attempts > silent ? 1 : 0)).toBeGreaterThanOrEqual(attempts);
    await h.present(token(), 1);
    await h.run(2000);
    expect(h.events().some((event) => event.seqNo === 1)).toBe(true);
  });
});

describe("remote control and availability", () => {
  test("a stop of an unknown transaction is refused (TC_F_09); a free connector unlocks (TC_F_07); an accepted station boots on nobody's request (TC_F_26)", async () => {
    const h = await createHarness();
    expect((await h.call("RequestStopTransaction", { transactionId: "x" })).status).toBe("Rejected");
    expect((await h.call("UnlockConnector", { evseId: 1, connectorId: 1 })).status).toBe("Unlocked");
    expect((await h.call("TriggerMessage", { requestedMessage: "BootNotification" })).status).toBe("Rejected");
  });
  test("plug and unplug are told (TC_G_01, TC_G_02)", async () => {
    const h = await createHarness();
    await h.plug(1);
    expect(h.sent("StatusNotification").at(-1)).toMatchObject({ evseId: 1, connectorStatus: "Occupied" });
    await h.unplug(1);
    expect(h.sent("StatusNotification").at(-1)).toMatchObject({ evseId: 1, connectorStatus: "Available" });
  });
  test.each([
    ["an EVSE (TC_G_09, TC_G_10)", { evse: { id: 1 } }],
    ["the station (TC_G_12, TC_G_13)", {}],
    ["a connector (TC_G_15, TC_G_16)", { evse: { id: 1, connectorId: 1 } }],
  ])("what is so already is accepted: %s", async (_, scope) => {
    const h = await createHarness();
    for (const operationalStatus of ["Operative", "Inoperative", "Inoperative"] as const)
      expect((await h.call("ChangeAvailability", { operationalStatus, ...scope })).status).toBe("Accepted");
    const unavailable = h
      .sent("StatusNotification")
      .filter((status) => status.connectorStatus === "Unavailable" && status.evseId === 1);
    expect(unavailable).toHaveLength(1);
  });
});

describe("metering, certificates, firmware, customers, custom data", () => {
  test("aligned readings stand in the Ended event, signed when so configured (TC_J_03, TC_J_04)", async () => {
    const h = await createHarness({
      variables: {
        "AlignedDataCtrlr.TxEndedInterval": "60",
        "AlignedDataCtrlr.TxEndedMeasurands": "Energy.Active.Import.Register",
        "AlignedDataCtrlr.SignReadings": "true",
      },
    });
    h.site.signReading = () => ({
      signedMeterData: "ZA==",
      signingMethod: "",
      encodingMethod: "OCMF",
      publicKey: "aw==",
    });
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(200_000, 500);
    await h.present(token(), 1);
    const aligned = h
      .events()
      .at(-1)!
      .meterValue!.filter((value) => value.sampledValue[0]!.context === "Sample.Clock");
    expect(aligned).toHaveLength(3);
    expect(
      aligned.every((value) => Date.parse(value.timestamp) % 60_000 === 0 && value.sampledValue[0]!.signedMeterValue),
    ).toBe(true);
  });
  test("clearing without a report says so with an empty one (TC_N_31, TC_N_62)", async () => {
    const h = await createHarness();
    await h.call("CustomerInformation", { requestId: 1, report: true, clear: true, idToken: token("NOBODY") });
    await h.call("CustomerInformation", { requestId: 2, report: true, clear: true, customerIdentifier: "NOBODY" });
    await h.clock.advance(100);
    expect(h.sent("NotifyCustomerInformation").map((one) => [one.requestId, one.data, one.tbc])).toEqual([
      [1, "", false],
      [2, "", false],
    ]);
  });
  test("custom data are taken along and change nothing (TC_P_03)", async () => {
    const h = await createHarness();
    const answer = await h.call("GetVariables", {
      customData: { vendorId: "com.example", anything: { deep: 1 } },
      getVariableData: [{ component: { name: "OCPPCommCtrlr" }, variable: { name: "OfflineThreshold" } }],
    });
    expect(answer.getVariableResult[0]?.attributeStatus).toBe("Accepted");
  });
});
