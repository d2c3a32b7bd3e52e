/** A program that runs until it is stopped, as a test sees it: what it says, and how it ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Started {
  /** Everything said so far, both outputs. */
  said(): string;
  /** Resolves when `pattern` was said; rejects with all that was said when the program ends before, or takes too long. */
  says(pattern: RegExp): Promise<void>;
  /** Asks it to end, as a terminal does; its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** No verdict on speed: a busy machine starts slowly, ms. */
const patienceMs = 120_000;

export function start(command: string, args: readonly string[], cwd: string): Started {
  // Words are looked for in what it says: without the colours that a runner or a CI may ask for.
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(command, args, { cwd, env: { ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let ended = false;
  const exit = once(child, "exit").then(([code]) => {
    ended = true;
    return code as number | null;
  });
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8");
    output.on("data", (more: string) => {
      text += more;
    });
  }
  return {
    said: () => text,
    async says(pattern) {
      for (const fromMs = performance.now(); !pattern.test(text); ) {
        if (ended || performance.now() - fromMs > patienceMs)
          throw new Error(`${ended ? "It ended" : "It took too long"} without saying ${pattern}. It said:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop(signal = "SIGINT") {
      if (!ended) child.kill(signal);
      return exit;
    },
  };
}
