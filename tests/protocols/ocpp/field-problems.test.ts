/** What has gone wrong at other stations, or was found by measuring this one: each row stands for its kind. */
import { describe, expect, test } from "vitest";
import type { FilePort } from "../../../src/protocols/ocpp/ports.ts";
import { createHarness, type Harness, token } from "./harness.ts";
import { issue } from "./test-ca.ts";

async function charging(h: Harness, evseId = 1): Promise<string> {
  await h.plug(evseId);
  await h.present(token(`T${evseId}`), evseId);
  await h.run(1000);
  return h.station.transactions().find((one) => one.evseId === evseId)!.transactionId;
}
const statusesOf = (h: Harness, evseId: number): string[] =>
  h
    .sent("StatusNotification")
    .filter((one) => one.evseId === evseId)
    .map((one) => one.connectorStatus);
const order = (h: Harness): string[] =>
  h.core.received.flatMap(({ action, payload }) => {
    const { eventType, reason, status } = payload as { eventType?: string; reason?: string; status?: string };
    if (action === "TransactionEvent") return [eventType!];
    if (action === "BootNotification") return [`boot ${reason}`];
    return action === "FirmwareStatusNotification" ? [status!] : [];
  });

describe("last words before a reboot", () => {
  test("a reset at once tells the end of every transaction, once, before it boots", async () => {
    const h = await createHarness();
    h.link.latencyMs = 300;
    await charging(h);
    await charging(h, 2);
    await h.call("Reset", { type: "Immediate" });
    expect(h.site.resets).toEqual([]);
    await h.run(10_000);
    expect(order(h).filter((one) => one === "Ended" || one === "boot RemoteReset")).toEqual([
      "Ended",
      "Ended",
      "boot RemoteReset",
    ]);
    expect(h.core.ledger.report()).toMatchObject({ ended: 2, repeated: 0, outOfOrder: 0 });
    expect(h.site.resets).toEqual(["0 Immediate"]);
  });

  test("a reset on idle waits for the answer to the end", async () => {
    const h = await createHarness();
    h.link.latencyMs = 300;
    await charging(h);
    await h.call("Reset", { type: "OnIdle" });
    await h.present(token("T1"), 1);
    await h.run(10_000);
    expect(order(h).slice(-2)).toEqual(["Ended", "boot ScheduledReset"]);
    expect(h.core.ledger.report()).toMatchObject({ ended: 1, repeated: 0 });
  });

  test("a backend that does not answer holds the reboot up for seconds only, and hears the end later", async () => {
    const h = await createHarness();
    await charging(h);
    h.link.swallow = (action) => action === "TransactionEvent";
    await h.call("Reset", { type: "Immediate" });
    await h.run(9_000);
    expect(h.site.resets).toEqual([]);
    await h.run(2_000);
    expect(h.site.resets).toEqual(["0 Immediate"]);
    h.link.swallow = () => false;
    await h.run(60_000);
    expect(order(h)).toContain("Ended");
  });

  test("nobody starts while the last words are said", async () => {
    const h = await createHarness();
    h.link.latencyMs = 1_000;
    await charging(h);
    await h.run(5_000);
    void h.link.call("Reset", { type: "Immediate" });
    await h.run(1_200);
    h.site.evses[1]!.connected = true;
    await h.run(500);
    expect(h.station.transactions()).toEqual([]);
  });

  test("every status of an installation is told, and free connectors are unavailable before it begins", async () => {
    const files: FilePort = {
      judge: () => null,
      download: async () => ({ path: "", bytes: 0, remove: () => undefined }),
      upload: async () => undefined,
      diagnosticsLog: async () => new Uint8Array(),
      installFirmware: async () => ({ rebootNeeded: true }),
    };
    const h = await createHarness({ station: { files } });
    h.link.latencyMs = 100;
    await h.call("UpdateFirmware", {
      requestId: 1,
      firmware: { location: "http://files.example/fw", retrieveDateTime: "2026-06-15T00:00:00Z" },
    });
    await h.run(20_000);
    const told = ["Downloading", "Downloaded", "Installing", "InstallRebooting", "boot FirmwareUpdate", "Installed"];
    expect(order(h).filter((one) => told.includes(one))).toEqual(told);
    const actions = h.core.received.map(({ action, payload }) =>
      action === "StatusNotification" ? (payload as { connectorStatus: string }).connectorStatus : action,
    );
    const installing = h.core.received.findIndex(
      ({ action, payload }) =>
        action === "FirmwareStatusNotification" && (payload as { status: string }).status === "Installing",
    );
    expect(actions.slice(0, installing).filter((one) => one === "Unavailable")).toHaveLength(2);
    expect(statusesOf(h, 1).at(-1)).toBe("Available");
  });
});

describe("availability", () => {
  test("libocpp PR 234: an idle EVSE of a station that becomes inoperative is unavailable at once, and nobody starts there", async () => {
    const h = await createHarness();
    await charging(h);
    expect((await h.call("ChangeAvailability", { operationalStatus: "Inoperative" })).status).toBe("Scheduled");
    await h.run(500);
    expect(statusesOf(h, 2).at(-1)).toBe("Unavailable");
    expect(statusesOf(h, 1).at(-1)).toBe("Occupied");
    await h.plug(2);
    await h.present(token("T2"), 2);
    expect(h.station.transactions()).toHaveLength(1);
    expect(h.site.operative.get(1)).toBe(true);
    await h.present(token("T1"), 1);
    await h.run(1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Unavailable");
  });

  test("libocpp 630: what is scheduled outlives a restart", async () => {
    const h = await createHarness();
    await charging(h);
    const evse = { id: 1 };
    expect((await h.call("ChangeAvailability", { operationalStatus: "Inoperative", evse })).status).toBe("Scheduled");
    await h.restart();
    await h.run(1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Occupied");
    await h.present(token("T1"), 1);
    await h.run(1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Unavailable");
    await h.restart();
    await h.run(1_000);
    expect(h.site.operative.get(1)).toBe(false);
  });

  test("what is scheduled can be taken back", async () => {
    const h = await createHarness();
    await charging(h);
    await h.call("ChangeAvailability", { operationalStatus: "Inoperative" });
    await h.call("ChangeAvailability", { operationalStatus: "Operative" });
    await h.run(500);
    expect(statusesOf(h, 2).at(-1)).toBe("Available");
    expect(h.site.operative.get(2)).toBe(true);
  });

  test("before a stage has been heard of its EVSE is not called available, and later unavailable", async () => {
    const h = await createHarness({ started: false });
    h.site.evses[0]!.known = false;
    h.site.evses[1]!.known = false;
    h.station.start();
    await h.run(2_000);
    expect(h.sent("StatusNotification")).toEqual([]);
    h.site.evses[1]!.known = true;
    await h.run(1_000);
    expect(statusesOf(h, 2)).toEqual(["Available"]);
    await h.run(5_000);
    expect(statusesOf(h, 1)).toEqual(["Unavailable"]);
    h.site.evses[0]!.known = true;
    await h.run(1_000);
    expect(statusesOf(h, 1)).toEqual(["Unavailable", "Available"]);
  });

  test("a reserved connector stays reserved with a stranger's cable in it, until the right card comes", async () => {
    const h = await createHarness();
    await h.call("ReserveNow", { id: 5, evseId: 1, expiryDateTime: "2026-06-15T13:00:00Z", idToken: token("OURS") });
    await h.run(500);
    await h.plug(1);
    await h.present(token("THEIRS"), 1);
    await h.run(1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Reserved");
    await h.present(token("OURS"), 1);
    await h.run(1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Occupied");
  });

  test("a reservation that expires under a stranger's cable leaves the connector occupied", async () => {
    const h = await createHarness();
    await h.call("ReserveNow", { id: 5, evseId: 1, expiryDateTime: "2026-06-15T12:01:00Z", idToken: token("OURS") });
    await h.plug(1);
    await h.run(62_000, 1_000);
    expect(statusesOf(h, 1).at(-1)).toBe("Occupied");
  });
});

test("the reset of one EVSE takes it out of service at zero power and puts it back as if just plugged in", async () => {
  const h = await createHarness({ variables: { "TxCtrlr.TxStartPoint": "EVConnected" } });
  const before = await charging(h);
  expect((await h.call("Reset", { type: "Immediate", evseId: 1 })).status).toBe("Accepted");
  await h.run(1_000);
  expect(h.site.operative.get(1)).toBe(false);
  expect(statusesOf(h, 1).at(-1)).toBe("Unavailable");
  expect(h.station.transactions()).toEqual([]);
  await h.run(4_000);
  expect(h.site.operative.get(1)).toBe(true);
  expect(h.site.operative.get(2)).toBe(true);
  expect(statusesOf(h, 1).at(-1)).toBe("Occupied");
  expect(h.station.transactions()).toHaveLength(1);
  expect(h.station.transactions()[0]!.transactionId).not.toBe(before);
  expect(h.sent("BootNotification")).toHaveLength(1);
});

describe("triggered messages", () => {
  test("a boot asked for while another is under way follows it", async () => {
    const h = await createHarness({ started: false });
    h.core.answers.BootNotification = () => ({
      status: "Pending",
      currentTime: new Date(h.clock.wallMs()).toISOString(),
      interval: 300,
    });
    h.station.start();
    await h.clock.advance(1_000);
    h.link.latencyMs = 500;
    for (let i = 0; i < 2; i++)
      expect((await h.call("TriggerMessage", { requestedMessage: "BootNotification" })).status).toBe("Accepted");
    await h.run(10_000);
    expect(h.sent("BootNotification").map((one) => one.reason)).toEqual(["PowerUp", "Triggered", "Triggered"]);
  });

  test.each([
    ["without an EVSE", {}, "Rejected"],
    ["without a connector", { evse: { id: 1 } }, "Rejected"],
    ["of an unknown EVSE", { evse: { id: 7, connectorId: 1 } }, "Rejected"],
    ["of an unknown connector", { evse: { id: 1, connectorId: 2 } }, "Rejected"],
    ["of a connector", { evse: { id: 1, connectorId: 1 } }, "Accepted"],
  ])("a status %s (F06.FR.12)", async (_, evse, status) => {
    const h = await createHarness();
    expect((await h.call("TriggerMessage", { requestedMessage: "StatusNotification", ...evse })).status).toBe(status);
  });
});

test("an empty full list keeps the version that the backend gave it, as EVerest's suite expects (D01)", async () => {
  const h = await createHarness({ variables: { "LocalAuthListCtrlr.Enabled": "true" } });
  await h.call("SendLocalList", {
    versionNumber: 10,
    updateType: "Full",
    localAuthorizationList: [{ idToken: token("A"), idTokenInfo: { status: "Accepted" } }],
  });
  expect((await h.call("SendLocalList", { versionNumber: 20, updateType: "Full" })).status).toBe("Accepted");
  expect((await h.call("GetLocalListVersion", {})).versionNumber).toBe(20);
});

describe("starts and ends of transactions are never given up (E13)", () => {
  const variables = {
    "OCPPCommCtrlr.MessageAttempts.TransactionEvent": "3",
    "OCPPCommCtrlr.MessageAttemptInterval.TransactionEvent": "10",
    "SampledDataCtrlr.TxUpdatedInterval": "0",
  };
  const refuseStart = (h: Harness): void => {
    h.core.answers.TransactionEvent = (event) => {
      if (event.eventType === "Started") throw new Error("no");
      return {};
    };
  };
  const starts = (h: Harness): number => h.events().filter((event) => event.eventType === "Started").length;

  test("a start that is refused is put aside: what follows goes on, and it is tried again", async () => {
    const h = await createHarness({ variables });
    refuseStart(h);
    const transactionId = await charging(h);
    await h.run(60_000, 1_000);
    expect(starts(h)).toBe(3);
    expect(h.events().some((event) => event.seqNo === 1)).toBe(true);
    expect((await h.call("GetTransactionStatus", { transactionId })).messagesInQueue).toBe(true);
    h.core.answers.TransactionEvent = () => ({});
    await h.run(11 * 60_000, 5_000);
    expect(starts(h)).toBe(4);
    expect((await h.call("GetTransactionStatus", { transactionId })).messagesInQueue).toBe(false);
    await h.run(30 * 60_000, 5_000);
    expect(starts(h)).toBe(4);
  });

  test("it outlives a restart, and a new connection brings its turn at once", async () => {
    const h = await createHarness({ variables });
    refuseStart(h);
    await charging(h);
    await h.run(60_000, 1_000);
    const text = JSON.stringify(h.events().find((event) => event.eventType === "Started"));
    h.core.answers.TransactionEvent = () => ({});
    await h.restart();
    await h.run(5_000);
    expect(starts(h)).toBe(4);
    expect(JSON.stringify(h.events().findLast((event) => event.eventType === "Started"))).toBe(text);
  });
});

describe("expired profiles", () => {
  const profile = (id: number, rest: object) => ({
    evseId: 1,
    chargingProfile: {
      id,
      stackLevel: id % 90,
      chargingProfilePurpose: "TxDefaultProfile" as const,
      chargingProfileKind: "Absolute" as const,
      chargingSchedule: [
        {
          id,
          startSchedule: "2020-01-01T00:00:00Z",
          chargingRateUnit: "W" as const,
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 5_000 }] as [{ startPeriod: number; limit: number }],
        },
      ] as never,
      ...rest,
    },
  });
  const expired = { validFrom: "2020-01-01T00:00:00Z", validTo: "2020-01-02T00:00:00Z" };
  const fill = (h: Harness): void => {
    for (let id = 1; id <= 1_000; id++)
      h.store.put(
        "charging-profile",
        String(id),
        JSON.stringify({ ...profile(id, expired), source: "CSO", profile: profile(id, expired).chargingProfile }),
      );
  };

  test("libocpp PR 1055: they take nobody's place, least of all a limit of zero's", async () => {
    const h = await createHarness({ started: false });
    fill(h);
    await h.restart();
    const stop = profile(5_000, {});
    stop.chargingProfile.chargingSchedule = [
      {
        id: 1,
        startSchedule: "2020-01-01T00:00:00Z",
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 0 }],
      },
    ] as never;
    expect((await h.call("SetChargingProfile", stop)).status).toBe("Accepted");
    expect(h.site.limits.get(1)).toMatchObject({ maxW: 0 });
    expect(h.store.entries("charging-profile")).toHaveLength(1);
  });

  test("they stay while the backend's time and ours differ: a wrong clock removes no cap", async () => {
    const h = await createHarness({ started: false, variables: { "ClockCtrlr.TimeSource": "NTP" } });
    fill(h);
    h.core.answers.BootNotification = () => ({
      status: "Accepted",
      currentTime: "2020-01-01T12:00:00Z",
      interval: 300,
    });
    await h.restart();
    expect((await h.call("SetChargingProfile", profile(5_000, {}))).status).toBe("Rejected");
    expect(h.store.entries("charging-profile")).toHaveLength(1_000);
  });
});

describe("certificates over a connection without TLS (libocpp 857)", () => {
  test.each([
    ["ManufacturerRootCertificate", "Rejected"],
    ["V2GRootCertificate", "Rejected"],
    ["MORootCertificate", "Rejected"],
    ["CSMSRootCertificate", "Accepted"],
  ] as const)("%s: %s", async (certificateType, status) => {
    const h = await createHarness({ config: { plainCertificates: false } });
    const { pem } = issue({ name: "Root", ca: true });
    const answer = await h.call("InstallCertificate", { certificateType, certificate: pem });
    expect(answer.status).toBe(status);
  });

  test("nothing can be deleted", async () => {
    const { pem } = issue({ name: "Root", ca: true });
    const roots = { ManufacturerRootCertificate: pem };
    const h = await createHarness({ config: { plainCertificates: false, tls: { roots } } });
    const { certificateHashDataChain } = await h.call("GetInstalledCertificateIds", {});
    const { certificateHashData } = certificateHashDataChain![0]!;
    expect((await h.call("DeleteCertificate", { certificateHashData })).status).toBe("Failed");
  });
});

test.each([
  ["vpn", { vpn: { server: "v", user: "u", password: "p", key: "k", type: "IPSec" as const } }],
  ["apn", { apn: { apn: "a", apnAuthentication: "AUTO" as const } }],
])("a network profile with what is not set up here (%s) is refused", async (_, more) => {
  const h = await createHarness();
  const answer = await h.call("SetNetworkProfile", {
    configurationSlot: 2,
    connectionData: {
      ocppVersion: "OCPP20",
      ocppTransport: "JSON",
      ocppCsmsUrl: "ws://127.0.0.1:2",
      messageTimeout: 30,
      securityProfile: 1,
      ocppInterface: "Wired0",
      ...more,
    },
  });
  expect(answer).toMatchObject({ status: "Rejected", statusInfo: { reasonCode: "InvalidNetworkConf" } });
});

test.each([
  ["before the first facts", { known: false, permitMissing: false }, "NotReady"],
  [
    "with a permit that is not in force",
    { permitMissing: false, explanation: "The permit has expired." },
    "PermitNotInForce",
  ],
  ["without any permit", { permitMissing: true }, "NoPermit"],
])("a discharge is refused %s, with that reason", async (_, facts, reasonCode) => {
  const h = await createHarness();
  Object.assign(h.site.site, { permitValid: false }, facts);
  const answer = await h.call("SetChargingProfile", {
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
          chargingSchedulePeriod: [{ startPeriod: 0, limit: -5_000 }],
        },
      ],
    },
  });
  expect(answer).toMatchObject({ status: "Rejected", statusInfo: { reasonCode } });
});

test("the station says its own serial number, to the backend and in what it asks a certificate for", async () => {
  const h = await createHarness({ config: { serialNumber: "ISLET-00042" } });
  expect(h.sent("BootNotification")[0]!.chargingStation.serialNumber).toBe("ISLET-00042");
  await h.call("TriggerMessage", { requestedMessage: "SignChargingStationCertificate" });
  await h.run(500);
  const csr = h.sent("SignCertificate")[0]!.csr.replace(/-----[^-]+-----|\s/g, "");
  expect(Buffer.from(csr, "base64").toString("latin1")).toContain("ISLET-00042");
});

test("a journal that cannot be written is not hammered, and nothing is lost", async () => {
  const h = await createHarness();
  const { dequeue } = h.store;
  let tries = 0;
  h.store.dequeue = () => {
    tries += 1;
    throw new Error("database or disk is full");
  };
  await charging(h);
  await h.run(60_000, 1_000);
  expect(tries).toBeLessThan(10);
  h.store.dequeue = dequeue;
  await h.run(30_000, 1_000);
  expect(h.store.queued()).toBe(0);
  expect(h.core.ledger.report()).toMatchObject({ gaps: 0, conflicting: 0, outOfOrder: 0 });
});

test("a password lies in the store once, and the one before it only until the new one has worked", async () => {
  const h = await createHarness({ config: { basicAuthPassword: "the-first-password-16" } });
  const lies = (text: string): number =>
    ["secret", "variable"].flatMap((name) => h.store.entries(name)).filter(({ value }) => value.includes(text)).length;
  await h.run(1_000);
  expect(lies("the-first-password-16")).toBe(0);
  h.link.up = false;
  await h.call("SetVariables", {
    setVariableData: [
      {
        component: { name: "SecurityCtrlr" },
        variable: { name: "BasicAuthPassword" },
        attributeValue: "the-next-password-17",
      },
    ],
  });
  expect(lies("the-first-password-16")).toBe(1);
  h.link.up = true;
  await h.run(120_000, 1_000);
  expect(lies("the-first-password-16")).toBe(0);
  expect(lies("the-next-password-17")).toBe(1);
});
