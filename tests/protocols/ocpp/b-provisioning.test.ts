import { describe, expect, test } from "vitest";
import { createHarness, startMs, token } from "./harness.ts";

const quick = { "OCPPCommCtrlr.RetryBackOffRandomRange": "0", "OCPPCommCtrlr.RetryBackOffWaitMinimum": "3" };

describe("registration", () => {
  test("pending: answers, reports what it is asked, starts nothing, comes back after the interval (TC_B_02)", async () => {
    const { core, call, sent, run, plug, clock } = await createHarness({ started: false }).then(async (h) => {
      h.core.answers.BootNotification = () => ({
        status: "Pending",
        currentTime: new Date(startMs).toISOString(),
        interval: 20,
      });
      h.station.start();
      await h.clock.advance(1000);
      return h;
    });
    expect(core.received.map((message) => message.action)).toEqual(["BootNotification"]);
    expect(
      (
        await call("SetVariables", {
          setVariableData: [
            { attributeValue: "100", component: { name: "OCPPCommCtrlr" }, variable: { name: "OfflineThreshold" } },
          ],
        })
      ).setVariableResult[0]?.attributeStatus,
    ).toBe("Accepted");
    expect((await call("GetBaseReport", { requestId: 9, reportBase: "FullInventory" })).status).toBe("Accepted");
    await clock.advance(1000);
    expect(sent("NotifyReport").length).toBeGreaterThan(1);
    expect(sent("NotifyReport").at(-1)?.tbc).toBe(false);
    await plug(1);
    expect((await call("RequestStartTransaction", { idToken: token(), remoteStartId: 1, evseId: 1 })).status).toBe(
      "Rejected",
    );
    expect(sent("StatusNotification")).toEqual([]);
    expect(sent("TransactionEvent")).toEqual([]);
    expect((await call("TriggerMessage", { requestedMessage: "BootNotification" })).status).toBe("Accepted");
    await clock.advance(100);
    expect(sent("BootNotification").at(-1)?.reason).toBe("Triggered");
    delete core.answers.BootNotification;
    await run(21_000, 500);
    expect(sent("StatusNotification").length).toBe(2);
    expect((await call("TriggerMessage", { requestedMessage: "BootNotification" })).status).toBe("Rejected");
  });

  test("rejected: says nothing until the interval is over and answers SecurityError (TC_B_03, TC_B_30)", async () => {
    const h = await createHarness({ started: false });
    h.core.answers.BootNotification = () => ({
      status: "Rejected",
      currentTime: new Date(startMs).toISOString(),
      interval: 30,
    });
    h.station.start();
    await h.run(25_000, 500);
    expect(h.core.received).toHaveLength(1);
    await expect(h.link.call("GetBaseReport", { requestId: 1, reportBase: "FullInventory" })).rejects.toMatchObject({
      code: "SecurityError",
    });
    delete h.core.answers.BootNotification;
    await h.run(10_000, 500);
    expect(h.sent("BootNotification")).toHaveLength(2);
    expect(h.sent("StatusNotification")).toHaveLength(2);
  });

  test("a backend that is down at start is tried with doubling delays up to the configured number (TC_B_57)", async () => {
    const h = await createHarness({
      started: false,
      variables: { ...quick, "OCPPCommCtrlr.RetryBackOffRepeatTimes": "3" },
    });
    h.link.up = false;
    const attempts: number[] = [];
    const { factory } = h.link;
    h.station.start();
    void factory;
    await h.run(200_000, 500);
    for (const line of h.logs) if (line.includes("No connection")) attempts.push(1);
    // 0, 6, 18, 42, 66, 90, … s: 3·2, 3·4, then 3·8 again and again.
    expect(attempts).toHaveLength(10);
    h.link.up = true;
    await h.run(30_000, 500);
    expect(h.station.status().registration).toBe("accepted");
  });

  test.each([
    ["longer than the threshold: every connector is told (TC_B_51)", 400_000, 2],
    ["shorter than the threshold: only what has changed (TC_B_52)", 60_000, 1],
  ])("after an offline period %s", async (_, offlineMs, expected) => {
    const h = await createHarness({ variables: quick });
    const before = h.sent("StatusNotification").length;
    h.link.up = false;
    h.link.cut();
    await h.plug(1);
    await h.run(offlineMs, 1000);
    h.link.up = true;
    await h.run(60_000, 1000);
    expect(h.sent("StatusNotification").length - before).toBe(expected);
    expect(h.sent("BootNotification")).toHaveLength(1);
  });
});

describe("variables", () => {
  test.each([
    ["a known value (TC_B_06)", "OCPPCommCtrlr", "OfflineThreshold", undefined, undefined, "Accepted"],
    ["names in another case", "ocppcommctrlr", "OFFLINETHRESHOLD", undefined, undefined, "Accepted"],
    ["an instance", "OCPPCommCtrlr", "MessageTimeout", "Default", undefined, "Accepted"],
    ["an unknown component (TC_B_32)", "Nothing", "OfflineThreshold", undefined, undefined, "UnknownComponent"],
    ["an unknown variable (TC_B_33)", "OCPPCommCtrlr", "Nothing", undefined, undefined, "UnknownVariable"],
    [
      "an attribute that it does not have (TC_B_34)",
      "OCPPCommCtrlr",
      "OfflineThreshold",
      undefined,
      "Target",
      "NotSupportedAttributeType",
    ],
    ["a write-only value", "SecurityCtrlr", "BasicAuthPassword", undefined, undefined, "Rejected"],
    ["the site's mode", "Site", "Mode", undefined, undefined, "Accepted"],
  ] as const)("reading %s", async (_, component, variable, instance, attributeType, expected) => {
    const { call } = await createHarness();
    const answer = await call("GetVariables", {
      getVariableData: [
        {
          component: { name: component },
          variable: { name: variable, ...(instance && { instance }) },
          ...(attributeType && { attributeType }),
        },
      ],
    });
    expect(answer.getVariableResult[0]?.attributeStatus).toBe(expected);
  });

  test.each([
    ["a number (TC_B_09)", "OCPPCommCtrlr", "OfflineThreshold", "123", "Accepted"],
    ["a number that is none (TC_B_11)", "OCPPCommCtrlr", "OfflineThreshold", "soon", "Rejected"],
    ["a number out of range", "OCPPCommCtrlr", "MessageAttempts/TransactionEvent", "0", "Rejected"],
    ["a boolean that is none", "AuthCtrlr", "LocalPreAuthorize", "yes", "Rejected"],
    ["an unknown component (TC_B_35)", "Nothing", "OfflineThreshold", "1", "UnknownComponent"],
    ["an unknown variable (TC_B_36)", "OCPPCommCtrlr", "Nothing", "1", "UnknownVariable"],
    ["a read-only variable (TC_B_39)", "Site", "Mode", "parallel", "Rejected"],
    ["a list of measurands", "SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Voltage", "Accepted"],
    ["a list with an unknown measurand", "SampledDataCtrlr", "TxUpdatedMeasurands", "SoC,Weight", "Rejected"],
    ["a list that names one twice", "TxCtrlr", "TxStopPoint", "Authorized,Authorized", "Rejected"],
    ["a password that is too short (TC_A_10)", "SecurityCtrlr", "BasicAuthPassword", "short", "Rejected"],
    ["a password (TC_A_09)", "SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef", "Accepted"],
    ["an order of unknown network slots", "OCPPCommCtrlr", "NetworkConfigurationPriority", "4,1", "Rejected"],
  ])("writing %s", async (_, component, name, attributeValue, expected) => {
    const { call, station } = await createHarness();
    const [variable, instance] = name.split("/") as [string, string | undefined];
    const answer = await call("SetVariables", {
      setVariableData: [
        { component: { name: component }, variable: { name: variable, ...(instance && { instance }) }, attributeValue },
      ],
    });
    expect(answer.setVariableResult[0]?.attributeStatus).toBe(expected);
    if (expected === "Accepted") expect(station.model.text(component, variable, instance)).toBe(attributeValue);
  });

  test("values that the backend has set survive a restart", async () => {
    const { call, station, restart, ...h } = await createHarness();
    await call("SetVariables", {
      setVariableData: [
        { component: { name: "TxCtrlr" }, variable: { name: "EVConnectionTimeOut" }, attributeValue: "77" },
      ],
    });
    expect(station.model.number("TxCtrlr", "EVConnectionTimeOut")).toBe(77);
    await restart();
    expect(
      (
        await h.link.call("GetVariables", {
          getVariableData: [{ component: { name: "TxCtrlr" }, variable: { name: "EVConnectionTimeOut" } }],
        })
      ).getVariableResult[0]?.attributeValue,
    ).toBe("77");
  });

  test("too many variables in one message: the rest is refused (TC_B_08)", async () => {
    const { call } = await createHarness();
    const one = { component: { name: "TxCtrlr" }, variable: { name: "EVConnectionTimeOut" } };
    const answer = await call("GetVariables", { getVariableData: Array.from({ length: 120 }, () => one) });
    expect(
      answer.getVariableResult.map((result) => result.attributeStatus).filter((status) => status === "Rejected"),
    ).toHaveLength(20);
  });
});

/** TC_B_53: what a Core station must report (with the controllers that this one has). */
const mandatory =
  `AlignedDataCtrlr.Interval AlignedDataCtrlr.Measurands AlignedDataCtrlr.TxEndedInterval AlignedDataCtrlr.TxEndedMeasurands
AuthCtrlr.AuthorizeRemoteStart AuthCtrlr.LocalAuthorizeOffline AuthCtrlr.LocalPreAuthorize ChargingStation.AvailabilityState ChargingStation.Available
ChargingStation.SupplyPhases ClockCtrlr.DateTime ClockCtrlr.TimeSource Connector.AvailabilityState Connector.Available Connector.ConnectorType Connector.SupplyPhases
DeviceDataCtrlr.BytesPerMessage.GetReport DeviceDataCtrlr.BytesPerMessage.GetVariables DeviceDataCtrlr.BytesPerMessage.SetVariables
DeviceDataCtrlr.ItemsPerMessage.GetReport DeviceDataCtrlr.ItemsPerMessage.GetVariables DeviceDataCtrlr.ItemsPerMessage.SetVariables
EVSE.AvailabilityState EVSE.Available EVSE.Power EVSE.SupplyPhases OCPPCommCtrlr.FileTransferProtocols OCPPCommCtrlr.MessageTimeout.Default
OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent OCPPCommCtrlr.MessageAttempts.TransactionEvent OCPPCommCtrlr.NetworkConfigurationPriority
OCPPCommCtrlr.NetworkProfileConnectionAttempts OCPPCommCtrlr.OfflineThreshold OCPPCommCtrlr.ResetRetries OCPPCommCtrlr.UnlockOnEVSideDisconnect
SampledDataCtrlr.TxEndedInterval SampledDataCtrlr.TxEndedMeasurands SampledDataCtrlr.TxStartedMeasurands SampledDataCtrlr.TxUpdatedInterval SampledDataCtrlr.TxUpdatedMeasurands
SecurityCtrlr.CertificateEntries SecurityCtrlr.OrganizationName SecurityCtrlr.SecurityProfile TxCtrlr.EVConnectionTimeOut TxCtrlr.StopTxOnEVSideDisconnect
TxCtrlr.StopTxOnInvalidId TxCtrlr.TxStartPoint TxCtrlr.TxStopPoint DisplayMessageCtrlr.DisplayMessages DisplayMessageCtrlr.SupportedFormats DisplayMessageCtrlr.SupportedPriorities
ISO15118Ctrlr.ContractValidationOffline LocalAuthListCtrlr.BytesPerMessage LocalAuthListCtrlr.Entries LocalAuthListCtrlr.ItemsPerMessage
MonitoringCtrlr.BytesPerMessage.SetVariableMonitoring SmartChargingCtrlr.Entries.ChargingProfiles SmartChargingCtrlr.LimitChangeSignificance
SmartChargingCtrlr.PeriodsPerSchedule SmartChargingCtrlr.ProfileStackLevel SmartChargingCtrlr.RateUnit TariffCostCtrlr.Currency
TariffCostCtrlr.TariffFallbackMessage TariffCostCtrlr.TotalCostFallbackMessage`.split(/\s+/);

describe("reports", () => {
  test("the full inventory has every variable that certification asks for (TC_B_13, TC_B_53)", async () => {
    const { call, sent, clock } = await createHarness();
    expect((await call("GetBaseReport", { requestId: 3, reportBase: "FullInventory" })).status).toBe("Accepted");
    await clock.advance(2000);
    const reports = sent("NotifyReport");
    expect(reports.map((report) => report.seqNo)).toEqual(reports.map((_, index) => index));
    const names = new Set(
      reports
        .flatMap((report) => report.reportData ?? [])
        .map(({ component, variable }) => [component.name, variable.name, variable.instance].filter(Boolean).join(".")),
    );
    expect(mandatory.filter((name) => !names.has(name))).toEqual([]);
  });

  test("the configuration inventory has what can be written, without passwords (TC_B_12)", async () => {
    const { call, sent, clock } = await createHarness();
    await call("GetBaseReport", { requestId: 3, reportBase: "ConfigurationInventory" });
    await clock.advance(2000);
    const data = sent("NotifyReport").flatMap((report) => report.reportData ?? []);
    expect(data.every((item) => item.variableAttribute[0]?.mutability !== "ReadOnly")).toBe(true);
    expect(
      data.find((item) => item.variable.name === "BasicAuthPassword")?.variableAttribute[0]?.value,
    ).toBeUndefined();
  });

  test.each([
    [
      "a component and variable",
      { componentVariable: [{ component: { name: "Site" }, variable: { name: "Mode" } }] },
      "Accepted",
      1,
    ],
    ["all of an EVSE", { componentVariable: [{ component: { name: "EVSE", evse: { id: 2 } } }] }, "Accepted", 8],
    ["nothing known", { componentVariable: [{ component: { name: "Nothing" } }] }, "EmptyResultSet", 0],
    ["components with a problem, when there is none", { componentCriteria: ["Problem" as const] }, "EmptyResultSet", 0],
  ])("a custom report of %s", async (_, request, status, count) => {
    const { call, sent, clock } = await createHarness();
    expect((await call("GetReport", { requestId: 5, ...request } as never)).status).toBe(status);
    await clock.advance(1000);
    expect(sent("NotifyReport").flatMap((report) => report.reportData ?? [])).toHaveLength(count);
  });
});

describe("reset", () => {
  test("of an idle station reboots it (TC_B_20)", async () => {
    const h = await createHarness();
    expect((await h.call("Reset", { type: "OnIdle" })).status).toBe("Accepted");
    await h.run(10_000, 500);
    expect(h.site.resets).toEqual(["0 Immediate"]);
    expect(h.sent("BootNotification").at(-1)?.reason).toBe("RemoteReset");
    expect(h.sent("SecurityEventNotification").map((event) => event.type)).toContain("ResetOrReboot");
  });

  test("at once ends transactions first (TC_B_22)", async () => {
    const h = await createHarness();
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(5_000);
    expect((await h.call("Reset", { type: "Immediate" })).status).toBe("Accepted");
    await h.run(10_000, 500);
    const ended = h.events().find((event) => event.eventType === "Ended");
    expect(ended).toMatchObject({
      triggerReason: "ResetCommand",
      transactionInfo: { chargingState: "EVConnected", stoppedReason: "ImmediateReset" },
    });
    expect(ended?.idToken).toBeUndefined();
    expect(h.site.allowed[0]).toBe(false);
    expect(h.sent("BootNotification").at(-1)?.reason).toBe("RemoteReset");
  });

  test("on idle waits for the transaction, and no new one starts (TC_B_21)", async () => {
    const h = await createHarness();
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(5_000);
    expect((await h.call("Reset", { type: "OnIdle" })).status).toBe("Scheduled");
    await h.plug(2);
    await h.present(token("OTHER"), 2);
    expect(h.site.allowed[1]).toBe(false);
    expect(h.site.resets).toEqual([]);
    await h.present(token(), 1);
    await h.run(10_000, 500);
    expect(h.sent("BootNotification").at(-1)?.reason).toBe("ScheduledReset");
  });

  test.each([
    ["of one EVSE with a transaction, at once (TC_B_27)", "Immediate" as const, "Accepted", ["1 Immediate"]],
    ["of one EVSE with a transaction, on idle (TC_B_26)", "OnIdle" as const, "Scheduled", []],
  ])("%s", async (_, type, status, resets) => {
    const h = await createHarness();
    await h.plug(1);
    await h.present(token(), 1);
    await h.run(5_000);
    expect((await h.call("Reset", { type, evseId: 1 })).status).toBe(status);
    await h.run(1_000);
    expect(h.site.resets).toEqual(resets);
    await h.unplug(1);
    await h.run(1_000);
    expect(h.site.resets).toHaveLength(1);
  });

  test("of an unknown EVSE is refused", async () => {
    const h = await createHarness();
    expect((await h.call("Reset", { type: "Immediate", evseId: 9 })).status).toBe("Rejected");
  });
});

describe("network profiles", () => {
  const data = {
    ocppVersion: "OCPP20" as const,
    ocppTransport: "JSON" as const,
    ocppCsmsUrl: "ws://127.0.0.1:2",
    messageTimeout: 30,
    securityProfile: 1,
    ocppInterface: "Wired0" as const,
  };
  test.each([
    ["a free slot", 2, data, "Accepted"],
    ["the slot in use", 1, data, "Rejected"],
    ["a slot that does not exist (TC_B_43)", 9, data, "Rejected"],
    ["a URL that cannot be read", 2, { ...data, ocppCsmsUrl: "nowhere" }, "Rejected"],
    ["a security profile without TLS in its URL", 2, { ...data, securityProfile: 2 }, "Rejected"],
    ["an older version", 2, { ...data, ocppVersion: "OCPP16" as const }, "Rejected"],
  ])("set: %s", async (_, configurationSlot, connectionData, status) => {
    const { call } = await createHarness();
    expect((await call("SetNetworkProfile", { configurationSlot, connectionData })).status).toBe(status);
  });

  test("a slot that cannot be reached falls back to the next (TC_B_45, TC_B_46, TC_B_49)", async () => {
    const h = await createHarness({ variables: { ...quick, "OCPPCommCtrlr.NetworkProfileConnectionAttempts": "2" } });
    await h.call("SetNetworkProfile", { configurationSlot: 2, connectionData: data });
    const answer = await h.call("SetVariables", {
      setVariableData: [
        {
          component: { name: "OCPPCommCtrlr" },
          variable: { name: "NetworkConfigurationPriority" },
          attributeValue: "2,1",
        },
      ],
    });
    expect(answer.setVariableResult[0]?.attributeStatus).toBe("RebootRequired");
    h.link.refused = "ws://127.0.0.1:2";
    await h.call("Reset", { type: "OnIdle" });
    await h.run(60_000, 500);
    expect(h.station.status()).toMatchObject({ registration: "accepted", activeSlot: 1 });
    h.link.refused = "";
    await h.call("Reset", { type: "OnIdle" });
    await h.run(60_000, 500);
    expect(h.station.status()).toMatchObject({ registration: "accepted", activeSlot: 2 });
  });

  test("a security profile that needs a root or a certificate is refused without (TC_A_20, TC_A_21)", async () => {
    const h = await createHarness();
    await h.call("SetNetworkProfile", {
      configurationSlot: 2,
      connectionData: { ...data, ocppCsmsUrl: "wss://127.0.0.1:2", securityProfile: 3 },
    });
    const answer = await h.call("SetVariables", {
      setVariableData: [
        {
          component: { name: "OCPPCommCtrlr" },
          variable: { name: "NetworkConfigurationPriority" },
          attributeValue: "2,1",
        },
      ],
    });
    expect(answer.setVariableResult[0]).toMatchObject({ attributeStatus: "Rejected" });
  });
});
