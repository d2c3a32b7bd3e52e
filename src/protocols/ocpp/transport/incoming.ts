/** Requests of the backend: known, supported, whole, allowed now; and our answers, checked before they go. */
import type { OcppLog } from "../ports.ts";
import { OcppError } from "./errors.ts";
import type { Action, Handlers } from "./messages.table.ts";
import { shaped } from "./shapes.ts";
import { checkRequest, checkResponse, isAction } from "./validators.ts";
import type { Version } from "./versions.ts";

/** Calls being answered at the same time; a flood beyond it is refused, so that memory stays bounded. */
const answeringMax = 100;

/** Answers the backend's requests. */
export interface Incoming {
  /** Answers one request; throws or rejects with `OcppError`. */
  onCall(action: string, payload: unknown): unknown | Promise<unknown>;
  /** Answers not yet written: nothing new is sent before them. */
  readonly unwritten: number;
  /** All answers have been written, or never will be. */
  written(): void;
}

/** What answering needs to know of the session. */
export interface IncomingPorts {
  readonly log: OcppLog;
  /** Of the open connection. */
  version(): Version;
  /** Throws `OcppError` when a request is not allowed in the present registration state. */
  admit(action: Action): void;
  onTraffic(): void;
}

/** Nothing is being answered yet. */
export function createIncoming(ports: IncomingPorts, handlers: Handlers): Incoming {
  const { log } = ports;
  let answering = 0;
  let unwritten = 0;

  function onCall(action: string, payload: unknown): unknown | Promise<unknown> {
    ports.onTraffic();
    const version = ports.version();
    if (!isAction(version, action))
      throw new OcppError("NotImplemented", `This station does not know ${action.slice(0, 50)}.`);
    const handler = handlers[action] as ((request: unknown) => unknown) | undefined;
    if (!handler) throw new OcppError("NotSupported", `This station does not support ${action}.`);
    checkRequest(version, action, payload);
    ports.admit(action);
    if (answering >= answeringMax) throw new OcppError("GenericError", "Too many requests are being answered.");
    unwritten += 1;
    let answer: unknown;
    try {
      answer = handler(payload);
    } catch (error) {
      throw ours(action, error);
    }
    if (!(answer instanceof Promise)) return checked(action, answer);
    // A later answer holds nothing back: it may itself need to ask the backend.
    unwritten -= 1;
    answering += 1;
    return answer
      .then(
        (late) => checked(action, late),
        (error) => Promise.reject(ours(action, error)),
      )
      .finally(() => (answering -= 1));
  }

  function ours(action: Action, error: unknown): Error {
    if (error instanceof OcppError) return error;
    log("error", `Answering ${action} failed.`, { error: String((error as Error).stack ?? error) });
    return new OcppError("InternalError", "The request could not be processed.");
  }

  function checked(action: Action, given: unknown): unknown {
    const version = ports.version();
    const answer = shaped(version, action, true, given);
    try {
      checkResponse(version, action, answer);
    } catch (error) {
      throw ours(action, new Error(`Our own answer breaks the schema: ${(error as Error).message}`));
    }
    return answer;
  }

  return {
    onCall,
    get unwritten() {
      return unwritten;
    },
    written() {
      unwritten = 0;
    },
  };
}
