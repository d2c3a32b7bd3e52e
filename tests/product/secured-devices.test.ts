/**
 * A meter and a charger behind Modbus/TCP Security, through `islet run`: both sides show a certificate, and a device whose
 * certificate is not the right one is not spoken to and named with what to check.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTlsFront, type TlsFront } from "../lib/tls-front.ts";
import { certificate, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

const plantCa = certificate({ name: "Plant CA", authority: true });
const otherCa = certificate({ name: "Other CA", authority: true });
const islet = certificate({ name: "islet", by: plantCa });
const stranger = certificate({ name: "stranger", by: otherCa });
const meterName = "meter.plant.example";
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }) as string;
const front = (own: Made, ca: Made = plantCa) => ({ cert: own.pem, key: keyOf(own), ca: ca.pem });
const pinned = certificate({ name: "anything at all" });
const fingerprintOf = (made: Made): string => new X509Certificate(made.pem).fingerprint256;

describe("devices behind Modbus/TCP Security", () => {
  let product: Product;
  let meter: TlsFront;
  let stage: TlsFront;
  const right = front(certificate({ name: meterName, by: plantCa }));
  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 10_000 }], buildingW: 2_000 },
      waits: true,
      files: {
        "plant-ca.pem": plantCa.pem,
        "islet.pem": islet.pem,
        "islet.key": keyOf(islet),
      },
      config: { dashboard: { port: 0 } },
    });
    meter = await startTlsFront(right, product.meter.server.port);
    stage = await startTlsFront(front(pinned), product.stages[0]!.server.port);
    const own = { certificateFile: "islet.pem", keyFile: "islet.key" };
    const config = JSON.parse(readFileSync(product.configFile, "utf8")) as {
      pcc: { meter: Record<string, unknown> };
      evses: { stage: Record<string, unknown> }[];
    };
    Object.assign(config.pcc.meter, {
      port: meter.port,
      tls: { ...own, caFile: "plant-ca.pem", serverName: meterName },
    });
    Object.assign(config.evses[0]!.stage, { port: stage.port, tls: { ...own, fingerprint: fingerprintOf(pinned) } });
    writeFileSync(product.configFile, JSON.stringify(config, null, 1));
    product.start();
  });
  afterAll(async () => {
    await product.stop();
    await Promise.all([meter.close(), stage.close()]);
  });

  /** What the page says of a device's fault. */
  const faultOf = async (name: string): Promise<string> =>
    (await product.state()).health.devices.find((one) => one.name === name)?.fault?.sentence ?? "";
  /** The same device shows another certificate from now on, or asks for another of ours. */
  async function becomes(options: Parameters<typeof startTlsFront>[0]): Promise<void> {
    const { port } = meter;
    await meter.close();
    meter = await startTlsFront(options, product.meter.server.port, port);
  }

  it("a meter by its issuer and a charger by its fingerprint work as ever", async () => {
    await soon(product, "it charges", () => product.plant.stages[0]!.powerW > 1_000);
    const { health } = await product.state();
    expect(health.devices.map(({ state }) => state)).toEqual(["answers", "answers"]);
    expect([meter.accepted > 0, stage.accepted > 0]).toEqual([true, true]);
  });

  it("the tools for a technician reach them, too, each by its own proof", async () => {
    const folder = dirname(product.configFile);
    const own = ["--tls-cert", join(folder, "islet.pem"), "--tls-key", join(folder, "islet.key")];
    const byIssuer = ["--tls-ca", join(folder, "plant-ca.pem"), "--tls-name", meterName];
    const byFingerprint = ["--tls-fingerprint", fingerprintOf(pinned)];
    const [probed, verified] = await Promise.all([
      runIslet(["probe", `127.0.0.1:${meter.port}`, "--units", "1", "--json", ...own, ...byIssuer]),
      runIslet(["verify-device", `127.0.0.1:${stage.port}`, "--json", ...own, ...byFingerprint]),
    ]);
    expect(JSON.parse(probed.out)).toMatchObject({ devices: [{ address: `tls 127.0.0.1:${meter.port}`, unit: 1 }] });
    expect(JSON.parse(verified.out)).toMatchObject({ manufacturer: "Emulated Works", endedBecause: "" });
  });

  it.each([
    ["of another issuer", front(certificate({ name: meterName, by: otherCa })), /of another issuer than tls\.caFile/],
    [
      "for another name",
      front(certificate({ name: "meter-8.plant.example", by: plantCa })),
      /made out to another name/,
    ],
    [
      "that has expired",
      front(certificate({ name: meterName, by: plantCa, toMs: Date.UTC(2021, 0) })),
      /has expired: renew it in the device/,
    ],
    ["of its own issue", front(certificate({ name: meterName })), /its own issuer|another issuer/],
  ])("a certificate %s: the meter is not spoken to, and named with what to check", async (_name, options, why) => {
    await becomes(options);
    await soon(product, "named", async () => why.test(await faultOf("PCC meter")));
    expect(meter.accepted).toBe(0);
  });

  it("a meter that does not take our certificate is named as such, and the right one is used again", async () => {
    await becomes({ ...right, ca: otherCa.pem });
    await soon(product, "named", async () => /refuses our certificate, or its role/.test(await faultOf("PCC meter")));
    await becomes(right);
    await soon(product, "it answers again", async () => (await faultOf("PCC meter")) === "");
    await soon(product, "it charges again", () => product.plant.stages[0]!.powerW > 1_000);
  });

  it("a charger that shows another certificate than the commissioned one is not commanded", async () => {
    const { port } = stage;
    await stage.close();
    stage = await startTlsFront(front(stranger), product.stages[0]!.server.port, port);
    await soon(product, "named", async () => /not the one of tls\.fingerprint/.test(await faultOf("Bay 1")));
  });
});
