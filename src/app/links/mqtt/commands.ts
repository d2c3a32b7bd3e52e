/**
 * Commands from the broker: which topic is for whom, and what a message asks. A message is a JSON object that names what it asks
 * ({"powerW": -5000, "validS": 900, "id": "a1"}), or, on a topic that names it, a bare value as Home Assistant sends.
 */
import { type AskName, askNames, askRow } from "../asks.table.ts";
import type { Ask } from "../link-port.ts";

/** A bare power has no lease of its own: this one, s. Whoever sends it renews it. */
const usualLeaseS = 900;
/** More bytes than any command has. */
const messageMaxBytes = 2_048;
/** Longest id that a message may carry. */
const idMax = 100;

export interface CommandTopic {
  readonly evse: number;
  /** Null: the message itself says. */
  readonly what: AskName | null;
}

/** Filters that a site listens to. */
export const commandFilters = (base: string): readonly string[] => [
  `${base}/set`,
  `${base}/+/set`,
  `${base}/evse/+/set`,
  `${base}/evse/+/+/set`,
];

const isAskName = (name: string): name is AskName => askNames.some((known) => known === name);

/** What a topic is about; null where it is no command's. */
export function readTopic(base: string, topic: string): CommandTopic | null {
  if (!topic.startsWith(`${base}/`) || !topic.endsWith("/set")) return topic === `${base}/set` ? whole : null;
  const parts = topic.slice(base.length + 1, -"/set".length).split("/");
  if (topic === `${base}/set`) return whole;
  if (parts[0] !== "evse") {
    const [name = ""] = parts;
    return parts.length === 1 && isAskName(name) ? { evse: 0, what: name } : null;
  }
  const [, number = "", name] = parts;
  if (!/^[1-9]\d{0,2}$/.test(number) || parts.length > 3) return null;
  if (name === undefined) return { evse: Number(number), what: null };
  return isAskName(name) ? { evse: Number(number), what: name } : null;
}
const whole: CommandTopic = { evse: 0, what: null };

export type Command =
  | { readonly kind: "ask"; readonly ask: Ask }
  | { readonly kind: "release"; readonly what: AskName; readonly evse: number; readonly id: string | undefined }
  | { readonly kind: "wrong"; readonly sentence: string; readonly id: string | undefined };

const wrong = (sentence: string, id?: string): readonly Command[] => [{ kind: "wrong", sentence, id }];
const released = new Set(["", "None", "none", "release", "null"]);

/** What a message asks; several things at once become one ask each. */
export function readCommand({ evse, what }: CommandTopic, payload: Uint8Array): readonly Command[] {
  if (payload.length > messageMaxBytes) return wrong(`A command has at most ${messageMaxBytes} bytes.`);
  const text = Buffer.from(payload).toString("utf8").trim();
  if (!text.startsWith("{")) {
    if (what === null) return wrong("A command on this topic is a JSON object that names what it asks.");
    if (released.has(text)) return [{ kind: "release", what, evse, id: undefined }];
    return [{ kind: "ask", ask: askOf(what, evse, readValue(what, text), {}, undefined) }];
  }
  let message: Record<string, unknown>;
  try {
    message = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return wrong("The command is no valid JSON.");
  }
  const { id } = message;
  if (id !== undefined && !(typeof id === "string" && id.length > 0 && id.length <= idMax))
    return wrong(`An id is text of 1 to ${idMax} characters.`);
  if (what !== null && "value" in message) {
    if (message["value"] === null) return [{ kind: "release", what, evse, id }];
    return [{ kind: "ask", ask: askOf(what, evse, message["value"], message, id) }];
  }
  const named = askNames.filter((name) => name in message && (what === null || name === what));
  if (named.length === 0) return wrong(`A command names one of ${askNames.join(", ")}.`, id);
  return named.map((name): Command => {
    const own = id === undefined || named.length === 1 ? id : `${id}.${name}`;
    const value = message[name];
    if (value === null) return { kind: "release", what: name, evse, id: own };
    return { kind: "ask", ask: askOf(name, evse, value, message, own) };
  });
}

function askOf(
  what: AskName,
  evse: number,
  value: unknown,
  message: Readonly<Record<string, unknown>>,
  id: string | undefined,
): Ask {
  const number = (name: string): number | undefined => {
    const given = message[name];
    return given === undefined ? undefined : typeof given === "number" ? given : Number.NaN;
  };
  const { reason } = message;
  const row = askRow(what);
  return {
    what,
    evse,
    value: typeof value === "number" ? value : typeof value === "string" ? readValue(what, value) : Number.NaN,
    validS: number("validS") ?? (row.kind === "request" ? usualLeaseS : undefined),
    renewS: number("renewS"),
    failSafeW: number("failSafeW"),
    id,
    reason: typeof reason === "string" ? reason : undefined,
  };
}

/** A word where the table has words; otherwise a number, or a moment as ISO 8601. */
function readValue(what: AskName, text: string): number | string {
  const row = askRow(what);
  if (row.kind === "closed" || "choices" in row) return text;
  if (what === "departsAtMs" && /^\d{4}-\d{2}-\d{2}T/.test(text)) return Date.parse(text);
  return /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}
