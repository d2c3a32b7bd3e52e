/** The real clock: monotonic time shared by all threads of the process, named timers that may be longer than 2^31 ms. */
import type { Cancel, OcppClock } from "./ports.ts";

/** The longest delay that the runtime's timers take. */
const timerMaxMs = 2 ** 31 - 1;

export interface SystemClock extends OcppClock {
  /** Names of the timers that have not run yet, for a person who asks what is pending. */
  pending(): string[];
  /** Forgets every timer: at shutdown. */
  cancelAll(): void;
}

/** The machine's clock, with every timer named. */
export function createSystemClock(): SystemClock {
  const timers = new Map<object, { name: string; handle: NodeJS.Timeout }>();
  const after = (name: string, delayMs: number, run: () => void): Cancel => {
    const key = {};
    const arm = (leftMs: number): void => {
      const sliceMs = Math.min(Math.max(leftMs, 0), timerMaxMs);
      const fire = (): void => {
        if (leftMs > sliceMs) {
          arm(leftMs - sliceMs);
          return;
        }
        timers.delete(key);
        run();
      };
      timers.set(key, { name, handle: setTimeout(fire, sliceMs) });
    };
    arm(delayMs);
    return () => {
      clearTimeout(timers.get(key)?.handle);
      timers.delete(key);
    };
  };
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
    random: () => Math.random(),
    after,
    pending: () => [...timers.values()].map((timer) => timer.name),
    cancelAll: () => {
      for (const { handle } of timers.values()) clearTimeout(handle);
      timers.clear();
    },
  };
}

/** A clock whose timers can all be forgotten at once, however deep in the station they were set. */
export function scopeClock(clock: OcppClock): { clock: OcppClock; cancelAll(): void } {
  const live = new Set<Cancel>();
  let ended = false;
  return {
    clock: {
      wallMs: clock.wallMs,
      monotonicMs: clock.monotonicMs,
      random: clock.random,
      after(name, delayMs, run) {
        if (ended) return () => undefined;
        const cancel = clock.after(name, delayMs, () => {
          live.delete(cancel);
          run();
        });
        live.add(cancel);
        return () => {
          live.delete(cancel);
          cancel();
        };
      },
    },
    cancelAll() {
      ended = true;
      for (const cancel of live) cancel();
      live.clear();
    },
  };
}

/** A time from a backend, UTC, ms; without an offset it means UTC (backends leave it out), not this machine's zone. */
export const wireTimeMs = (text: string): number => Date.parse(/(Z|[+-]\d\d:\d\d)$/i.test(text) ? text : `${text}Z`);
