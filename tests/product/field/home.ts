/** The house of `config/examples/home-serial.yaml`: meters, charger and I/O module on one RS-485 line at 9600 baud. */
import { eastronFace } from "../site/faces.ts";
import { type RegisterDevice, RegisterImage } from "../site/modbus-server.ts";
import { IoModule, voltmeter } from "../site/parts.ts";
import { Plant, type StageRole } from "../site/plant.ts";
import { layOver } from "../site/product.ts";
import type { JsonObject } from "../site/service.ts";
import { type Example, startExample } from "./example.ts";
import { seeded } from "./figures.ts";
import { SerialLine } from "./serial-line.ts";

const roles: readonly StageRole[] = ["off", "charge", "discharge", "forming"];

/** The charger as its manual has it; with a watchdog on writes that switches it off, and registers that must not be touched. */
class HomeCharger {
  readonly image = new RegisterImage([3]);
  readonly #plant: Plant;
  #wroteMs = performance.now();
  /** Registers outside the manual's list that somebody wrote or read. */
  forbidden = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(plant: Plant) {
    this.#plant = plant;
    const { image } = this;
    image.define(100, 9);
    image.define(200, 5);
    image.define(210, 1);
    image.refresh = () => this.#show();
    image.write = (address, words) => this.#take(address, words);
    this.#timer = setInterval(() => this.#watch(), 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const { words } = this.image;
    const { busPu, busHz, options } = this.#plant;
    const { role, powerW, connected, socPct } = this.#plant.stages[0]!;
    words[100] = Math.max(0, roles.indexOf(role));
    const watts = Math.round(powerW) >>> 0;
    words[101] = watts >>> 16;
    words[102] = watts & 0xffff;
    words[103] = Math.round(10 * busPu * options.nominalV * (1 + 0.0005 * Math.random()));
    words[104] = Number.isFinite(busHz) ? Math.round(100 * busHz) : 0;
    words[105] = 0;
    words[106] = connected ? 1 : 0;
    words[107] = Math.round(socPct);
    words[108] = 1;
  }

  #take(address: number, written: readonly number[]): number {
    const { words } = this.image;
    written.forEach((word, i) => {
      words[address + i] = word;
    });
    this.#wroteMs = performance.now();
    if (address > 201) return 0;
    const stage = this.#plant.stages[0]!;
    stage.formPu = words[203]! / 1_000;
    stage.formHz = words[204]! / 100;
    const powerW = (words[201]! << 16) | words[202]! | 0;
    stage.command(roles[words[200]!] ?? "off", powerW, performance.now());
    return 0;
  }

  #watch(): void {
    const seconds = this.image.words[210]!;
    if (seconds > 0 && performance.now() - this.#wroteMs > 1_000 * seconds)
      this.#plant.stages[0]!.command("off", 0, performance.now());
  }
}

export interface Home extends Example {
  readonly plant: Plant;
  readonly line: SerialLine;
  readonly charger: HomeCharger;
  readonly module: IoModule;
  /** The grid operator's control box: whether it asks for less. */
  readonly box: { asks: boolean };
  readonly startMs: number;
}

export const units = { meter: 1, bus: 2, charger: 3, io: 5 } as const;
export const meterPowerAddress = 0x34;

export async function startHome({ seed, change = {} }: { seed: number; change?: JsonObject }): Promise<Home> {
  const random = seeded(seed);
  const plant = new Plant({
    nominalV: 400,
    stages: [{ maxChargeW: 11_000, maxDischargeW: 11_000, responseMs: 150, deadTimeMs: 60, capacityWh: 60_000 }],
    k1TravelMs: 100,
    tiersW: [3_000],
    buildingW: 4_000,
    meter: { updateMs: 200, windowMs: 200, latencyMs: 20, resolutionW: 1, reversed: false },
  });
  const module = new IoModule(8, 8);
  const box = { asks: false };
  module.outputs[0] = true;
  module.refresh = () => {
    const k1 = plant.k1!;
    module.inputs[0] = k1.contact(k1.lieNo) === "closed";
    module.inputs[2] = !box.asks;
    module.inputs[1] = k1.contact(k1.lieNc) === "open";
  };
  module.changed = (output, on) => {
    if (output === 0) plant.k1!.aim = on ? "close" : "open";
  };
  const charger = new HomeCharger(plant);
  const line = new SerialLine(
    new Map<number, RegisterDevice>([
      [units.meter, eastronFace(plant)],
      [
        units.bus,
        voltmeter(
          () => plant,
          ({ busPu }) => busPu,
          ({ busHz }) => busHz,
        ),
      ],
      [units.charger, charger.image],
      [units.io, module],
    ]),
    9_600,
    () => 10 + 20 * random(),
  );
  await line.plug();
  plant.start();
  const example = await startExample("home-serial.yaml", {
    serials: ["DC-11-0042"],
    permit: { mode: "parallel-non-export", firmware: "2.4" },
    change: (config) => {
      const at = { serial: line.path };
      const devices = (config["devices"] as readonly JsonObject[]).map((one) => layOver(one, at));
      const [evse] = config["evses"] as readonly JsonObject[];
      const placed = layOver(config, { pcc: { meter: at }, devices, evses: [layOver(evse!, { stage: at })] });
      return layOver(placed, change);
    },
  });
  const startMs = performance.now();
  example.start();
  const stop = async (): Promise<void> => {
    await example.stop();
    plant.stop();
    charger.stop();
    await line.remove();
  };
  return Object.create(
    example,
    Object.getOwnPropertyDescriptors({ plant, line, charger, module, box, startMs, stop }),
  ) as Home;
}
