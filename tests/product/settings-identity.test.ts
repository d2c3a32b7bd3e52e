/**
 * Who was commissioned: one site whose devices are all named in full. One thing about all of them changes while their
 * connections are cut, as when somebody puts other devices in their place; each must be refused for exactly that.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PvFace, SunspecMeterFace } from "./site/faces.ts";
import { sleep, until } from "./site/judge.ts";
import { type ModbusServer, startModbusServer } from "./site/modbus-server.ts";
import { Plant } from "./site/plant.ts";
import { type JsonObject, type Product, startProduct } from "./site/product.ts";
import type { SunspecMap } from "./site/sunspec-map.ts";

const maker = "Emulated Works";
const fields = { manufacturer: "1.Mn", model: "1.Md", serialNumber: "1.SN", firmware: "1.Vr" } as const;
type Field = keyof typeof fields;
const commissioned = {
  meter: { manufacturer: maker, model: "Meter 203", serialNumber: "M-1", firmware: "7.1" },
  stage: { manufacturer: maker, model: "Stage", serialNumber: "ST-1", firmware: "7.1" },
  k1: { manufacturer: maker, model: "Switchgear", serialNumber: "K-1", firmware: "7.1" },
  panel: { manufacturer: maker, model: "Switchgear", serialNumber: "K-1", firmware: "7.1" },
  pv: { manufacturer: maker, model: "PV", serialNumber: "PV-1", firmware: "7.1" },
  further: { manufacturer: maker, model: "Meter 203", serialNumber: "M-1", firmware: "7.1" },
} as const;
type Kind = keyof typeof commissioned;
const kinds = Object.keys(commissioned) as Kind[];
/** What the page calls each. */
const names: Readonly<Record<Kind, string>> = {
  meter: "PCC meter",
  stage: "Bay 1",
  k1: "transfer device",
  panel: "load panel",
  pv: "PV",
  further: "Sub-meter",
};
/** A device that was refused is looked at again after 3 s; the rest is for a busy machine. */
const refusedWithinMs = 20_000;

describe("devices that are others than were commissioned", () => {
  let product: Product;
  let pvServer: ModbusServer;
  let furtherServer: ModbusServer;
  let devices: Record<Kind, { readonly server: ModbusServer; readonly map: SunspecMap }>;
  /** What each was refused for, and was not written to while it was. */
  const refused = new Set<string>();

  beforeAll(async () => {
    const pv = new PvFace(new Plant({}));
    pvServer = await startModbusServer(new Map([[1, pv.map.image]]));
    const further = new SunspecMeterFace(new Plant({}));
    furtherServer = await startModbusServer(new Map([[1, further.map.image]]));
    product = await startProduct({
      plant: { stages: [{}], k1TravelMs: 100, tiersW: [3_000] },
      config: ({ meter, stages, k1 }) => ({
        pcc: { meter: { ...meter, identity: commissioned.meter } },
        transferDevice: { ...k1, identity: commissioned.k1 },
        evses: [
          { name: "Bay 1", stage: { ...stages[0]!, identity: commissioned.stage }, maxChargeW: 60_000 },
        ] as JsonObject[],
        loadPanel: { identity: commissioned.panel },
        devices: [
          {
            name: names.further,
            kind: "meter",
            host: "127.0.0.1",
            port: furtherServer.port,
            identity: commissioned.further,
          },
        ],
        pv: { host: "127.0.0.1", port: pvServer.port, ratedW: 100_000, identity: commissioned.pv },
      }),
    });
    devices = {
      meter: { server: product.meter.server, map: product.meter.face!.map },
      stage: { server: product.stages[0]!.server, map: product.stages[0]!.face.map },
      k1: { server: product.switchgear!.server, map: product.switchgear!.face.map },
      panel: { server: product.panel!.server, map: product.panel!.face.map },
      pv: { server: pvServer, map: pv.map },
      further: { server: furtherServer, map: further.map },
    };
    expect(await product.reached("loadOnly")).toBe(true);
    for (const field of Object.keys(fields) as Field[]) await replaceAll(field);
  });
  afterAll(async () => {
    await product?.stop();
    await pvServer?.close();
    await furtherServer?.close();
  });

  /** All devices say something else in one thing, and only there. */
  async function replaceAll(field: Field | null): Promise<void> {
    for (const kind of kinds) {
      const { map, server } = devices[kind];
      for (const other of Object.keys(fields) as Field[])
        map.setText(fields[other], other === field ? "Other" : commissioned[kind][other]);
      server.reset();
    }
    if (field === null) return;
    // The page says `version` where the configuration says `firmware`.
    const reason = `${field === "firmware" ? "version" : field}: expected`;
    const refusedKinds = async (): Promise<Kind[]> => {
      const { health } = await product.state();
      return kinds.filter((kind) =>
        health.devices.some(
          ({ name, state, fault }) => name === names[kind] && state === "silent" && fault?.sentence.includes(reason),
        ),
      );
    };
    await until(async () => (await refusedKinds()).length === kinds.length, refusedWithinMs, 200);
    const found = await refusedKinds();
    const before = kinds.map((kind) => devices[kind].server.writes.length);
    await sleep(500);
    for (const kind of found)
      if (devices[kind].server.writes.length === before[kinds.indexOf(kind)]) refused.add(`${kind}.${field}`);
  }

  it("pcc.meter.identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("meter.manufacturer");
  });

  it("pcc.meter.identity.model: another model is not used", () => {
    expect(refused).toContain("meter.model");
  });

  it("pcc.meter.identity.serialNumber: another one of its kind is not used", () => {
    expect(refused).toContain("meter.serialNumber");
  });

  it("pcc.meter.identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("meter.firmware");
  });

  it("transferDevice.identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("k1.manufacturer");
  });

  it("transferDevice.identity.model: another model is not used", () => {
    expect(refused).toContain("k1.model");
  });

  it("transferDevice.identity.serialNumber: another one of its kind is not used", () => {
    expect(refused).toContain("k1.serialNumber");
  });

  it("transferDevice.identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("k1.firmware");
  });

  it("evses[].stage.identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("stage.manufacturer");
  });

  it("evses[].stage.identity.model: another model is not used", () => {
    expect(refused).toContain("stage.model");
  });

  it("evses[].stage.identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("stage.firmware");
  });

  it("loadPanel.identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("panel.manufacturer");
  });

  it("loadPanel.identity.model: another model is not used", () => {
    expect(refused).toContain("panel.model");
  });

  it("loadPanel.identity.serialNumber: another one of its kind is not used", () => {
    expect(refused).toContain("panel.serialNumber");
  });

  it("loadPanel.identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("panel.firmware");
  });

  it("pv[].identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("pv.manufacturer");
  });

  it("pv[].identity.model: another model is not used", () => {
    expect(refused).toContain("pv.model");
  });

  it("pv[].identity.serialNumber: another one of its kind is not used", () => {
    expect(refused).toContain("pv.serialNumber");
  });

  it("pv[].identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("pv.firmware");
  });

  it("devices[].identity.manufacturer: a device of another maker is not used", () => {
    expect(refused).toContain("further.manufacturer");
  });

  it("devices[].identity.model: another model is not used", () => {
    expect(refused).toContain("further.model");
  });

  it("devices[].identity.serialNumber: another one of its kind is not used", () => {
    expect(refused).toContain("further.serialNumber");
  });

  it("devices[].identity.firmware: other firmware is not used", () => {
    expect(refused).toContain("further.firmware");
  });

  it("those that were commissioned are used again", async () => {
    const fromMs = performance.now();
    await replaceAll(null);
    const answers = async (): Promise<boolean> =>
      (await product.state()).health.devices.every(({ fault }) => fault === null);
    expect(await until(answers, 40_000, 500)).toBe(true);
    expect(await product.reached("loadOnly")).toBe(true);
    expect(await until(() => product.said(/works again/, fromMs) !== undefined, 20_000)).toBe(true);
  });
});
