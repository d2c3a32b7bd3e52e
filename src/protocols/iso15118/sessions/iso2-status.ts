/** The charger's status as the responses of ISO 15118-2 carry it, for AC and DC. */
import { dcStatus } from "./dc.ts";
import type { SessionContext } from "./session.ts";

export const isDc = ({ facts }: SessionContext): boolean => facts.connector === "dc";

export const acStatus = ({ facts }: SessionContext) =>
  ({
    NotificationMaxDelay: 0,
    EVSENotification:
      facts.wants === "stop" || facts.wants === "pause" || facts.trouble !== ""
        ? "StopCharging"
        : facts.wants === "renegotiate"
          ? "ReNegotiation"
          : "None",
    RCD: false,
  }) as const;

export const statusOf = (context: SessionContext) =>
  isDc(context) ? { DC_EVSEStatus: dcStatus(context) } : { AC_EVSEStatus: acStatus(context) };
