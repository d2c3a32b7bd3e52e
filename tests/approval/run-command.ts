/** `islet …` in this process: the same entry as the program's, its output caught. */
import { main } from "../../src/cli/main.ts";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function islet(...args: readonly string[]): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const before = { stdout: process.stdout.write, stderr: process.stderr.write, exitCode: process.exitCode };
  const listeners = { stdout: process.stdout.listeners("error"), stderr: process.stderr.listeners("error") };
  for (const name of ["stdout", "stderr"] as const)
    process[name].write = ((text: string | Uint8Array) => {
      said[name] += String(text);
      return true;
    }) as typeof process.stdout.write;
  process.exitCode = undefined;
  try {
    return { code: await main(args), ...said };
  } finally {
    for (const name of ["stdout", "stderr"] as const) {
      process[name].write = before[name];
      for (const one of process[name].listeners("error"))
        if (!listeners[name].includes(one)) process[name].removeListener("error", one as (error: Error) => void);
    }
    process.exitCode = before.exitCode;
  }
}
