/** A port for requests over inputs of its own: no process, clocks that a test turns. */

import type { AuditEvent } from "../../../src/app/audit/audit-chain.ts";
import { createControlReport } from "../../../src/app/control/shared/report.ts";
import { type AskName, type Right, rights } from "../../../src/app/links/asks.table.ts";
import type { Ask, Asker, LinkPort, Notice } from "../../../src/app/links/link-port.ts";
import type { LinkId } from "../../../src/app/links/links.table.ts";
import { openLinks } from "../../../src/app/links/links.ts";
import { openPeople } from "../../../src/app/people.ts";
import { openStore, type Store } from "../../../src/app/store/store.ts";
import type { SiteConfig } from "../../../src/config/site.ts";
import { chainLength, limit, startChain } from "../../../src/core/setpoints/limits.ts";
import { requestSources } from "../../../src/core/setpoints/schedule.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";
import type { ReasonKey } from "../../../src/domain/reasons.ts";

type Inputs = ReturnType<typeof createSnapshot>;

const configOf = (count: number, maxDischargeW = 10_000): SiteConfig =>
  ({
    evses: Array.from({ length: count }, () => ({
      maxChargeW: 10_000,
      maxDischargeW,
      reservePct: 20,
      dischargeEnabled: true,
    })),
  }) as unknown as SiteConfig;

export interface LinkSite {
  readonly evses: Inputs["evses"];
  readonly site: Inputs["site"];
  readonly links: LinkPort;
  readonly people: ReturnType<typeof openPeople>;
  readonly audited: AuditEvent[];
  readonly notices: Notice[];
  readonly report: ReturnType<typeof createControlReport>;
  readonly clock: { utcMs: number; monoMs: number };
  pass(ms: number): void;
  /** The core follows each request up to a limit. */
  give(evse: number, source: string, maxDischargeW: number, reason: ReasonKey): void;
}

/** `store`: that of an earlier one, to see what a restart leaves. */
export function linkSite(count = 2, store: Store = openStore({ path: ":memory:" }), maxDischargeW = 10_000): LinkSite {
  const { evses, site } = createSnapshot(count, 0);
  const config = configOf(count, maxDischargeW);
  const audited: AuditEvent[] = [];
  const notices: Notice[] = [];
  const clock = { utcMs: Date.UTC(2027, 0, 1), monoMs: 1_000 };
  const control = { evses, site, flush: () => undefined };
  const people = openPeople(config, store, control);
  const links = openLinks({
    config,
    control,
    people,
    documents: store,
    audit: (event) => void audited.push(event),
    replan: () => undefined,
    nowMs: () => clock.utcMs,
    monotonicMs: () => clock.monoMs,
  });
  for (const link of ["api", "mqtt"] as const) links.follow(link, (notice) => void notices.push(notice));
  const report = createControlReport(count, 0);
  report.site.parallelOK = true;
  for (const stage of report.stages)
    Object.assign(stage, {
      ...{ vehicleConnected: true, bidirectional: true, socPct: 60, capacityWh: 60_000 },
      ...{ maxChargeW: 10_000, maxDischargeW: 10_000 },
    });
  links.look(report);
  return {
    ...{ evses, site, links, people, audited, notices, report, clock },
    pass(ms) {
      for (let at = 0; at < ms; at += 500) {
        clock.utcMs += Math.min(500, ms - at);
        clock.monoMs += Math.min(500, ms - at);
        links.look(report);
      }
    },
    give(evse, source, maxW, reason) {
      const values = report.chains;
      startChain({ values }, evse - 1, evses[evse - 1]!.requestedW, requestSources.indexOf(source as never));
      limit({ values }, evse - 1, reason, "permit", -maxW, Number.POSITIVE_INFINITY);
      if (values.length < evse * chainLength) throw new Error("no such chain");
    },
  };
}

/** The port alone, over inputs that a test has made. */
export const openLinksOf = (evses: Inputs["evses"], site: Inputs["site"]): LinkPort => {
  const config = configOf(evses.length);
  const control = { evses, site, flush: () => undefined };
  const store = openStore({ path: ":memory:" });
  return openLinks({
    ...{ config, control, documents: store, audit: () => undefined, replan: () => undefined },
    people: openPeople(config, store, control),
    nowMs: () => 0,
    monotonicMs: () => 0,
  });
};

export const asker = (link: LinkId, id = "one", given: readonly Right[] = rights, isPerson = false): Asker => ({
  link,
  id,
  name: `${link} ${id}`,
  rights: given,
  isPerson,
});

/** A request of five minutes, a cap without an end. */
export const asked = (what: AskName, evse: number, value: number | string, more: Partial<Ask> = {}): Ask => ({
  ...{ what, evse, value },
  ...(what === "powerW" && { validS: 300 }),
  ...more,
});
