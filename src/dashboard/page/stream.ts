/** The live connection: states as they come, and how old the last one is. */
import { applyPatch, type Json, type Patch } from "../delta.ts";
import type { SiteState } from "../state.ts";

export interface Stream {
  /** Milliseconds since the last message; keeps counting while the machine sleeps. */
  ageMs(): number;
  close(): void;
}

export interface StreamHandlers {
  state(state: SiteState): void;
  /** Another run of the server answers: its code and sessions may be others. */
  restarted(): void;
  /** The session has ended: sign in again. */
  signedOut(): void;
}

/** A connection that says nothing this long is opened anew. The server sends a sign of life every second. */
const silentMs = 10_000;
const retryMs = 2000;

export function openStream(url: string, handlers: StreamHandlers): Stream {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  let current: Json = null;
  let sequence = -1;
  let source: EventSource | null = null;
  let closed = false;
  let boot: string | null = null;

  const heard = (): void => {
    lastAtMs = Date.now();
  };
  const take = (state: Json): void => {
    current = state;
    heard();
    handlers.state(state as unknown as SiteState);
  };
  const connect = (): void => {
    source?.close();
    if (closed) return;
    sequence = -1;
    source = new EventSource(url);
    source.addEventListener("hello", (event) => {
      const { data } = event as MessageEvent<string>;
      if (boot !== null && boot !== data) handlers.restarted();
      boot = data;
    });
    source.addEventListener("state", (event) => {
      const message = JSON.parse((event as MessageEvent<string>).data) as { n: number; state: Json };
      sequence = message.n;
      take(message.state);
    });
    source.addEventListener("patch", (event) => {
      const message = JSON.parse((event as MessageEvent<string>).data) as { n: number; patch: Patch };
      // A gap cannot be patched: start again from a whole state.
      if (message.n !== sequence + 1) return connect();
      sequence = message.n;
      take(applyPatch(current, message.patch));
    });
    source.addEventListener("alive", heard);
    source.addEventListener("error", () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      // The server has answered with a refusal: find out whether it is the session.
      fetch("/api/v1/session", { cache: "no-store" })
        .then((answer) => {
          if (answer.status === 401) handlers.signedOut();
          else setTimeout(connect, retryMs);
        })
        .catch(() => setTimeout(connect, retryMs));
    });
  };
  let askedAtMs = Date.now();
  const watch = setInterval(() => {
    const quietMs = Date.now() - Math.max(lastAtMs, askedAtMs);
    if (quietMs > silentMs) {
      askedAtMs = Date.now();
      connect();
    }
  }, 1000);
  connect();
  return {
    ageMs: () => Date.now() - lastAtMs,
    close: () => {
      closed = true;
      clearInterval(watch);
      source?.close();
    },
  };
}
