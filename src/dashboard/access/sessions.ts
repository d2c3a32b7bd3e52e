/** Sessions in memory and limits on how often somebody may try. Bounded; on a clock that does not jump. */
import { createHash, randomBytes } from "node:crypto";
import type { AccountRole } from "../actions.ts";

export const sessionsMax = 500;
/** Unused this long, a session ends; after the longest time it ends anyway. */
export const idleMs = 12 * 3_600_000;
export const longestMs = 7 * 24 * 3_600_000;

export interface Session {
  readonly name: string;
  readonly role: AccountRole;
  /** Sent back with everything that changes something: another site cannot know it. */
  readonly csrf: string;
  /** Signed in by itself at a demonstration. */
  readonly demo: boolean;
}
interface Kept extends Session {
  readonly startedMs: number;
  usedMs: number;
}

export interface Sessions {
  /** The cookie's value. */
  start(name: string, role: AccountRole, demo: boolean): string;
  find(cookie: string | undefined): Session | null;
  end(cookie: string | undefined): void;
  /** A removed or changed account loses its sessions; `but` is the cookie of the one that stays. */
  endAllOf(name: string, but?: string): void;
  readonly size: number;
}

const digest = (cookie: string): string => createHash("sha256").update(cookie).digest("base64url");

export function createSessions(nowMs: () => number = () => performance.now()): Sessions {
  // Kept by the hash of the cookie, so that a look into memory or a log gives nobody a session. Oldest first.
  const kept = new Map<string, Kept>();
  return {
    start: (name, role, demo) => {
      const cookie = randomBytes(32).toString("base64url");
      if (kept.size >= sessionsMax) {
        const oldest = kept.keys().next().value;
        if (oldest !== undefined) kept.delete(oldest);
      }
      kept.set(digest(cookie), {
        name,
        role,
        demo,
        csrf: randomBytes(24).toString("base64url"),
        startedMs: nowMs(),
        usedMs: nowMs(),
      });
      return cookie;
    },
    find: (cookie) => {
      if (!cookie || cookie.length > 100) return null;
      const id = digest(cookie);
      const session = kept.get(id);
      if (!session) return null;
      const now = nowMs();
      if (now - session.usedMs > idleMs || now - session.startedMs > longestMs) {
        kept.delete(id);
        return null;
      }
      session.usedMs = now;
      // Used ones move to the end, so that the oldest unused one makes room.
      kept.delete(id);
      kept.set(id, session);
      return session;
    },
    end: (cookie) => void (cookie && kept.delete(digest(cookie))),
    endAllOf: (name, but) => {
      const stays = but === undefined ? "" : digest(but);
      for (const [id, session] of kept)
        if (session.name.toLowerCase() === name.toLowerCase() && id !== stays) kept.delete(id);
    },
    get size() {
      return kept.size;
    },
  };
}

export interface RateLimit {
  /** Milliseconds to wait before the next try, without taking one. */
  waitMs(key: string): number;
  /** Milliseconds to wait before the next try; 0 takes one. */
  take(key: string): number;
  /** Gives one back: a success is not a try. */
  forgive(key: string): void;
}

const keysMax = 2000;

/** A bucket for each key: `burst` tries at once, one more every `everyMs`. When too many keys are known the oldest is forgotten. */
export function createRateLimit(
  burst: number,
  everyMs: number,
  nowMs: () => number = () => performance.now(),
): RateLimit {
  const buckets = new Map<string, { left: number; atMs: number }>();
  const refill = (key: string): { left: number; atMs: number } => {
    const now = nowMs();
    const found = buckets.get(key) ?? { left: burst, atMs: now };
    found.left = Math.min(burst, found.left + (now - found.atMs) / everyMs);
    found.atMs = now;
    buckets.delete(key);
    if (buckets.size >= keysMax) {
      const oldest = buckets.keys().next().value;
      if (oldest !== undefined) buckets.delete(oldest);
    }
    buckets.set(key, found);
    return found;
  };
  return {
    waitMs: (key) => {
      const { left } = refill(key);
      return left < 1 ? Math.ceil((1 - left) * everyMs) : 0;
    },
    take: (key) => {
      const bucket = refill(key);
      if (bucket.left < 1) return Math.ceil((1 - bucket.left) * everyMs);
      bucket.left--;
      return 0;
    },
    forgive: (key) => {
      const bucket = refill(key);
      bucket.left = Math.min(burst, bucket.left + 1);
    },
  };
}
