/**
 * Waiting within a cycle for what was started in it: until all that is expected has come, and no longer than the deadline
 * that the caller gives.
 */

/** Counts what is awaited; the counting is the caller's, so that nothing is made for each request. */
export class CycleWait {
  #pending = 0;
  #done: (() => void) | undefined;

  /** Somebody waits. */
  get waits(): boolean {
    return this.#done !== undefined;
  }

  /** A round begins; `end` follows when everything is started. */
  begin(): void {
    this.#pending = 1;
  }

  /** One more is expected. */
  expect(): void {
    this.#pending += 1;
  }

  /** One of those has come, or failed. */
  came(): void {
    this.#pending -= 1;
    if (this.#pending === 0 && this.#done !== undefined) this.giveUp();
  }

  /** Everything is started. True when nothing is left to wait for. */
  started(): boolean {
    this.#pending -= 1;
    return this.#pending === 0;
  }

  /** Resolves when the last one has come, or at `giveUp`. */
  rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  /** Whoever waits goes on without the rest. */
  giveUp(): void {
    const done = this.#done;
    this.#pending = 0;
    this.#done = undefined;
    done?.();
  }
}
