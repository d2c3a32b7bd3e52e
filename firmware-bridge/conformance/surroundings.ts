/** Real time and a real connection for trials. */
import { Deadlines } from "../../src/protocols/modbus/deadlines.ts";
import { TcpLink } from "../../src/protocols/modbus/tcp-link.ts";
import type { Surroundings } from "./stage-under-test.ts";

/** A stage behind a Modbus TCP address. */
export function tcpSurroundings(host: string, port: number, unit: number, stopped: () => boolean): Surroundings {
  const clock = (): number => performance.now();
  const deadlines = new Deadlines(clock);
  return {
    unit,
    clock,
    stopped,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    connect: () => new TcpLink(host, port, deadlines),
  };
}
