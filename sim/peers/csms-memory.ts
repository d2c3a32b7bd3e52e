/** The small backend in virtual time: a link without sockets that can be cut, delayed and loses what is under way. */

import type { OcppClock } from "../../src/protocols/ocpp/ports.ts";
import { NotDeliveredError, OcppError } from "../../src/protocols/ocpp/transport/errors.ts";
import type { Action, RequestOf, ResponseOf } from "../../src/protocols/ocpp/transport/messages.table.ts";
import {
  ConnectError,
  type Endpoint,
  type Transport,
  type TransportEvents,
  type TransportFactory,
} from "../../src/protocols/ocpp/transport/transport.ts";
import type { Version } from "../../src/protocols/ocpp/transport/versions.ts";
import type { CsmsCore } from "./csms-core.ts";

export interface MemoryLink {
  /** Versions that this backend speaks; it picks the first of those offered that it knows. */
  versions: readonly Version[];
  readonly factory: TransportFactory;
  /** While false, connections fail. */
  up: boolean;
  /** A backend that is not there, by its URL. */
  refused: string;
  /** Messages that get lost on their way, when it says so. */
  swallow(action: string, payload: unknown): boolean;
  /** One way, ms. */
  latencyMs: number;
  /** Ends every connection at once; what is under way is lost. */
  cut(): void;
  readonly connected: boolean;
  call<A extends Action>(action: A, payload: RequestOf<A>): Promise<ResponseOf<A>>;
}

export function createMemoryLink(clock: OcppClock, core: CsmsCore): MemoryLink {
  let live: { events: TransportEvents; close(code: number, reason: string): void } | null = null;

  function factory(endpoint: Endpoint, events: TransportEvents): Transport {
    let open = false;
    let version: Version = endpoint.versions[0]!;
    const pending = new Set<(error: Error) => void>();
    const close = (code: number, reason: string): void => {
      if (!open) return;
      open = false;
      if (live?.events === events) live = null;
      for (const reject of pending) reject(new NotDeliveredError("offline", "The connection is lost."));
      pending.clear();
      events.onClose(code, reason);
    };
    return {
      get open() {
        return open;
      },
      get version() {
        return version;
      },
      async connect() {
        if (!link.up || endpoint.url === link.refused) throw new ConnectError("network", "No route.");
        const picked = endpoint.versions.find((offered) => link.versions.includes(offered));
        if (picked === undefined) throw new ConnectError("subprotocol", "No common version.");
        version = picked;
        open = true;
        live = { events, close };
      },
      call: (action, payload, timeoutMs, judge) =>
        new Promise((resolve, reject) => {
          if (!open) return reject(new NotDeliveredError("offline", "There is no connection."));
          pending.add(reject);
          const done = (settle: () => void): void => {
            pending.delete(reject);
            cancel();
            settle();
          };
          const cancel = clock.after("call timeout", timeoutMs, () =>
            done(() => reject(new NotDeliveredError("timeout", "No answer in time."))),
          );
          const text = JSON.stringify(payload);
          clock.after("request under way", link.latencyMs, () => {
            if (!open || link.swallow(action, payload)) return;
            let answer: unknown;
            try {
              answer = core.answer(endpoint.identity, action as Action, JSON.parse(text));
            } catch (error) {
              const known = error instanceof OcppError ? error : new OcppError("InternalError", String(error));
              clock.after("error under way", link.latencyMs, () => open && done(() => reject(known)));
              return;
            }
            clock.after(
              "answer under way",
              link.latencyMs,
              () =>
                open &&
                done(() => {
                  const given: unknown = JSON.parse(JSON.stringify(answer ?? {}));
                  try {
                    judge(given);
                  } catch (error) {
                    return reject(error as Error);
                  }
                  resolve(given);
                }),
            );
          });
        }),
      close: (code, reason) => close(code, reason),
    };
  }

  const link: MemoryLink = {
    factory,
    versions: ["2.0.1"],
    up: true,
    refused: "",
    swallow: () => false,
    latencyMs: 5,
    cut: () => live?.close(1006, "cut"),
    get connected() {
      return live !== null;
    },
    async call(action, payload) {
      if (!live) throw new Error("The station is not connected.");
      const { events } = live;
      const answer = events.onCall(action, JSON.parse(JSON.stringify(payload)));
      if (answer instanceof Promise) {
        const late = await answer;
        events.onAnswered();
        return late as never;
      }
      events.onAnswered();
      return answer as never;
    },
  };
  return link;
}
