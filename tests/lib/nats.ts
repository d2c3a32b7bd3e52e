/**
 * A NATS broker for a test: nats-server where one that is new enough is installed (ISLET_NATS_SERVER, or on the PATH), otherwise a
 * stand-in that speaks as much of the protocol as a site uses. Both keep the newest document of orders and nothing else.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { streams } from "../../src/protocols/fleet/subjects.ts";

/** Older ones lose acknowledged messages when they are killed. */
const oldestVersion = [2, 10, 27];

function versionOf(program: string): string | null {
  const said = spawnSync(program, ["--version"], { encoding: "utf8" }).stdout ?? "";
  const found = /v(\d+)\.(\d+)\.(\d+)/.exec(said);
  if (found === null) return null;
  const numbers = found.slice(1).map(Number);
  const i = numbers.findIndex((number, at) => number !== oldestVersion[at]);
  return i < 0 || numbers[i]! > oldestVersion[i]! ? found[0] : null;
}
const candidates = [process.env["ISLET_NATS_SERVER"] ?? "nats-server", "/usr/sbin/nats-server"];
const program = candidates.find((name) => versionOf(name) !== null);

/** What stands behind the tests. */
export const brokerName = program === undefined ? "a stand-in for nats-server" : `nats-server ${versionOf(program)}`;

export interface Nats {
  readonly port: number;
  /** A connection of a fleet. */
  connect(): Promise<NatsConnection>;
  /** Ends it without a word, and with all that it keeps. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startNats(): Promise<Nats> {
  const port = await freePort();
  let end: () => Promise<void> = async () => undefined;
  const nats: Nats = {
    port,
    connect: () => connect({ servers: `nats://127.0.0.1:${port}`, reconnect: false }),
    kill: () => end(),
    async start() {
      end = program === undefined ? await startStandIn(port) : await startServer(program, port);
    },
  };
  await nats.start();
  return nats;
}

async function startServer(path: string, port: number): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "islet-nats-"));
  const child: ChildProcess = spawn(path, ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder], {
    stdio: "ignore",
  });
  const connection = await patiently(() => connect({ servers: `nats://127.0.0.1:${port}`, reconnect: false }));
  const { streams: made } = await jetstreamManager(connection);
  for (const { name, subjects, maxPerSubject } of streams)
    await made.add({ name, subjects: [...subjects], max_msgs_per_subject: maxPerSubject, allow_direct: true });
  await connection.close();
  return async () => {
    await new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });
    rmSync(folder, { recursive: true, force: true });
  };
}

async function patiently<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++)
    try {
      return await run();
    } catch (failure) {
      if (tries > 200) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

interface Subscription {
  readonly socket: Socket;
  readonly filter: string;
  readonly sid: string;
}

/** As much of the broker's protocol as sites and a fleet's worker use; the newest order of each site is kept. */
async function startStandIn(port: number): Promise<() => Promise<void>> {
  const subscriptions = new Set<Subscription>();
  const sockets = new Set<Socket>();
  const kept = new Map<string, Buffer>();
  const direct = "$JS.API.DIRECT.GET.ORDER.";

  function deliver(subject: string, reply: string, payload: Buffer): void {
    if (subject.startsWith(direct)) {
      const order = kept.get(subject.slice(direct.length));
      const head = order === undefined ? "NATS/1.0 404 Message Not Found\r\n\r\n" : "NATS/1.0\r\n\r\n";
      send(reply, "", order ?? Buffer.alloc(0), head);
      return;
    }
    if (subject.endsWith(".order")) kept.set(subject, payload);
    send(subject, reply, payload, "");
  }
  function send(subject: string, reply: string, payload: Buffer, head: string): void {
    for (const { socket, filter, sid } of subscriptions) {
      if (!isMatch(filter, subject)) continue;
      const sizes = head === "" ? `${payload.length}` : `${head.length} ${head.length + payload.length}`;
      socket.write(
        `${head === "" ? "MSG" : "HMSG"} ${subject} ${sid} ${reply === "" ? "" : `${reply} `}${sizes}\r\n${head}`,
      );
      socket.write(payload);
      socket.write("\r\n");
    }
  }

  /** Takes one whole message off the front; null while it is not all there. */
  function take(socket: Socket, waiting: Buffer): Buffer | null {
    const end = waiting.indexOf("\r\n");
    if (end < 0) return null;
    const [verb = "", ...words] = waiting.subarray(0, end).toString().split(" ");
    if (verb === "PUB" || verb === "HPUB") {
      const size = Number(words.at(-1));
      if (waiting.length < end + 4 + size) return null;
      const headSize = verb === "HPUB" ? Number(words.at(-2)) : 0;
      const reply = words.length > (verb === "HPUB" ? 3 : 2) ? words[1]! : "";
      deliver(words[0]!, reply, Buffer.from(waiting.subarray(end + 2 + headSize, end + 2 + size)));
      return waiting.subarray(end + 4 + size);
    }
    if (verb === "PING") socket.write("PONG\r\n");
    if (verb === "SUB") subscriptions.add({ socket, filter: words[0]!, sid: words.at(-1)! });
    if (verb === "UNSUB")
      for (const one of subscriptions)
        if (one.socket === socket && one.sid === words[0] && words.length === 1) subscriptions.delete(one);
    return waiting.subarray(end + 2);
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    const info = { server_id: "stand-in", version: "2.10.27", proto: 1, headers: true, max_payload: 1_048_576 };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    let waiting: Buffer = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      waiting = Buffer.concat([waiting, piece]);
      for (let rest = take(socket, waiting); rest !== null; rest = take(socket, waiting)) waiting = rest;
    });
    const gone = () => {
      sockets.delete(socket);
      for (const one of subscriptions) if (one.socket === socket) subscriptions.delete(one);
    };
    socket.on("close", gone).on("error", gone);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

function isMatch(filter: string, subject: string): boolean {
  const wanted = filter.split(".");
  const parts = subject.split(".");
  for (const [i, one] of wanted.entries()) {
    if (one === ">") return parts.length > i;
    if (one !== "*" && one !== parts[i]) return false;
  }
  return wanted.length === parts.length;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
