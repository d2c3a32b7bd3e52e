/** A04: security events. All go into a bounded log; the critical ones (Part 2, appendix 1) also to the backend, guaranteed. */

import { collectionOf } from "../collection.ts";
import type { Context } from "../context.ts";
import type { OcppStore } from "../ports.ts";

/** An event of the security log. */
export interface SecurityEvent {
  type: string;
  timestamp: string;
  techInfo?: string;
}

const eventsMax = 2_000;
const techInfoMax = 255;

/** The events that appendix 1 marks as critical and this station can meet. */
const criticalEvents: ReadonlySet<string> = new Set([
  "FirmwareUpdated",
  "SettingSystemTime",
  "StartupOfTheDevice",
  "ResetOrReboot",
  "SecurityLogWasCleared",
  "MemoryExhaustion",
  "TamperDetectionActivated",
  "InvalidCsmsCertificate",
  "InvalidChargingStationCertificate",
  "InvalidFirmwareSignature",
  "InvalidFirmwareSigningCertificate",
  "InvalidTLSVersion",
  "InvalidTLSCipherSuite",
]);

/** The station's own log of security events. */
export interface SecurityLog {
  record(type: string, techInfo?: string): void;
  between(fromMs: number, toMs: number): SecurityEvent[];
}

export function createSecurityLog(
  store: OcppStore,
  context: () => Pick<Context, "iso" | "enqueue" | "log">,
): SecurityLog {
  const events = collectionOf<SecurityEvent>(store, "security-log");
  const keys = events
    .all()
    .map(({ key }) => key)
    .sort();
  let next = keys.length > 0 ? Number(keys.at(-1)) + 1 : 0;
  const keyOf = (number: number): string => String(number).padStart(12, "0");

  return {
    record(type, techInfo) {
      const { iso, enqueue, log } = context();
      const event: SecurityEvent = {
        type,
        timestamp: iso(),
        ...(techInfo !== undefined && { techInfo: techInfo.slice(0, techInfoMax) }),
      };
      log("warn", `Security event: ${type}`, techInfo === undefined ? {} : { techInfo });
      store.atomically(() => {
        events.put(keyOf(next), event);
        if (next >= eventsMax) events.remove(keyOf(next - eventsMax));
        next += 1;
        if (criticalEvents.has(type)) enqueue("SecurityEventNotification", event);
      });
    },
    between: (fromMs, toMs) =>
      events
        .all()
        .map(({ value }) => value)
        .filter(({ timestamp }) => Date.parse(timestamp) >= fromMs && Date.parse(timestamp) <= toMs),
  };
}
