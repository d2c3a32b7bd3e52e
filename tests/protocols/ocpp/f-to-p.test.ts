import { describe, expect, test } from "vitest";
import type { ChargingProfile } from "../../../src/protocols/ocpp/transport/messages.table.ts";
import { createHarness, type Harness, startMs, token } from "./harness.ts";

const charging = async (options: Parameters<typeof createHarness>[0] = {}): Promise<Harness> => {
  const h = await createHarness(options);
  await h.plug(1);
  await h.present(token(), 1);
  await h.run(3000);
  return h;
};
const iso = (ms: number): string => new Date(ms).toISOString();

/** A default profile of one constant limit. */
const profile = (id: number, limit: number, more: Partial<ChargingProfile> = {}): ChargingProfile => ({
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
  ...more,
});

describe("F: remote control", () => {
  test("remote start first, then the plug (TC_F_03); a timeout frees the EVSE (TC_F_04)", async () => {
    const h = await createHarness({ variables: { "TxCtrlr.EVConnectionTimeOut": "30" } });
    expect((await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 7, evseId: 1 })).status).toBe(
      "Accepted",
    );
    await h.run(31_000, 500);
    expect(h.events().map((event) => event.triggerReason)).toEqual(["RemoteStart", "EVConnectTimeout"]);
    expect((await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 8, evseId: 1 })).status).toBe(
      "Accepted",
    );
    await h.plug(1);
    await h.run(2000);
    expect(h.site.allowed[0]).toBe(true);
    expect(h.sent("Authorize")).toEqual([]);
  });

  test("remote start is authorised first when so configured (TC_F_02)", async () => {
    const h = await createHarness({ variables: { "AuthCtrlr.AuthorizeRemoteStart": "true" } });
    h.core.answers.Authorize = () => ({ idTokenInfo: { status: "Blocked" } });
    await h.plug(1);
    await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 7, evseId: 1 });
    await h.run(1000);
    expect(h.sent("Authorize")).toHaveLength(1);
    expect(h.site.allowed[0]).toBe(false);
  });

  test("a running transaction's id is in the answer, a second start is refused", async () => {
    const h = await createHarness();
    await h.plug(1);
    const first = await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 7, evseId: 1 });
    expect(first.transactionId).toBe(h.station.transactions()[0]!.transactionId);
    expect((await h.call("RequestStartTransaction", { idToken: token("B"), remoteStartId: 8, evseId: 1 })).status).toBe(
      "Rejected",
    );
    expect((await h.call("RequestStartTransaction", { idToken: token("B"), remoteStartId: 8, evseId: 5 })).status).toBe(
      "Rejected",
    );
  });

  test("a remote start brings its profile (K05), and only a TxProfile (TC_K_38)", async () => {
    const h = await createHarness({ variables: { "TxCtrlr.TxStartPoint": "PowerPathClosed" } });
    await h.plug(1);
    const tx = profile(1, 3000, {
      chargingProfilePurpose: "TxProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: [{ id: 1, chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 3000 }] }],
    });
    expect(
      (
        await h.call("RequestStartTransaction", {
          idToken: token(),
          remoteStartId: 7,
          evseId: 1,
          chargingProfile: profile(1, 3000),
        })
      ).status,
    ).toBe("Rejected");
    expect(
      (await h.call("RequestStartTransaction", { idToken: token(), remoteStartId: 7, evseId: 1, chargingProfile: tx }))
        .status,
    ).toBe("Accepted");
    await h.run(2000);
    expect(h.site.limits.get(1)?.maxW).toBe(3000);
    await h.present(token(), 1);
    await h.run(1000);
    expect(h.site.limits.get(1)).toBeNull();
  });

  test.each([
    ["a free connector (TC_F_06)", 1, 1, "Unlocked"],
    ["an unknown EVSE (TC_F_10)", 7, 1, "UnknownConnector"],
    ["an unknown connector", 1, 2, "UnknownConnector"],
  ])("unlock %s", async (_, evseId, connectorId, status) => {
    const h = await createHarness();
    expect((await h.call("UnlockConnector", { evseId, connectorId })).status).toBe(status);
  });
  test("unlock with an authorised transaction is refused (TC_F_05)", async () => {
    const h = await charging();
    expect((await h.call("UnlockConnector", { evseId: 1, connectorId: 1 })).status).toBe(
      "OngoingAuthorizedTransaction",
    );
  });

  test.each([
    ["MeterValues", 2, "MeterValues"],
    ["MeterValues", undefined, "MeterValues"],
    ["TransactionEvent", 1, "TransactionEvent"],
    ["TransactionEvent", undefined, "TransactionEvent"],
    ["StatusNotification", 1, "StatusNotification"],
    ["Heartbeat", undefined, "Heartbeat"],
    ["LogStatusNotification", undefined, "LogStatusNotification"],
    ["FirmwareStatusNotification", undefined, "FirmwareStatusNotification"],
    ["SignChargingStationCertificate", undefined, "SignCertificate"],
    ["SignV2GCertificate", undefined, "SignCertificate"],
  ] as const)(
    "trigger %s of EVSE %s (TC_F_11, TC_F_12, TC_F_13, TC_F_14, TC_F_15, TC_F_18, TC_F_20, TC_F_24)",
    async (requestedMessage, id, action) => {
      const h = await charging();
      const before = h.sent(action).length;
      expect(
        (
          await h.call("TriggerMessage", {
            requestedMessage,
            ...(id !== undefined && { evse: { id, connectorId: 1 } }),
          })
        ).status,
      ).toBe("Accepted");
      await h.clock.advance(500);
      expect(h.sent(action).length).toBeGreaterThan(before);
    },
  );
  test("what is not there is not implemented (TC_F_27) or refused", async () => {
    const h = await createHarness();
    expect((await h.call("TriggerMessage", { requestedMessage: "PublishFirmwareStatusNotification" })).status).toBe(
      "NotImplemented",
    );
    expect((await h.call("TriggerMessage", { requestedMessage: "MeterValues", evse: { id: 9 } })).status).toBe(
      "Rejected",
    );
    expect((await h.call("TriggerMessage", { requestedMessage: "TransactionEvent", evse: { id: 1 } })).status).toBe(
      "Rejected",
    );
  });
});

describe("G: availability", () => {
  test.each([
    ["an EVSE (TC_G_03)", { evse: { id: 1 } }, [1]],
    ["a connector (TC_G_07)", { evse: { id: 2, connectorId: 1 } }, [2]],
    ["the station (TC_G_05)", {}, [1, 2]],
  ])(
    "%s becomes inoperative, also across a restart, and operative again (TC_G_04, TC_G_06, TC_G_08, TC_G_18, TC_G_19, TC_G_21)",
    async (_, scope, ids) => {
      const h = await createHarness();
      expect((await h.call("ChangeAvailability", { operationalStatus: "Inoperative", ...scope })).status).toBe(
        "Accepted",
      );
      await h.run(500);
      const unavailable = (): number[] =>
        h.station.status().connectors.flatMap((status, index) => (status === "Unavailable" ? [index + 1] : []));
      expect(unavailable()).toEqual(ids);
      expect(
        h
          .sent("StatusNotification")
          .filter((status) => status.connectorStatus === "Unavailable")
          .map((status) => status.evseId),
      ).toEqual(ids);
      await h.restart();
      expect(unavailable()).toEqual(ids);
      expect((await h.call("ChangeAvailability", { operationalStatus: "Operative", ...scope })).status).toBe(
        "Accepted",
      );
      await h.run(500);
      expect(unavailable()).toEqual([]);
    },
  );

  test("with a transaction it is scheduled and follows its end (TC_G_11, TC_G_14, TC_G_17)", async () => {
    const h = await charging();
    expect((await h.call("ChangeAvailability", { operationalStatus: "Inoperative", evse: { id: 1 } })).status).toBe(
      "Scheduled",
    );
    expect(h.site.allowed[0]).toBe(true);
    await h.present(token(), 1);
    await h.run(1000);
    expect(h.station.status().connectors[0]).toBe("Unavailable");
    expect((await h.present(token(), 1)).outcome).toBe("refused");
    expect((await h.call("ChangeAvailability", { operationalStatus: "Inoperative", evse: { id: 9 } })).status).toBe(
      "Rejected",
    );
  });
});

describe("H: reservations", () => {
  const reserve = (more: object = {}) => ({
    id: 1,
    expiryDateTime: iso(startMs + 600_000),
    idToken: token("HERS"),
    evseId: 1,
    ...more,
  });
  test("a reserved EVSE serves its token only, and the reservation is told (H01, H03)", async () => {
    const h = await createHarness();
    expect((await h.call("ReserveNow", reserve())).status).toBe("Accepted");
    await h.run(500);
    expect(h.sent("StatusNotification").at(-1)).toMatchObject({ evseId: 1, connectorStatus: "Reserved" });
    await h.plug(1);
    expect((await h.present(token("HIS"), 1)).outcome).toBe("refused");
    expect((await h.present(token("HERS"), 1)).outcome).toBe("started");
    expect(h.events().find((event) => event.triggerReason === "Authorized")?.reservationId).toBe(1);
    expect((await h.call("CancelReservation", { reservationId: 1 })).status).toBe("Rejected");
  });
  test("it expires (H04), is cancelled (H02), is lost with a fault", async () => {
    const h = await createHarness();
    await h.call("ReserveNow", reserve());
    await h.run(601_000, 1000);
    expect(h.sent("ReservationStatusUpdate")).toEqual([{ reservationId: 1, reservationUpdateStatus: "Expired" }]);
    expect(h.station.status().connectors[0]).toBe("Available");
    const later = { expiryDateTime: iso(startMs + 6_000_000) };
    await h.call("ReserveNow", reserve({ ...later, id: 2 }));
    expect((await h.call("CancelReservation", { reservationId: 2 })).status).toBe("Accepted");
    await h.call("ReserveNow", reserve({ ...later, id: 3 }));
    h.site.evses[0]!.faulted = true;
    await h.run(500);
    expect(h.sent("ReservationStatusUpdate").at(-1)).toEqual({ reservationId: 3, reservationUpdateStatus: "Removed" });
  });
  test.each([
    ["an EVSE in use", async (h: Harness): Promise<void> => h.plug(1), {}, "Occupied"],
    ["a faulted EVSE", async (h: Harness): Promise<void> => void (h.site.evses[0]!.faulted = true), {}, "Faulted"],
    [
      "an inoperative EVSE",
      async (h: Harness): Promise<void> =>
        void (await h.call("ChangeAvailability", { operationalStatus: "Inoperative", evse: { id: 1 } })),
      {},
      "Unavailable",
    ],
    [
      "a moment that has passed",
      async (): Promise<void> => undefined,
      { expiryDateTime: iso(startMs - 1000) },
      "Rejected",
    ],
    ["an unknown EVSE", async (): Promise<void> => undefined, { evseId: 8 }, "Rejected"],
    [
      "a connector type that is not there",
      async (): Promise<void> => undefined,
      { connectorType: "cG105" },
      "Rejected",
    ],
    ["any EVSE while one is free", async (h: Harness): Promise<void> => h.plug(2), { evseId: undefined }, "Accepted"],
  ] as const)("reserving %s", async (_, prepare, more, status) => {
    const h = await createHarness();
    await prepare(h);
    await h.run(500);
    const request = reserve(more);
    if (request.evseId === undefined) delete (request as { evseId?: number }).evseId;
    expect((await h.call("ReserveNow", request as never)).status).toBe(status);
  });
});

describe("K: smart charging", () => {
  test.each([
    [
      "a TxProfile without transaction",
      1,
      profile(1, 1000, { chargingProfilePurpose: "TxProfile", transactionId: "t" }),
      "TxNotFound",
    ],
    [
      "a TxProfile for the station",
      0,
      profile(1, 1000, { chargingProfilePurpose: "TxProfile", transactionId: "t" }),
      "InvalidProfile",
    ],
    [
      "external constraints",
      0,
      profile(1, 1000, { chargingProfilePurpose: "ChargingStationExternalConstraints" }),
      "InvalidProfile",
    ],
    [
      "a station maximum for an EVSE",
      1,
      profile(1, 1000, { chargingProfilePurpose: "ChargingStationMaxProfile" }),
      "InvalidProfile",
    ],
    ["an unknown EVSE", 5, profile(1, 1000), "UnknownEvse"],
    ["a stack level that is too high", 0, profile(1, 1000, { stackLevel: 100 }), "InvalidStackLevel"],
    ["a recurring one without recurrency", 0, profile(1, 1000, { chargingProfileKind: "Recurring" }), "MissingParam"],
    [
      "an absolute one without start",
      0,
      profile(1, 1000, {
        chargingSchedule: [{ id: 1, chargingRateUnit: "W", chargingSchedulePeriod: [{ startPeriod: 0, limit: 1 }] }],
      }),
      "InvalidSchedule",
    ],
    [
      "a first period that is late",
      0,
      profile(1, 1000, {
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-06-15T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 5, limit: 1 }],
          },
        ],
      }),
      "InvalidSchedule",
    ],
    [
      "periods out of order",
      0,
      profile(1, 1000, {
        chargingSchedule: [
          {
            id: 1,
            startSchedule: "2026-06-15T00:00:00Z",
            chargingRateUnit: "W",
            chargingSchedulePeriod: [
              { startPeriod: 0, limit: 1 },
              { startPeriod: 9, limit: 1 },
              { startPeriod: 9, limit: 2 },
            ],
          },
        ],
      }),
      "InvalidSchedule",
    ],
    [
      "an end before its start",
      0,
      profile(1, 1000, { validFrom: iso(startMs), validTo: iso(startMs - 1) }),
      "InvalidProfile",
    ],
  ])("refuses %s", async (_, evseId, chargingProfile, reasonCode) => {
    const h = await createHarness();
    expect(await h.call("SetChargingProfile", { evseId, chargingProfile })).toMatchObject({
      status: "Rejected",
      statusInfo: { reasonCode },
    });
    expect(h.station.model.text("SmartChargingCtrlr", "Entries", "ChargingProfiles")).toBe("0");
    expect([...h.site.limits.values()].filter((limit) => limit !== null)).toEqual([]);
  });

  test("profiles that contradict each other: the second is refused, the same id replaces (K01)", async () => {
    const h = await createHarness();
    await h.call("SetChargingProfile", { evseId: 0, chargingProfile: profile(1, 1000) });
    expect(await h.call("SetChargingProfile", { evseId: 0, chargingProfile: profile(2, 2000) })).toMatchObject({
      statusInfo: { reasonCode: "DuplicateProfile" },
    });
    expect((await h.call("SetChargingProfile", { evseId: 0, chargingProfile: profile(1, 3000) })).status).toBe(
      "Accepted",
    );
    expect(h.site.limits.get(1)?.maxW).toBe(3000);
  });

  test("a stack: higher level first, station maximum over all, the boundary acts on time", async () => {
    const h = await createHarness();
    await h.call("SetChargingProfile", { evseId: 0, chargingProfile: profile(1, 9000) });
    await h.call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: profile(2, 6000, {
        stackLevel: 1,
        chargingSchedule: [
          {
            id: 2,
            startSchedule: iso(h.clock.wallMs() + 10_000),
            duration: 20,
            chargingRateUnit: "W",
            chargingSchedulePeriod: [{ startPeriod: 0, limit: 6000 }],
          },
        ],
      }),
    });
    expect(h.site.limits.get(1)?.maxW).toBe(9000);
    await h.clock.advance(10_000);
    expect(h.site.limits.get(1)?.maxW).toBe(6000);
    expect(h.site.limits.get(2)?.maxW).toBe(9000);
    await h.clock.advance(20_000);
    expect(h.site.limits.get(1)?.maxW).toBe(9000);
    await h.call("SetChargingProfile", {
      evseId: 0,
      chargingProfile: profile(3, 4000, { chargingProfilePurpose: "ChargingStationMaxProfile" }),
    });
    expect(h.site.limits.get(0)?.maxW).toBe(4000);
    expect(h.site.limits.get(1)?.maxW).toBe(4000);
    const { schedule } = await h.call("GetCompositeSchedule", { evseId: 1, duration: 60, chargingRateUnit: "A" });
    expect(schedule?.chargingSchedulePeriod).toEqual([{ startPeriod: 0, limit: 5.7 }]);
    expect(
      (await h.call("GetCompositeSchedule", { evseId: 0, duration: 60 })).schedule?.chargingSchedulePeriod,
    ).toEqual([{ startPeriod: 0, limit: 4000 }]);
    expect((await h.call("GetCompositeSchedule", { evseId: 9, duration: 60 })).status).toBe("Rejected");
  });

  test("a negative station maximum is shared between the transactions", async () => {
    const h = await charging();
    await h.plug(2);
    await h.present(token("B"), 2);
    await h.call("SetChargingProfile", {
      evseId: 0,
      chargingProfile: profile(3, -10_000, { chargingProfilePurpose: "ChargingStationMaxProfile" }),
    });
    expect(h.site.limits.get(0)).toMatchObject({ minW: -10_000, maxW: 0 });
    expect(h.site.limits.get(1)).toMatchObject({ minW: -5_000, maxW: 0, requestedW: -5_000 });
  });

  test("a TxProfile ends with its transaction; reports and clearing (K09, K10)", async () => {
    const h = await charging();
    const { transactionId } = h.station.transactions()[0]!;
    await h.call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: profile(5, 5000, { chargingProfilePurpose: "TxProfile", transactionId }),
    });
    await h.call("SetChargingProfile", { evseId: 0, chargingProfile: profile(6, 8000) });
    expect((await h.call("GetChargingProfiles", { requestId: 4, chargingProfile: {} })).status).toBe("Accepted");
    await h.clock.advance(100);
    expect(
      h.sent("ReportChargingProfiles").map((report) => [report.evseId, report.tbc, report.chargingProfile.length]),
    ).toEqual([
      [1, true, 1],
      [0, false, 1],
    ]);
    await h.present(token(), 1);
    await h.run(500);
    expect(h.site.limits.get(1)?.maxW).toBe(8000);
    expect(
      (
        await h.call("ClearChargingProfile", {
          chargingProfileCriteria: { chargingProfilePurpose: "TxDefaultProfile" },
        })
      ).status,
    ).toBe("Accepted");
    expect((await h.call("ClearChargingProfile", { chargingProfileId: 6 })).status).toBe("Unknown");
    expect((await h.call("GetChargingProfiles", { requestId: 4, chargingProfile: {} })).status).toBe("NoProfiles");
  });

  test("external limits act, are told, and end (K11, K12, K13)", async () => {
    const h = await charging();
    h.station.externalLimits.set({ source: "EMS", evseId: 0, limitW: 5000, gridCritical: true });
    await h.run(500);
    expect(h.site.limits.get(1)?.maxW).toBe(5000);
    expect(h.sent("NotifyChargingLimit").at(-1)).toMatchObject({
      evseId: 0,
      chargingLimit: { chargingLimitSource: "EMS", isGridCritical: true },
    });
    expect(h.events().at(-1)?.triggerReason).toBe("ChargingRateChanged");
    h.station.externalLimits.set({ source: "EMS", evseId: 0, limitW: 5001, gridCritical: true });
    await h.run(500);
    expect(h.sent("NotifyChargingLimit")).toHaveLength(1);
    h.station.externalLimits.release("EMS", 0);
    await h.run(500);
    expect(h.sent("ClearedChargingLimit")).toEqual([{ chargingLimitSource: "EMS", evseId: 0 }]);
    expect(h.site.limits.get(1)).toBeNull();
  });

  test("the vehicle's needs go up, schedules come down, its choice goes up (K15, K16, K17)", async () => {
    const h = await charging();
    const { transactionId } = h.station.transactions()[0]!;
    const negotiation = h.station.iso15118.negotiate(1, {
      requestedEnergyTransfer: "DC",
      dcChargingParameters: { evMaxCurrent: 200, evMaxVoltage: 900, stateOfCharge: 40 },
    });
    await h.clock.advance(100);
    expect(h.sent("NotifyEVChargingNeeds")).toHaveLength(1);
    const schedules = [6000, 3000].map((limit, id) => ({
      id,
      startSchedule: "2026-06-15T00:00:00Z",
      chargingRateUnit: "W" as const,
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    }));
    await h.call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: profile(9, 0, {
        chargingProfilePurpose: "TxProfile",
        transactionId,
        chargingSchedule: schedules as never,
      }),
    });
    const offer = await negotiation;
    expect(offer.schedules).toHaveLength(2);
    const chosen = h.station.iso15118.chosen(1, offer.schedules[1]!, offer.profileId, 1);
    await h.clock.advance(100);
    expect(await chosen).toBe(true);
    expect(h.site.limits.get(1)?.maxW).toBe(3000);
    const renegotiated: number[] = [];
    h.station.iso15118.onRenegotiate((_, next) => renegotiated.push(next.schedules.length));
    await h.call("SetChargingProfile", {
      evseId: 1,
      chargingProfile: profile(9, 2000, { chargingProfilePurpose: "TxProfile", transactionId }),
    });
    expect(renegotiated).toEqual([1]);
  });

  test("a vehicle does not wait for schedules for ever", async () => {
    const h = await charging();
    const negotiation = h.station.iso15118.negotiate(1, { requestedEnergyTransfer: "DC" });
    await h.run(60_000, 1000);
    expect(await negotiation).toEqual({ schedules: [], profileId: null });
  });
});

describe("N: monitoring", () => {
  const site = { component: { name: "Site" }, variable: { name: "Power" } };
  test("thresholds alert and clear, deltas and periods tell (N04, N07, N08)", async () => {
    const h = await createHarness();
    const { setMonitoringResult } = await h.call("SetVariableMonitoring", {
      setMonitoringData: [
        { ...site, type: "UpperThreshold", value: 5000, severity: 4 },
        { component: { name: "Site" }, variable: { name: "Mode" }, type: "Delta", value: 1, severity: 5 },
        { ...site, type: "Periodic", value: 60, severity: 8 },
      ],
    });
    expect(setMonitoringResult.map((result) => [result.status, result.id])).toEqual([
      ["Accepted", 1],
      ["Accepted", 2],
      ["Accepted", 3],
    ]);
    h.site.site.pccPowerW = 6000;
    await h.run(3000);
    h.site.site.pccPowerW = 4000;
    h.site.site.mode = "islandRunning";
    await h.run(60_000, 500);
    const told = h
      .sent("NotifyEvent")
      .flatMap((event) => event.eventData)
      .map(
        (event) =>
          `${event.variableMonitoringId} ${event.trigger} ${event.actualValue}${event.cleared ? " cleared" : ""}`,
      );
    expect(told).toEqual(["1 Alerting 6000", "1 Alerting 4000 cleared", "2 Delta islandRunning", "3 Periodic 4000"]);
    expect(
      (await h.call("GetMonitoringReport", { requestId: 3, monitoringCriteria: ["DeltaMonitoring"] })).status,
    ).toBe("Accepted");
    await h.clock.advance(100);
    expect(h.sent("NotifyMonitoringReport").at(-1)?.monitor?.[0]?.variableMonitoring[0]).toMatchObject({
      id: 2,
      type: "Delta",
    });
    expect(
      (await h.call("ClearVariableMonitoring", { id: [2, 77] })).clearMonitoringResult.map((result) => result.status),
    ).toEqual(["Accepted", "NotFound"]);
    await h.call("SetMonitoringBase", { monitoringBase: "HardWiredOnly" });
    expect((await h.call("GetMonitoringReport", { requestId: 3 })).status).toBe("EmptyResultSet");
  });
  test.each([
    [
      "an unknown component",
      { component: { name: "X" }, variable: { name: "Y" }, type: "Delta", value: 1, severity: 1 },
      "UnknownComponent",
    ],
    [
      "an unknown variable",
      { component: { name: "Site" }, variable: { name: "Y" }, type: "Delta", value: 1, severity: 1 },
      "UnknownVariable",
    ],
    [
      "a threshold of a text",
      { component: { name: "Site" }, variable: { name: "Mode" }, type: "UpperThreshold", value: 1, severity: 1 },
      "UnsupportedMonitorType",
    ],
    ["a severity that does not exist", { ...site, type: "Delta", value: 1, severity: 10 }, "Rejected"],
    ["a delta of nothing", { ...site, type: "Delta", value: 0, severity: 1 }, "Rejected"],
    ["an id that is not known", { ...site, id: 99, type: "Delta", value: 1, severity: 1 }, "Rejected"],
  ] as const)("refuses %s", async (_, item, status) => {
    const h = await createHarness();
    expect(
      (await h.call("SetVariableMonitoring", { setMonitoringData: [item as never] })).setMonitoringResult[0]?.status,
    ).toBe(status);
  });
  test("severity decides what is told, and what is queued offline (N05, N06)", async () => {
    const h = await createHarness({
      variables: { "OCPPCommCtrlr.RetryBackOffRandomRange": "0", "MonitoringCtrlr.OfflineQueuingSeverity": "3" },
    });
    await h.call("SetVariableMonitoring", {
      setMonitoringData: [
        { ...site, type: "Delta", value: 10, severity: 2 },
        { ...site, type: "Delta", value: 10, severity: 6 },
      ],
    });
    await h.call("SetMonitoringLevel", { severity: 7 });
    await h.run(2000);
    h.link.up = false;
    h.link.cut();
    h.site.site.pccPowerW = 999;
    await h.run(3000);
    h.link.up = true;
    await h.run(30_000, 500);
    expect(
      h
        .sent("NotifyEvent")
        .flatMap((event) => event.eventData)
        .map((event) => event.variableMonitoringId),
    ).toEqual([1]);
    expect((await h.call("SetMonitoringLevel", { severity: 11 })).status).toBe("Rejected");
  });
});

describe("O and I: messages and prices", () => {
  const message = (id: number, more: object = {}) => ({
    message: {
      id,
      priority: "NormalCycle" as const,
      message: { format: "UTF8" as const, content: `text ${id}` },
      ...more,
    },
  });
  const shown = async () => {
    const h = await createHarness();
    const on = new Map<number, string>();
    h.site.display = (item) => void (item.text === null ? on.delete(item.id) : on.set(item.id, item.text));
    return { h, on };
  };
  test("set, get, replace, clear, expire (O01 … O06)", async () => {
    const { h, on } = await shown();
    expect((await h.call("SetDisplayMessage", message(1))).status).toBe("Accepted");
    expect((await h.call("SetDisplayMessage", message(2, { endDateTime: iso(h.clock.wallMs() + 5000) }))).status).toBe(
      "Accepted",
    );
    expect([...on.values()]).toEqual(["text 1", "text 2"]);
    await h.run(7000);
    expect([...on.values()]).toEqual(["text 1"]);
    await h.call("SetDisplayMessage", message(3, { priority: "AlwaysFront" }));
    expect([...on.values()]).toEqual(["text 3"]);
    expect((await h.call("GetDisplayMessages", { requestId: 1 })).status).toBe("Accepted");
    await h.clock.advance(100);
    expect(h.sent("NotifyDisplayMessages").at(-1)?.messageInfo).toHaveLength(2);
    expect((await h.call("ClearDisplayMessage", { id: 3 })).status).toBe("Accepted");
    expect((await h.call("ClearDisplayMessage", { id: 3 })).status).toBe("Unknown");
    expect([...on.values()]).toEqual(["text 1"]);
    expect(
      (await h.call("SetDisplayMessage", message(4, { message: { format: "HTML", content: "<b>" } }))).status,
    ).toBe("NotSupportedMessageFormat");
    expect((await h.call("SetDisplayMessage", message(4, { transactionId: "nobody" }))).status).toBe(
      "UnknownTransaction",
    );
  });
  test("prices, personal messages and their fallbacks are shown (I01 … I06)", async () => {
    const { h, on } = await shown();
    h.station.model.put("TariffCostCtrlr", "TariffFallbackMessage", "0.30 a kWh");
    await h.plug(1);
    await h.present(token(), 1);
    expect([...on.values()]).toEqual(["0.30 a kWh"]);
    await h.run(1000);
    const { transactionId } = h.station.transactions()[0]!;
    await h.call("CostUpdated", { transactionId, totalCost: 4.2 });
    expect([...on.values()]).toEqual(["4.2 USD"]);
  });
});

describe("P: data transfer", () => {
  test.each([
    ["an unknown vendor (TC_P_01)", { vendorId: "com.example" }, "UnknownVendorId"],
    ["an unknown message", { vendorId: "org.islet", messageId: "Dance" }, "UnknownMessageId"],
    ["a message that every object has", { vendorId: "org.islet", messageId: "toString" }, "UnknownMessageId"],
    ["the site's state", { vendorId: "org.islet", messageId: "SiteState" }, "Accepted"],
    [
      "a power without a transaction",
      { vendorId: "org.islet", messageId: "SetPower", data: { evseId: 1, powerW: -1000, validS: 60 } },
      "Rejected",
    ],
  ])("%s", async (_, request, status) => {
    const h = await createHarness();
    expect((await h.call("DataTransfer", request as never)).status).toBe(status);
  });
  test("a discharge by data transfer is a request with a lease that ends by itself", async () => {
    const h = await charging();
    const data = { evseId: 1, powerW: -4000, validS: 60 };
    expect((await h.call("DataTransfer", { vendorId: "org.islet", messageId: "SetPower", data })).status).toBe(
      "Accepted",
    );
    expect(h.site.limits.get(1)).toMatchObject({ requestedW: -4000 });
    await h.run(61_000, 500);
    expect(h.site.limits.get(1)).toBeNull();
    await h.call("DataTransfer", { vendorId: "org.islet", messageId: "SetPower", data });
    expect(
      (await h.call("DataTransfer", { vendorId: "org.islet", messageId: "ClearPower", data: { evseId: 1 } })).status,
    ).toBe("Accepted");
    expect(h.site.limits.get(1)).toBeNull();
  });
});
