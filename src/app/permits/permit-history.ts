/** What is remembered of permits: highest serial installed for each reference, ids installed, ids revoked. It only grows. */
import { z } from "zod";
import type { AuditLog } from "../audit/audit.ts";

/** Permits and revocations remembered; the oldest go first. */
const historyMax = 1_000;

export const historySchema = z.strictObject({
  serials: z.record(z.string().max(120), z.int()),
  installed: z.array(z.string().max(64)).max(historyMax),
  revoked: z
    .array(z.strictObject({ id: z.string().max(64), at: z.string().max(40), reason: z.string().max(500) }))
    .max(historyMax),
});
export type PermitHistory = z.infer<typeof historySchema>;

export const emptyHistory: PermitHistory = { serials: {}, installed: [], revoked: [] };

/** Everything that either knows. */
export function joinHistories(a: PermitHistory, b: PermitHistory): PermitHistory {
  const serials = { ...a.serials };
  for (const [reference, serial] of Object.entries(b.serials))
    serials[reference] = Math.max(serials[reference] ?? serial, serial);
  const revokedIds = new Set(a.revoked.map(({ id }) => id));
  return {
    serials,
    installed: [...new Set([...a.installed, ...b.installed])].slice(-historyMax),
    revoked: [...a.revoked, ...b.revoked.filter(({ id }) => !revokedIds.has(id))].slice(-historyMax),
  };
}

const installedSchema = z.object({
  what: z.literal("installed"),
  permit: z.object({ id: z.string().max(64), reference: z.string().max(120), serial: z.int() }),
});
const revokedSchema = z.object({ what: z.literal("revoked"), id: z.string().max(64), reason: z.string().catch("") });

/** What the audit log knows of installations and revocations. */
export function auditedHistory(auditLog: AuditLog): PermitHistory {
  let history = emptyHistory;
  for (const { atMs, body } of auditLog.allOf("permit")) {
    const event: unknown = JSON.parse(body);
    const installed = installedSchema.safeParse(event);
    const revoked = revokedSchema.safeParse(event);
    if (installed.success) {
      const { id, reference, serial } = installed.data.permit;
      history = joinHistories(history, { serials: { [reference]: serial }, installed: [id], revoked: [] });
    }
    if (revoked.success) {
      const { id, reason } = revoked.data;
      const entry = { id, at: new Date(atMs).toISOString(), reason: reason.slice(0, 500) };
      history = joinHistories(history, { ...emptyHistory, revoked: [entry] });
    }
  }
  return history;
}
