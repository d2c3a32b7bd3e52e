/** The port for requests: what is refused, what holds, what lapses, who is heeded, and what goes back on the link. */
import { describe, expect, test } from "vitest";
import { asks } from "../../../src/app/links/asks.table.ts";
import type { Ask } from "../../../src/app/links/link-port.ts";
import { held } from "../../../src/app/people.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { asked, asker, linkSite } from "./site.ts";

const home = asker("mqtt");
const plant = asker("api");
const ann = asker("api", "ann", undefined, true);

describe("what is asked wrongly is refused with a reason and a first step", () => {
  const cases: [string, Ask, string][] = [
    ["no such charger", asked("powerW", 3, 1_000), "unknown-evse"],
    ["half a charger", asked("powerW", 1.5, 1_000), "unknown-evse"],
    ["a limit of the grid connection at one charger", asked("importLimitW", 1, 1_000), "scope"],
    ["a departure of the whole site", asked("departsAtMs", 0, 1e13), "scope"],
    ["a power in milliwatts", asked("powerW", 1, 5e10), "value"],
    ["no number", asked("powerW", 1, Number.NaN), "value"],
    ["a number as a text", asked("powerW", 1, "5000"), "value"],
    ["a limit below zero", asked("chargeLimitW", 1, -1), "value"],
    ["a request without a lease", { what: "powerW", evse: 1, value: 1_000 }, "lease"],
    ["a lease of a week", asked("powerW", 1, 1_000, { validS: 604_800 }), "lease"],
    ["a fail-safe value without a renewal", asked("chargeLimitW", 1, 1, { failSafeW: 0 }), "fail-safe"],
    ["an unknown mode", asked("mode", 1, "island"), "value"],
    ["reactive power", asked("reactiveVar", 1, 1_000), "closed"],
    ["an island", asked("siteMode", 0, "island"), "closed"],
    ["a departure in the past", asked("departsAtMs", 1, 1), "past"],
    ["a reserve below the configured one", asked("reservePct", 1, 15), "below-reserve"],
  ];
  test.each(cases)("%s", (_, ask, reason) => {
    const site = linkSite();
    const receipt = site.links.ask(home, ask);
    expect(receipt).toMatchObject({ accepted: false, state: "refused", reason });
    expect(receipt.sentence).not.toBe("");
    expect(receipt.todo).not.toBe("");
    expect(site.evses[0]).toMatchObject({ requestSource: "none", linkMaxW: Infinity });
    expect(site.audited.at(-1)).toMatchObject({ kind: "refusal", actor: "mqtt one" });
  });

  test("every ask that needs a right is refused without it", () => {
    for (const [what, row] of Object.entries(asks)) {
      if (row.kind === "closed") continue;
      const evse = row.scope === "site" ? 0 : 1;
      const value = "choices" in row ? "stop" : 20;
      const receipt = linkSite().links.ask(asker("api", "x", []), asked(what as keyof typeof asks, evse, value));
      expect([what, receipt.reason]).toEqual([what, "not-allowed"]);
    }
  });

  test("discharge without a permit, at a one-way charger, at a stopped one", () => {
    const site = linkSite();
    Object.assign(site.report.site, { parallelOK: false, parallelRefusal: "permit-none" });
    expect(site.links.ask(home, asked("powerW", 1, -5_000))).toMatchObject({ reason: "permit-none" });
    expect(linkSite(1, undefined, 0).links.ask(home, asked("powerW", 1, -5_000)).reason).toBe("no-discharge");
    const stopped = linkSite();
    stopped.people.ask("held", 1, { value: held.everything, by: "ann", atMs: 0, reason: "" });
    expect(stopped.links.ask(home, asked("powerW", 1, 5_000)).reason).toBe("stopped");
    expect(stopped.links.ask(home, asked("mode", 1, "plan")).reason).toBe("stopped");
  });
});

describe("a request", () => {
  test("is in force at once, ends with its lease, and its link is told", () => {
    const site = linkSite();
    const receipt = site.links.ask(home, asked("powerW", 1, -5_000));
    expect(receipt).toMatchObject({ accepted: true, state: "in-force", untilMs: site.clock.utcMs + 300_000 });
    expect(site.evses[0]).toMatchObject({ requestedW: -5_000, requestSource: "external", requestUntilMs: 301_000 });
    expect(site.links.heeded(1)).toMatchObject({ asker: "mqtt one" });
    site.pass(300_000);
    expect(site.evses[0]!.requestSource).toBe("none");
    expect(site.notices.at(-1)).toMatchObject({ event: "lapsed", evse: 1 });
  });

  test("of a lower link waits behind one of a higher link, and is followed once that has ended", () => {
    const site = linkSite();
    site.links.ask(plant, asked("powerW", 1, 3_000, { validS: 60 }));
    expect(site.links.ask(home, asked("powerW", 1, -5_000))).toMatchObject({ state: "waiting", reason: "outranked" });
    expect(site.evses[0]!.requestedW).toBe(3_000);
    site.pass(60_500);
    expect(site.evses[0]!.requestedW).toBe(-5_000);
  });

  test("goes within a backend's limit, and waits behind a discharge that the backend asks for", () => {
    const site = linkSite();
    site.links.say("backend", 1, { minW: 0, maxW: 7_000, requestedW: 7_000, requestUntilMs: 1e9 });
    expect(site.evses[0]).toMatchObject({ requestSource: "backend", requestedW: 7_000 });
    site.links.ask(home, asked("powerW", 1, 4_000));
    expect(site.evses[0]).toMatchObject({ requestSource: "external", requestedW: 4_000, backendMaxW: 7_000 });
    site.links.say("backend", 1, { minW: -3_000, maxW: 0, requestedW: -3_000, requestUntilMs: 1e9 });
    expect(site.evses[0]).toMatchObject({ requestSource: "backend", requestedW: -3_000 });
    site.links.say("backend", 1, null);
    expect(site.evses[0]).toMatchObject({ requestSource: "external", requestedW: 4_000, backendMaxW: Infinity });
  });

  test("of the site is shared by what the vehicles can do; one with a request of its own counts with that", () => {
    const site = linkSite(3);
    site.report.stages[2]!.vehicleConnected = false;
    site.links.look(site.report);
    site.links.ask(home, asked("powerW", 0, -8_000));
    expect(site.evses.map(({ requestedW }) => requestedW)).toEqual([-4_000, -4_000, 0]);
    site.links.ask(home, asked("powerW", 1, -6_000));
    expect(site.evses.map(({ requestedW }) => requestedW)).toEqual([-6_000, -2_000, 0]);
    site.links.ask(home, asked("powerW", 1, -9_500));
    expect(site.evses[1]!.requestedW + 0).toBe(0);
    site.links.release(home, "powerW", 0);
    expect(site.evses[1]!.requestSource).toBe("none");
  });

  test("a limit that stands in its way is told with reason and first step, once, when it has lasted", () => {
    const site = linkSite();
    site.links.ask(home, asked("powerW", 1, -9_000));
    site.give(1, "external", 2_000, "export-limit");
    site.pass(5_000);
    const told = site.notices.filter(({ event }) => event === "limited");
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ reason: "export-limit", givenW: -2_000, evse: 1 });
    expect(site.links.standing()).toMatchObject([{ state: "limited", givenW: -2_000, asker: "mqtt one" }]);
  });
});

describe("a cap", () => {
  test("holds over a restart until its asker or a person takes it back; others can't", () => {
    const store = openStore({ path: ":memory:" });
    linkSite(2, store).links.ask(home, asked("chargeLimitW", 1, 3_000));
    const site = linkSite(2, store);
    expect(site.evses[0]!.linkMaxW).toBe(3_000);
    expect(site.links.release(plant, "chargeLimitW", 1)).toMatchObject({ accepted: false, reason: "nothing-stands" });
    expect(site.evses[0]!.linkMaxW).toBe(3_000);
    site.links.release(ann, "chargeLimitW", 1);
    expect(site.evses[0]!.linkMaxW).toBe(Infinity);
    expect(linkSite(2, store).evses[0]!.linkMaxW).toBe(Infinity);
  });

  test("of several the tightest holds, in each direction and at each place", () => {
    const { links, site, evses } = linkSite();
    links.ask(home, asked("importLimitW", 0, 9_000));
    links.ask(plant, asked("importLimitW", 0, 5_000));
    links.ask(home, asked("exportLimitW", 0, 0));
    links.ask(home, asked("dischargeLimitW", 0, 2_000));
    links.ask(home, asked("dischargeLimitW", 2, 1_000));
    expect(site).toMatchObject({ linkImportLimitW: 5_000, linkExportLimitW: 0, linkMinW: -2_000, linkMaxW: Infinity });
    expect(evses[1]!.linkMinW).toBe(-1_000);
    expect(links.tightest("importLimitW", 0)).toBe("api one");
    links.ask(plant, asked("importLimitW", 0, 20_000));
    expect(site.linkImportLimitW).toBe(9_000);
  });

  test("ends where its asker has said so, and the asker is told", () => {
    const site = linkSite();
    site.links.ask(home, asked("chargeLimitW", 1, 0, { validS: 60 }));
    site.pass(59_000);
    expect(site.evses[0]!.linkMaxW).toBe(0);
    site.pass(2_000);
    expect(site.evses[0]!.linkMaxW).toBe(Infinity);
    expect(site.notices.at(-1)).toMatchObject({ event: "lapsed", what: "chargeLimitW" });
  });

  test("not renewed: its fail-safe value holds, never none, until it is renewed; also after a restart", () => {
    const store = openStore({ path: ":memory:" });
    const site = linkSite(2, store);
    const ask = asked("importLimitW", 0, 20_000, { renewS: 120, failSafeW: 4_200 });
    site.links.ask(home, ask);
    site.pass(110_000);
    expect(site.site.linkImportLimitW).toBe(20_000);
    site.pass(20_000);
    expect(site.site.linkImportLimitW).toBe(4_200);
    expect(site.notices.at(-1)).toMatchObject({ event: "fail-safe" });
    site.links.ask(home, ask);
    expect(site.site.linkImportLimitW).toBe(20_000);
    const again = linkSite(2, store);
    expect(again.site.linkImportLimitW).toBe(20_000);
    again.pass(121_000);
    expect(again.site.linkImportLimitW).toBe(4_200);
  });
});

describe("a setting", () => {
  test("stands like a person's, with who asked; a system doesn't lower a person's reserve", () => {
    const site = linkSite();
    site.people.ask("reservePct", 1, { value: 60, by: "ann", atMs: 0, reason: "" });
    expect(site.links.ask(home, asked("reservePct", 1, 40)).reason).toBe("below-reserve");
    expect(site.links.ask(home, asked("reservePct", 2, 40)).accepted).toBe(true);
    expect(site.links.ask(home, asked("reservePct", 2, 30)).accepted).toBe(true);
    expect(site.people.get("reservePct", 2)).toMatchObject({ value: 30, by: "mqtt one", link: "mqtt" });
    site.links.ask(home, asked("energyWh", 1, 12_000));
    expect(site.people.get("targetPct", 1)?.value).toBeCloseTo(80);
    site.links.ask(home, asked("mode", 2, "stop"));
    expect(site.evses[1]).toMatchObject({ operatorMinW: 0, operatorMaxW: 0 });
    site.links.ask(plant, asked("mode", 2, "plan"));
    expect(site.evses[1]!.operatorMaxW).toBe(Infinity);
  });
});

describe("the same message twice", () => {
  test("10,000 commands, each of them again later: none is carried out twice", () => {
    const site = linkSite();
    const commands = Array.from({ length: 10_000 }, (_, i) => asked("powerW", 1, i % 7_000, { id: `c${i}` }));
    for (const command of commands) {
      expect(site.links.ask(home, command).accepted).toBe(true);
      if (site.links.counts.done % 500 === 0) site.clock.utcMs += 1_000;
    }
    const last = site.evses[0]!.requestedW;
    for (const command of commands) {
      const again = site.links.ask(home, command);
      expect(again.repeated).toBe(true);
    }
    expect(site.links.counts).toEqual({ done: 10_000, refused: 0, repeated: 10_000 });
    expect(site.evses[0]!.requestedW).toBe(last);
    expect(site.audited.length).toBeLessThan(200);
  });

  test("an id that was used for something else is refused; another asker's same id is not", () => {
    const { links } = linkSite();
    links.ask(home, asked("powerW", 1, 1_000, { id: "a" }));
    expect(links.ask(home, asked("powerW", 1, 2_000, { id: "a" })).reason).toBe("id-reused");
    expect(links.ask(plant, asked("powerW", 1, 2_000, { id: "a" })).accepted).toBe(true);
  });

  test("a flood is bounded, and the next minute is heard again", () => {
    const site = linkSite();
    const receipts = Array.from({ length: 2_500 }, () => site.links.ask(home, asked("powerW", 1, 1)));
    expect(receipts.filter(({ reason }) => reason === "rate")).toHaveLength(500);
    site.pass(60_000);
    expect(site.links.ask(home, asked("powerW", 1, 1)).accepted).toBe(true);
  });
});
