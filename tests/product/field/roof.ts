/**
 * A PV inverter with SunSpec's models 103, 120 and 123, as makers' manuals have them: a new limit counts when its enable goes from
 * 0 to 1, moves power after a while, and is given up when nobody renews it. At night its values are not available.
 */
import { RegisterImage } from "../site/modbus-server.ts";
import type { Plant } from "../site/plant.ts";

const base = 40_000;
const stepMs = 20;
const notAvailable = 0x8000;
/** Places in the chain: two registers of the marker, then each model with its two registers of head. */
const commonAt = base + 2;
const inverterAt = commonAt + 2 + 65;
const nameplateAt = inverterAt + 2 + 50;
const controlsAt = nameplateAt + 2 + 26;
const endAt = controlsAt + 2 + 24;
const [limitPlace, revertPlace, enablePlace] = [3, 5, 7].map((place) => controlsAt + 2 + place) as [
  number,
  number,
  number,
];

export interface RoofOptions {
  readonly ratedW: number;
  readonly deadTimeMs: number;
  readonly responseMs: number;
  readonly revertS: number;
}

export class Roof {
  readonly image = new RegisterImage([3]);
  /** What the sun gives, W; 0 at night. */
  sunW = 0;
  /** Each new limit that came into force, W. */
  readonly changes: { readonly atMs: number; readonly limitW: number }[] = [];
  /** Writes besides limit and enable. */
  forbidden = 0;
  readonly #plant: Plant;
  readonly #options: RoofOptions;
  readonly #timer: NodeJS.Timeout;
  #limitW = Number.POSITIVE_INFINITY;
  #due: { readonly atMs: number; readonly limitW: number }[] = [];
  #toldMs = performance.now();

  constructor(plant: Plant, options: RoofOptions) {
    this.#plant = plant;
    this.#options = options;
    const { image } = this;
    image.define(base, endAt + 2 - base);
    const { words } = image;
    words.fill(notAvailable, inverterAt + 2, nameplateAt);
    const text = (address: number, value: string): void => {
      const bytes = Buffer.alloc(32);
      bytes.write(value, "latin1");
      for (let i = 0; i < 16; i += 1) words[address + i] = bytes.readUInt16BE(2 * i);
    };
    words.set([0x5375, 0x6e53], base);
    words.set([1, 65], commonAt);
    text(commonAt + 2, "Roof");
    text(commonAt + 18, "R-12");
    text(commonAt + 50, "ROOF-1");
    words.set([103, 50], inverterAt);
    words.set([120, 26, 4, options.ratedW, 0], nameplateAt);
    words.set([123, 24], controlsAt);
    words[limitPlace] = 100;
    words[revertPlace] = options.revertS;
    words[controlsAt + 2 + 21] = 0;
    words.set([0xffff, 0], endAt);
    image.refresh = () => this.#show();
    image.write = (address, written) => this.#take(address, written);
    this.#timer = setInterval(() => this.#run(), stepMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const { words } = this.image;
    const isNight = this.sunW <= 0;
    const at = inverterAt + 2;
    words[at + 12] = isNight ? notAvailable : Math.round(this.#plant.pvW);
    words[at + 13] = isNight ? notAvailable : 0;
    words[at + 14] = isNight ? 0xffff : 6_000;
    words[at + 15] = -2 & 0xffff;
  }

  #take(address: number, written: readonly number[]): number {
    const { words } = this.image;
    const before = words[enablePlace];
    written.forEach((word, i) => {
      words[address + i] = word;
    });
    if (address !== limitPlace && address !== enablePlace) this.forbidden += 1;
    if (!(before === 0 && words[enablePlace] === 1)) return 0;
    const nowMs = performance.now();
    this.#toldMs = nowMs;
    const limitW = (this.#options.ratedW * words[limitPlace]!) / 100;
    if (limitW !== (this.changes.at(-1)?.limitW ?? this.#options.ratedW)) this.changes.push({ atMs: nowMs, limitW });
    this.#due.push({ atMs: nowMs + this.#options.deadTimeMs, limitW });
    return 0;
  }

  #run(): void {
    const nowMs = performance.now();
    const { revertS, responseMs } = this.#options;
    while (this.#due.length > 0 && this.#due[0]!.atMs <= nowMs) this.#limitW = this.#due.shift()!.limitW;
    if (nowMs - this.#toldMs > 1_000 * revertS) this.#limitW = Number.POSITIVE_INFINITY;
    const aimW = Math.min(Math.max(0, this.sunW), this.#limitW);
    this.#plant.pvW += (aimW - this.#plant.pvW) * (1 - Math.exp(-stepMs / responseMs));
  }
}
