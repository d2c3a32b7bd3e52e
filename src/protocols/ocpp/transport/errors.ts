/** The error codes of OCPP's RPC framework (Part 4, table 8) and the one error that carries them. */

export const rpcErrorCodes = [
  "FormatViolation",
  "GenericError",
  "InternalError",
  "MessageTypeNotSupported",
  "NotImplemented",
  "NotSupported",
  "OccurrenceConstraintViolation",
  "PropertyConstraintViolation",
  "ProtocolError",
  "RpcFrameworkError",
  "SecurityError",
  "TypeConstraintViolation",
] as const;
/** An error code of OCPP-J. */
export type RpcErrorCode = (typeof rpcErrorCodes)[number];

/** Longest errorDescription that a CALLERROR may carry. */
const descriptionMax = 255;

/** What a CALLERROR says, ours or the backend's. */
export class OcppError extends Error {
  override readonly name = "OcppError";
  readonly code: RpcErrorCode;

  constructor(code: RpcErrorCode, description: string) {
    super(description.slice(0, descriptionMax));
    this.code = code;
  }
}

/** A call could not be made or answered for want of a connection, or in time. Nothing is known about its effect. */
export class NotDeliveredError extends Error {
  override readonly name = "NotDeliveredError";
  readonly why: "offline" | "timeout" | "gate" | "full";

  constructor(why: "offline" | "timeout" | "gate" | "full", message: string) {
    super(message);
    this.why = why;
  }
}
