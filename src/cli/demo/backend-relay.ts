/**
 * A relay between the controller and its backends, so that whoever drives the simulated site can cut that link and nothing
 * else: with the link down every connection through it ends at once and new ones are refused.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

/** Connections through the relay at a time. */
const connectionsMax = 64;

export interface BackendRelay {
  /** The address on loopback that leads to this WebSocket URL's host and port; path and scheme stay. */
  through(url: string): Promise<string>;
  setUp(up: boolean): void;
  close(): void;
}

export function createBackendRelay(): BackendRelay {
  const servers = new Map<string, { server: Server; port: number }>();
  const sockets = new Set<Socket>();
  let up = true;

  function accept(near: Socket, host: string, port: number): void {
    near.on("error", () => near.destroy());
    if (!up || sockets.size >= 2 * connectionsMax) {
      near.destroy();
      return;
    }
    const far = connect(port, host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  }

  return {
    async through(url) {
      const parsed = new URL(url);
      const port = Number(parsed.port || (parsed.protocol === "wss:" ? 443 : 80));
      const key = `${parsed.hostname}:${port}`;
      let entry = servers.get(key);
      if (entry === undefined) {
        const server = createServer((near) => accept(near, parsed.hostname, port));
        await new Promise<void>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", resolve);
        });
        const address = server.address();
        entry = { server, port: typeof address === "object" && address ? address.port : 0 };
        servers.set(key, entry);
      }
      parsed.hostname = "127.0.0.1";
      parsed.port = String(entry.port);
      return parsed.toString().replace(/\/$/, "");
    },
    setUp(wanted) {
      up = wanted;
      if (!up) for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const { server } of servers.values()) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
