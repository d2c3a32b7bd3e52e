import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { keepSelfSigned, selfSign } from "../../src/dashboard/access/certificate.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-cert-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const names = ["islet.local", "192.168.1.20", "fe80::1", "127.0.0.1"];

describe("a self-signed certificate", () => {
  const made = selfSign(names, Date.now());
  const certificate = new X509Certificate(made.cert);
  test("is read back by OpenSSL with its names, key and times", () => {
    expect(certificate.checkHost("islet.local")).toBe("islet.local");
    expect(certificate.checkIP("192.168.1.20")).toBe("192.168.1.20");
    expect(certificate.checkIP("fe80::1")).toBe("fe80::1");
    expect(certificate.checkHost("other.local")).toBeUndefined();
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(Date.parse(certificate.validTo) - Date.now()).toBeLessThan(825 * 86_400_000);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  });
  test("carries a TLS connection that verifies it", async () => {
    const server = createServer(made, (_request, response) => response.end("served"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const body = await new Promise<string>((resolve, reject) => {
      get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, ca: made.cert }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      }).on("error", reject);
    });
    expect(body).toBe("served");
    await new Promise((resolve) => server.close(resolve));
  });
  test("a time after 2049 is written in the long form", () => {
    expect(new X509Certificate(selfSign(["a"], Date.UTC(2060, 0, 1)).cert).validTo).toContain("2062");
  });
});

describe("a kept certificate", () => {
  test("is made once, private, and used again", () => {
    const first = keepSelfSigned(folder, names, Date.now());
    expect(first.made).toBe(true);
    expect(statSync(join(folder, "dashboard-key.pem")).mode & 0o077).toBe(0);
    const second = keepSelfSigned(folder, names, Date.now());
    expect([second.made, second.fingerprint]).toEqual([false, first.fingerprint]);
  });
  test.each([
    ["it lacks a name", () => keepSelfSigned(folder, [...names, "new.local"], Date.now())],
    ["it expires soon", () => keepSelfSigned(folder, ["new.local"], Date.now() + 780 * 86_400_000)],
    [
      "it is damaged",
      () => {
        writeFileSync(
          join(folder, "dashboard-cert.pem"),
          readFileSync(join(folder, "dashboard-cert.pem"), "utf8").slice(0, 100),
        );
        return keepSelfSigned(folder, ["new.local"], Date.now());
      },
    ],
  ])("is made anew when %s", (_name, run) => expect(run().made).toBe(true));
});
