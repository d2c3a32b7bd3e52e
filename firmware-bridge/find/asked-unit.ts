/**
 * One unit that nobody knows yet, asked politely: reads only, one at a time, with a pause, each question once, never more
 * than a bound. A function that gets no answer several times in a row is not asked again.
 */
import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { type Clock, type ModbusLink, transact, whenOpen } from "../../src/protocols/modbus/link.ts";
import { busyMs, isBusy, Refusal } from "../device/register-access.ts";
import type { ReadFunction } from "../maps/device-map.ts";

/** Once it has answered: so many times its slowest answer, within these bounds, ms. */
const patience = 5;
const replyMinMs = 400;
const replyMaxMs = 3_000;
/** Time for a connection that was lost meanwhile, ms. */
const connectMaxMs = 1_500;
const silencesMax = 3;
const busyTriesMax = 6;

/** What a unit said: registers or bits, an exception, or nothing. */
export type Answer =
  | { readonly kind: "said"; readonly bytes: Buffer }
  | { readonly kind: "refused"; readonly code: number }
  | { readonly kind: "silent" };

const silent: Answer = { kind: "silent" };

/** What all units behind one address share: how many requests they may still take, and their slowest answer so far, ms. */
export interface Allowance {
  left: number;
  slowestMs: number;
}

/** How a unit is asked. */
export interface AskingSettings {
  /** Pause between two questions, ms. */
  readonly pauseMs: number;
  /** Time for an answer while nobody behind this address has answered, ms. */
  readonly firstReplyMs: number;
  readonly allowance: Allowance;
}

/** What a unit is asked: function, first register, how many. */
export type Question = readonly [functionCode: ReadFunction, address: number, count: number];

/** A unit behind a link and what it has said so far. */
export class AskedUnit {
  readonly unit: number;
  readonly link: ModbusLink;
  /** It has said or refused something. */
  isThere = false;
  /** A gateway has said that nobody is there. */
  isMissing = false;
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #firstReplyMs: number;
  readonly #allowance: Allowance;
  /** A question that it has answered with registers. */
  answered: Question | undefined;
  readonly #answers = new Map<string, Answer>();
  readonly #silences = new Map<ReadFunction, number>();

  constructor(link: ModbusLink, unit: number, clock: Clock, settings: AskingSettings) {
    this.link = link;
    this.unit = unit;
    this.#clock = clock;
    this.#pauseMs = settings.pauseMs;
    this.#firstReplyMs = settings.firstReplyMs;
    this.#allowance = settings.allowance;
  }

  /** It has said something, not only refused. */
  get hasSaid(): boolean {
    return this.answered !== undefined;
  }

  /** It has refused something: it does not answer just anything. */
  get hasRefused(): boolean {
    return [...this.#answers.values()].some(({ kind }) => kind === "refused");
  }

  /** Time that it is given for an answer, ms. */
  get replyTimeoutMs(): number {
    const { slowestMs } = this.#allowance;
    if (Number.isNaN(slowestMs)) return this.#firstReplyMs;
    return Math.min(replyMaxMs, Math.max(replyMinMs, patience * slowestMs));
  }

  /** Reads `count` registers or bits; the same question is asked once. */
  async ask(functionCode: ReadFunction, address: number, count: number): Promise<Answer> {
    const key = `${functionCode}@${address}x${count}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if ((this.#silences.get(functionCode) ?? 0) >= silencesMax) return silent;
    const answer = await this.#read(functionCode, address, count);
    this.#answers.set(key, answer);
    if (answer.kind === "said") this.answered ??= [functionCode, address, count];
    this.#silences.set(functionCode, answer.kind === "silent" ? (this.#silences.get(functionCode) ?? 0) + 1 : 0);
    return answer;
  }

  /** What it said until now, for people: registers before refusals. */
  said(): string[] {
    const told = [...this.#answers].map(([question, answer]) => {
      if (answer.kind === "said") return `${question}: ${answer.bytes.toString("hex")}`;
      return answer.kind === "silent" ? `${question}: no answer` : `${question}: exception ${answer.code}`;
    });
    const refused = (one: string): number => (/: (no answer|exception \d+)$/.test(one) ? 1 : 0);
    return told.sort((a, b) => refused(a) - refused(b));
  }

  async #read(functionCode: ReadFunction, address: number, count: number): Promise<Answer> {
    const exchange = new Exchange(this.unit, functionCode, address, count);
    exchange.anyUnit = true;
    for (let busy = 0; ; busy += 1) {
      if (this.#allowance.left <= 0) return silent;
      this.#allowance.left -= 1;
      if (!(await whenOpen(this.link, this.#clock() + connectMaxMs, this.#clock))) return silent;
      const timeoutMs = this.replyTimeoutMs;
      const outcome = await transact(this.link, exchange, this.#clock() + timeoutMs, timeoutMs);
      if (this.#pauseMs > 0) await sleep(this.#pauseMs);
      if (!outcome.ok && outcome.error !== "exception") return silent;
      const code = outcome.ok ? 0 : exchange.exceptionCode;
      if (code !== Refusal.noPath && code !== Refusal.noTarget) {
        this.isThere = true;
        const tookMs = exchange.finishedMs - exchange.sentMs;
        if (!(tookMs <= this.#allowance.slowestMs)) this.#allowance.slowestMs = tookMs;
      } else this.isMissing = true;
      if (outcome.ok) return { kind: "said", bytes: Buffer.from(exchange.reply) };
      if (!isBusy(code) || busy >= busyTriesMax) return { kind: "refused", code };
      await sleep(busyMs(busy));
    }
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
