/**
 * A site whose K1, load panel and PV are of other makers and known by their maps alone. It loses the grid and becomes an
 * island whose PV would be too much for it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, writtenTo } from "./site/judge.ts";
import { type ModbusServer, RegisterImage, startModbusServer } from "./site/modbus-server.ts";
import type { PageState } from "./site/page.ts";
import { type JsonObject, type Product, patientFreshMs, startProduct } from "./site/product.ts";
import { soon, stagesUsed } from "./site/sites.ts";

const maps = {
  "k1.yaml": `
device: transfer-device
facts:
  contactNo:        { address: 500, type: uint16, codes: { open: 1, closed: 2 } }
  contactNc:        { address: 501, type: uint16, codes: { open: 1, closed: 2 } }
  gridLineVoltageV: { address: 502, type: uint16, scale: 0.1 }
  busLineVoltageV:  { address: 503, type: uint16, scale: 0.1 }
  gridFrequencyHz:  { address: 504, type: uint16, scale: 0.01 }
  busFrequencyHz:   { address: 505, type: uint16, scale: 0.01 }
commands:
  command: { address: 510, type: uint16, codes: { open: 7, close: 9 }, onSilence: stays where it is }
`,
  "panel.yaml": `
device: load-panel
facts:
  closedBits: { address: 600, type: bitfield16 }
  tier1W:     { address: 601, type: uint16 }
  tier2W:     { address: 602, type: uint16 }
commands:
  closedBits: { address: 610, type: bitfield16, onSilence: stays as it is }
`,
  "pv.yaml": `
device: pv
facts:
  powerW: { address: 700, type: uint16 }
commands:
  limitW: { address: 710, type: uint32, onSilence: stays }
`,
} as const;
type MapName = keyof typeof maps;

const tiersW = [5_000, 4_000];
const freshMs = 6_000;
const noise = (): number => Math.floor(3 * Math.random());

/** The three devices on the plant of a product: registers written here as their makers would have. */
function attach(images: Readonly<Record<MapName, RegisterImage>>, { plant }: Product): void {
  const k1 = plant.k1!;
  const contact = (): number => (k1.position >= 1 ? 2 : k1.position <= 0 ? 1 : 3);
  const hundredths = (hertz: number): number => (Number.isFinite(hertz) ? Math.round(100 * hertz) : 0);
  const tenths = (pu: number): number => (pu > 0.01 ? Math.round(10 * pu * plant.options.nominalV) + noise() : 0);
  const show = (name: MapName, address: number, values: () => number[]): void => {
    images[name].define(address, 30);
    images[name].refresh = () => images[name].words.set(values(), address);
  };
  const take = (name: MapName, change: (words: Uint16Array) => void): void => {
    const image = images[name];
    image.write = (address, words) => {
      image.words.set(words, address);
      change(image.words);
      return 0;
    };
  };
  show("k1.yaml", 500, () => [
    contact(),
    contact(),
    tenths(plant.linePu),
    tenths(plant.busPu),
    hundredths(plant.linePu > 0.1 ? plant.lineHz : 0),
    hundredths(plant.busHz),
  ]);
  take("k1.yaml", (words) => {
    if (words[510] === 7) k1.aim = "open";
    if (words[510] === 9) k1.aim = "close";
  });
  show("panel.yaml", 600, () => {
    const fed = plant.tiersClosed.map((closed, i) => (closed && plant.busPu > 0.5 ? tiersW[i]! + noise() : 0));
    return [plant.tiersClosed.reduce((bits, closed, i) => bits | (closed ? 1 << i : 0), 0), ...fed];
  });
  take("panel.yaml", (words) => {
    for (let i = 0; i < tiersW.length; i += 1) plant.tiersClosed[i] = ((words[610]! >> i) & 1) === 1;
  });
  show("pv.yaml", 700, () => [noise()]);
  take("pv.yaml", () => undefined);
}

describe("devices of other makers", () => {
  let product: Product;
  const servers = {} as Record<MapName, ModbusServer>;
  /** A second inverter of the same make. */
  const north = { image: new RegisterImage([3]), server: undefined as unknown as ModbusServer };
  const northW = 40_000;
  /** Too little to count as PV that has joined the island. */
  const northNowW = 60;
  beforeAll(async () => {
    const images = {} as Record<MapName, RegisterImage>;
    for (const name of Object.keys(maps) as MapName[]) {
      images[name] = new RegisterImage([3]);
      servers[name] = await startModbusServer(new Map([[1, images[name]]]));
    }
    north.image.define(700, 30);
    north.image.refresh = () => north.image.words.set([northNowW], 700);
    north.image.write = () => 0;
    north.server = await startModbusServer(new Map([[1, north.image]]));
    const place = (map: MapName): JsonObject => ({ host: "127.0.0.1", port: servers[map].port, map });
    product = await startProduct({
      plant: { stages: [{ maxChargeW: 5_000 }], k1TravelMs: 100, tiersW },
      files: maps,
      waits: true,
      config: ({ stages }) => ({
        site: { serviceMode: "non-parallel-backup" },
        transferDevice: { ...place("k1.yaml"), freshMs: patientFreshMs },
        loadPanel: { ...place("panel.yaml"), freshMs },
        pv: [
          { ...place("pv.yaml"), freshMs, ratedW: 100_000, curtail: "frequency-shift" },
          {
            ...place("pv.yaml"),
            port: north.server.port,
            name: "Roof north",
            freshMs,
            ratedW: northW,
            curtail: "frequency-shift",
          },
        ],
        evses: [
          {
            name: "Bay 1",
            stage: stages[0]!,
            maxChargeW: 5_000,
            maxDischargeW: 60_000,
            dischargeEnabled: true,
            gridForming: true,
            reservePct: 20,
          },
        ],
      }),
    });
    attach(images, product);
    product.start();
    const { plant } = product;
    // Whatever of it does not come about is found by the tests.
    await until(() => product.mode() === "loadOnly", 60_000);
    await stagesUsed(product).catch(() => undefined);
    plant.gridPresent = false;
    await until(() => product.mode() === "islandRunning", 40_000);
  });
  afterAll(async () => {
    await product?.stop();
    await Promise.all([...Object.values(servers), north.server].map((server) => server?.close()));
  });

  const formedHz = (): number => {
    const { server, face } = product.stages[0]!;
    const written = writtenTo(server.writes, (at, words) => face.map.parse(at, words), "64901.FormHz");
    return Math.max(0, ...written.map(({ value }) => value));
  };

  it("transferDevice.map: a K1 of another maker is opened", async () => {
    expect(servers["k1.yaml"].writes.some(({ address, words }) => address === 510 && words[0] === 7)).toBe(true);
    await soon(product, "open", () => product.plant.k1!.position === 0);
  });

  it("loadPanel.map: a panel of another maker feeds the tiers one after the other", async () => {
    await soon(product, "both tiers", () => product.plant.tiersClosed.every(Boolean) && product.plant.busPu > 0.9);
    const told = servers["panel.yaml"].writes.filter(({ address }) => address === 610).map(({ words }) => words[0]);
    expect(told).toContain(0);
    expect(told.lastIndexOf(3)).toBeGreaterThan(told.lastIndexOf(0));
  });

  it("pv[].map: PV of another maker is read", () => {
    expect(servers["pv.yaml"].asked.get("3@700")).toBeGreaterThan(10);
  });

  it("several inverters: their power is added up, and each is told its own rating", async () => {
    await soon(product, "added up", async () => ((await product.state()).pv?.powerW ?? 0) >= northNowW, 20_000);
    const told = ({ writes }: ModbusServer): number[] =>
      writes.filter(({ address }) => address === 710).map(({ words }) => words[0]! * 65_536 + words[1]!);
    expect(told(north.server)).toContain(northW);
    expect(told(servers["pv.yaml"])).toContain(100_000);
  });

  it("pv[].curtail: PV that listens to frequency only is held off by it", async () => {
    await soon(product, "the frequency is raised", () => formedHz() > 60.5);
  });

  it("pv[].ratedW: PV that would be too much for the island is held off before it joins", async () => {
    await soon(product, "the frequency is raised", () => formedHz() > 60.5);
  });

  /** A server falls silent: its values are kept for so long, and are unknown when it is over. */
  async function keeps({ habits }: ModbusServer, isKnown: (state: PageState) => boolean): Promise<void> {
    const known = async (): Promise<boolean> => isKnown(await product.state());
    await soon(product, "known", known, 20_000);
    const silentMs = performance.now();
    habits.silent = true;
    let keptMs = 0;
    const isGone = async (): Promise<boolean> => {
      const askedMs = performance.now();
      if (!(await known())) return true;
      keptMs = askedMs - silentMs;
      return false;
    };
    await soon(product, "no longer known", isGone, 4 * freshMs);
    habits.silent = false;
    // Without the setting it is a second.
    expect(keptMs).toBeGreaterThan(0.4 * freshMs);
  }

  it("loadPanel.freshMs: loads of the tiers count until they are so old", () =>
    keeps(servers["panel.yaml"], ({ tiers }) => tiers.every(({ known }) => known.state !== "unknown")));

  it("pv[].freshMs: the power of PV counts until it is so old", () =>
    keeps(servers["pv.yaml"], ({ pv }) => pv !== null));
});
