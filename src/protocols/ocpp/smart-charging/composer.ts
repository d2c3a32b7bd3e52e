/** Computes composite schedules in slices between other work, one after the other, a few waiting at most. */

import type { OcppClock } from "../ports.ts";
import type { CompositeSchedule, CompositeSteps } from "./composite.ts";

/** A slice of work on the thread that also talks to vehicles, people and the backend, ms. */
const sliceMs = 5;
/** Schedules being computed or waiting for it, beyond which a backend is refused. */
const composingMax = 8;

export interface Composer {
  /** The schedule, at once when one slice is enough; null when too many are being computed. */
  compose(steps: CompositeSteps): CompositeSchedule | Promise<CompositeSchedule> | null;
}

export function createComposer(clock: OcppClock): Composer {
  let last: Promise<unknown> = Promise.resolve();
  let composing = 0;

  /** Works for one slice; null when there is more to do. */
  function slice(steps: CompositeSteps): CompositeSchedule | null {
    const endMs = clock.monotonicMs() + sliceMs;
    do {
      const step = steps.next();
      if (step.done === true) return step.value;
    } while (clock.monotonicMs() < endMs);
    return null;
  }

  const pause = (): Promise<void> => new Promise((resolve) => void clock.after("composite schedule", 0, resolve));

  async function finish(steps: CompositeSteps): Promise<CompositeSchedule> {
    for (;;) {
      await pause();
      const schedule = slice(steps);
      if (schedule) return schedule;
    }
  }

  return {
    compose(steps) {
      if (composing >= composingMax) return null;
      const schedule = composing === 0 ? slice(steps) : null;
      if (schedule) return schedule;
      composing += 1;
      const done = last.then(() => finish(steps)).finally(() => (composing -= 1));
      last = done.catch(() => undefined);
      return done;
    },
  };
}
