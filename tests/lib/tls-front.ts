/** TLS in front of a device that has none: what a device with Modbus/TCP Security does, certificates of both sides. */
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer, type TlsOptions } from "node:tls";

export interface TlsFront {
  readonly port: number;
  /** Connections that were let in. */
  readonly accepted: number;
  close(): Promise<void>;
}

export async function startTlsFront(options: TlsOptions, targetPort: number, port = 0): Promise<TlsFront> {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ requestCert: true, rejectUnauthorized: true, ...options }, (secure) => {
    accepted += 1;
    const plain = connect({ host: "127.0.0.1", port: targetPort, noDelay: true });
    secure.pipe(plain).pipe(secure);
    for (const [one, other] of [
      [secure, plain],
      [plain, secure],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => other.destroy());
    }
  });
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("tlsClientError", () => undefined);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
