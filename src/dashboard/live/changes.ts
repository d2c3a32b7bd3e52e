/** Who changed limits and permit, read from the audit log: a restart forgets none of it. */
import { z } from "zod";
import type { AuditRecord } from "../../app/audit/audit-chain.ts";
import type { SiteStation } from "../../app/station.ts";
import type { Sentence, SiteState } from "../state.ts";
import { permitModeNames } from "../view/limits.ts";

type Change = SiteState["history"][number];

/** Shown; the log has them all. */
const changesMax = 50;
/** Records looked through at the start, and at each look afterwards. */
const firstLookMax = 5_000;
const lookMax = 500;

/** The body of a changed setting, as `operator-actions.ts` writes it. */
const changeBody = z.object({
  what: z.string().max(60),
  evse: z.number().optional(),
  /** Of so many EVSEs at once. */
  count: z.number().optional(),
  from: z.string().max(60),
  to: z.string().max(60),
});
const installedBody = z.object({
  what: z.literal("installed"),
  permit: z.object({
    serviceMode: z.enum(["load-only", "non-parallel-backup", "parallel-non-export", "parallel-export"]),
  }),
});
const revokedBody = z.object({ what: z.literal("revoked") });

export interface Changes {
  look(): void;
  /** Newest first. */
  readonly newest: Change[];
}

export function changesOf(station: Pick<SiteStation, "auditTrail">): Changes {
  let newest: Change[] = [];
  let seen = 0;
  return {
    look() {
      const latest = station.auditTrail(1)[0]?.seq ?? 0;
      if (latest <= seen) return;
      const records = station.auditTrail(seen === 0 ? firstLookMax : Math.min(lookMax, latest - seen));
      seen = latest;
      newest = [...records.flatMap(changeOf), ...newest].slice(0, changesMax);
    },
    get newest() {
      return newest;
    },
  };
}

function changeOf({ seq, atMs, kind, actor, body }: AuditRecord): Change[] {
  const what = sentenceOf(kind, body);
  return what === null ? [] : [{ atMs, what, by: actor.slice(0, 400), version: seq }];
}

function sentenceOf(kind: string, body: string): Sentence | null {
  if (kind !== "limit" && kind !== "setting" && kind !== "permit") return null;
  const value: unknown = JSON.parse(body);
  if (kind === "permit") {
    const installed = installedBody.safeParse(value);
    if (installed.success)
      return {
        key: "changed.permit",
        values: {
          mode: permitModeNames[installed.data.permit.serviceMode].english.replace(/^./, (c) => c.toLowerCase()),
        },
      };
    return revokedBody.safeParse(value).success ? { key: "changed.permitRevoked" } : null;
  }
  const change = changeBody.safeParse(value);
  if (!change.success) return null;
  const { what, evse, count, from, to } = change.data;
  if (what === "reserve" && count !== undefined) return { key: "changed.reserves", values: { count, from, to } };
  if (what === "reserve") return { key: "changed.reserve", values: { evse: evse ?? 0, from, to } };
  if (what === "discharge") return { key: "changed.discharge", values: { evse: evse ?? 0 } };
  return { key: "changed.limit", values: { what, from, to } };
}
