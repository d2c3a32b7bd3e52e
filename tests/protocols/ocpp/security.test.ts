import { execFileSync, spawnSync } from "node:child_process";
import { createSign } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Csms, type CsmsOptions, startCsms } from "../../../sim/peers/csms.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { createSystemClock, type SystemClock } from "../../../src/protocols/ocpp/clock.ts";
import { type OcppConfig, ocppDefaults } from "../../../src/protocols/ocpp/config.ts";
import type { FilePort } from "../../../src/protocols/ocpp/ports.ts";
import { hashData } from "../../../src/protocols/ocpp/security/certificates.ts";
import { createOcppStation, type OcppStation } from "../../../src/protocols/ocpp/station.ts";
import { createFakeSite, createHarness, type Harness, token } from "./harness.ts";
import { type Issued, issue, keyOfRequest } from "./test-ca.ts";

const root = issue({ name: "Root", ca: true });
const stranger = issue({ name: "Stranger", ca: true });
const server = issue({ name: "localhost", issuer: root, hosts: ["localhost"] });
const station1 = issue({ name: "depot-1", issuer: root });

let open: { stop(): void }[] = [];
let peers: Csms[] = [];
let clocks: SystemClock[] = [];
afterEach(async () => {
  for (const one of open) one.stop();
  for (const one of clocks) one.cancelAll();
  for (const one of peers) await one.close();
  open = [];
  peers = [];
  clocks = [];
});

async function until(what: () => boolean, maxMs = 60_000): Promise<void> {
  for (let waited = 0; !what(); waited += 10) {
    if (waited > maxMs) throw new Error("It did not come to pass.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function peer(options: CsmsOptions): Promise<Csms> {
  const csms = await startCsms(options);
  peers.push(csms);
  return csms;
}

function connect(
  url: string,
  securityProfile: 1 | 2 | 3,
  more: Partial<OcppConfig>,
): OcppStation & { events(): string[] } {
  const clock = createSystemClock();
  clocks.push(clock);
  const store = openStore({ path: ":memory:" });
  const station = createOcppStation(
    {
      ...ocppDefaults,
      identity: "depot-1",
      evses: [
        { connectorType: "cCCS2", supplyPhases: 3, nominalVoltageV: 230, maxChargeW: 60_000, maxDischargeW: 60_000 },
      ],
      network: [{ slot: 1, url, securityProfile }],
      variables: { "OCPPCommCtrlr.RetryBackOffWaitMinimum": "1", "OCPPCommCtrlr.RetryBackOffRandomRange": "0" },
      ...more,
    },
    createFakeSite(1),
    store,
    clock,
  );
  open.push(station);
  station.start();
  return Object.assign(station, {
    events: () => store.entries("security-log").map(({ value }) => (JSON.parse(value) as { type: string }).type),
  });
}

describe("security profiles over TLS", () => {
  const tls = (cert: Issued, more: object = {}): NonNullable<CsmsOptions["tls"]> => ({
    cert: cert.pem,
    key: cert.keyPem,
    ...more,
  });
  const password = "a-password-of-16-chars";

  test("2: a server certificate of the installed root and a password (TC_A_01, TC_A_04)", async () => {
    const csms = await peer({ tls: tls(server), passwords: { "depot-1": password } });
    const station = connect(csms.url, 2, { tls: { ca: [root.pem] }, basicAuthPassword: password });
    await until(() => station.status().registration === "accepted");
    expect(station.status().securityProfile).toBe(2);
    expect(csms.violations).toEqual([]);
  });

  test("3: a client certificate (TC_A_07)", async () => {
    const csms = await peer({ tls: tls(server, { ca: root.pem, clientCertificate: true }) });
    const station = connect(csms.url, 3, { tls: { ca: [root.pem], cert: station1.pem, key: station1.keyPem } });
    await until(() => station.status().registration === "accepted");
  });

  test.each([
    [
      "of another root (TC_A_05)",
      tls(issue({ name: "localhost", issuer: stranger, hosts: ["localhost"] })),
      "InvalidCsmsCertificate",
    ],
    ["that signed itself", tls(issue({ name: "localhost", hosts: ["localhost"] })), "InvalidCsmsCertificate"],
    [
      "that has expired",
      tls(issue({ name: "localhost", issuer: root, hosts: ["localhost"], toMs: Date.UTC(2021, 0) })),
      "InvalidCsmsCertificate",
    ],
    [
      "of another name",
      tls(issue({ name: "elsewhere", issuer: root, hosts: ["elsewhere.example"] })),
      "InvalidCsmsCertificate",
    ],
    [
      "over too old a version (TC_A_06)",
      tls(server, { minVersion: "TLSv1", maxVersion: "TLSv1.1" }),
      "InvalidTLSVersion",
    ],
  ] as const)("a server certificate %s is refused, and told once", async (_, options, event) => {
    const csms = await peer({ tls: options });
    const station = connect(csms.url, 2, { tls: { ca: [root.pem] }, basicAuthPassword: password });
    await until(() => station.status().connection === "waiting");
    // Twice, for one of them: the second failure is not told again.
    if (event === "InvalidTLSVersion") await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(station.status().registration).toBe("unregistered");
    expect(station.events().filter((type) => type === event)).toHaveLength(1);
    expect(csms.connected()).toEqual([]);
  });

  test("a new password is used from the next connection on (TC_A_09)", async () => {
    let known = password;
    let handshakes = 0;
    const passwords = {
      get "depot-1"(): string {
        handshakes += 1;
        return known;
      },
    };
    const csms = await peer({ passwords });
    const station = connect(csms.url, 1, { basicAuthPassword: password });
    await until(() => station.status().registration === "accepted");
    expect(handshakes).toBe(1);
    const boots = (): number => csms.core.received.filter((message) => message.action === "Heartbeat").length;
    const answer = await csms.call("depot-1", "SetVariables", {
      setVariableData: [
        {
          component: { name: "SecurityCtrlr" },
          variable: { name: "BasicAuthPassword" },
          attributeValue: "the-next-password-17",
        },
      ],
    });
    expect(answer.setVariableResult[0]?.attributeStatus).toBe("Accepted");
    known = "the-next-password-17";
    await until(() => handshakes > 1 && station.status().connection === "open" && csms.connected().length === 1);
    expect(boots()).toBe(0);
    await csms.call("depot-1", "TriggerMessage", { requestedMessage: "Heartbeat" });
    await until(() => boots() === 1);
  });

  test("profile 1 is raised to 3 by the backend and cannot be lowered again (TC_A_19, TC_A_22, A05)", async () => {
    const plain = await peer({ passwords: { "depot-1": password } });
    const secure = await peer({ tls: tls(server, { ca: root.pem, clientCertificate: true }) });
    const station = connect(plain.url, 1, { basicAuthPassword: password });
    await until(() => station.status().registration === "accepted");
    const call: Csms["call"] = plain.call;
    const order = (attributeValue: string) => ({
      setVariableData: [
        { component: { name: "OCPPCommCtrlr" }, variable: { name: "NetworkConfigurationPriority" }, attributeValue },
      ] as [never],
    });
    const data = {
      ocppVersion: "OCPP20" as const,
      ocppTransport: "JSON" as const,
      ocppCsmsUrl: secure.url,
      messageTimeout: 30,
      securityProfile: 3,
      ocppInterface: "Wired0" as const,
    };
    await call("depot-1", "SetNetworkProfile", { configurationSlot: 2, connectionData: data });
    expect((await call("depot-1", "SetVariables", order("2,1") as never)).setVariableResult[0]?.attributeStatus).toBe(
      "Rejected",
    );
    expect(
      (await call("depot-1", "InstallCertificate", { certificateType: "CSMSRootCertificate", certificate: root.pem }))
        .status,
    ).toBe("Accepted");
    expect((await call("depot-1", "SetVariables", order("2,1") as never)).setVariableResult[0]?.attributeStatus).toBe(
      "Rejected",
    );
    await call("depot-1", "TriggerMessage", { requestedMessage: "SignChargingStationCertificate" });
    await until(() => plain.core.received.some((message) => message.action === "SignCertificate"));
    const { csr } = plain.core.received.find((message) => message.action === "SignCertificate")!.payload as {
      csr: string;
    };
    const signed = issue({ name: "0", issuer: root, publicKey: keyOfRequest(csr) });
    expect(
      (
        await call("depot-1", "CertificateSigned", {
          certificateChain: signed.pem,
          certificateType: "ChargingStationCertificate",
        })
      ).status,
    ).toBe("Accepted");
    expect((await call("depot-1", "SetVariables", order("2,1") as never)).setVariableResult[0]?.attributeStatus).toBe(
      "RebootRequired",
    );
    await call("depot-1", "Reset", { type: "Immediate" });
    await until(() => secure.connected().length === 1 && station.status().registration === "accepted");
    expect(station.status()).toMatchObject({ securityProfile: 3, activeSlot: 2 });
    expect(station.model.text("OCPPCommCtrlr", "NetworkConfigurationPriority")).toBe("2");
    const lower = await secure.call("depot-1", "SetNetworkProfile", {
      configurationSlot: 1,
      connectionData: { ...data, ocppCsmsUrl: plain.url, securityProfile: 1 },
    });
    expect(lower.status).toBe("Rejected");
  }, 30_000);
});

/** Another implementation to compare with, where there is one. */
const openssl = spawnSync("openssl", ["version"]).status === 0;

describe("certificates", () => {
  const asked = async (h: Harness): Promise<string> => {
    await h.call("TriggerMessage", { requestedMessage: "SignChargingStationCertificate" });
    await h.clock.advance(100);
    return h.sent("SignCertificate").at(-1)!.csr;
  };

  test.runIf(openssl)("the request can be read by others and carries the organisation", async () => {
    const h = await createHarness({ variables: { "SecurityCtrlr.OrganizationName": "Depot & Söhne" } });
    const file = join(mkdtempSync(join(tmpdir(), "csr-")), "request.pem");
    writeFileSync(file, await asked(h));
    const text = execFileSync("openssl", ["req", "-in", file, "-noout", "-verify", "-subject", "-nameopt", "utf8"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    expect(text).toContain("Depot & Söhne");
  });

  test.each([
    [
      "of the right key and root (TC_A_11)",
      (csr: string) => issue({ name: "0", issuer: root, publicKey: keyOfRequest(csr) }).pem,
      "Accepted",
    ],
    ["of another key", () => issue({ name: "0", issuer: root }).pem, "Rejected"],
    [
      "of another root",
      (csr: string) => issue({ name: "0", issuer: stranger, publicKey: keyOfRequest(csr) }).pem,
      "Rejected",
    ],
    [
      "that has expired",
      (csr: string) => issue({ name: "0", issuer: root, publicKey: keyOfRequest(csr), toMs: Date.UTC(2021, 0) }).pem,
      "Rejected",
    ],
    [
      "that is not valid yet",
      (csr: string) => issue({ name: "0", issuer: root, publicKey: keyOfRequest(csr), fromMs: Date.UTC(2035, 0) }).pem,
      "Rejected",
    ],
    ["that is no certificate (TC_A_14)", () => "nonsense", "Rejected"],
  ])("a signed certificate %s", async (_, make, status) => {
    const h = await createHarness();
    await h.call("InstallCertificate", { certificateType: "CSMSRootCertificate", certificate: root.pem });
    const certificateChain = make(await asked(h));
    expect(
      (await h.call("CertificateSigned", { certificateChain, certificateType: "ChargingStationCertificate" })).status,
    ).toBe(status);
    await h.clock.advance(100);
    const invalid = h
      .sent("SecurityEventNotification")
      .filter((event) => event.type === "InvalidChargingStationCertificate");
    expect(invalid).toHaveLength(status === "Accepted" ? 0 : 1);
    expect(h.station.certificates.own("ChargingStationCertificate") !== undefined).toBe(status === "Accepted");
  });

  test("the station's own certificate cannot be deleted (TC_M_23)", async () => {
    const h = await createHarness();
    const own = issue({ name: "0", issuer: root, publicKey: keyOfRequest(await asked(h)) });
    await h.call("InstallCertificate", { certificateType: "CSMSRootCertificate", certificate: root.pem });
    await h.call("CertificateSigned", { certificateChain: own.pem, certificateType: "ChargingStationCertificate" });
    expect((await h.call("DeleteCertificate", { certificateHashData: hashData(own.pem, root.pem) })).status).toBe(
      "Failed",
    );
  });

  test("no answer: the request is repeated with doubled pauses, then left (TC_A_23)", async () => {
    const h = await createHarness({
      variables: { "SecurityCtrlr.CertSigningWaitMinimum": "10", "SecurityCtrlr.CertSigningRepeatTimes": "2" },
    });
    await asked(h);
    await h.run(200_000, 1000);
    expect(h.sent("SignCertificate")).toHaveLength(3);
  });

  test("a refused request is not repeated (TC_A_15)", async () => {
    const h = await createHarness({ variables: { "SecurityCtrlr.CertSigningWaitMinimum": "10" } });
    h.core.answers.SignCertificate = () => ({ status: "Rejected" });
    await asked(h);
    await h.run(100_000, 1000);
    expect(h.sent("SignCertificate")).toHaveLength(1);
  });

  test("roots are installed, listed and deleted by their hash (TC_M_01, TC_M_02, TC_M_07, TC_M_12, TC_M_13, TC_M_17, TC_M_18, TC_M_19, TC_M_20, TC_M_22)", async () => {
    const h = await createHarness();
    expect((await h.call("GetInstalledCertificateIds", {})).status).toBe("NotFound");
    for (const certificateType of ["CSMSRootCertificate", "ManufacturerRootCertificate"] as const)
      expect((await h.call("InstallCertificate", { certificateType, certificate: root.pem })).status).toBe("Accepted");
    const { certificateHashDataChain } = await h.call("GetInstalledCertificateIds", {
      certificateType: ["CSMSRootCertificate"],
    });
    expect(certificateHashDataChain).toHaveLength(1);
    expect((await h.call("GetInstalledCertificateIds", {})).certificateHashDataChain).toHaveLength(2);
    const { certificateHashData } = certificateHashDataChain![0]!;
    expect((await h.call("DeleteCertificate", { certificateHashData })).status).toBe("Accepted");
    expect((await h.call("DeleteCertificate", { certificateHashData })).status).toBe("NotFound");
    for (const certificate of ["nonsense", issue({ name: "Old", ca: true, toMs: Date.UTC(2021, 0) }).pem, server.pem])
      expect((await h.call("InstallCertificate", { certificateType: "CSMSRootCertificate", certificate })).status).toBe(
        "Rejected",
      );
  });

  test.runIf(openssl)("hash data agree with another implementation's", () => {
    const file = join(mkdtempSync(join(tmpdir(), "hash-")), "root.pem");
    writeFileSync(file, root.pem);
    const data = hashData(root.pem);
    const text = execFileSync("openssl", ["ocsp", "-sha256", "-issuer", file, "-cert", file, "-req_text"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const upper = text.toUpperCase();
    expect(upper).toContain(`ISSUER NAME HASH: ${data.issuerNameHash.toUpperCase()}`);
    expect(upper).toContain(`ISSUER KEY HASH: ${data.issuerKeyHash.toUpperCase()}`);
    expect(upper).toContain(`SERIAL NUMBER: ${data.serialNumber.toUpperCase()}`);
  });
});

describe("L: firmware, and N01: logs", () => {
  const maker = issue({ name: "Maker", ca: true });
  const signer = issue({ name: "Signer", issuer: maker });
  const image = Buffer.from("an image");
  const signature = createSign("SHA256").update(image).sign(signer.key, "base64");
  interface Files extends FilePort {
    installed: string[];
    uploads: Map<string, string>;
    fail: boolean;
    busy: Promise<void> | null;
  }
  const files = (): Files => {
    const own: Files = {
      installed: [],
      uploads: new Map(),
      fail: false,
      busy: null,
      judge: (url) => (URL.canParse(url) ? null : "The location cannot be read."),
      async download(_url, { onPart }) {
        if (own.fail) throw new Error("no route");
        if (own.busy) await own.busy;
        onPart(image);
        return { path: "image", bytes: image.length, remove: () => undefined };
      },
      async upload(url, _, content) {
        if (own.fail) throw new Error("no route");
        own.uploads.set(url, Buffer.from(content).toString());
      },
      diagnosticsLog: async () => Buffer.from("diagnostics"),
      async installFirmware({ path }) {
        own.installed.push(path);
        return { rebootNeeded: false };
      },
    };
    return own;
  };
  const request = (more: object = {}, firmware: object = {}) => ({
    requestId: 1,
    firmware: {
      location: "http://127.0.0.1/fw",
      retrieveDateTime: "2026-06-15T00:00:00Z",
      signature,
      signingCertificate: signer.pem,
      ...firmware,
    },
    ...more,
  });
  const ready = async (own: Files): Promise<Harness> => {
    const h = await createHarness({ station: { files: own } });
    await h.call("InstallCertificate", { certificateType: "ManufacturerRootCertificate", certificate: maker.pem });
    return h;
  };
  const statuses = (h: Harness): string[] => h.sent("FirmwareStatusNotification").map((one) => one.status);

  test("a signed image is downloaded, verified, installed (TC_L_01)", async () => {
    const own = files();
    const h = await ready(own);
    expect((await h.call("UpdateFirmware", request())).status).toBe("Accepted");
    await h.run(5000);
    expect(statuses(h)).toEqual(["Downloading", "Downloaded", "SignatureVerified", "Installing", "Installed"]);
    expect(own.installed).toHaveLength(1);
    expect(h.sent("SecurityEventNotification").map((event) => event.type)).toContain("FirmwareUpdated");
  });

  test.each([
    [
      "a signature of something else (TC_L_06)",
      request({}, { signature: Buffer.from("no").toString("base64") }),
      "Accepted",
      "InvalidSignature",
      "InvalidFirmwareSignature",
    ],
    [
      "a certificate of another maker (TC_L_05)",
      request({}, { signingCertificate: issue({ name: "X", issuer: stranger }).pem }),
      "InvalidCertificate",
      null,
      "InvalidFirmwareSigningCertificate",
    ],
    [
      "an expired certificate",
      request({}, { signingCertificate: issue({ name: "X", issuer: maker, toMs: Date.UTC(2021, 0) }).pem }),
      "InvalidCertificate",
      null,
      "InvalidFirmwareSigningCertificate",
    ],
    [
      "no signature at all (TC_L_18)",
      request({}, { signature: undefined, signingCertificate: undefined }),
      "Rejected",
      null,
      null,
    ],
    ["a location that cannot be read", request({}, { location: "nowhere" }), "Rejected", null, null],
  ] as const)("%s installs nothing", async (_, update, status, last, event) => {
    const own = files();
    const h = await ready(own);
    expect((await h.call("UpdateFirmware", JSON.parse(JSON.stringify(update)))).status).toBe(status);
    await h.run(5000);
    expect(own.installed).toEqual([]);
    if (last) expect(statuses(h).at(-1)).toBe(last);
    if (event) expect(h.sent("SecurityEventNotification").map((one) => one.type)).toContain(event);
  });

  test("a download that fails is repeated, then reported (TC_L_07)", async () => {
    const own = files();
    own.fail = true;
    const h = await ready(own);
    await h.call("UpdateFirmware", request({ retries: 2, retryInterval: 5 }));
    await h.run(30_000, 500);
    expect(statuses(h)).toEqual(["Downloading", "Downloading", "Downloading", "DownloadFailed"]);
  });

  test("it waits for its times (TC_L_02, TC_L_03)", async () => {
    const own = files();
    const h = await ready(own);
    const at = (s: number): string => new Date(h.clock.wallMs() + s * 1000).toISOString();
    await h.call("UpdateFirmware", request({}, { retrieveDateTime: at(10), installDateTime: at(20) }));
    await h.run(15_000, 500);
    expect(statuses(h)).toEqual([
      "DownloadScheduled",
      "Downloading",
      "Downloaded",
      "SignatureVerified",
      "InstallScheduled",
    ]);
    await h.run(10_000, 500);
    expect(statuses(h).slice(-2)).toEqual(["Installing", "Installed"]);
  });

  test.each([
    [
      "a transaction runs (TC_L_15)",
      async (h: Harness): Promise<void> => {
        await h.plug(1);
        await h.present(token(), 1);
      },
      async (h: Harness): Promise<void> => {
        await h.present(token(), 1);
      },
    ],
    [
      "the site is islanded (R40)",
      async (h: Harness): Promise<void> => void (h.site.site.islanded = true),
      async (h: Harness): Promise<void> => void (h.site.site.islanded = false),
    ],
  ])("it waits while %s, and no new session starts meanwhile", async (_, block, release) => {
    const own = files();
    const h = await ready(own);
    await block(h);
    await h.call("UpdateFirmware", request());
    await h.run(20_000, 500);
    expect(statuses(h).at(-1)).toBe("InstallScheduled");
    await h.plug(2);
    await h.present(token("LATE"), 2);
    expect(h.site.allowed[1]).toBe(false);
    await release(h);
    await h.run(10_000, 500);
    expect(statuses(h).at(-1)).toBe("Installed");
  });

  test("a second update cancels the first (TC_L_10)", async () => {
    const own = files();
    const h = await ready(own);
    const at = new Date(h.clock.wallMs() + 60_000).toISOString();
    await h.call("UpdateFirmware", request({}, { retrieveDateTime: at }));
    expect((await h.call("UpdateFirmware", request({ requestId: 2 }))).status).toBe("AcceptedCanceled");
    await h.run(90_000, 1000);
    expect(own.installed).toHaveLength(1);
    expect(h.sent("FirmwareStatusNotification").at(-1)).toMatchObject({ requestId: 2, status: "Installed" });
  });

  test("an installation that fails is reported (TC_L_08), one that runs cannot be cancelled (TC_L_11)", async () => {
    const own = files();
    let fail: (error: Error) => void = () => undefined;
    own.installFirmware = () => new Promise((_, reject) => (fail = reject));
    const h = await ready(own);
    await h.call("UpdateFirmware", request());
    await h.run(2000);
    expect((await h.call("UpdateFirmware", request({ requestId: 2 }))).status).toBe("Rejected");
    fail(new Error("flash is worn out"));
    await h.run(2000);
    expect(statuses(h).at(-1)).toBe("InstallationFailed");
  });

  test.each([
    ["it runs and is no longer on trial", "0", "Installed"],
    ["it was given up: another one runs", "9.9.9", "InstallationFailed"],
  ])("after the restart the version is told as what became of it: %s", async (_, version, status) => {
    let trial = true;
    const own = files();
    own.installFirmware = async () => ({ rebootNeeded: true, version });
    own.onTrial = () => trial;
    const h = await ready(own);
    await h.call("UpdateFirmware", request());
    await h.run(20_000);
    expect(statuses(h).at(-1)).toBe("InstallRebooting");
    trial = false;
    await h.run(20_000);
    expect(statuses(h).at(-1)).toBe(status);
  });

  test("what the site forbids holds an installation up, and says why", async () => {
    const own = files();
    let why: string | null = "EVSE 1 discharges";
    const waiting: (string | null)[] = [];
    own.mayInstall = () => why;
    own.noteWaiting = (told) => waiting.push(told);
    const h = await ready(own);
    await h.call("UpdateFirmware", request());
    await h.run(20_000);
    expect([statuses(h).at(-1), own.installed]).toEqual(["InstallScheduled", []]);
    why = null;
    await h.run(20_000);
    expect(statuses(h).at(-1)).toBe("Installed");
    expect(waiting.slice(0, 1).concat(waiting.slice(-1))).toEqual(["EVSE 1 discharges", null]);
  });

  test("new sessions may start before an installation when that is allowed (TC_L_14)", async () => {
    const own = files();
    const h = await ready(own);
    h.station.model.put("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate", "true");
    await h.plug(1);
    await h.present(token(), 1);
    await h.call("UpdateFirmware", request());
    await h.run(10_000, 500);
    await h.plug(2);
    await h.present(token("LATE"), 2);
    expect(h.site.allowed[1]).toBe(true);
  });

  const log = (logType: "SecurityLog" | "DiagnosticsLog", requestId = 1) => ({
    requestId,
    logType,
    log: { remoteLocation: "http://127.0.0.1/up" },
    retries: 1,
    retryInterval: 5,
  });
  test("logs are uploaded (TC_N_25, TC_N_35)", async () => {
    const own = files();
    const h = await ready(own);
    const answer = await h.call("GetLog", log("SecurityLog"));
    expect(answer).toMatchObject({ status: "Accepted" });
    await h.run(1000);
    expect(h.sent("LogStatusNotification").map((one) => one.status)).toEqual(["Uploading", "Uploaded"]);
    expect(own.uploads.get("http://127.0.0.1/up")).toContain("StartupOfTheDevice");
    await h.call("GetLog", log("DiagnosticsLog"));
    await h.run(1000);
    expect(own.uploads.get("http://127.0.0.1/up")).toBe("diagnostics");
  });
  test("an upload that fails is repeated, then reported (TC_N_26); a second request cancels the first (TC_N_36)", async () => {
    const own = files();
    const h = await ready(own);
    own.fail = true;
    await h.call("GetLog", log("DiagnosticsLog"));
    await h.run(2000);
    expect((await h.call("GetLog", log("DiagnosticsLog", 2))).status).toBe("AcceptedCanceled");
    await h.run(20_000, 500);
    expect(h.sent("LogStatusNotification").map((one) => `${one.requestId} ${one.status}`)).toEqual([
      "1 Uploading",
      "1 AcceptedCanceled",
      "2 Uploading",
      "2 UploadFailure",
    ]);
  });
  test("a station without files refuses both", async () => {
    const h = await createHarness();
    expect((await h.call("GetLog", log("DiagnosticsLog"))).status).toBe("Rejected");
    expect((await h.call("UpdateFirmware", request())).status).toBe("Rejected");
  });
});
