/** A04: attempts to connect that fail for a reason of security. */
import type { ConnectError } from "../transport/transport.ts";
import type { SecurityLog } from "./a-security-log.ts";
import type { Passwords } from "./passwords.ts";

const events: Readonly<Record<ConnectError["kind"], string | null>> = {
  credentials: "FailedToAuthenticateAtCsms",
  certificate: "InvalidCsmsCertificate",
  "tls-version": "InvalidTLSVersion",
  "tls-cipher": "InvalidTLSCipherSuite",
  network: null,
  http: null,
  subprotocol: null,
};

/** Enters failures into the security log: one event for each cause, not one for each attempt. */
export function createConnectFailures(securityLog: SecurityLog, passwords: Passwords): (error: ConnectError) => void {
  let last = "";
  return (error) => {
    const event = events[error.kind];
    if (event && event !== last) securityLog.record(event, error.message);
    last = event ?? "";
    if (error.kind === "credentials") passwords.failed();
  };
}
