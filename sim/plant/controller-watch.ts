/** What a stage keeps about its controller: the last sign of life, and the setpoint to fall back to when commands stop. */
export class ControllerWatch {
  reverted = false;
  reversionW = 0;
  #heartbeat = -1;
  #aliveMs = Number.NEGATIVE_INFINITY;
  #reversionMs = 0;
  #commandedAtMs = Number.NEGATIVE_INFINITY;

  /** Only a value that has changed is a sign of life. */
  heartbeat(value: number, nowMs: number): void {
    if (value === this.#heartbeat) return;
    this.#heartbeat = value;
    this.#aliveMs = nowMs;
  }

  /** When the watchdog bites if nothing more comes, ms. */
  watchdogAtMs(timeoutS: number): number {
    return this.#aliveMs + 1000 * timeoutS;
  }

  arm(timeoutS: number, powerW: number, nowMs: number): void {
    this.#reversionMs = timeoutS * 1000;
    this.reversionW = powerW;
    this.#commandedAtMs = nowMs;
  }

  /** A command has come; true when that ends a reversion. */
  commanded(atMs: number): boolean {
    this.#commandedAtMs = atMs;
    const ends = this.reverted;
    this.reverted = false;
    return ends;
  }

  get reversionAtMs(): number {
    return this.#reversionMs > 0 ? this.#commandedAtMs + this.#reversionMs : Number.POSITIVE_INFINITY;
  }

  /** NaN while no reversion is armed. */
  remainingS(nowMs: number): number {
    if (this.#reversionMs === 0) return Number.NaN;
    const leftMs = this.reversionAtMs - nowMs;
    return leftMs > 0 ? leftMs / 1000 : 0;
  }
}
