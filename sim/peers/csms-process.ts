/**
 * The small backend as a process of its own: `node sim/peers/csms-process.ts --port 9180`.
 * Prints one JSON line for each thing that happens; takes commands as JSON lines on standard input:
 * {"identity":"depot-1","action":"SetChargingProfile","payload":{…}} or {"ledger":true}. Ends with its standard input
 * only when `--until-stdin-ends` is given, otherwise on SIGINT or SIGTERM.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Action } from "../../src/protocols/ocpp/transport/messages.table.ts";
import { isActionOfAny } from "../../src/protocols/ocpp/transport/validators.ts";
import { versions } from "../../src/protocols/ocpp/transport/versions.ts";
import { type Csms, startCsms } from "./csms.ts";

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "9180" },
    host: { type: "string", default: "127.0.0.1" },
    ocpp: { type: "string", default: "2.0.1" },
    frames: { type: "boolean", default: false },
    "until-stdin-ends": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const usage = `Usage: node sim/peers/csms-process.ts [--port N] [--host H] [--ocpp 2.0.1|2.1] [--frames] [--until-stdin-ends]
A small OCPP backend, of 2.0.1 unless said, for demonstrations and tests. --frames prints every frame.`;

const print = (line: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function command(csms: Csms, line: string): Promise<void> {
  if (line.trim() === "") return;
  try {
    const { identity, action, payload, ledger } = JSON.parse(line) as {
      identity?: string;
      action?: string;
      payload?: unknown;
      ledger?: boolean;
    };
    if (ledger) return print({ event: "ledger", ...csms.core.ledger.report(), violations: csms.violations.length });
    if (identity === undefined || action === undefined || !isActionOfAny(action))
      throw new Error('A command needs "identity", a known "action" and "payload".');
    const answer = await csms.call(identity, action as Action, (payload ?? {}) as never);
    print({ event: "answer", identity, action, answer });
  } catch (error) {
    print({ event: "error", message: (error as Error).message });
  }
}

async function main(): Promise<void> {
  if (flags.help) return void process.stdout.write(`${usage}\n`);
  const known = new Set<string>();
  const version = versions.find((one) => one === flags.ocpp);
  if (version === undefined) return void process.stderr.write(`--ocpp must be one of ${versions.join(", ")}.\n`);
  const csms = await startCsms({
    versions: [version],
    port: Number(flags.port),
    host: flags.host,
    onMessage(identity, direction, message) {
      if (!known.has(identity)) print({ event: "station", identity });
      known.add(identity);
      if (flags.frames) print({ event: "frame", identity, direction, message });
    },
  });
  print({ event: "listening", url: csms.url });
  const stop = (): void => void csms.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => void command(csms, line));
  if (flags["until-stdin-ends"]) lines.once("close", stop);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
