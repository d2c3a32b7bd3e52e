/** Broken frames of every kind, from one seed, and what each must be answered with. */
import { isActionOfAny } from "../../src/protocols/ocpp/transport/validators.ts";

/** Ids that only one frame has; all others are shared by many. */
const uniqueId = /^f\d+$/;
/** Many frames have this id: while one of them is being answered, another is refused for that instead. */
export const isShared = (id: string): boolean => !uniqueId.test(id);

/** Frames of every broken kind, from one seed. */
export function fuzzFrame(random: () => number, id: number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const value = (depth: number): unknown => {
    const kind = Math.floor(random() * (depth > 3 ? 6 : 8));
    if (kind === 6) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1));
    if (kind === 7)
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 4) }, () => [
          pick(["type", "evseId", "requestId", "id", "__proto__", "constructor", "x"]),
          value(depth + 1),
        ]),
      );
    return [null, true, random() * 1e9, -1, "text", "\u0000\ud800"][kind];
  };
  const action = pick([
    "Reset",
    "SetChargingProfile",
    "GetVariables",
    "SetVariables",
    "TriggerMessage",
    "ClearCache",
    "GetReport",
    "ReserveNow",
    "DataTransfer",
    "SendLocalList",
    "toString",
    "__proto__",
    "Dance",
    "",
  ]);
  const payload = pick([{}, { type: "OnIdle", evseId: value(3) }, { requestId: value(3) }, value(0)]);
  const call = JSON.stringify([2, `f${id}`, action, payload]);
  return pick([
    call,
    call,
    call.slice(0, Math.floor(random() * call.length)),
    JSON.stringify([pick([3, 4, 9, "2", null]), value(3), value(2)]),
    JSON.stringify(value(0)),
    `[2,"f${id}","${action}",${"[".repeat(2000)}${"]".repeat(2000)}]`,
    JSON.stringify([2, "same", action, payload]),
    JSON.stringify([2, value(2), action, payload]),
    "x".repeat(Math.floor(random() * 3000)),
  ]);
}

/** What a frame must be answered with: nothing, one of these codes, or (for a well-formed call) a result or any error but an internal one. */
export function expectedAnswer(
  frame: string,
): "none" | "RpcFrameworkError" | "MessageTypeNotSupported" | "NotImplemented" | "any" {
  if (frame === "") return "none";
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    return "RpcFrameworkError";
  }
  if (!Array.isArray(message) || typeof message[0] !== "number") return "RpcFrameworkError";
  const [type, id, action] = message as unknown[];
  if (type === 3 || type === 4) return "none";
  if (type !== 2) return "MessageTypeNotSupported";
  if (typeof id !== "string" || typeof action !== "string") return "RpcFrameworkError";
  return isActionOfAny(action) || isShared(id) ? "any" : "NotImplemented";
}
