/** Answers vehicles that ask on a link where the charger listens. One datagram at a time; nothing is kept. */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { answerDiscovery, discoveryGroup, discoveryPort } from "./discovery.ts";

interface DiscoveryOptions {
  /** Name of the network interface; questions from other links are not heard. */
  readonly interfaceName: string;
  /** What is open now: looked at for each question. */
  readonly ports: { readonly tlsPort: number | undefined; readonly tcpPort: number | undefined };
  readonly onError: (sentence: string) => void;
}

/** The interface's own link-local address, sixteen bytes; undefined without one. */
function linkLocalAddress(interfaceName: string): Uint8Array | undefined {
  const own = networkInterfaces()[interfaceName]?.find(
    ({ family, address }) => family === "IPv6" && address.startsWith("fe80"),
  );
  return own === undefined ? undefined : bytesOfAddress(own.address);
}

/** An IPv6 address in words as its sixteen bytes. */
export function bytesOfAddress(address: string): Uint8Array {
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const groups = (part: string | undefined): number[] =>
    part === undefined || part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail);
  const all = [
    ...before,
    ...Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => 0),
    ...after,
  ];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/**
 * Whether a datagram came over this interface, by the scope of its sender's link-local address. A system gives a question to every
 * socket on the port, whichever interface it has joined the group on: each place would answer the vehicles of all others.
 */
export const isFromLink = (from: string, interfaceName: string): boolean => {
  const [, scope] = from.split("%");
  const own = networkInterfaces()[interfaceName]?.find(({ address }) => address.startsWith("fe80"));
  return scope === interfaceName || (own !== undefined && "scopeid" in own && scope === String(own.scopeid));
};

/** Starts to answer; an error names the interface and what is missing. */
export async function startDiscovery(options: DiscoveryOptions): Promise<{ stop(): void }> {
  const { interfaceName, ports, onError } = options;
  const address = linkLocalAddress(interfaceName);
  if (address === undefined)
    throw new Error(`${interfaceName} has no IPv6 link-local address: is it up, and IPv6 not switched off?`);
  const socket = createSocket({ type: "udp6", reuseAddr: true });
  socket.on("error", ({ message }) => onError(`discovery on ${interfaceName}: ${message}`));
  socket.on("message", (datagram, from) => {
    if (!isFromLink(from.address, interfaceName)) return;
    const { tlsPort, tcpPort } = ports;
    const answer = answerDiscovery(datagram, { address, tlsPort, tcpPort });
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind({ port: discoveryPort, address: "::" }, resolve));
  socket.addMembership(discoveryGroup, `::%${interfaceName}`);
  return { stop: () => socket.close() };
}
