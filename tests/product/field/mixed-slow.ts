/** The workshop of `config/examples/mixed-slow.yaml`: a Schneider meter of 1 s, and a charger that settles after each write. */
import { type ModbusServer, RegisterImage, startModbusServer } from "../site/modbus-server.ts";
import { Plant, type PlantStage } from "../site/plant.ts";
import { layOver } from "../site/product.ts";
import type { JsonObject } from "../site/service.ts";
import { type Example, startExample } from "./example.ts";
import { seeded } from "./figures.ts";
import { Roof } from "./roof.ts";

const smallestW = 1_380;
const settleMs = 2_500;

/**
 * A charger as its maker's users describe it: functions 3 and 6, remote control by 81 to 83, start and stop by 257, power by
 * 260, idle timeout by 88. What comes within 2.5 s of a write is acknowledged and has no effect.
 */
class SlowCharger {
  readonly image = new RegisterImage([3]);
  readonly #stage: PlantStage;
  /** Writes that came too soon, and powers that it can't hold. */
  lost = 0;
  refused = 0;
  #wroteMs = Number.NEGATIVE_INFINITY;
  #askedMs = performance.now();
  #runs = false;
  readonly #timer: NodeJS.Timeout;

  constructor(stage: PlantStage) {
    this.#stage = stage;
    const { image } = this;
    for (const [address, count] of [
      [81, 3],
      [88, 1],
      [256, 2],
      [260, 1],
      [514, 1],
      [526, 1],
      [537, 6],
    ] as const)
      image.define(address, count);
    image.words[514] = 7_400;
    image.refresh = () => this.#show();
    image.write = (address, [word = 0]) => this.#take(address, word);
    this.#timer = setInterval(() => this.#watch(), 100);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    this.#askedMs = performance.now();
    const { words } = this.image;
    const { powerW, connected, socPct } = this.#stage;
    const moves = Math.abs(powerW) > 10;
    words[526] = Math.round(powerW) & 0xffff;
    words[537] = !connected ? 0 : !moves ? 4 : powerW > 0 ? 1 : 11;
    words[538] = moves ? Math.round(socPct) : 0;
  }

  #take(address: number, word: number): number {
    const nowMs = performance.now();
    this.#askedMs = nowMs;
    if (nowMs - this.#wroteMs < settleMs) {
      this.lost += 1;
      return 0;
    }
    const power = (word << 16) >> 16;
    if (address === 260 && power !== 0 && Math.abs(power) < smallestW) {
      this.refused += 1;
      return 3;
    }
    this.#wroteMs = nowMs;
    this.image.words[address] = word;
    if (address === 257) this.#runs = word === 1;
    this.#move();
    return 0;
  }

  #move(): void {
    const { words } = this.image;
    const runs = this.#runs && words[81] === 1 && words[83] === 1;
    const powerW = (words[260]! << 16) >> 16;
    this.#stage.command(!runs || powerW === 0 ? "off" : powerW > 0 ? "charge" : "discharge", powerW, performance.now());
  }

  #watch(): void {
    const seconds = this.image.words[88]!;
    if (seconds === 0 || performance.now() - this.#askedMs <= 1_000 * seconds) return;
    this.#runs = false;
    this.#move();
  }
}

/** A PM5000: float32 in kW, function 3, wire addresses 3027 and on; it shows a mean of the second before once a second. */
function schneiderFace(plant: Plant): RegisterImage {
  const image = new RegisterImage([3]);
  image.define(2_999, 114);
  image.refresh = () => {
    const { powerW, phaseW, voltagePu, frequencyHz } = plant.meter;
    const phaseV = (voltagePu * plant.options.nominalV) / Math.sqrt(3);
    for (const phase of [0, 1, 2] as const) {
      image.setFloat(3_027 + 2 * phase, phaseV);
      image.setFloat(3_053 + 2 * phase, phaseW[phase] / 1_000);
    }
    image.setFloat(3_059, powerW / 1_000);
    image.setFloat(3_067, 0);
    image.setFloat(3_109, frequencyHz);
  };
  return image;
}

export interface MixedSlowOptions {
  readonly seed: number;
  /** From a request to its answer, ms; each trial has its own within ± 50 %. */
  readonly meterMs: number;
  readonly chargerMs: number;
  readonly change?: JsonObject;
}

export interface MixedSlow extends Example {
  readonly plant: Plant;
  readonly meter: ModbusServer;
  readonly charger: SlowCharger;
  readonly chargerServer: ModbusServer;
  readonly roof: Roof;
  readonly roofServer: ModbusServer;
  readonly startMs: number;
}

export async function startMixedSlow(options: MixedSlowOptions): Promise<MixedSlow> {
  const random = seeded(options.seed);
  const varied = (ms: number): number => ms * (0.5 + random());
  const plant = new Plant({
    stages: [{ maxChargeW: 7_400, maxDischargeW: 7_400, responseMs: 200, deadTimeMs: 350, capacityWh: 60_000 }],
    buildingW: 10_000,
    meter: { updateMs: 1_000, windowMs: 1_000, latencyMs: 50, resolutionW: 1, reversed: false },
  });
  const meter = await startModbusServer(new Map([[1, schneiderFace(plant)]]), { latencyMs: varied(options.meterMs) });
  const charger = new SlowCharger(plant.stages[0]!);
  const chargerServer = await startModbusServer(new Map([[1, charger.image]]), {
    latencyMs: varied(options.chargerMs),
    singleClient: true,
    dropsWhileBusy: true,
  });
  const roof = new Roof(plant, { ratedW: 12_000, deadTimeMs: varied(600), responseMs: 200, revertS: 60 });
  const roofServer = await startModbusServer(new Map([[1, roof.image]]), { latencyMs: varied(80), singleClient: true });
  plant.start();
  const example = await startExample("mixed-slow.yaml", {
    serials: ["Q-1234"],
    permit: { mode: "parallel-non-export", firmware: "5.1" },
    change: (config) => {
      const [evse] = config["evses"] as readonly JsonObject[];
      const evses = [layOver(evse!, { stage: { host: "127.0.0.1", port: chargerServer.port } })];
      const [roofTop] = config["pv"] as readonly JsonObject[];
      const pv = [layOver(roofTop!, { host: "127.0.0.1", port: roofServer.port })];
      const placed = layOver(config, { pcc: { meter: { host: "127.0.0.1", port: meter.port } }, evses, pv });
      return layOver(placed, options.change ?? {});
    },
  });
  const startMs = performance.now();
  example.start();
  const stop = async (): Promise<void> => {
    await example.stop();
    plant.stop();
    charger.stop();
    roof.stop();
    await Promise.all([meter, chargerServer, roofServer].map((server) => server.close()));
  };
  return Object.create(
    example,
    Object.getOwnPropertyDescriptors({ plant, meter, charger, chargerServer, roof, roofServer, startMs, stop }),
  ) as MixedSlow;
}
