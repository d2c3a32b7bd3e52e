/** Single points of one stage by model and name, outside the cycle: for verification and configuration. */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { type ModelImage, numberOf, scaleOf } from "../../src/protocols/sunspec/chain.ts";
import { pointStarts } from "../../src/protocols/sunspec/model.ts";
import {
  type NumericType,
  pointTypes,
  readNumber,
  toRegisterNumber,
  writeNumber,
} from "../../src/protocols/sunspec/point-types.ts";
import type { BridgeDevice } from "../device/device.ts";
import { type DeviceFault, type DeviceFaultName, deviceFaults } from "../device/faults.table.ts";
import { placeOf } from "../maps/sunspec-binding.ts";
import { stageModel } from "../maps/vendor-models.table.ts";

/** A register that could not be read or written, or did not keep what it was told. Caught where a stage is verified. */
export class RegisterError extends Error {
  readonly deviceFault: DeviceFault;
  constructor(fault: DeviceFaultName, detail: string) {
    super(`${fault}: ${detail}`);
    this.deviceFault = { fault, detail };
  }
}

/** From a reader's words: a fault's name, or `exception` and its code. */
function unreadable(error: string, place: string): RegisterError {
  if (error.startsWith("exception")) return new RegisterError("exception", `${place}: ${error}`);
  return new RegisterError(error in deviceFaults ? (error as DeviceFaultName) : "unreachable", place);
}

interface Place {
  readonly address: number;
  readonly type: NumericType;
  readonly scale: number;
}

/** Single points of one stage, read and written by name. Every method throws RegisterError. */
export class StageRegisters {
  readonly hasStageModel: boolean;
  readonly images: ReadonlyMap<number, ModelImage>;
  readonly #device: BridgeDevice;

  constructor(device: BridgeDevice, images: ReadonlyMap<number, ModelImage>) {
    this.#device = device;
    this.images = images;
    this.hasStageModel = images.has(stageModel.id);
  }

  has(model: number, point: string): boolean {
    return placeOf(this.images, model, point) !== undefined;
  }

  async get(model: number, point: string): Promise<number> {
    const { address, type, scale } = this.place(model, point);
    const read = await this.#device.readRegisters(address, pointTypes[type].registers);
    if (!read.ok) throw unreadable(read.error, `${model}.${point}`);
    return readNumber(type, read.value, 0) * scale;
  }

  async set(model: number, point: string, value: number): Promise<void> {
    await this.setAdjoining(model, [[point, value]]);
  }

  /** Several points that follow each other, in one request. Settings are rounded to the nearest step of the register. */
  async setAdjoining(model: number, values: readonly (readonly [point: string, value: number])[]): Promise<void> {
    const first = this.place(model, values[0]![0]);
    const count = values.reduce((sum, [point]) => sum + pointTypes[this.place(model, point).type].registers, 0);
    const exchange = new Exchange(this.#device.settings.unit, 16, first.address, count);
    for (const [point, value] of values) {
      const { address, type, scale } = this.place(model, point);
      const offset = exchange.dataOffset + 2 * (address - first.address);
      writeNumber(type, toRegisterNumber(type, Math.round(value / scale) * scale, scale), exchange.frame, offset);
    }
    const outcome = await this.#device.attempt(exchange);
    if (!outcome.ok) {
      const code = outcome.error === "exception" ? ` (exception ${exchange.exceptionCode})` : "";
      throw new RegisterError(outcome.error, `${model}.${values[0]![0]} = ${values[0]![1]}${code}`);
    }
  }

  /** Sets a point and reads it back. */
  async setKept(model: number, point: string, value: number): Promise<void> {
    await this.set(model, point, value);
    const found = await this.get(model, point);
    if (found !== value) {
      throw new RegisterError("settings-not-kept", `${model}.${point}: expected ${value}, found ${found}`);
    }
  }

  /** Reads a whole model anew. */
  async readWhole(model: number): Promise<ModelImage> {
    const image = this.images.get(model);
    if (image === undefined) throw new RegisterError("point-missing", `model ${model}`);
    const { address, layout } = image;
    const read = await this.#device.readRegisters(address, layout.length + 2, pointStarts(layout));
    if (!read.ok) throw unreadable(read.error, `model ${model}`);
    return { ...image, bytes: read.value };
  }

  place(model: number, point: string): Place {
    const place = placeOf(this.images, model, point);
    if (place === undefined) throw new RegisterError("point-missing", `${model}.${point}`);
    if (Number.isNaN(place.scale)) throw new RegisterError("scale-missing", `${model}.${point}`);
    return place;
  }
}

/** A number of a whole model that was read, in its unit, without the noise of binary fractions. */
export function valueIn(image: ModelImage, path: string): number {
  const scale = scaleOf(image, path);
  const number = numberOf(image, path);
  return scale < 1 ? number / Math.round(1 / scale) : number * scale;
}
