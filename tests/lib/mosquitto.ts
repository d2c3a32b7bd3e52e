/** Eclipse Mosquitto as the broker of a test, where it is installed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const candidates = ["mosquitto", "/usr/sbin/mosquitto"];
const program = candidates.find((name) => spawnSync(name, ["-h"]).error === undefined);

/** Why there is no broker; "" where there is one. */
export const noMosquitto = program === undefined ? "mosquitto is not installed (apt-get install mosquitto)" : "";

export interface Mosquitto {
  readonly port: number;
  /** Ends it without a word to its clients. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });

/** `lines`: of its configuration; `files`: beside it, named there by FOLDER/name. */
export async function startMosquitto(
  lines: readonly string[] = ["allow_anonymous true"],
  files: Readonly<Record<string, string>> = {},
): Promise<Mosquitto> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "islet-broker-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  const text = [
    `listener ${port} 127.0.0.1`,
    // Otherwise it becomes another user, who can't read these files.
    "user root",
    "max_queued_messages 50000",
    ...lines,
  ].join("\n");
  const file = join(folder, "broker.conf");
  writeFileSync(file, `${text.replaceAll("FOLDER", folder)}\n`);
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null) return;
    await new Promise((resolve) => {
      ending.once("exit", resolve);
      ending.kill(signal);
    });
  };
  const start = async (): Promise<void> => {
    child = spawn(program ?? "mosquitto", ["-c", file], { stdio: "ignore" });
    for (let tries = 0; tries < 200; tries++) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("mosquitto does not listen");
  };
  await start();
  return {
    port,
    start,
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
