/** Sessions in memory and limits on how often somebody may try. Bounded; on a clock that does not jump. */
import { createHash, randomBytes } from "node:crypto";
import type { AccountRole } from "../actions.ts";

export const sessionsMax = 500;
/** Unused this long, a session ends; after the longest time it ends anyway. */
export const idleMs = 12 * 3_600_000;
export const longestMs = 7 * 24 * 3_600_000;

export interface Session {
  /** Tells sessions apart; opens nothing. */
  readonly id: string;
  readonly name: string;
  readonly role: AccountRole;
  /** Sent back with everything that changes something: another site cannot know it. */
  readonly csrf: string;
  /** Signed in by itself at a demonstration. */
  readonly demo: boolean;
}
interface Kept extends Session {
  readonly address: string;
  readonly startedMs: number;
  usedMs: number;
}

/** One session, for its person and for installers. */
export interface SessionInfo {
  readonly id: string;
  readonly name: string;
  readonly role: AccountRole;
  /** Where it was signed in from. */
  readonly address: string;
  readonly startedAgoMs: number;
  readonly usedAgoMs: number;
}

export interface Sessions {
  /** The cookie's value. */
  start(name: string, role: AccountRole, demo: boolean, address?: string): string;
  find(cookie: string | undefined): Session | null;
  /** Whether a session still holds; an open page uses it. */
  holds(id: string): boolean;
  /** Those that hold, the latest used first. */
  list(): SessionInfo[];
  /** False when there is none. */
  endOne(id: string): boolean;
  end(cookie: string | undefined): void;
  /** A removed or changed account loses its sessions; `but` is the cookie of the one that stays. */
  endAllOf(name: string, but?: string): void;
  readonly size: number;
}

const digest = (cookie: string): string => createHash("sha256").update(cookie).digest("base64url");

export function createSessions(nowMs: () => number = () => performance.now()): Sessions {
  // Kept by the hash of the cookie, so that a look into memory or a log gives nobody a session. Oldest first.
  const kept = new Map<string, Kept>();
  const isOver = ({ usedMs, startedMs }: Kept): boolean => nowMs() - usedMs > idleMs || nowMs() - startedMs > longestMs;
  const byId = (id: string): [string, Kept] | undefined => [...kept].find(([, session]) => session.id === id);
  return {
    start: (name, role, demo, address = "") => {
      const cookie = randomBytes(32).toString("base64url");
      if (kept.size >= sessionsMax) {
        const oldest = kept.keys().next().value;
        if (oldest !== undefined) kept.delete(oldest);
      }
      kept.set(digest(cookie), {
        id: digest(`id ${cookie}`).slice(0, 16),
        address,
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
      if (isOver(session)) {
        kept.delete(id);
        return null;
      }
      session.usedMs = nowMs();
      // Used ones move to the end, so that the oldest unused one makes room.
      kept.delete(id);
      kept.set(id, session);
      return session;
    },
    holds: (id) => {
      const session = byId(id)?.[1];
      if (session === undefined || isOver(session)) return false;
      session.usedMs = nowMs();
      return true;
    },
    list: () =>
      [...kept.values()]
        .filter((session) => !isOver(session))
        .map(({ id, name, role, address, startedMs, usedMs }) => ({
          id,
          name,
          role,
          address,
          startedAgoMs: nowMs() - startedMs,
          usedAgoMs: nowMs() - usedMs,
        }))
        .sort((a, b) => a.usedAgoMs - b.usedAgoMs),
    endOne: (id) => {
      const key = byId(id)?.[0];
      return key !== undefined && kept.delete(key);
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
