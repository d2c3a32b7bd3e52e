/**
 * Bounds on connections before anybody has said who they are: so many in all, so many from one address, and a request's
 * head within seconds. Whoever opens more, or says nothing, holds nobody else up.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { plainAddress } from "../access/security.ts";
import { neighbourhood } from "../access/sign-in-limit.ts";

const connectionsMax = 600;
/** A browser opens six and a stream for each page; many people may share one address. */
export const connectionsOfAddressMax = 64;
/** The head of a request, and a handshake, within this; looked at each second. */
export const headMaxMs = 5_000;
const lookEveryMs = 1_000;

/** What the HTTP server is made with. */
export const guardedServer = {
  connectionsCheckingInterval: lookEveryMs,
  headersTimeout: headMaxMs,
  requestTimeout: 15_000,
  keepAliveTimeout: 30_000,
} as const;

export function guardSockets(server: Server, ofAddressMax: number): void {
  server.maxConnections = connectionsMax;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const from = neighbourhood(plainAddress(socket.remoteAddress));
    const count = open.get(from) ?? 0;
    if (count >= ofAddressMax) {
      socket.destroy();
      return;
    }
    open.set(from, count + 1);
    socket.once("close", () => {
      const left = (open.get(from) ?? 1) - 1;
      if (left <= 0) open.delete(from);
      else open.set(from, left);
    });
  });
}
