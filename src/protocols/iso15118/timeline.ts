/**
 * A recorded session as a timeline: who said what and when, and what was wrong, by the same tables of states that the
 * charger's own sessions are made of. The recorded charger's answers lead the way; it need not be ours.
 */
import { din } from "./messages/din.ts";
import { dinProtocol } from "./sessions/din.ts";
import { iso2Protocol } from "./sessions/iso2.ts";
import { iso20Protocol } from "./sessions/iso20.ts";
import { type Fields, nextOf, type Protocol } from "./sessions/session.ts";
import { hexOf } from "./sessions/wire-values.ts";

/** A message with its time, as it was read. */
export interface Said {
  /** Who said it to whom, as a capture names it; empty where nobody knows. */
  readonly stream: string;
  /** ms; NaN where it is not known. */
  readonly tMs: number;
  readonly set: string;
  readonly root: string;
  readonly value: unknown;
}

export interface TimelineEntry {
  /** From the first message of the session, ms. */
  readonly tMs: number;
  readonly from: "vehicle" | "charger";
  readonly name: string;
  /** What is worth telling of it: codes, states of charge, limits that changed. */
  readonly notes: readonly string[];
  readonly wrong: readonly string[];
  /** The same exchange so many times one after another, told once. */
  readonly times: number;
}

export interface Timeline {
  readonly protocol: string;
  readonly sessionId: string;
  readonly entries: readonly TimelineEntry[];
  /** How it ended. */
  readonly end: string;
}

/** A vehicle waits for most answers for 2 s, and 5 s for those with certificates. */
const answerMaxMs = 2_000;
const slowAnswerMaxMs = 5_000;
const slow = /^(Certificate|PaymentDetails|ServiceDetail|PowerDelivery)/;
const sessionsMax = 1_000;

const protocols: Readonly<Record<string, Protocol>> = {
  din: dinProtocol,
  iso2: iso2Protocol,
  "iso20-common": iso20Protocol,
  "iso20-ac": iso20Protocol,
  "iso20-dc": iso20Protocol,
};

interface Message {
  readonly tMs: number;
  readonly protocol: Protocol | undefined;
  readonly name: string;
  readonly body: Fields;
  readonly sessionId: string;
}

function messageOf({ tMs, set, root, value }: Said): Message {
  const protocol = protocols[set];
  if (set === din.name || set === "iso2") {
    const { Header, Body } = value as { Header: { SessionID: Uint8Array }; Body: Readonly<Record<string, Fields>> };
    const [name = "", body = {}] = Object.entries(Body)[0] ?? [];
    return { tMs, protocol, name, body, sessionId: hexOf(Header.SessionID) };
  }
  const { Header, ...body } = value as { Header?: { SessionID: Uint8Array } } & Fields;
  return { tMs, protocol, name: root, body, sessionId: hexOf(Header?.SessionID) };
}

const isRequest = ({ name }: Message): boolean => name.endsWith("Req");

/** Every session in what was said: one begins with each handshake or setup. */
export function timelinesOf(said: readonly Said[]): Timeline[] {
  const links = new Map<string, Message[]>();
  for (const one of said) {
    const link = one.stream
      .replace(/ \(TLS [\d.]+\)$/, "")
      .split(" → ")
      .sort()
      .join(" ");
    const known = links.get(link);
    if (known === undefined) links.set(link, [messageOf(one)]);
    else known.push(messageOf(one));
  }
  const timelines: Timeline[] = [];
  for (const messages of links.values()) {
    // Streams come one after another; the requests and their answers in between by their times.
    const ordered = messages.some(({ tMs }) => Number.isNaN(tMs))
      ? messages
      : [...messages].sort((a, b) => a.tMs - b.tMs);
    for (const session of split(ordered)) if (timelines.length < sessionsMax) timelines.push(timelineOf(session));
  }
  return timelines.sort((a, b) => (a.entries[0]?.tMs ?? 0) - (b.entries[0]?.tMs ?? 0));
}

function split(messages: readonly Message[]): Message[][] {
  const sessions: Message[][] = [];
  for (const message of messages) {
    const begins =
      message.name === "supportedAppProtocolReq" || (message.name === "SessionSetupReq" && hasSetup(sessions.at(-1)));
    if (begins || sessions.length === 0) sessions.push([message]);
    else sessions.at(-1)!.push(message);
  }
  return sessions;
}

const hasSetup = (messages: readonly Message[] | undefined): boolean =>
  messages?.some(({ name }) => name === "SessionSetupReq") === true;

function timelineOf(messages: readonly Message[]): Timeline {
  const protocol = messages.find((one) => one.protocol !== undefined)?.protocol;
  const fromMs = messages[0]!.tMs;
  const entries: TimelineEntry[] = [];
  let state = protocol?.states.first ?? "";
  let sessionId = "";
  let asked: Message | undefined;
  let lastNotes = "";

  const add = (message: Message, notes: readonly string[], wrong: readonly string[]): void => {
    const from = isRequest(message) ? "vehicle" : "charger";
    const text = notes.join("; ");
    // A loop, or a request that is asked again and again, is told once while nothing in it changes.
    const at = [entries.length - 1, entries.length - 2].find((i) => entries[i]?.name === message.name);
    const same = text === "" || text === lastNotes || from === "vehicle";
    if (at !== undefined && wrong.length === 0 && same) {
      entries[at] = { ...entries[at]!, times: entries[at]!.times + 1 };
      return;
    }
    if (from === "charger") lastNotes = text;
    entries.push({ tMs: message.tMs - fromMs, from, name: message.name, notes, wrong, times: 1 });
  };

  for (const message of messages) {
    const wrong: string[] = [];
    if (isRequest(message)) {
      if (asked !== undefined && asked.protocol !== undefined) wrong.push(`${asked.name} was not answered before it`);
      if (message.protocol !== undefined && protocol !== undefined) {
        const name = message.name.slice(0, -3);
        if (nextOf(protocol, state, name, message.body) === undefined) wrong.push(`out of order in ${state}`);
        if (name !== "SessionSetup" && sessionId !== "" && message.sessionId !== sessionId)
          wrong.push(`of session ${message.sessionId}, not ${sessionId}`);
      }
      asked = message;
      add(message, notesOf(message), wrong);
      continue;
    }
    const waitedMs = asked === undefined ? Number.NaN : message.tMs - asked.tMs;
    const mostMs = slow.test(message.name) ? slowAnswerMaxMs : answerMaxMs;
    if (asked === undefined) wrong.push("an answer that nobody has asked for");
    else if (asked.name.slice(0, -3) !== message.name.slice(0, -3)) wrong.push(`it answers ${asked.name}`);
    if (waitedMs > mostMs) wrong.push(`after ${(waitedMs / 1000).toFixed(1)} s: vehicles wait ${mostMs / 1000} s`);
    const code = String(message.body["ResponseCode"] ?? "");
    if (/^F(AILED|ailed)/.test(code)) wrong.push(code);
    if (message.name === "SessionSetupRes") ({ sessionId } = message);
    else if (sessionId !== "" && message.protocol !== undefined && message.sessionId !== sessionId)
      wrong.push(`of session ${message.sessionId}, not ${sessionId}`);
    if (asked !== undefined && protocol !== undefined && asked.protocol !== undefined)
      state = after(protocol, state, asked, message);
    asked = undefined;
    add(message, notesOf(message), wrong);
  }
  return { protocol: protocol?.name ?? "none agreed on", sessionId, entries, end: endOf(messages, state, asked) };
}

/** The state after an exchange, as the charger answered it; what was refused changes nothing. */
function after(protocol: Protocol, state: string, asked: Message, answer: Message): string {
  const { states } = protocol;
  const name = asked.name.slice(0, -3);
  const next = nextOf(protocol, state, name, asked.body);
  const code = String(answer.body["ResponseCode"] ?? "OK");
  if (next === undefined || !code.startsWith("OK")) return state;
  if (name === "SessionSetup" && code === "OK_OldSessionJoined") return states.resumed;
  if (name === "SessionStop" && asked.body["ChargingSession"] === "ServiceRenegotiation")
    return states.renegotiates ?? states.over;
  const to = typeof next === "string" ? next : next[protocol.isProcessing(name, asked.body, answer.body) ? 0 : 1];
  return to === "loopAc" && protocol === iso2Protocol && state === "ready" && asked.body["DC_EVPowerDeliveryParameter"]
    ? "loopDc"
    : to;
}

/** Fields that tell what is happening, wherever they stand. */
const telling = new Set([
  "EVSEProcessing",
  "EVSENotification",
  "EVSEStatusCode",
  "EVErrorCode",
  "ChargeProgress",
  "ChargingSession",
  "SelectedPaymentOption",
  "SelectedAuthorizationService",
  "EVRESSSOC",
  "PresentSOC",
]);
const usual = new Set(["None", "NO_ERROR", "EVSE_Ready", "Finished", "OK"]);

function notesOf({ body, name }: Message): string[] {
  const notes: string[] = [];
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array || depth > 4) return;
    for (const [key, field] of Object.entries(value)) {
      if (typeof field === "object") walk(field, depth + 1);
      else if (telling.has(key) && !usual.has(String(field))) notes.push(`${key} ${field}`);
    }
  };
  walk(body, 0);
  const code = String(body["ResponseCode"] ?? "");
  if (name.endsWith("Res") && !usual.has(code) && !code.startsWith("F")) notes.unshift(code);
  return notes;
}

function endOf(messages: readonly Message[], state: string, asked: Message | undefined): string {
  const last = messages.at(-1)!;
  if (asked !== undefined) return `${asked.name} was not answered`;
  const code = String(last.body["ResponseCode"]);
  if (/^F(AILED|ailed)/.test(code)) return `refused: ${last.name} ${code}`;
  if (last.name === "SessionStopRes") return "stopped in order";
  return `the recording ends in ${state === "" ? "the handshake" : state}`;
}
