/** Devices behind slow, serial and dead links, seen through `islet run`. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadStream } from "node:tty";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, until } from "./site/judge.ts";
import type { RegisterImage } from "./site/modbus-server.ts";
import { type Product, startProduct } from "./site/product.ts";
import { answerRtu, startGateway } from "./site/rtu.ts";
import { soon, stoodStillMs, undisturbed } from "./site/sites.ts";

const hasPair = spawnSync("socat", ["-V"]).status === 0 && spawnSync("stty", ["--version"]).status === 0;

/** An RTU meter at the far end of a pair of pseudo-terminals; each exchange takes 45 ms. */
class SerialMeter {
  readonly folder = mkdtempSync(join(tmpdir(), "islet-line-"));
  readonly path = join(this.folder, "near");
  image: RegisterImage | undefined;
  reads = 0;
  #socat: ChildProcess | undefined;
  #other: ChildProcess | undefined;
  #end: ReadStream | undefined;

  async plug(): Promise<void> {
    const far = join(this.folder, "far");
    this.#socat = spawn("socat", [`pty,raw,echo=0,link=${this.path}`, `pty,raw,echo=0,link=${far}`], {
      stdio: "ignore",
    });
    await until(() => existsSync(this.path) && existsSync(far), 3_000);
    const fd = openSync(far, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    const end = new ReadStream(fd);
    this.#end = end;
    let pending: Buffer = Buffer.alloc(0);
    end.on("error", () => undefined);
    end.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      if (pending.length < 8) return;
      const request = pending.subarray(0, 8);
      pending = Buffer.alloc(0);
      const reply = this.image && answerRtu(request, 3, this.image);
      if (reply === undefined) return;
      this.reads += 1;
      setTimeout(() => !end.destroyed && writeSync(fd, reply), 45);
    });
  }

  async unplug(): Promise<void> {
    this.#end?.destroy();
    this.#socat?.kill();
    await until(() => !existsSync(this.path), 3_000);
  }

  /** As udev's link by the adapter's serial number has it: plugged in again, it leads to a device of another number. */
  async plugElsewhere(): Promise<void> {
    const taken = join(this.folder, "taken");
    this.#other = spawn("socat", [`pty,raw,echo=0,link=${taken}`, "pty,raw,echo=0"], { stdio: "ignore" });
    await until(() => existsSync(taken), 3_000);
    await this.plug();
  }

  get device(): string {
    return realpathSync(this.path);
  }

  async remove(): Promise<void> {
    await this.unplug();
    this.#other?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const sdm630 = `device: meter
registers: input
facts:
  powerW:      { address: 0x34, type: float32 }
  frequencyHz: { address: 0x46, type: float32 }
  voltageAV:   { address: 0x00, type: float32 }
  voltageBV:   { address: 0x02, type: float32 }
  voltageCV:   { address: 0x04, type: float32 }
`;

describe.skipIf(!hasPair)("an Eastron meter on a serial line (needs socat and stty)", () => {
  const line = new SerialMeter();
  let product: Product;
  beforeAll(async () => {
    await line.plug();
    product = await startProduct({
      usualAges: true,
      meter: "eastron",
      plant: { stages: [{}], buildingW: 12_000 },
      files: { "sdm630.yaml": sdm630 },
      waits: true,
      config: {
        pcc: {
          meter: {
            serial: line.path,
            baudRate: 9_600,
            unitId: 3,
            map: "sdm630.yaml",
            proven: true,
            updateMs: 200,
            windowMs: 200,
          },
        },
      },
    });
    const site = JSON.parse(readFileSync(product.configFile, "utf8"));
    delete site.pcc.meter.host;
    delete site.pcc.meter.port;
    writeFileSync(product.configFile, JSON.stringify(site));
    line.image = product.meter.image;
    product.start();
  });
  afterAll(async () => {
    await product?.stop();
    await line.remove();
  });

  it("is read, with the whole building in its value, and the process lives on", async () => {
    await soon(product, "is read", () => line.reads > 20);
    await soon(product, "12 kW", async () => Math.abs((await buildingW(product)) - 12_000) < 1_500);
  });

  it("unplugged → named with what to check within 5 s; back under another number → read again, told as over", async () => {
    const fromMs = performance.now();
    const { device } = line;
    await line.unplug();
    const named = () => product.said(/PCC meter .*Check that the adapter is plugged in/);
    await soon(product, "named", () => named() !== undefined);
    expect(named()!.atMs - fromMs).toBeLessThan(6_500 + stoodStillMs(product, fromMs));
    const reads = line.reads;
    await line.plugElsewhere();
    expect(line.device).not.toBe(device);
    await soon(product, "read again", () => line.reads > reads + 5);
    await soon(product, "told as over", () => product.said(/PCC meter works again/) !== undefined);
  });
});

/** What the page shows at the PCC, less what the vehicle takes meanwhile, W. */
async function buildingW(product: Product): Promise<number> {
  const { pccW } = await product.state();
  return (pccW ?? Number.NaN) - product.plant.stages.reduce((sumW, { powerW }) => sumW + powerW, 0);
}

describe("an Eastron meter behind a gateway that passes RTU frames over TCP", () => {
  let product: Product;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  beforeAll(async () => {
    gateway = await startGateway(3);
    product = await startProduct({
      usualAges: true,
      meter: "eastron",
      plant: { stages: [{}], buildingW: 12_000 },
      files: { "sdm630.yaml": sdm630 },
      waits: true,
      config: {
        pcc: {
          meter: { port: gateway.port, framing: "rtu", unitId: 3, map: "sdm630.yaml", updateMs: 200, windowMs: 200 },
        },
      },
    });
    gateway.image = product.meter.image;
    product.start();
  });
  afterAll(async () => {
    await product?.stop();
    await gateway?.close();
  });

  it("is read, with the whole building in its value", async () => {
    await soon(product, "the building", async () => Math.abs((await buildingW(product)) - 12_000) < 1_500, 40_000);
  });

  it("the connection is cut in the middle of a frame → the value comes back", async () => {
    const { connections } = gateway;
    gateway.cut();
    product.plant.buildingW = 20_000;
    await soon(product, "the building", async () => Math.abs((await buildingW(product)) - 20_000) < 1_500, 40_000);
    expect(gateway.connections).toBeGreaterThan(connections);
  });
});

describe("a stage at an address where nobody listens, and one that takes 150 ms", () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      usualAges: true,
      plant: { stages: [{}, {}], buildingW: 12_000 },
      habits: { stage: { latencyMs: 150 } },
      config: ({ stages }) => ({
        evses: [
          { name: "Slow", stage: { ...stages[0]!, freshMs: 1_500 }, maxChargeW: 60_000 },
          { name: "Gone", stage: { host: "127.0.0.1", port: 9 }, maxChargeW: 60_000 },
        ],
      }),
    });
  });
  afterAll(() => product.stop());

  it("the dead one is named in the log with cause and check within 5 s; the slow one is used", async () => {
    const runs = () => product.said(/The control loop runs/);
    await soon(product, "runs", () => runs() !== undefined, 60_000);
    const named = () => product.said(/Gone \(tcp 127\.0\.0\.1:9, unit 1\).*ECONNREFUSED.*Check its power/);
    await soon(product, "named", () => named() !== undefined);
    const fromMs = runs()!.atMs;
    expect(named()!.atMs - fromMs).toBeLessThan(5_000 + stoodStillMs(product, fromMs));
    await soon(product, "asked", () => (product.stages[0]!.server.asked.get("3@40000") ?? 0) > 0);
    // It may be waited for longer than 150 ms, but not for a second.
    await undisturbed(500, async () => {
      const usedMs = performance.now();
      await sleep(6_000);
      expect(product.said(/Slow \(.*(No reply|could not be reached)/, usedMs)).toBeUndefined();
    });
  });
});
