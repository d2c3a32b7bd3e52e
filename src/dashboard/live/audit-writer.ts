/**
 * What the page's server has to tell, into the audit log: sign-ins, refusals, acts, each with its cause id. Whoever knocks
 * without end fills no disk: refusals beyond a number a minute are counted and written as one record.
 */

import type { AuditEvent, AuditKind } from "../../app/audit/audit-chain.ts";
import { minuteMs } from "../../domain/units.ts";
import type { AuditEntry } from "../source.ts";

const kinds: Readonly<Record<AuditEntry["what"], AuditKind>> = {
  "signed-in": "login",
  "sign-in-refused": "login",
  "signed-out": "login",
  "token-made": "login",
  "token-removed": "login",
  "password-set": "login",
  "second-factor": "login",
  "session-ended": "login",
  update: "command",
  refused: "refusal",
  acted: "command",
};
/** Refusals written in full a minute. */
export const refusalsMax = 60;

export interface AuditWriter {
  write(entry: AuditEntry): void;
  /** Writes what was only counted so far. */
  stop(): void;
}

export function createAuditWriter(audit: (event: AuditEvent) => void): AuditWriter {
  let sinceMs = Number.NEGATIVE_INFINITY;
  let written = 0;
  let omitted = 0;

  const sum = (): void => {
    if (omitted > 0) audit({ kind: "refusal", actor: "page", body: { what: "refusals-omitted", count: omitted } });
    written = 0;
    omitted = 0;
  };

  return {
    write({ what, person, address, detail, causeId, atMs }) {
      if (what === "refused" || what === "sign-in-refused") {
        if (atMs - sinceMs >= minuteMs || atMs < sinceMs) {
          sum();
          sinceMs = atMs;
        }
        if (written >= refusalsMax) {
          omitted++;
          return;
        }
        written++;
      }
      audit({ kind: kinds[what], actor: person === "" ? "nobody" : person, body: { what, address, detail, causeId } });
    },
    stop: sum,
  };
}
