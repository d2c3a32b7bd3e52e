import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { selfSign } from "../../src/dashboard/access/certificate.ts";
import { chooseServing } from "../../src/dashboard/access/tls.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const now = Date.now();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const [one, other] = [selfSign(["a"], now), selfSign(["b"], now)];
const cert = file("cert.pem", one.cert);
const key = file("key.pem", one.key);

describe("the dashboard's certificate", () => {
  test("none on loopback", () => expect(chooseServing({ host: "127.0.0.1" }, folder, now).tls).toBeNull());
  test("the owner's where it is given, on loopback too", () => {
    expect(chooseServing({ host: "127.0.0.1", certificateFile: cert, keyFile: key }, folder, now).tls).toEqual(one);
  });
  test("made and kept elsewhere, with its fingerprint told", () => {
    const first = chooseServing({ host: "0.0.0.0", hostNames: ["depot.example"] }, join(folder, "made"), now);
    expect(first.note).toMatch(/^A certificate was made .* fingerprint ([0-9A-F]{2}:){31}/);
    const second = chooseServing({ host: "0.0.0.0", hostNames: ["depot.example"] }, join(folder, "made"), now);
    expect(second.tls).toEqual(first.tls);
    expect(second.note).toMatch(/^The page uses/);
  });
  test.each([
    ["only one of the two", { certificateFile: cert }, /needs both/],
    ["a file that is not there", { certificateFile: join(folder, "no.pem"), keyFile: key }, /cannot be read/],
    ["no certificate", { certificateFile: key, keyFile: key }, /is not a certificate/],
    ["no key", { certificateFile: cert, keyFile: cert }, /is not a private key/],
    ["another's key", { certificateFile: cert, keyFile: file("other.pem", other.key) }, /does not belong/],
  ])("%s stops the start with a sentence", (_name, files, message) => {
    expect(() => chooseServing({ host: "0.0.0.0", ...files }, folder, now)).toThrow(message);
  });
  test("an expired one, likewise", () => {
    expect(() =>
      chooseServing({ host: "0.0.0.0", certificateFile: cert, keyFile: key }, folder, now + 900 * 86_400_000),
    ).toThrow(/has expired/);
  });
});
