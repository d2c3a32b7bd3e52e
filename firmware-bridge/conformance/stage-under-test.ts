/**
 * A power stage while its duties are tried (CONTRACT.md): registers by name, single requests whose refusals are wanted, the
 * command block with a token and a number of the trial's choice, and a look at its power after every step of time, so that
 * a stage that discharges without leave is stopped at once.
 */
import { Exchange, type FunctionCode } from "../../src/protocols/modbus/exchange.ts";
import { type Clock, type ModbusLink, transact } from "../../src/protocols/modbus/link.ts";
import { type Chain, type ModelImage, walkChain } from "../../src/protocols/sunspec/chain.ts";
import {
  type NumericType,
  pointTypes,
  readNumber,
  toRegisterNumber,
  writeNumber,
} from "../../src/protocols/sunspec/point-types.ts";
import { RegisterAccess } from "../device/register-access.ts";
import { identityOf, placeOf, readKnownModels } from "../maps/sunspec-binding.ts";
import { StageFlag, stageModel } from "../maps/vendor-models.table.ts";
import { usualPace } from "../settings.ts";

/** Refusals have Modbus's codes; 0 stands for a request that was carried out. */
export const accepted = 0;
const model = stageModel.id;
const firstCommand = "Tok";
const lastCommand = "CtlHb";
/** Time for the first connection, ms. */
const connectMs = 3_000;
/** Time for one reply, ms. */
const replyMs = 1_000;
/** Between two repetitions of a command, ms; and how often the heartbeat advances. */
const repeatMs = 200;
const beatMs = 1_000;
/** Discharging above this share of the rating is seen, not noise. */
const dischargeSeenPu = 0.03;
const sequenceCircle = 2 ** 32;
/** The same where no rating is told, W. */
const dischargeSeenW = 100;
/** Times that a stage tells are believed up to here, ms and s. */
const tokenMostMs = 10_000;
const watchdogMostS = 120;
/** Stands for "not implemented" and is never used as a number. */
const noNumber = 0xffff_ffff;

/** What the trials need from outside: time, and connections. */
export interface Surroundings {
  readonly unit: number;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** A new connection; the one before has been shut. */
  readonly connect: () => ModbusLink;
  /** True when a person has asked to stop. */
  readonly stopped: () => boolean;
}

/** Nothing more can be tried: why. */
export class TrialsEnd extends Error {}

/** What a command block says; what is left out is zero. */
export interface Block {
  readonly role?: number;
  readonly powerW?: number;
  readonly reactiveVar?: number;
  /** Default: the clock as read a moment ago. */
  readonly token?: number;
  /** Default: one more than the last. */
  readonly sequence?: number;
  /** Default: what the heartbeat is now. */
  readonly heartbeat?: number;
}

/** One moment of a stage in motion: time since the motion was asked for, ms, and what its block said. */
export interface Moment {
  readonly atMs: number;
  readonly values: Values;
}

/** Points of model 64901, by name, in their units. */
export type Values = ReadonlyMap<string, number>;

export class StageUnderTest {
  readonly around: Surroundings;
  link: ModbusLink;
  access: RegisterAccess;
  chain: Chain | undefined;
  images: ReadonlyMap<number, ModelImage> = new Map();
  /** Discharging is expected: the guard lets it pass. */
  dischargeExpected = false;
  /** Only bringing it to rest is left: nothing keeps that from being done. */
  ending = false;
  sequence = 0;
  heartbeat = 1;
  #beatAtMs = Number.NEGATIVE_INFINITY;

  readonly #kind: "stage" | "transfer-device" | "load-panel";

  /** `kind`: what its models are read as; others are tried with the same requests. */
  constructor(around: Surroundings, kind: "stage" | "transfer-device" | "load-panel" = "stage") {
    this.around = around;
    this.#kind = kind;
    this.link = around.connect();
    this.access = this.#accessTo(this.link);
  }

  #accessTo(link: ModbusLink): RegisterAccess {
    return new RegisterAccess(link, this.around.unit, { ...usualPace, replyTimeoutMs: replyMs }, this.around.clock);
  }

  /** Walks the chain and reads what is known of it; a sentence when that fails. */
  async find(): Promise<string | undefined> {
    for (let leftMs = connectMs; this.link.state !== "open" && leftMs > 0; leftMs -= 20) {
      this.link.open();
      await this.around.sleep(20);
    }
    if (this.link.state !== "open") return `no connection (${this.link.openFailure || "no answer"})`;
    const chain = await walkChain(this.access.read);
    if (!chain.ok) return `${chain.error.fault}: ${chain.error.detail}`;
    const images = await readKnownModels(this.access.read, chain.value, this.#kind);
    if (!images.ok) return `${images.error.fault}: ${images.error.detail}`;
    this.chain = chain.value;
    this.images = images.value;
    return undefined;
  }

  /** Drops the connection and makes another. */
  reconnect(): void {
    this.link.shut();
    this.link = this.around.connect();
    this.access = this.#accessTo(this.link);
  }

  get identity() {
    return identityOf(this.images);
  }

  has(of: number, point: string): boolean {
    return placeOf(this.images, of, point) !== undefined;
  }

  /** Value of a point as of when it was found. */
  atFirst(of: number, point: string): number {
    const image = this.images.get(of);
    const place = placeOf(this.images, of, point);
    if (image === undefined || place === undefined) return Number.NaN;
    return readNumber(place.type, image.bytes, 2 * (place.address - image.address)) * place.scale;
  }

  get ratedW(): number {
    const rated = this.atFirst(702, "WMaxRtg");
    return rated > 0 ? rated : this.atFirst(702, "WMax");
  }

  get tokenMaxMs(): number {
    return this.#told("TokMax", tokenMostMs);
  }

  get watchdogMs(): number {
    return 1_000 * this.#told("HbTms", watchdogMostS);
  }

  /** A time that trials wait for: it must be there, and bounded. */
  #told(point: string, most: number): number {
    const value = this.atFirst(model, point);
    if (!(value > 0 && value <= most)) throw new TrialStopped(`${model}.${point} is ${value}: nothing to wait for`);
    return value;
  }

  place(of: number, point: string): { address: number; type: NumericType; scale: number; registers: number } {
    const place = placeOf(this.images, of, point);
    if (place === undefined) throw new TrialStopped(`${of}.${point} is not there`);
    return { ...place, registers: pointTypes[place.type].registers };
  }

  async get(of: number, point: string): Promise<number> {
    const { address, type, scale, registers } = this.place(of, point);
    const read = await this.access.read(address, registers);
    if (!read.ok) throw new TrialStopped(`${of}.${point} can't be read: ${read.error}`);
    return readNumber(type, read.value, 0) * scale;
  }

  /** The whole of model 64901 in one request. */
  async look(): Promise<Values> {
    const image = this.images.get(model);
    if (image === undefined) throw new TrialStopped(`model ${model} is not there`);
    const read = await this.access.read(image.address, image.layout.length + 2);
    if (!read.ok) throw new TrialStopped(`the block of ${model} can't be read: ${read.error}`);
    const values = new Map<string, number>();
    for (const { path } of image.layout.points) {
      const place = placeOf(this.images, model, path);
      if (place === undefined) continue;
      values.set(path, readNumber(place.type, read.value, 2 * (place.address - image.address)) * place.scale);
    }
    this.#guard(values);
    return values;
  }

  #goOn(): void {
    if (!this.ending && this.around.stopped()) throw new TrialsEnd("stopped by hand");
  }

  #guard(values: Values): void {
    this.#goOn();
    const powerW = values.get("W")!;
    if (this.ending || this.dischargeExpected || !(powerW > (dischargeSeenPu * this.ratedW || dischargeSeenW))) return;
    throw new TrialsEnd(`it gives back ${(powerW / 1_000).toFixed(1)} kW although nobody asked for it`);
  }

  /** One request, once: its exception code, 0 when it was carried out, -1 when nothing usable came. */
  async ask(exchange: Exchange): Promise<number> {
    this.#goOn();
    this.link.open();
    for (let left = replyMs; this.link.state !== "open" && left > 0; left -= 10) await this.around.sleep(10);
    const outcome = await transact(this.link, exchange, this.around.clock() + replyMs, replyMs);
    if (outcome.ok) return accepted;
    return outcome.error === "exception" ? exchange.exceptionCode : -1;
  }

  /** Writes one point with function 16, or as `functionCode` says; the answer as of `ask`. */
  async write(of: number, point: string, value: number, functionCode: FunctionCode = 16): Promise<number> {
    const { address, type, scale, registers } = this.place(of, point);
    const exchange = new Exchange(this.around.unit, functionCode, address, registers);
    writeNumber(
      type,
      toRegisterNumber(type, Math.round(value / scale) * scale, scale),
      exchange.frame,
      exchange.dataOffset,
    );
    return await this.ask(exchange);
  }

  /** Writes raw registers from a point on. */
  async writeWords(of: number, point: string, words: readonly number[]): Promise<number> {
    const exchange = new Exchange(this.around.unit, 16, this.place(of, point).address, words.length);
    words.forEach((word, i) => void exchange.setWord(i, word));
    return await this.ask(exchange);
  }

  /** A command block; the answer as of `ask`. */
  async command(block: Block = {}): Promise<number> {
    const exchange = await this.blockOf(block);
    const code = await this.ask(exchange);
    if (code === accepted) this.sequence = block.sequence ?? this.sequence;
    return code;
  }

  /** The command block as a request. */
  async blockOf(block: Block): Promise<Exchange> {
    const first = this.place(model, firstCommand);
    const last = this.place(model, lastCommand);
    const count = last.address + last.registers - first.address;
    const exchange = new Exchange(this.around.unit, 16, first.address, count);
    const put = (point: string, value: number): void => {
      const { address, type, scale } = this.place(model, point);
      const at = exchange.dataOffset + 2 * (address - first.address);
      writeNumber(type, toRegisterNumber(type, Math.round(value / scale) * scale, scale), exchange.frame, at);
    };
    const token = block.token ?? (await this.get(model, "ClkMs"));
    this.sequence = block.sequence ?? nextSequence(this.sequence);
    put("Tok", token);
    put("Seq", this.sequence);
    put("RoleCmd", block.role ?? 0);
    put("WCmd", block.powerW ?? 0);
    put("VarCmd", block.reactiveVar ?? 0);
    put("FormV", 0);
    put("FormHz", 0);
    put("CtlHb", block.heartbeat ?? this.heartbeat);
    return exchange;
  }

  /** The next sign of life, a second after the last at the earliest. */
  beat(): void {
    const nowMs = this.around.clock();
    if (nowMs - this.#beatAtMs < beatMs) return;
    this.#beatAtMs = nowMs;
    this.heartbeat += 1;
  }

  /** Repeats a command with a living heartbeat for so long, or until `until`; what was seen after each repetition. */
  async hold(block: Block, durationMs: number, until?: (moment: Moment) => boolean): Promise<Moment[]> {
    const beganMs = this.around.clock();
    const seen: Moment[] = [];
    for (;;) {
      this.beat();
      const code = await this.command(block);
      if (code !== accepted) throw new TrialStopped(`a command block was answered with ${answerText(code)}`);
      const done = await this.#record(seen, beganMs, repeatMs, until);
      if (done || this.around.clock() - beganMs >= durationMs) return seen;
    }
  }

  /** Says nothing for so long, or until `until`, and looks. */
  async silence(durationMs: number, until?: (moment: Moment) => boolean): Promise<Moment[]> {
    const beganMs = this.around.clock();
    const seen: Moment[] = [];
    while (this.around.clock() - beganMs < durationMs) if (await this.#record(seen, beganMs, repeatMs, until)) break;
    return seen;
  }

  async #record(
    seen: Moment[],
    beganMs: number,
    forMs: number,
    until: ((moment: Moment) => boolean) | undefined,
  ): Promise<boolean> {
    const untilMs = this.around.clock() + forMs;
    do {
      await this.around.sleep(50);
      const moment = { values: await this.look(), atMs: this.around.clock() - beganMs };
      seen.push(moment);
      if (until?.(moment) === true) return true;
    } while (this.around.clock() < untilMs);
    return false;
  }

  /** Off, at zero, without a latched reason of our own. */
  async rest(): Promise<void> {
    this.dischargeExpected = false;
    this.beat();
    await this.command();
    if (!flag(await this.look(), "watchdogTripped")) return;
    await this.write(715, "AlarmReset", 1);
    await this.around.sleep(200);
  }
}

/** This one trial can't go on: why. */
export class TrialStopped extends Error {}

/** Whether a bit of `Flags` is on. */
export const flag = (values: Values, name: keyof typeof StageFlag): boolean =>
  ((values.get("Flags")! >> StageFlag[name]) & 1) === 1;

/** The number after this one, around the circle of 32 bits; never the one that means "not implemented". */
export function nextSequence(sequence: number, ahead = 1): number {
  const next = (sequence + ahead) % sequenceCircle;
  return next === noNumber ? 0 : next;
}

/** An answer as people read it. */
export const answerText = (code: number): string =>
  code === accepted ? "accepted" : code < 0 ? "no answer" : `exception ${code}`;
