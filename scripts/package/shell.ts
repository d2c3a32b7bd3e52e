/** Commands of the system that packages are made with; each ends with a sentence when it fails. */
import { spawnSync } from "node:child_process";

/** No single step takes longer, ms. */
const stepMaxMs = 10 * 60_000;

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command in a folder; its messages go to standard error. Throws when it fails or is not there. */
export function run(command: string, args: readonly string[], cwd: string, { env = {} }: Surroundings = {}): void {
  finish(
    command,
    spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2], timeout: stepMaxMs, env: { ...process.env, ...env } }),
  );
}

/** What a command prints, without the last line's end. */
export function capture(command: string, args: readonly string[], cwd: string): string {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", 2], timeout: stepMaxMs });
  finish(command, result);
  return result.stdout.trim();
}

function finish(command: string, { error, status }: { error?: Error; status: number | null }): void {
  if (error !== undefined) throw new Error(`${command} can't be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} failed (exit code ${status}); its message is above.`);
}
