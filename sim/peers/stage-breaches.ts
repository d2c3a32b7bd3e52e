/**
 * A simulated stage that breaks one duty of firmware-bridge/CONTRACT.md: hooks between its registers and whoever talks to
 * them, and between the registers and the power stage behind them. The breaches themselves are in `stage-breaches.table.ts`.
 */
import { stageModel } from "../../firmware-bridge/maps/vendor-models.table.ts";
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { readNumber, writeNumber } from "../../src/protocols/sunspec/point-types.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import type { PlantStage } from "../plant/devices.ts";
import { createStageFace, type StageFace, type StageFaceOptions } from "./register-faces-stage.ts";

/** What a breach can reach. */
export interface BreachContext {
  readonly face: RegisterFace;
  readonly curves: StageFace["curves"];
  /** The power stage itself, behind what the registers are told. */
  readonly stage: PlantStage;
  readonly clock: () => number;
  /** Lets time pass while a request is served. */
  readonly pause: (ms: number) => void;
}

/** A request to write: where it begins, and its registers. */
export interface WriteSeen {
  readonly address: number;
  readonly count: number;
  readonly functionCode: number;
  /** Whether it reaches the first register of a point. */
  readonly touches: (model: number, point: string) => boolean;
  /** It is a whole command block. */
  readonly isBlock: boolean;
  /** A point's number as written, and another one in its place; scales don't count. */
  readonly get: (point: string) => number;
  readonly put: (point: string, value: number) => void;
}

/** What a breach changes; everything that is left out stays as it should be. */
export interface Breach {
  /** After each read: changes what is answered. `show` puts another number (without its scale) in a point's place. */
  readonly onRead?: (show: (model: number, point: string, change: (value: number) => number) => void) => void;
  /** Before a read is served: an exception instead. */
  readonly refuseRead?: (address: number, count: number) => ExceptionCode | undefined;
  /** Raw registers in place of others, by address. */
  readonly raw?: ReadonlyMap<number, number>;
  /** Before a write is served: an answer instead of serving it. */
  readonly onWrite?: (write: WriteSeen) => ExceptionCode | undefined;
  /** What the write was answered with, changed. */
  readonly answer?: (code: ExceptionCode, write: WriteSeen) => ExceptionCode;
}

/** Methods and values of the power stage that a breach puts in place of its own. */
export type StageOverride = Partial<Record<keyof PlantStage, unknown>>;

/** A breach: what it does to the registers, and to the stage behind them. */
export interface BreachMaker {
  readonly over?: (stage: PlantStage, clock: () => number) => StageOverride;
  readonly registers?: (context: BreachContext) => Breach;
}

/** A stage's registers with one breach of the contract; without one they are as they should be. */
export function createBreachingFace(
  stage: PlantStage,
  options: StageFaceOptions,
  maker: BreachMaker,
  pause: (ms: number) => void,
): { readonly registers: Registers; readonly face: StageFace } {
  const over = maker.over?.(stage, options.clock) ?? {};
  const face = createStageFace(overridden(stage, over), options);
  const context = { face: face.face, curves: face.curves, stage, clock: options.clock, pause };
  return { registers: spoil(face.face, maker.registers?.(context) ?? {}), face };
}

function overridden(stage: PlantStage, over: StageOverride): PlantStage {
  return new Proxy(stage, {
    get: (target, key) => {
      const own = Object.getOwnPropertyDescriptor(over, key);
      if (own !== undefined) return own.get === undefined ? own.value : own.get.call(over);
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function spoil(face: RegisterFace, breach: Breach): Registers {
  return {
    read: (address, count, into, at) => {
      const refusal = breach.refuseRead?.(address, count);
      if (refusal !== undefined) return refusal;
      const code = face.read(address, count, into, at);
      if (code !== ExceptionCode.ok) return breach.answer?.(code, seenWrite(face, address, 0, into, at, 3)) ?? code;
      breach.onRead?.((model, point, change) => {
        const { type, registers } = face.layout(model).byPath.get(point)!;
        const start = face.address(model, point);
        if (type === "string" || start + registers <= address || start >= address + count) return;
        const whole = Buffer.alloc(2 * registers);
        face.read(start, registers, whole, 0);
        writeNumber(type, change(readNumber(type, whole, 0)), whole, 0);
        for (let i = 0; i < registers; i += 1) {
          const offset = start + i - address;
          if (offset >= 0 && offset < count) whole.copy(into, at + 2 * offset, 2 * i, 2 * i + 2);
        }
      });
      for (const [register, word] of breach.raw ?? []) {
        if (register >= address && register < address + count) into.writeUInt16BE(word, at + 2 * (register - address));
      }
      return code;
    },
    write: (address, count, from, at, functionCode) => {
      const seen = seenWrite(face, address, count, from, at, functionCode ?? 16);
      const instead = breach.onWrite?.(seen);
      if (instead !== undefined) return instead;
      const code = face.write(address, count, from, at);
      return breach.answer?.(code, seen) ?? code;
    },
  };
}

function seenWrite(
  face: RegisterFace,
  address: number,
  count: number,
  from: Buffer,
  at: number,
  functionCode: number,
): WriteSeen {
  const id = stageModel.id;
  const first = face.address(id, "Tok");
  const last = face.address(id, "CtlHb") + 2;
  const placeOf = (point: string) => {
    const { type } = face.layout(id).byPath.get(point)!;
    return { type: type as Exclude<typeof type, "string">, at: at + 2 * (face.address(id, point) - address) };
  };
  return {
    address,
    count,
    functionCode,
    touches: (model, point) => {
      const start = face.address(model, point);
      return start >= address && start < address + count;
    },
    isBlock: address === first && address + count === last,
    get: (point) => readNumber(placeOf(point).type, from, placeOf(point).at),
    put: (point, value) => {
      const { type, at: offset } = placeOf(point);
      writeNumber(type, value, from, offset);
    },
  };
}
