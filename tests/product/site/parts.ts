/**
 * What a transfer device is made of where it is no device of its own: an I/O module with inputs and relays, voltmeters of the
 * two sides, a contactor, a breaker with two coils, a motor drive. Written here as their makers' manuals have them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ModbusServer, type RegisterDevice, RegisterImage, startModbusServer } from "./modbus-server.ts";
import type { Plant } from "./plant.ts";
import type { JsonObject } from "./product.ts";

export type DriveKind = "coil" | "pulse" | "hold-to-run";

/** One output that went on or off. */
export interface OutputChange {
  readonly atMs: number;
  readonly output: number;
  readonly on: boolean;
}

/** An I/O module: inputs by function 1 or 2, relays by functions 1, 5 and 15. Its relays stay when nobody speaks. */
export class IoModule implements RegisterDevice {
  readonly inputs: boolean[];
  readonly outputs: boolean[];
  readonly changes: OutputChange[] = [];
  /** Puts the present contacts into the inputs. */
  refresh: () => void = () => undefined;
  changed: (output: number, on: boolean) => void = () => undefined;
  readonly #inputsAre: 1 | 2;

  constructor(inputs: number, outputs: number, inputsAre: 1 | 2 = 2) {
    this.inputs = Array.from({ length: inputs }, () => false);
    this.outputs = Array.from({ length: outputs }, () => false);
    this.#inputsAre = inputsAre;
  }

  registers(): number {
    return 1;
  }

  writeRegisters(): number {
    return 1;
  }

  bits(functionCode: 1 | 2, address: number, count: number): readonly boolean[] | number {
    this.refresh();
    const bits = functionCode === this.#inputsAre ? this.inputs : functionCode === 1 ? this.outputs : [];
    return address + count > bits.length ? 2 : bits.slice(address, address + count);
  }

  writeCoils(address: number, values: readonly boolean[]): number {
    if (address + values.length > this.outputs.length) return 2;
    values.forEach((on, i) => {
      const output = address + i;
      if (this.outputs[output] === on) return;
      this.outputs[output] = on;
      this.changes.push({ atMs: performance.now(), output, on });
      this.changed(output, on);
    });
    return 0;
  }

  /** How long each spell of an output lasted that is over, ms. */
  spellsMs(output: number): number[] {
    const spells: number[] = [];
    let onMs = Number.NaN;
    for (const change of this.changes) {
      if (change.output !== output) continue;
      if (change.on) onMs = change.atMs;
      else if (!Number.isNaN(onMs)) spells.push(change.atMs - onMs);
    }
    return spells;
  }
}

/** An Eastron SDM630 as a voltmeter: float32 input registers, volts of three phases, hertz. */
export function voltmeter(plant: () => Plant | undefined, pu: (plant: Plant) => number, hz: (plant: Plant) => number) {
  const image = new RegisterImage([4]);
  image.define(0, 0x50);
  image.refresh = () => {
    const of = plant();
    if (of === undefined) return;
    const live = pu(of) > 0.01;
    for (let phase = 0; phase < 3; phase += 1) {
      const volts = (pu(of) * of.options.nominalV) / Math.sqrt(3);
      image.setFloat(2 * phase, live ? volts + 0.1 * Math.random() : 0);
    }
    image.setFloat(0x46, live && Number.isFinite(hz(of)) ? hz(of) : 0);
  };
  return image;
}

/** Inputs and outputs of the module in these tests. `released`: on while the grid operator asks for nothing. */
export const inputs = {
  no: 0,
  nc: 1,
  busLive: 2,
  busDead: 3,
  generatorRests: 4,
  bonded: 5,
  unbonded: 6,
  released: 7,
} as const;
export const outputs = { close: 0, open: 1, bond: 2 } as const;

export interface K1Parts {
  readonly module: IoModule;
  readonly servers: Readonly<Record<"module" | "grid" | "bus", ModbusServer>>;
  /** Voltmeters of both sides. */
  readonly grid: RegisterImage;
  readonly bus: RegisterImage;
  /** The contactor of the bond between neutral and ground: where it is, and whether it is stuck there. */
  readonly bond: {
    made: boolean;
    stuck: boolean;
    readonly changes: { readonly atMs: number; readonly made: boolean }[];
  };
  /** Wires of the inputs that are cut. */
  readonly cut: Set<number>;
  /** Where the configuration finds them. */
  readonly devices: readonly JsonObject[];
  /** Connects them with the plant of a site. */
  attach(plant: Plant): void;
  close(): Promise<unknown>;
}

const bondTravelMs = 150;

/** Everything that K1 is made of, each behind a server of its own. */
export async function startK1Parts(drive: DriveKind, inputsAre: 1 | 2 = 2): Promise<K1Parts> {
  let plant: Plant | undefined;
  const module = new IoModule(8, 8, inputsAre);
  const grid = voltmeter(
    () => plant,
    ({ linePu }) => linePu,
    ({ lineHz }) => lineHz,
  );
  const bus = voltmeter(
    () => plant,
    ({ busPu }) => busPu,
    ({ busHz }) => busHz,
  );
  const serve = (device: RegisterDevice, unit: number): Promise<ModbusServer> =>
    startModbusServer(new Map([[unit, device]]));
  const servers = { module: await serve(module, 1), grid: await serve(grid, 2), bus: await serve(bus, 3) };
  const cut = new Set<number>();
  const bond: K1Parts["bond"] = { made: false, stuck: false, changes: [] };
  module.refresh = () => {
    const k1 = plant?.k1;
    if (plant === undefined || k1 == null) return;
    module.inputs[inputs.no] = k1.contact(k1.lieNo) === "closed" && !cut.has(inputs.no);
    module.inputs[inputs.nc] = k1.contact(k1.lieNc) === "open" && !cut.has(inputs.nc);
    module.inputs[inputs.busLive] = plant.busPu > 0.5 && !cut.has(inputs.busLive);
    module.inputs[inputs.busDead] = plant.busPu <= 0.5 && !cut.has(inputs.busDead);
    module.inputs[inputs.released] = !cut.has(inputs.released);
    module.inputs[inputs.generatorRests] = !plant.generatorRuns && !cut.has(inputs.generatorRests);
    module.inputs[inputs.bonded] = bond.made && !cut.has(inputs.bonded);
    module.inputs[inputs.unbonded] = !bond.made && !cut.has(inputs.unbonded);
  };
  module.changed = (output, on) => {
    const k1 = plant?.k1;
    if (k1 == null) return;
    if (output === outputs.bond)
      plant?.after(bondTravelMs, () => {
        if (bond.stuck || bond.made === module.outputs[outputs.bond]) return;
        bond.made = !bond.made;
        bond.changes.push({ atMs: performance.now(), made: bond.made });
      });
    if (drive === "coil" && output === outputs.close) k1.aim = on ? "close" : "open";
    if (drive === "coil") return;
    // A breaker goes on by itself once its coil has been energized; a motor runs only while its output is on.
    if (output === outputs.close && on) k1.aim = "close";
    if (output === outputs.open && on) k1.aim = "open";
    if (drive === "hold-to-run" && !on && !module.outputs[outputs.close] && !module.outputs[outputs.open])
      k1.aim = "stay";
  };
  const at = (name: keyof typeof servers): JsonObject => ({ host: "127.0.0.1", port: servers[name].port });
  const meter = { kind: "meter", map: "./eastron.yaml" };
  return {
    module,
    servers,
    grid,
    bus,
    bond,
    cut,
    devices: [
      { name: "Cabinet I/O", kind: "io", ...at("module"), inputsAre: inputsAre === 1 ? "coils" : "discrete" },
      { name: "Grid meter", ...meter, ...at("grid"), unitId: 2 },
      { name: "Bus meter", ...meter, ...at("bus"), unitId: 3 },
    ],
    attach: (of) => {
      plant = of;
      module.outputs[outputs.close] = drive === "coil";
    },
    close: () => Promise.all(Object.values(servers).map((server) => server.close())),
  };
}

/** The map that comes with the product. */
export const eastronMap = (): string =>
  readFileSync(join(import.meta.dirname, "../../../config/maps/eastron-sdm630.yaml"), "utf8");

/** An Eastron SDM630 on one feeder of a site: its power, turned round where its transformers are, and the voltage there. */
export function feederMeter(powerW: (plant: Plant) => number): { image: RegisterImage; attach(plant: Plant): void } {
  let plant: Plant | undefined;
  const image = voltmeter(
    () => plant,
    ({ linePu }) => linePu,
    ({ lineHz }) => lineHz,
  );
  const volts = image.refresh;
  image.refresh = () => {
    volts();
    const watts = plant === undefined ? 0 : powerW(plant);
    image.setFloat(0x34, watts);
    for (let phase = 0; phase < 3; phase += 1) image.setFloat(0x0c + 2 * phase, watts / 3);
  };
  return {
    image,
    attach: (of) => {
      plant = of;
    },
  };
}
