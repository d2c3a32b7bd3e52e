/**
 * A charger that nobody knows, with a manual of two pages (`unknown/manual.txt`): low words first, an enable word at take-over,
 * a role and a setpoint of its own, a watchdog whose time is written and read back. The tools alone make its map. It charges, gives power back
 * under a permit that covers its serial number, and brings itself to zero when the controller is killed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedW, importedW, meanW, until, zeroAfterMs } from "./site/judge.ts";
import { type ModbusServer, RegisterImage, startModbusServer } from "./site/modbus-server.ts";
import type { PlantStage } from "./site/plant.ts";
import { type Ran, runIslet } from "./site/process.ts";
import { type Product, startProduct } from "./site/product.ts";
import { soon } from "./site/sites.ts";

/** The manual that came with it, and what an installer answers from it when asked by `islet map new`. */
const answers = readFileSync(join(import.meta.dirname, "unknown/answers.txt"), "utf8");

/** The charger: its registers are written here as its maker would have, in no shared words with the map. */
class Charger {
  readonly image = new RegisterImage([3]);
  stage: PlantStage | undefined;
  volts = 480;
  hertz = 60;
  #wroteMs = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    const { image } = this;
    image.define(100, 31);
    image.define(200, 21);
    image.refresh = () => this.#show();
    image.write = (address, words) => this.#take(address, words);
    this.#timer = setInterval(() => this.#watch(), 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const { words } = this.image;
    const powerW = this.stage?.powerW ?? 0;
    words[100] = { off: 0, charge: 2, discharge: 3, forming: 9, hold: 9 }[this.stage?.role ?? "off"];
    const tenths = Math.round(10 * powerW) >>> 0;
    words[101] = tenths & 0xffff;
    words[102] = tenths >>> 16;
    words[110] = 10 * this.volts;
    words[111] = 100 * this.hertz;
    words[120] = 40 + Math.round(this.stage?.socPct ?? 0);
    words[130] = 0;
  }

  #take(address: number, written: readonly number[]): number {
    const { words } = this.image;
    if (address + written.length > 221 || address < 200) return 2;
    written.forEach((word, i) => {
      words[address + i] = word;
    });
    this.#wroteMs = performance.now();
    // Nothing moves before it has been enabled.
    if (words[210] !== 0xa5a5) return 0;
    const setW = ((words[202]! << 16) | words[201]! | 0) / 10;
    const role = (["off", "charge", "discharge"] as const)[words[200]!] ?? "off";
    this.stage?.command(role, setW, performance.now());
    return 0;
  }

  #watch(): void {
    const seconds = this.image.words[220]!;
    if (seconds > 0 && performance.now() - this.#wroteMs > 1_000 * seconds)
      this.stage?.command("off", 0, performance.now());
  }
}

describe("a charger that is known by its map alone", () => {
  let charger: Charger;
  let server: ModbusServer;
  let product: Product;
  let folder: string;
  let made: Ran;
  let tried: Ran;
  let found: Ran;
  let toolsMs: number;
  let writesByTools: number;
  beforeAll(async () => {
    charger = new Charger();
    server = await startModbusServer(new Map([[3, charger.image]]));
    const place = `127.0.0.1:${server.port}`;
    folder = mkdtempSync(join(tmpdir(), "islet-map-"));
    const file = join(folder, "charger.yaml");
    const startMs = performance.now();
    made = await runIslet(["map", "new", place, "--unit", "3", "--out", file], 60_000, folder, answers);
    tried = await runIslet(["map", "try", file, place, "--unit", "3", "--rounds", "2", "--json"], 60_000, folder);
    found = await runIslet(["probe", place, "--units", "1-3", "--maps", folder, "--json"], 60_000, folder);
    toolsMs = performance.now() - startMs;
    writesByTools = server.writes.length;
    product = await startProduct({
      plant: { stages: [{}], buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 50_000 },
      backend: true,
      waits: true,
      files: { "charger.yaml": readFileSync(file, "utf8") },
      config: {
        evses: [
          {
            name: "Garage",
            stage: {
              host: "127.0.0.1",
              port: server.port,
              unitId: 3,
              map: "charger.yaml",
              gridFunctions: "controller",
              identity: { serialNumber: "ST-1", firmware: "7.1" },
            },
            maxChargeW: 60_000,
            maxDischargeW: 60_000,
            dischargeEnabled: true,
            reservePct: 20,
          },
        ],
      },
    });
    // The emulated stage behind SunSpec steps aside: this charger is what moves.
    product.stages[0]!.face.stop();
    charger.stage = product.plant.stages[0]!;
    product.start();
    await product.backend.whenConnected();
  });
  afterAll(async () => {
    charger.stop();
    await product.stop();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("the tools make its map from its manual, read it live, recognise it afterwards, and write nothing to it", () => {
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(/Norrsken Garage 60, stage; 6 facts[\s\S]*discharging in parallel with the grid: yes/);
    expect(tried).toMatchObject({ code: 0, err: "" });
    const rows = (JSON.parse(tried.out) as { rows: { fact: string; value: number }[] }).rows;
    expect(Object.fromEntries(rows.map(({ fact, value }) => [fact, value]))).toMatchObject({
      powerW: 0,
      lineVoltageV: 480,
      frequencyHz: 60,
      antiIslanding: 1,
    });
    expect(JSON.parse(found.out)).toMatchObject({
      devices: [{ unit: 3, verdict: "recognised", name: "Norrsken Garage 60" }],
    });
    expect(writesByTools).toBe(0);
    expect(toolsMs).toBeLessThan(15 * 60_000);
  });

  it("evses[].stage.map: the stage is enabled, its watchdog's time is written, and parallel operation is reached", async () => {
    expect(await product.reached("parallel")).toBe(true);
    expect(charger.image.words[210]).toBe(0xa5a5);
    expect(await until(() => charger.image.words[220] === 2, 30_000)).toBe(true);
  });

  it("evses[].stage.map: it charges and gives power back as the backend asks", async () => {
    const near = (quantity: typeof importedW, powerW: number) => (): boolean =>
      Math.abs(meanW(product.plant, quantity, 300) - powerW) < 1_500;
    await product.backend.ask(1, 6_000);
    await soon(product, "imports 26 kW", near(importedW, 26_000));
    await product.backend.ask(1, -30_000);
    await soon(product, "exports 10 kW", near(exportedW, 10_000));
    await soon(product, "shown", async () => (await product.state()).evses[0]!.setpointW < -29_000);
  });

  it("evses[].stage.map: the controller is killed → the charger's own watchdog ends the discharge", async () => {
    await product.kill();
    await soon(product, "at zero", () => charger.stage!.powerW === 0);
    expect(zeroAfterMs(product.plant, server)).toBeLessThan(4_000);
  });
});
