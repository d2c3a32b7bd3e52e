/** The account as the controller opens it: rows reach the audit log also after a cut, and an older store is said and not hidden. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openEnergyAccount } from "../../../src/app/account/account.ts";
import { readAnchor } from "../../../src/app/account/chain.ts";
import { openAudit } from "../../../src/app/audit/audit.ts";
import { createControlReport } from "../../../src/app/control/shared/report.ts";
import { openStore, type Store } from "../../../src/app/store/store.ts";
import { parseSiteConfig } from "../../../src/config/parse.ts";
import { dayOfDate, startOfDayMs } from "../../../src/domain/calendar.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { tableZone } from "../../../src/domain/time-zone.ts";

const stateDir = mkdtempSync(join(tmpdir(), "islet-account-"));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));
const parsed = parseSiteConfig(
  `site: { name: Tried, timeZone: America/Los_Angeles, nominalVoltageV: 480 }
pcc: { importLimitW: 100000, meter: { host: 127.0.0.1 } }
evses: [{ maxChargeW: 50000, stage: { host: 127.0.0.1, port: 502 } }]
stateDir: ${JSON.stringify(stateDir)}`,
  "site.yaml",
);
const zone = tableZone("America/Los_Angeles");
if (!parsed.ok || !zone.ok) throw new Error(JSON.stringify(parsed));
const quarterMs = 900_000;
const startsAtMs = Date.UTC(2026, 5, 1, 12);

/** One run of the controller on a store, for so many quarter-hours. */
function running(store: Store, audit: ReturnType<typeof openAudit>, deaf = false) {
  const said: string[] = [];
  const account = openEnergyAccount({
    config: parsed.ok ? parsed.value : (undefined as never),
    agreements: [],
    documents: store,
    fleet: { zone: zone.ok ? zone.value : (undefined as never), presence: { at: () => null } as never },
    log: (_level, sentence) => said.push(sentence),
    // A cut comes between the store and the audit log.
    audit: (event) => {
      if (!deaf) audit.append(event);
    },
    lastAudited: () => audit.latestOf("account"),
  });
  const report = createControlReport(1, 0);
  Object.assign(report.site, { mode: "parallel", meterQuality: Quality.good, pccW: 5_000, pvPowerW: Number.NaN });
  return {
    said,
    account,
    run(fromMs: number, ms: number) {
      for (let at = 0; at <= ms; at += 1_000) {
        Object.assign(report.site, { atMs: 1e6 + at, meterAtMs: 1e6 + at });
        Object.assign(report.stages[0]!, { atMs: 1e6 + at, powerW: 0 });
        account.look(report, fromMs + at);
      }
    },
  };
}
const anchors = (audit: ReturnType<typeof openAudit>): number[] =>
  [...audit.everyOf("account")].map(({ body }) => readAnchor(body)!.sequence);

test("a row whose digest a cut kept from the audit log gets there at the next start", () => {
  const store = openStore({ path: ":memory:" });
  const audit = openAudit({ path: ":memory:", now: () => startsAtMs });
  running(store, audit).run(startsAtMs, quarterMs);
  running(store, audit, true).run(startsAtMs + quarterMs, quarterMs);
  expect(anchors(audit)).toEqual([1]);
  const third = running(store, audit);
  expect(anchors(audit)).toEqual([1, 2]);
  expect(third.said).toEqual([]);
  expect(third.account.rows(startsAtMs, startsAtMs + quarterMs).map(({ sequence }) => sequence)).toEqual([1]);
});

test("a store that is older than the audit log is said, and nothing is written in the place of what it lost", () => {
  const audit = openAudit({ path: ":memory:", now: () => startsAtMs });
  running(openStore({ path: ":memory:" }), audit).run(startsAtMs, 3 * quarterMs);
  const older = openStore({ path: ":memory:" });
  const after = running(older, audit);
  expect(after.said.join()).toMatch(/not whole: the store ends at row 0, and the audit log knows row 3/);
  after.run(startsAtMs + 4 * quarterMs, quarterMs);
  expect(anchors(audit)).toEqual([1, 2, 3, 4]);
  expect(audit.latestOf("alarm")?.body).toMatch(/energy account is not whole/);
});

test("rows that can't be read are counted and in no sum; days of a clock change have 92 and 100 quarter-hours", () => {
  const store = openStore({ path: ":memory:" });
  const audit = openAudit({ path: ":memory:", now: () => startsAtMs });
  const first = running(store, audit);
  first.run(startsAtMs, 2 * quarterMs);
  const [row] = store.entries("account-2026-06-01");
  store.put("account-2026-06-01", row!.key, row!.value.replace('"closes":true', '"closes":false'));
  store.put("account-2026-06-01", row!.key, `${row!.value} `);
  const { rows, unreadable } = first.account.statement(startsAtMs, startsAtMs + 2 * quarterMs);
  expect([rows, unreadable]).toEqual([1, 1]);
  const day = (date: string): number => {
    const from = dayOfDate(date)!;
    const span = [from, from + 1].map((one) => startOfDayMs(zone.ok ? zone.value : (undefined as never), one));
    return first.account.statement(span[0]!, span[1]!).quarters;
  };
  expect(["2026-03-08", "2026-11-01", "2026-06-01"].map(day)).toEqual([92, 100, 96]);
});
