/** Real time and a real connection for trials. */
import { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import { TcpLink } from "../../src/protocols/modbus/tcp-link.ts";
import type { TlsSettings } from "../../src/protocols/modbus/tls.ts";
import type { Surroundings } from "./stage-under-test.ts";

interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsSettings | undefined;
  /** Which of this machine's addresses is used. */
  readonly localAddress?: string | undefined;
}

/** A stage behind a Modbus TCP address, secured or plain. */
export function tcpSurroundings(
  { host, port, tls, localAddress }: Address,
  unit: number,
  stopped: () => boolean,
): Surroundings {
  const clock = (): number => performance.now();
  const deadlines = new Deadlines(clock);
  return {
    unit,
    clock,
    stopped,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    connect: () =>
      new TcpLink(host, port, deadlines, { ...(tls && { tls }), ...(localAddress !== undefined && { localAddress }) }),
  };
}
