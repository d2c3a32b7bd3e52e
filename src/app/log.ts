/** Structured logs: JSON lines for machines, short lines for a person at a terminal. Secrets never get here; what looks like one is masked. */
import pino from "pino";
import type { Log } from "./station.ts";

const secretFields = ["password", "basicAuthPassword", "key", "token", "authorization", "cookie"];

export interface Logs {
  readonly log: Log;
  /** For libraries that want a pino logger. */
  readonly pino: pino.Logger;
}

/** `json`: JSON lines; otherwise plain lines. Both go to standard error, so that standard output stays for results. */
export function createLogs(json: boolean, level: string): Logs {
  const destination = json
    ? pino.destination({ dest: 2, sync: false })
    : {
        write(line: string) {
          const { time, level: number, msg } = JSON.parse(line) as { time: number; level: number; msg: string };
          const label = number >= 50 ? "error " : number >= 40 ? "warn  " : "";
          process.stderr.write(`${new Date(time).toISOString().slice(11, 19)} ${label}${msg}\n`);
        },
      };
  const logger = pino(
    { level, redact: { paths: secretFields.flatMap((name) => [name, `*.${name}`]), censor: "…" } },
    destination,
  );
  return { pino: logger, log: (severity, message, fields) => logger[severity](fields ?? {}, message) };
}
