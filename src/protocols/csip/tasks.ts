/** What is asked for again and again, each at its own rate; what fails is tried again, later each time. */
import { Unreached } from "./transport.ts";

/** First try after a failure, s; twice as long each time, up to the longest. */
export const retryMinS = 2;
const retryMaxS = 60;

interface Task {
  readonly run: () => Promise<number>;
  dueS: number;
  failures: number;
}

export interface Tasks {
  /** Has something be done from now on, `run` says when again, s; what is followed already keeps its time. */
  follow(name: string, run: () => Promise<number>): void;
  /** Has it be done after so long at the latest, s. */
  soon(name: string, withinS: number): void;
  leave(prefix: string, keep?: ReadonlySet<string>): void;
  /** Nothing is done any more. */
  end(): void;
  /** Does what is due; returns when something is due next, s. Never rejects. */
  turn(heard: () => void, failed: (sentence: string) => void): Promise<number>;
}

/** `nowS`: monotonic. */
export function createTasks(nowS: () => number): Tasks {
  const tasks = new Map<string, Task>();
  let isEnded = false;
  return {
    follow(name, run) {
      if (!isEnded && !tasks.has(name)) tasks.set(name, { run, dueS: nowS(), failures: 0 });
    },
    soon(name, withinS) {
      const task = tasks.get(name);
      if (task !== undefined) task.dueS = Math.min(task.dueS, nowS() + withinS);
    },
    leave(prefix, keep = new Set()) {
      for (const name of tasks.keys()) if (name.startsWith(prefix) && !keep.has(name)) tasks.delete(name);
    },
    end() {
      isEnded = true;
      tasks.clear();
    },
    async turn(heard, failed) {
      // What one resource leads to has its turn as well; one that fails keeps no other from it. A server that is not there is asked once.
      for (const task of tasks.values()) {
        if (task.dueS > nowS()) continue;
        const fromS = nowS();
        try {
          task.dueS = fromS + (await task.run());
          task.failures = 0;
          heard();
        } catch (failure) {
          task.dueS = nowS() + Math.min(retryMaxS, retryMinS * 2 ** Math.min(10, task.failures++));
          failed(failure instanceof Error ? failure.message : String(failure));
          if (failure instanceof Unreached) return task.dueS;
        }
      }
      return Math.min(...[...tasks.values()].map(({ dueS }) => dueS));
    },
  };
}
