/**
 * How often somebody may try a password. Whoever guesses is slowed down without keeping the real person out: tries are
 * counted for each pair of address and name, and a browser that has signed in with a name before has a count of its own.
 */
import { isIPv6 } from "node:net";
import { createRateLimit, type RateLimit } from "./sessions.ts";

/** Tries at once, and one more every so many ms. */
const ofPair = { burst: 6, everyMs: 60_000 };
const ofAddress = { burst: 12, everyMs: 10_000 };
/** A name from everywhere, known browsers apart: many addresses together are no way around the first. */
const ofName = { burst: 60, everyMs: 10_000 };
const ofDevice = { burst: 6, everyMs: 60_000 };

export interface SignInLimit {
  /** Milliseconds to wait; 0 takes a try. A refused try takes nothing and gives nothing. */
  take(from: SignInTry): number;
  /** It was the right password: no try at all. */
  forgive(from: SignInTry): void;
}
export interface SignInTry {
  readonly name: string;
  readonly address: string;
  /** From `Accounts.knownDevice`; "" for a stranger. */
  readonly device: string;
}

export function createSignInLimit(nowMs?: () => number): SignInLimit {
  const make = ({ burst, everyMs }: typeof ofPair): RateLimit => createRateLimit(burst, everyMs, nowMs);
  const pairs = make(ofPair);
  const addresses = make(ofAddress);
  const names = make(ofName);
  const devices = make(ofDevice);
  const counts = ({ name, address, device }: SignInTry): readonly (readonly [RateLimit, string])[] => {
    const who = name.trim().toLowerCase();
    const from = neighbourhood(address);
    if (device !== "") return [[devices, `${device} ${who}`]];
    return [
      [pairs, `${from} ${who}`],
      [addresses, from],
      [names, who],
    ];
  };
  return {
    take(from) {
      const counted = counts(from);
      const waitMs = Math.max(...counted.map(([limit, key]) => limit.waitMs(key)));
      if (waitMs > 0) return waitMs;
      for (const [limit, key] of counted) limit.take(key);
      return 0;
    },
    forgive(from) {
      for (const [limit, key] of counts(from)) limit.forgive(key);
    },
  };
}

/** One host may have every address of an IPv6 /64: they count as one. */
export function neighbourhood(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...new Array<string>(missing).fill("0"), ...back];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
