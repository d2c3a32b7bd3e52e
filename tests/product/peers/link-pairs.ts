/** Pairs of virtual network interfaces, the vehicle's ends in a namespace of its own: links as behind matched modems. Linux, as root. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });
const addressWithinMs = 10_000;

export interface LinkPairs {
  /** Name of the namespace. */
  readonly namespace: string;
  readonly charger: (name: string) => string;
  readonly vehicle: (name: string) => string;
  remove(): void;
}

/** Fails where interfaces can't be made. Resolves when both ends have their link-local addresses. */
export async function makeLinkPairs(names: readonly string[]): Promise<LinkPairs> {
  const mark = `i${process.pid % 100_000}`;
  const pairs: LinkPairs = {
    namespace: mark,
    charger: (name) => `${mark}c${name}`,
    vehicle: (name) => `${mark}v${name}`,
    remove() {
      for (const args of [...names.map((name) => ["link", "del", pairs.charger(name)]), ["netns", "del", mark]])
        try {
          ip(...args);
        } catch {
          // It is gone already.
        }
    },
  };
  try {
    ip("netns", "add", mark);
    ip("netns", "exec", mark, "ip", "link", "set", "lo", "up");
    for (const name of names) {
      ip("link", "add", pairs.charger(name), "type", "veth", "peer", "name", pairs.vehicle(name));
      writeFileSync(`/proc/sys/net/ipv6/conf/${pairs.charger(name)}/accept_dad`, "0");
      ip("link", "set", pairs.vehicle(name), "netns", mark);
      ip("link", "set", pairs.charger(name), "up");
      ip("netns", "exec", mark, "ip", "link", "set", pairs.vehicle(name), "up");
    }
    const untilMs = performance.now() + addressWithinMs;
    const lacks = (name: string): boolean =>
      /tentative|^$/.test(ip("netns", "exec", mark, "ip", "-6", "addr", "show", "dev", pairs.vehicle(name)).trim());
    while (names.some(lacks)) {
      if (performance.now() > untilMs) throw new Error("a virtual interface got no address");
      await sleep(100);
    }
    return pairs;
  } catch (trouble) {
    pairs.remove();
    throw trouble;
  }
}
