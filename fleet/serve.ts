/** One worker with its page, until a signal. */
import { readFileSync } from "node:fs";
import { startServer } from "./api/server.ts";
import { createRunner } from "./dispatch/runner.ts";
import { createReleaseRunner } from "./release/runner.ts";
import { openDatabase } from "./store/database.ts";
import { tidy } from "./store/tidy.ts";
import { createCounts } from "./worker/counts.ts";
import { startWorker } from "./worker/worker.ts";

export interface ServeOptions {
  readonly nats: string;
  readonly database: string;
  /** The dispatcher's private key, PEM. */
  readonly keyFile: string;
  readonly tokenFile: string;
  readonly host: string;
  readonly port: number;
}

const tidyEveryMs = 3_600_000;
const releasesEveryMs = 3_000;

export const logLine = (sentence: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${sentence}\n`);

export async function serve({ nats, database: url, keyFile, tokenFile, host, port }: ServeOptions): Promise<void> {
  const dispatcherKey = readFileSync(keyFile, "utf8");
  const token = readFileSync(tokenFile, "utf8").trim();
  if (token.length < 16) throw new Error(`${tokenFile} needs a token of at least 16 characters.`);
  let isWanted = true;
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => {
        isWanted = false;
        resolve();
      });
  });
  const counts = createCounts();
  const database = await openDatabase(url, () => isWanted);
  const worker = startWorker({
    ...{ natsUrl: nats, database, counts, log: logLine },
    hearPower: (message) => runner.hear(message, Date.now()),
  });
  const runner = createRunner({ database, dispatcherKey, tell: worker.tell, log: logLine });
  const releases = createReleaseRunner({ database, dispatcherKey, tell: worker.tell, log: logLine });
  const stopReleasing = each(releasesEveryMs, () => releases.look(Date.now()));
  const stopLooking = each(1_000, () => runner.look(Date.now()));
  // Several workers do it beside each other: what is gone is gone.
  const stopTidying = each(tidyEveryMs, async () => {
    await tidy(database, Date.now()).catch(() =>
      logLine("Database: old rows could not be taken away. It is tried again in an hour."),
    );
  });
  const server = await startServer({ host, port, token, database, worker, counts, dispatcherKey });
  logLine(`Page: ${server.url}`);
  await signalled;
  await server.close();
  await stopLooking();
  await stopReleasing();
  await stopTidying();
  await worker.stop();
  await database.close();
}

/** Again and again, one after the other. Returns how to stop, which waits for the one that runs. */
function each(everyMs: number, run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= run().finally(() => {
      running = null;
    });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
