/**
 * The live stream: the latest state to every page, at once when something has changed, at most ten times a second. Nothing
 * queues: a difference is written once and shared by all pages; a page that does not keep up is skipped and gets a whole
 * state when it can take one again; one that takes nothing for long is closed.
 */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { diff, type Json } from "../delta.ts";
import type { DashboardSource } from "../source.ts";

/** Bounds. A page more than the last is refused. */
const pagesMax = 250;
/** Pages and programs of one person or one token: nobody can take the places of all others. */
const pagesOfAskerMax = 20;
/** Tokens together leave places for people. */
const pagesOfTokensMax = 100;
/** So many states go at once after a quiet time, so that turns that follow each other are seen; then so many a second. */
const burstMax = 4;
const refillPerSecond = 6;
/** Never more in any second. */
export const perSecondMax = burstMax + refillPerSecond;
/** Bytes that may wait in one connection before it is skipped. */
export const backlogMaxBytes = 512 * 1024;
const stuckMs = 15_000;
const aliveMs = 1000;
/** Older than this a state is not sent again as if it were fresh: pages notice by its silence. */
const freshMs = 2500;

interface Page {
  readonly response: ServerResponse;
  readonly asker: StreamAsker;
  /** Number of the message that it got last; -1 needs a whole state. */
  number: number;
  sentAtMs: number;
  blockedSinceMs: number | null;
}

/** Whose stream it is. `key` tells people and tokens apart. */
export interface StreamAsker {
  readonly key: string;
  readonly token: boolean;
  /** Whether its session or token still holds: a stream ends with it. */
  readonly holds: () => boolean;
}

export interface Hub {
  /** Whether one more page of this asker fits. */
  fits(asker: StreamAsker): boolean;
  /** Takes over the response. False when there are too many pages. */
  add(response: ServerResponse, asker: StreamAsker): boolean;
  readonly pages: number;
  readonly skipped: number;
  close(): void;
}

export function createHub(
  source: DashboardSource,
  nowMs: () => number = () => performance.now(),
  ofAskerMax = pagesOfAskerMax,
): Hub {
  const pages = new Set<Page>();
  /** Tells a page that stayed open over a restart: its session and its code may be of yesterday. */
  const boot = randomUUID();
  let last: Json = null;
  let number = 0;
  const pace = createPace(nowMs);
  let timer: NodeJS.Timeout | null = null;
  let skipped = 0;
  let whole: Buffer | null = null;

  const alive = Buffer.from("event: alive\ndata: 1\n\n");
  const waiting = Buffer.from(": waiting\n\n");
  const frame = (event: string, data: string): Buffer => Buffer.from(`event: ${event}\ndata: ${data}\n\n`);

  const send = (): void => {
    timer = null;
    if (pages.size === 0 || source.ageMs() > freshMs) return;
    const small = advance();
    if (small === undefined) return;
    pace.take();
    for (const page of pages) give(page, small);
  };

  /** Takes the latest state over; what brings a page there from the one before, undefined when nothing is new. */
  const advance = (): Buffer | null | undefined => {
    const state = source.state() as unknown as Json;
    if (state === null) return undefined;
    const patch = diff(last, state);
    if (patch === null) return undefined;
    last = state;
    number++;
    whole = null;
    return number > 1 ? frame("patch", JSON.stringify({ n: number, patch })) : null;
  };

  const give = (page: Page, small: Buffer | null): void => {
    const { response } = page;
    const waiting = response.writableLength + ((response.socket as Socket | null)?.writableLength ?? 0);
    if (waiting > backlogMaxBytes || response.writableNeedDrain) {
      page.number = -1;
      page.blockedSinceMs ??= nowMs();
      skipped++;
      return;
    }
    page.blockedSinceMs = null;
    page.sentAtMs = nowMs();
    if (small && page.number === number - 1) response.write(small);
    else if (page.number !== number) {
      whole ??= frame("state", JSON.stringify({ n: number, state: last }));
      response.write(whole);
    }
    page.number = number;
  };

  const remind = setInterval(() => {
    const now = nowMs();
    for (const page of pages) {
      if (!page.asker.holds()) {
        pages.delete(page);
        page.response.end();
      } else if (page.blockedSinceMs !== null && now - page.blockedSinceMs > stuckMs) {
        pages.delete(page);
        page.response.destroy();
      } else if (page.blockedSinceMs !== null || page.number === -1) give(page, null);
      else if (now - page.sentAtMs < aliveMs) continue;
      // A sign of life only while the controller lives.
      else page.response.write(source.ageMs() <= freshMs ? alive : waiting);
    }
  }, aliveMs);
  remind.unref();

  const stop = source.onChange(() => {
    if (timer !== null || pages.size === 0) return;
    const waitMs = pace.waitMs();
    if (waitMs <= 0) return send();
    timer = setTimeout(send, waitMs);
    timer.unref();
  });

  const fits = ({ key, token }: StreamAsker): boolean => {
    if (pages.size >= pagesMax) return false;
    let own = 0;
    let tokens = 0;
    for (const { asker } of pages) {
      if (asker.key === key) own++;
      if (asker.token) tokens++;
    }
    return own < ofAskerMax && (!token || tokens < pagesOfTokensMax);
  };

  return {
    fits,
    add: (response, asker) => {
      if (!fits(asker)) return false;
      // The stream ends with its connection, so that it needs no framing of its own: a frame goes out as it is.
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        connection: "close",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
      });
      response.socket?.setNoDelay(true);
      response.write(`retry: 2000\n\nevent: hello\ndata: "${boot}"\n\n`);
      const page: Page = { response, asker, number: -1, sentAtMs: nowMs(), blockedSinceMs: null };
      pages.add(page);
      const forget = (): void => void pages.delete(page);
      response.on("close", forget);
      response.on("error", forget);
      // A page always starts from a whole state, even an old one: the site as it was is better than nothing.
      const small = advance();
      if (small !== undefined) for (const other of pages) give(other, small);
      else if (last !== null) give(page, null);
      return true;
    },
    get pages() {
      return pages.size;
    },
    get skipped() {
      return skipped;
    },
    close: () => {
      stop();
      if (timer) clearTimeout(timer);
      clearInterval(remind);
      for (const page of pages) page.response.end();
      pages.clear();
    },
  };
}

interface Pace {
  /** How long the next state has to wait, ms; not more than 0 when it may go at once. */
  waitMs(): number;
  take(): void;
}

function createPace(nowMs: () => number): Pace {
  const everyMs = 1000 / refillPerSecond;
  /** When the whole burst may go again. */
  let fullAtMs = Number.NEGATIVE_INFINITY;
  return {
    waitMs: () => fullAtMs - (burstMax - 1) * everyMs - nowMs(),
    take() {
      fullAtMs = Math.max(fullAtMs, nowMs()) + everyMs;
    },
  };
}
