/** Virtual time for protocol peers and tests: timers fire in order, promises settle in between, weeks pass in seconds. */
import type { Cancel, OcppClock } from "../../src/protocols/ocpp/ports.ts";

export interface VirtualClock extends OcppClock {
  /** Lets time pass; every timer that falls due runs, and what it promises settles before the next. */
  advance(ms: number): Promise<void>;
  pending(): string[];
}

interface Timer {
  atMs: number;
  order: number;
  name: string;
  cancelled: boolean;
  run(): void;
}

/** Turns of the promise queue granted after each timer. */
const settleTurns = 12;

export function createVirtualClock(startWallMs: number, seed = 1): VirtualClock {
  let nowMs = 0;
  let order = 0;
  let state = seed >>> 0 || 1;
  // A binary heap by (time, order): a week with many EVSEs has millions of timers.
  const heap: Timer[] = [];
  const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(timer: Timer): void {
    let i = heap.push(timer) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }
  function pop(): Timer {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      for (let i = 0; ; ) {
        const left = 2 * i + 1;
        let least = i;
        if (left < heap.length && before(heap[left]!, heap[least]!)) least = left;
        if (left + 1 < heap.length && before(heap[left + 1]!, heap[least]!)) least = left + 1;
        if (least === i) break;
        [heap[i], heap[least]] = [heap[least]!, heap[i]!];
        i = least;
      }
    }
    return top;
  }
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < settleTurns; turn++) await null;
  };

  return {
    wallMs: () => startWallMs + nowMs,
    monotonicMs: () => nowMs,
    // xorshift32: the same seed gives the same run.
    random() {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    },
    after(name, delayMs, run): Cancel {
      const timer: Timer = { atMs: nowMs + Math.max(delayMs, 0), order: order++, name, cancelled: false, run };
      push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      while (heap.length > 0 && heap[0]!.atMs <= endMs) {
        const timer = pop();
        if (timer.cancelled) continue;
        nowMs = Math.max(nowMs, timer.atMs);
        timer.run();
        await settle();
      }
      nowMs = endMs;
    },
    pending: () => heap.filter((timer) => !timer.cancelled).map((timer) => timer.name),
  };
}
