/** What `check-config` says of a secured connection before anything is opened, each at its setting. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridgeSettings } from "../../src/app/site/bridge-settings.ts";
import { checkSite } from "../../src/app/site/load-config.ts";
import { tlsFailureText } from "../../src/protocols/modbus/tls.ts";
import { certificate, type Made } from "../protocols/iso15118/contracts/pki.ts";

const ca = certificate({ name: "Plant CA", authority: true });
const own = certificate({ name: "islet", by: ca });
const other = certificate({ name: "other", by: ca });
const expired = certificate({ name: "islet", by: ca, toMs: Date.UTC(2021, 0) });
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }) as string;
const fingerprint = "ab".repeat(32);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-tls-"));
  const files = { "ca.pem": ca.pem, "own.pem": own.pem, "own.key": keyOf(own), "other.key": keyOf(other) };
  for (const [name, text] of Object.entries({ ...files, "expired.pem": expired.pem, "expired.key": keyOf(expired) }))
    writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(meter: object, more: object = {}) {
  const file = join(folder, "site.yaml");
  const config = {
    site: {
      name: "Secured",
      timeZone: "UTC",
      serviceMode: "load-only",
      nominalVoltageV: 400,
      nominalFrequencyHz: "50",
      gridProfile: "vde-ar-n-4105-2018",
    },
    pcc: { importLimitW: 50_000, meter: { host: "127.0.0.1", port: 802, proven: true, ...meter } },
    authorization: "none",
    evses: [{ name: "Bay 1", stage: { host: "127.0.0.1", port: 1_503 }, maxChargeW: 11_000 }],
    stateDir: join(folder, "state"),
    ...more,
  };
  writeFileSync(file, JSON.stringify(config, null, 1));
  return checkSite(file);
}
const files = { certificateFile: "own.pem", keyFile: "own.key" };

describe("Modbus/TCP Security in a configuration", () => {
  it("is taken with whole paths when certificate, key and issuer belong together", () => {
    const checked = check({ tls: { ...files, caFile: "ca.pem", serverName: "meter" } });
    expect(checked.ok).toBe(true);
    if (!checked.ok) return;
    expect(bridgeSettings(checked.value.config, checked.value.maps).meter?.link).toEqual({
      kind: "tcp",
      host: "127.0.0.1",
      port: 802,
      connectDelayMs: 0,
      tls: {
        certificateFile: join(folder, "own.pem"),
        keyFile: join(folder, "own.key"),
        caFile: join(folder, "ca.pem"),
        serverName: "meter",
      },
    });
  });

  it.each([
    ["nothing to verify the device by", { tls: files }, "pcc.meter.tls", /needs caFile or fingerprint/],
    ["both", { tls: { ...files, caFile: "ca.pem", fingerprint } }, "pcc.meter.tls", /one of them/],
    ["a fingerprint that is none", { tls: { ...files, fingerprint: "ab" } }, "pcc.meter.tls.fingerprint", /SHA-256/],
    ["bytes of a serial line", { framing: "rtu", tls: { ...files, fingerprint } }, "pcc.meter.tls", /Modbus TCP alone/],
    ["no such file", { tls: { ...files, caFile: "no.pem" } }, "pcc.meter.tls.caFile", /can't be read/],
    [
      "a key of another",
      { tls: { ...files, keyFile: "other.key", fingerprint } },
      "pcc.meter.tls.keyFile",
      /not the key of/,
    ],
    [
      "a certificate for an issuer",
      { tls: { ...files, caFile: "own.pem" } },
      "pcc.meter.tls.caFile",
      /not the certificate of an issuer/,
    ],
    [
      "one of ours that has expired",
      { tls: { certificateFile: "expired.pem", keyFile: "expired.key", fingerprint } },
      "pcc.meter.tls.certificateFile",
      /has expired \(2021-01-01\)/,
    ],
    [
      "a key for a certificate",
      { tls: { ...files, certificateFile: "own.key", fingerprint } },
      "pcc.meter.tls.certificateFile",
      /no certificate in PEM/,
    ],
  ])("%s is refused at its setting", (_name, meter, setting, complaint) => {
    const checked = check(meter);
    expect(checked.ok).toBe(false);
    if (checked.ok) return;
    expect(checked.error.map((one) => [one.setting, complaint.test(one.complaint)])).toEqual([[setting, true]]);
    expect(checked.error[0]!.line).toBeGreaterThan(1);
  });

  it("what the handshake says is told in words that a technician can act on", () => {
    const failure = (code: string, message = code): Error => Object.assign(new Error(message), { code });
    expect(tlsFailureText(failure("CERT_HAS_EXPIRED"))).toMatch(/renew it in the device/);
    expect(tlsFailureText(failure("ERR_SSL_WRONG_VERSION_NUMBER"))).toMatch(/does not speak TLS at this port/);
    expect(tlsFailureText(failure("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"))).toMatch(/refuses our certificate/);
    expect(tlsFailureText(failure("ECONNREFUSED", "connect ECONNREFUSED"))).toBe("connect ECONNREFUSED");
  });
});

describe("an MQTT broker in a configuration", () => {
  const url = "mqtts://broker.local";
  it("is taken with whole paths", () => {
    writeFileSync(join(folder, "mqtt.password"), "a secret\n");
    const mqtt = { url, ...files, caFile: "ca.pem", username: "islet", passwordFile: "mqtt.password" };
    const checked = check({}, { mqtt });
    expect(checked.ok && checked.value.config.mqtt?.passwordFile).toBe(join(folder, "mqtt.password"));
  });
  it.each([
    ["a password in the address, which is logged", { url: "mqtt://me:pw@broker" }, "mqtt.url", /must have the form of/],
    ["a right that there is none for", { url, rights: ["permit"] }, "mqtt.rights[0]", /must be one of power/],
    ["a topic with a wildcard", { url, topic: "islet/#" }, "mqtt.topic", /must have the form of/],
    [
      "a password file that is not there",
      { url, username: "a", passwordFile: "no" },
      "mqtt.passwordFile",
      /can't be read/,
    ],
    ["a password without a name", { url, passwordFile: "own.key" }, "mqtt.passwordFile", /goes with username/],
    [
      "a certificate without its key",
      { url, certificateFile: "own.pem" },
      "mqtt.certificateFile",
      /goes with the other/,
    ],
    ["another's key", { url, ...files, keyFile: "other.key" }, "mqtt.keyFile", /is not the key/],
    ["an issuer for a link without encryption", { url: "mqtt://broker", caFile: "ca.pem" }, "mqtt.caFile", /mqtts:/],
  ])("%s is refused at its setting", (_, mqtt, setting, complaint) => {
    const checked = check({}, { mqtt });
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(checked.error.find((one) => one.setting === setting)?.complaint).toMatch(complaint);
  });
});
