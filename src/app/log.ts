/**
 * Structured logs: JSON lines for machines, short lines for a person at a terminal. Secrets never get here; what looks like
 * one is masked. A line for people is one line whatever stands in it, and says the cause that came with it.
 */
import pino from "pino";
import { visible } from "../domain/visible.ts";

const secretFields = ["password", "basicAuthPassword", "key", "token", "authorization", "cookie"];
/** A line for people ends here, characters. */
const lineMax = 2_000;
/** Causes behind causes that are told. */
const causesMax = 3;

export interface Logs {
  readonly log: Log;
  /** For libraries that want a pino logger. */
  readonly pino: pino.Logger;
}

interface Failure {
  readonly message?: unknown;
  readonly code?: unknown;
}
interface Entry {
  readonly time: number;
  readonly level: number;
  readonly msg?: string;
  readonly err?: Failure;
  readonly error?: unknown;
  readonly cause?: unknown;
}

/** An entry as one line for a person: "08:00:00 error the action stop failed: ENOSPC: no space left on device". */
export function lineOf(entry: Entry): string {
  const { time, level, msg = "" } = entry;
  const label = level >= 50 ? "error " : level >= 40 ? "warn  " : "";
  const text = [msg, ...causesOf(entry).filter((cause) => !msg.includes(cause))].join(": ");
  return `${new Date(time).toISOString().slice(11, 19)} ${label}${visible(text, lineMax)}`;
}

/** What went wrong beneath, in the words of whoever noticed; the code as well where the words don't have it. */
function causesOf({ err, error, cause }: Entry): string[] {
  return [err, error, cause].slice(0, causesMax).flatMap((found) => {
    if (typeof found === "string") return found === "" ? [] : [found];
    const { message, code } = (found ?? {}) as Failure;
    if (typeof message !== "string" || message === "") return [];
    return [typeof code === "string" && !message.includes(code) ? `${message} (${code})` : message];
  });
}

/** `json`: JSON lines; otherwise plain lines. Both go to standard error, so that standard output stays for results. */
export function createLogs(json: boolean, level: string): Logs {
  const destination = json
    ? pino.destination({ dest: 2, sync: false })
    : { write: (line: string) => void process.stderr.write(`${lineOf(JSON.parse(line) as Entry)}\n`) };
  const logger = pino(
    { level, redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`]), censor: "…" } },
    destination,
  );
  return { pino: logger, log: (severity, message, fields) => logger[severity](fields ?? {}, message) };
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
