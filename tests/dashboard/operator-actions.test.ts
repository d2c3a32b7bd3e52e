import { beforeEach, describe, expect, test } from "vitest";
import type { AuditEvent } from "../../src/app/audit/audit-chain.ts";
import { openPeople } from "../../src/app/people.ts";
import type { SiteStation } from "../../src/app/station.ts";
import { openStore } from "../../src/app/store/store.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import type { ActionId, ActionValues } from "../../src/dashboard/actions.ts";
import { createAuditWriter, refusalsMax } from "../../src/dashboard/live/audit-writer.ts";
import { changesOf } from "../../src/dashboard/live/changes.ts";
import { createEventLog } from "../../src/dashboard/live/events.ts";
import { operatorActions } from "../../src/dashboard/live/operator-actions.ts";
import { err, ok } from "../../src/domain/result.ts";
import { say } from "../../src/domain/words.ts";

const config = {
  site: { timeZone: "America/Los_Angeles" },
  pcc: { importLimitW: 500_000, exportLimitW: 20_000 },
  evses: [
    { name: "Bay 1", reservePct: 30, dischargeEnabled: false, maxDischargeW: 60_000 },
    { name: "Bay 2", reservePct: 20, dischargeEnabled: false, maxDischargeW: 0 },
  ],
  tiers: [{ name: "Kitchen" }, { name: "Hall" }, { name: "Wash" }],
} as unknown as SiteConfig;

let site = open();
function open() {
  const { evses, site: facts } = createSnapshot(2, 3);
  const asked: unknown[] = [];
  const control = {
    evses,
    site: facts,
    flush: () => undefined,
    report: () => null,
    acknowledgeLedgers: () => void asked.push("ledgers"),
    resetFunctions: (stage: number) => void asked.push(stage),
  };
  const audited: AuditEvent[] = [];
  const station = {
    config,
    control,
    people: openPeople(config, openStore({ path: ":memory:" }), control),
    audit: (event: AuditEvent) => void audited.push(event),
    auditTrail: (limit: number) =>
      audited
        .map((event, i) => ({ ...event, seq: i + 1, atMs: 1_000 + i, body: JSON.stringify(event.body), hash: "" }))
        .reverse()
        .slice(0, limit),
    fleet: { expire: () => undefined, presence: { dismiss: (evse: number) => void asked.push(`dismissed ${evse}`) } },
    plans: {
      planning: { expire: () => undefined },
      outage: { warn: (warning: unknown) => void asked.push(warning), warning: () => null },
    },
    permit: () => ({ facts: { exportLimitW: 15_000 } }),
    installPermit: (text: string) =>
      text === "good"
        ? ok({ reference: "P-7", serviceMode: "parallel-non-export" })
        : err({ reason: "forged", detail: "" }),
  } as unknown as SiteStation;
  return { station, evses, facts, audited, asked, events: createEventLog([]) };
}
beforeEach(() => {
  site = open();
});

function act(
  action: ActionId,
  values: ActionValues = {},
  onSite = true,
  person: { name: string; role: "operator" | "installer" } = { name: "ann", role: "installer" },
): string {
  const done = operatorActions[action]!({
    station: site.station,
    request: { action, values, reason: "a test", causeId: "c-1" },
    person: { ...person, onSite },
    events: site.events,
    nowMs: 5_000,
  });
  return done.ok ? "done" : done.error.key;
}

describe("what people do", () => {
  test.each([
    [
      "stop holds every EVSE at zero",
      "stop",
      {},
      () => site.evses.map((e) => [e.operatorMinW, e.operatorMaxW]),
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      "pause ends discharging only",
      "pause",
      {},
      () => site.evses.map((e) => [e.operatorMinW, e.operatorMaxW]),
      [
        [0, Infinity],
        [0, Infinity],
      ],
    ],
    [
      "stop holds one EVSE alone",
      "stop",
      { evse: "2" },
      () => site.evses.map((e) => [e.operatorMinW, e.operatorMaxW]),
      [
        [-Infinity, Infinity],
        [0, 0],
      ],
    ],
    [
      "a departure of all",
      "departure",
      { evse: "all", departsAtMs: 9e12, targetPct: 85 },
      () => site.evses.map((e) => [e.departsAtMs, e.targetPct]),
      [
        [9e12, 85],
        [9e12, 85],
      ],
    ],
    ["the backend's own pause is left alone", "resume", {}, () => site.evses.map((e) => e.paused), [false, false]],
    ["a tightened import limit", "tighten", { demandLimitW: 200_000 }, () => site.facts.operatorImportLimitW, 200_000],
    [
      "as much as configured is no limit",
      "tighten",
      { demandLimitW: 500_000 },
      () => site.facts.operatorImportLimitW,
      Infinity,
    ],
    [
      "an export limit below the permit",
      "setLimit",
      { exportLimitW: 5_000 },
      () => site.facts.operatorExportLimitW,
      5_000,
    ],
    ["a higher reserve", "reserve", { reservePct: 50 }, () => site.evses.map((e) => e.reservePct), [50, 50]],
    [
      "a departure of one vehicle",
      "departure",
      { evse: "2", departsAtMs: 9e12, targetPct: 85 },
      () => site.evses.map((e) => [e.departsAtMs, e.targetPct]),
      [
        [Number.NaN, Number.NaN],
        [9e12, 85],
      ],
    ],
    [
      "a planned island is a lease",
      "plannedIsland",
      {},
      () => [site.facts.islandRequested, site.facts.islandRequestUntilMs > 0],
      [true, true],
    ],
    ["the return to the grid", "endIsland", {}, () => site.facts.islandRequested, false],
    ["a shed tier", "shedTier", { tier: "3" }, () => site.facts.tiersFedMax, 2],
    [
      "discharging, enabled",
      "enableDischarge",
      { evse: "1" },
      () => site.evses.map((e) => e.dischargeEnabled),
      [true, false],
    ],
    ["the reset of a lockout", "resetLockout", {}, () => site.facts.resetRequest, true],
    ["alarms of the record", "acknowledgeLedgers", {}, () => site.asked, ["ledgers"]],
    ["altered functions of one stage", "rewriteFunctions", { evse: "2" }, () => site.asked, [1]],
    [
      "both of them on record",
      "rewriteFunctions",
      { evse: "2" },
      () => site.audited.map(({ kind, actor, body }) => [kind, actor, body["what"], body["evse"], body["reason"]]),
      [["reset", "ann", "grid-functions", 2, "a test"]],
    ],
    ["a good permit", "installPermit", { permit: "good" }, () => site.audited.map(({ kind }) => kind), ["permit"]],
  ] as const satisfies readonly (readonly [string, ActionId, ActionValues, () => unknown, unknown])[])(
    "%s",
    (_name, action, values, read, expected) => {
      expect([act(action, values), read()]).toEqual(["done", expected]);
    },
  );

  test.each([
    ["a planned island from afar", "plannedIsland", {}, "refuse.onSiteIsland"],
    ["a reset from afar", "resetLockout", {}, "refuse.onSite"],
    ["a reserve below the configured one", "reserve", { reservePct: 25 }, "refuse.belowReserve"],
    ["discharging where no rating allows it", "enableDischarge", { evse: "2" }, "refuse.noRating"],
    ["a forged permit", "installPermit", { permit: "forged" }, "refuse.permit"],
    ["a tier that the controller has shed", "restoreTier", { tier: "2" }, "refuse.tierEnergy"],
    ["functions of a stage that is not there", "rewriteFunctions", { evse: "9" }, "refuse.unknownEvse"],
    ["more than the site's import limit", "tighten", { demandLimitW: 900_000 }, "refuse.aboveBound"],
    ["more export than the permit", "setLimit", { exportLimitW: 18_000 }, "refuse.aboveBound"],
    ["an event that is gone", "acknowledge", { event: "x" }, "refuse.unknownEvent"],
  ] as const)("%s is refused and changes nothing", (_name, action, values, key) => {
    expect(act(action, values, false)).toBe(key);
    expect(site.audited).toEqual([]);
    expect([site.facts.islandRequested, site.facts.resetRequest]).toEqual([false, false]);
    expect(site.evses.map((e) => [e.reservePct, e.dischargeEnabled])).toEqual([
      [30, false],
      [20, false],
    ]);
  });

  test("a pause after a stop weakens nothing; resume lifts both", () => {
    act("stop");
    act("pause");
    expect(site.evses[0]!.operatorMaxW).toBe(0);
    act("resume");
    expect([site.evses[0]!.operatorMinW, site.evses[0]!.operatorMaxW]).toEqual([-Infinity, Infinity]);
  });
  test("who has tightened may go back to where it stood, and nobody else", () => {
    const eve = { name: "eve", role: "operator" } as const;
    const bob = { name: "bob", role: "operator" } as const;
    const tighten = (demandLimitW: number, who: typeof eve | typeof bob): string =>
      act("tighten", { demandLimitW }, false, who);
    expect(tighten(400_000, eve)).toBe("done");
    expect(tighten(200_000, bob)).toBe("done");
    expect(tighten(150_000, bob)).toBe("done");
    expect(tighten(300_000, eve)).toBe("refuse.onlyTighten");
    expect(tighten(450_000, bob)).toBe("refuse.onlyTighten");
    expect(tighten(400_000, bob)).toBe("done");
    expect(site.facts.operatorImportLimitW).toBe(400_000);
    expect(tighten(500_000, bob)).toBe("refuse.onlyTighten");
  });
  test("a departure is taken back", () => {
    act("departure", { evse: "all", departsAtMs: 9e12, targetPct: 85 });
    act("clearDeparture", { evse: "2" });
    expect(site.evses.map((e) => e.departsAtMs)).toEqual([9e12, Number.NaN]);
    expect(site.asked).toContain("dismissed 2");
  });
  test("one charger is charged now, and resumed; not while it is stopped", () => {
    expect(act("chargeNow", { evse: "2" })).toBe("done");
    expect(site.evses.map((e) => e.chargeNow)).toEqual([false, true]);
    expect(act("resume", { evse: "2" })).toBe("done");
    expect(site.evses.map((e) => e.chargeNow)).toEqual([false, false]);
    act("stop", { evse: "2" });
    expect(act("chargeNow", { evse: "2" })).toBe("refuse.stopped");
  });
  test("who goes first, and a warning of an outage, with who and why", () => {
    expect(act("priority", { evse: "1", priority: "1" })).toBe("done");
    expect(site.station.people.get("priority", 1)).toMatchObject({ value: 1, by: "ann" });
    expect(act("outageWarning", { hours: "8", untilMs: 9e12 })).toBe("done");
    expect(act("outageWarning", { hours: "0", untilMs: 0 })).toBe("done");
    expect(site.asked).toEqual([{ hours: 8, untilMs: 9e12, by: "ann", reason: "a test" }, null]);
    expect(site.audited.map(({ body }) => (body as { what: string }).what)).toEqual([
      "priority",
      "outage warning",
      "outage warning",
    ]);
  });
  test("no orders from the fleet until midnight at the site, or until they are heeded again", () => {
    expect(act("fleetOff")).toBe("done");
    const { value = 0, by } = site.station.people.get("fleetOffUntilMs", 0) ?? {};
    expect([new Date(value).toLocaleString("de-DE", { timeZone: "America/Los_Angeles" }), by]).toEqual([
      expect.stringMatching(/, 00:00:00$/),
      "ann",
    ]);
    expect(act("fleetOn")).toBe("done");
    expect(site.station.people.get("fleetOffUntilMs", 0)).toBeUndefined();
  });
  test("a person takes back the own limit at once, and nobody else's", () => {
    const [eve, bob] = (["eve", "bob"] as const).map((name) => ({ name, role: "operator" as const }));
    act("tighten", { demandLimitW: 400_000 }, false, eve!);
    act("tighten", { demandLimitW: 300_000 }, false, eve!);
    expect(act("untighten", {}, false, bob!)).toBe("refuse.onlyTighten");
    expect(site.facts.operatorImportLimitW).toBe(300_000);
    expect(act("untighten", {}, false, eve!)).toBe("done");
    expect(site.facts.operatorImportLimitW).toBe(Infinity);
  });
  test("many events are acknowledged at once", () => {
    for (let i = 0; i < 3; i++) site.events.note("acted", { what: "x" }, i);
    const ids = site.events.events.map(({ id }) => id);
    expect(act("acknowledge", { event: [...ids, "gone"].join(",") })).toBe("done");
    expect(site.events.events.every(({ acknowledged }) => acknowledged?.by === "ann")).toBe(true);
  });
  test("tiers come back in the order of their importance", () => {
    act("shedTier", { tier: "3" });
    act("shedTier", { tier: "2" });
    expect(act("restoreTier", { tier: "2" })).toBe("done");
    expect(site.facts.tiersFedMax).toBe(2);
    expect(act("restoreTier", { tier: "3" })).toBe("done");
    expect(site.facts.tiersFedMax).toBe(Infinity);
  });
  test("limits, reserves, rights and permits are on record with values, reason and cause, and shown as changes", () => {
    act("tighten", { demandLimitW: 200_000 });
    act("reserve", { reservePct: 50 });
    act("enableDischarge", { evse: "1" });
    act("installPermit", { permit: "good" });
    expect(site.audited.map(({ kind, actor, body }) => [kind, actor, body["reason"], body["causeId"]])).toEqual(
      ["limit", "setting", "setting", "permit"].map((kind) => [kind, "ann", "a test", "c-1"]),
    );
    const changes = changesOf(site.station);
    changes.look();
    changes.look();
    expect(changes.newest.map(({ what, by }) => [say(what.key, what.values).replaceAll("\u00a0", " "), by])).toEqual([
      ["Permit installed, in parallel, no export", "ann"],
      ["Discharging enabled at charger 1", "ann"],
      ["Reserve of 2 vehicles: different ones → 50 %", "ann"],
      ["Demand limit 500.0 kW → 200.0 kW", "ann"],
    ]);
  });
});

describe("the audit log", () => {
  const entry = (what: "refused" | "acted" | "signed-in", atMs: number) =>
    ({ what, atMs, person: "ann", address: "127.0.0.1", detail: "d", causeId: "c" }) as const;
  test("carries acts, refusals and sign-ins with their cause id", () => {
    const written: AuditEvent[] = [];
    const writer = createAuditWriter((event) => void written.push(event));
    for (const what of ["signed-in", "refused", "acted"] as const) writer.write(entry(what, 0));
    expect(written.map(({ kind, actor, body }) => [kind, actor, body["causeId"]])).toEqual([
      ["login", "ann", "c"],
      ["refusal", "ann", "c"],
      ["command", "ann", "c"],
    ]);
  });
  test("is not filled by whoever knocks without end; the rest is counted", () => {
    const written: AuditEvent[] = [];
    const writer = createAuditWriter((event) => void written.push(event));
    for (let i = 0; i < 1_000; i++) writer.write(entry("refused", i));
    expect(written).toHaveLength(refusalsMax);
    writer.write(entry("acted", 1_000));
    expect(written).toHaveLength(refusalsMax + 1);
    writer.write(entry("refused", 61_000));
    expect(written.at(-2)!.body).toEqual({ what: "refusals-omitted", count: 1_000 - refusalsMax });
  });
});
