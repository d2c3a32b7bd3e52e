/** What every functional block shares: the ports, the device model, the session, and the few ways to speak. */
import type { OcppConfig } from "./config.ts";
import type { DeviceModel } from "./device-model/device-model.ts";
import type { OcppClock, OcppLog, OcppStore, StationPort } from "./ports.ts";
import type { Action, Handlers, RequestOf } from "./transport/messages.table.ts";
import type { Session } from "./transport/session.ts";

/** What every functional block is given. */
export interface Context {
  readonly config: OcppConfig;
  readonly port: StationPort;
  readonly store: OcppStore;
  readonly clock: OcppClock;
  readonly log: OcppLog;
  readonly model: DeviceModel;
  readonly session: Session;
  /** UTC of this station's clock, ms: corrected by the backend's time when that is the configured source. */
  nowMs(): number;
  /** RFC 3339 with milliseconds. */
  iso(atMs?: number): string;
  /** The backend's time and ours differ by more than clocks do. */
  timeDisputed(): boolean;
  /** The backend has accepted this station, and there is a connection. */
  online(): boolean;
  /** Puts a message into the durable journal, to be delivered in order. */
  enqueue<A extends Action>(
    action: A,
    payload: RequestOf<A>,
    of?: { transactionId: string; seqNo: number; droppable: boolean },
  ): void;
  /** A0: into the security log, and to the backend when it is a critical one. */
  securityEvent(type: string, techInfo?: string): void;
  /** Runs after the answer to the present request has been sent. */
  afterAnswer(name: string, run: () => void): void;
}

/** A functional block: what it answers, and what it does when the backend has accepted the station or the connection is gone. */
export interface Block {
  readonly handlers: Handlers;
  onAccepted?(offlineMs: number): void;
  onOffline?(): void;
}

/** Random version-4 UUID from the injected generator, so that simulated runs repeat. */
export function uuid(clock: OcppClock): string {
  const hex = (digits: number): string => {
    let text = "";
    for (let i = 0; i < digits; i++) text += Math.floor(clock.random() * 16).toString(16);
    return text;
  };
  const variant = (8 + Math.floor(clock.random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}

/** `statusInfo` of a refusal: a short stable key and a sentence. */
export const info = (reasonCode: string, additionalInfo: string): { reasonCode: string; additionalInfo: string } => ({
  reasonCode: reasonCode.slice(0, 20),
  additionalInfo: additionalInfo.slice(0, 512),
});

/** Whether two tokens are the same; letters count alike in either case. */
export const sameToken = (a: { idToken: string; type?: string }, b: { idToken: string; type?: string }): boolean =>
  a.idToken.toLowerCase() === b.idToken.toLowerCase() &&
  (a.type === undefined || b.type === undefined || a.type === b.type);

/** EVSE ids are 1 to N; anything else is not ours. */
export const isEvse = (context: Context, evseId: number): boolean =>
  evseId >= 1 && evseId <= context.config.evses.length;
