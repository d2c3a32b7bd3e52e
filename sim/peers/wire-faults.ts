/** What can go wrong on the wire of a simulated Modbus device, each with its chance for one reply. Seeded, so it repeats. */
import { Random } from "../random.ts";

export interface WireFaults {
  /** Added to every reply, ms. */
  delayMs: number;
  /** Spread of the delay, ms, uniform. */
  jitterMs: number;
  /** Chances, 0 to 1, for one reply. */
  loss: number;
  garbage: number;
  short: number;
  wrongUnit: number;
  wrongFunction: number;
  wrongEcho: number;
  wrongTransaction: number;
  /** The connection is reset in the middle of the reply. */
  reset: number;
  late: number;
  /** How late a late reply is, ms. */
  lateMs: number;
}

const noWireFaults: Readonly<WireFaults> = {
  delayMs: 0,
  jitterMs: 0,
  loss: 0,
  garbage: 0,
  short: 0,
  wrongUnit: 0,
  wrongFunction: 0,
  wrongEcho: 0,
  wrongTransaction: 0,
  reset: 0,
  late: 0,
  lateMs: 200,
};

/** What becomes of one reply. */
export type ReplyFate = "sent" | "lost" | "reset" | "half-reset";

export class FaultyWire {
  readonly faults: WireFaults = { ...noWireFaults };
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  get #quiet(): boolean {
    const f = this.faults;
    return (
      f.loss +
        f.garbage +
        f.short +
        f.wrongUnit +
        f.wrongFunction +
        f.wrongEcho +
        f.wrongTransaction +
        f.reset +
        f.late +
        f.delayMs +
        f.jitterMs ===
      0
    );
  }

  /** Spoils a whole reply frame, and says when and whether it goes out. */
  spoil(frame: Buffer): { readonly frame: Buffer; readonly fate: ReplyFate; readonly delayMs: number } {
    if (this.#quiet) return { frame, fate: "sent", delayMs: 0 };
    const f = this.faults;
    let delayMs = f.delayMs + f.jitterMs * this.#random.uniform();
    if (this.#happens(f.late)) delayMs += f.lateMs;
    if (this.#happens(f.loss)) return { frame, fate: "lost", delayMs };
    if (this.#happens(f.reset))
      return { frame: frame.subarray(0, Math.ceil(frame.length / 2)), fate: "half-reset", delayMs };
    if (this.#happens(f.garbage)) {
      const noise = Buffer.alloc(frame.length);
      for (let i = 0; i < noise.length; i += 1) noise[i] = this.#random.below(256);
      return { frame: noise, fate: "sent", delayMs };
    }
    const spoilt = Buffer.from(frame);
    if (this.#happens(f.wrongTransaction)) spoilt[0] = spoilt[0]! ^ 0x55;
    if (this.#happens(f.wrongUnit)) spoilt[6] = spoilt[6]! ^ 0x01;
    if (this.#happens(f.wrongFunction)) spoilt[7] = spoilt[7]! === 3 ? 4 : 3;
    if (this.#happens(f.wrongEcho) && spoilt.length >= 12) spoilt[9] = spoilt[9]! ^ 0x01;
    if (this.#happens(f.short) && spoilt.length > 9) {
      const cut = spoilt.subarray(0, spoilt.length - 2);
      cut.writeUInt16BE(cut.length - 6, 4);
      if (cut[7] === 3 || cut[7] === 4) cut[8] = cut[8]! - 2;
      return { frame: cut, fate: "sent", delayMs };
    }
    return { frame: spoilt, fate: "sent", delayMs };
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#random.uniform() < chance;
  }
}
