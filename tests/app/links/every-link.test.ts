/**
 * Every link against each of what can become of what it asks, at the port with a site of light parts: the same rules whoever asks.
 * What a link makes of its own protocol is in its own tests; docs/links-table.md names them all.
 */
import { describe, expect, test } from "vitest";
import type { Notice } from "../../../src/app/links/link-port.ts";
import { type LinkId, links } from "../../../src/app/links/links.table.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { asked, asker, linkSite } from "./site.ts";

const all = (Object.keys(links) as LinkId[]).filter((link) => links[link].keptBy === "port");
const hourMs = 3_600_000;

describe.each(all)("%s", (link) => {
  const who = asker(link);
  const others = all.filter((other) => other !== link);

  test("a request is followed for its lease, and its asker hears of the end", () => {
    const site = linkSite();
    const notices: Notice[] = [];
    site.links.follow(link, (notice) => void notices.push(notice));
    expect(site.links.ask(who, asked("powerW", 1, -4_000, { validS: 60 }))).toMatchObject({ state: "in-force" });
    expect(site.evses[0]).toMatchObject({ requestedW: -4_000, requestSource: "external" });
    site.pass(61_000);
    expect(site.evses[0]!.requestSource).toBe("none");
    expect(notices.at(-1)).toMatchObject({ event: "lapsed", reason: "lapsed" });
  });

  test("silent for an hour: its cap holds, its request is over", () => {
    const site = linkSite();
    site.links.ask(who, asked("chargeLimitW", 1, 3_000));
    site.links.ask(who, asked("powerW", 1, -4_000, { validS: 60 }));
    site.pass(hourMs);
    expect(site.evses[0]).toMatchObject({ linkMaxW: 3_000, requestSource: "none" });
    expect(site.links.standing()).toMatchObject([{ link, kind: "cap", state: "in-force" }]);
  });

  test("a restart: its cap holds from the first moment, its request is over; back again it takes its cap back", () => {
    const store = openStore({ path: ":memory:" });
    const before = linkSite(2, store);
    before.links.ask(who, asked("importLimitW", 0, 6_000));
    before.links.ask(who, asked("powerW", 0, -4_000));
    const site = linkSite(2, store);
    expect(site.site.linkImportLimitW).toBe(6_000);
    expect(site.evses[0]!.requestSource).toBe("none");
    expect(site.links.release(who, "importLimitW", 0)).toMatchObject({ state: "released" });
    expect(site.site.linkImportLimitW).toBe(Number.POSITIVE_INFINITY);
  });

  test.each(others)(
    "%s asks otherwise: the higher one is followed, the other hears that it waits, and is next",
    (other) => {
      const site = linkSite();
      const rival = asker(other);
      site.links.ask(who, asked("powerW", 1, 2_000, { validS: 60 }));
      const receipt = site.links.ask(rival, asked("powerW", 1, -3_000, { validS: 60 }));
      // Of two of one rank the newer one is followed.
      const isRivals = links[other].rank <= links[link].rank;
      expect(receipt).toMatchObject(isRivals ? { state: "in-force" } : { state: "waiting", reason: "outranked" });
      expect(site.evses[0]!.requestedW).toBe(isRivals ? -3_000 : 2_000);
      const waiting = site.links.standing().find(({ state }) => state === "waiting");
      expect(waiting).toMatchObject({ link: isRivals ? link : other, reason: "outranked" });
      expect(waiting?.todo).not.toBe("");
      site.links.release(isRivals ? rival : who, "powerW", 1);
      expect(site.evses[0]!.requestedW).toBe(isRivals ? 2_000 : -3_000);
    },
  );

  test.each(others)("%s caps otherwise: the tighter of both holds, and neither takes back the other's", (other) => {
    const site = linkSite();
    const rival = asker(other);
    site.links.ask(who, asked("chargeLimitW", 1, 3_000));
    site.links.ask(rival, asked("chargeLimitW", 1, 5_000));
    expect(site.evses[0]!.linkMaxW).toBe(3_000);
    expect(site.links.tightest("chargeLimitW", 1)).toBe(who.name);
    site.links.release(who, "chargeLimitW", 1);
    expect(site.evses[0]!.linkMaxW).toBe(5_000);
    expect(site.links.release(who, "chargeLimitW", 1)).toMatchObject({ accepted: false, reason: "nothing-stands" });
    expect(site.evses[0]!.linkMaxW).toBe(5_000);
  });

  test.each([0, 1])(
    "more than the permit leaves, asked of EVSE %i: its asker hears the limit that stands in the way",
    (evse) => {
      const site = linkSite(1);
      const notices: Notice[] = [];
      site.links.follow(link, (notice) => void notices.push(notice));
      site.links.ask(who, asked("powerW", evse, -9_000));
      site.give(1, "external", 2_000, "export-limit");
      site.pass(3_000);
      expect(site.links.standing()).toMatchObject([{ link, state: "limited", givenW: -2_000, reason: "export-limit" }]);
      expect(notices).toMatchObject([{ event: "limited", reason: "export-limit", givenW: -2_000 }]);
    },
  );

  test("without a permit a discharge is refused with the reason and the first step; a cap is taken all the same", () => {
    const site = linkSite();
    Object.assign(site.report.site, { parallelOK: false, parallelRefusal: "permit-none" });
    site.links.look(site.report);
    const receipt = site.links.ask(who, asked("powerW", 0, -4_000));
    expect(receipt).toMatchObject({ accepted: false, state: "refused", reason: "permit-none" });
    expect([receipt.sentence, receipt.todo]).not.toContain("");
    expect(site.links.ask(who, asked("dischargeLimitW", 0, 0))).toMatchObject({ accepted: true });
  });
});
