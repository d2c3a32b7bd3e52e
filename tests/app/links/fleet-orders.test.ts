/**
 * Orders of a fleet at the site: each lease once, none after its end, and whatever is malicious or broken has no effect beyond
 * tightening. Read are the inputs of the control thread.
 */
import { describe, expect, test } from "vitest";
import { messageBytesMax } from "../../../src/protocols/fleet/subjects.ts";
import { dispatcher, fleetSite, keyPair } from "./fleet-site.ts";

type Site = ReturnType<typeof fleetSite>;
const dayMs = 86_400_000;

/** A cap of the fleet and one of somebody else stand already. */
function busySite(): Site {
  const one = fleetSite();
  const other = { link: "mqtt", id: "broker", name: "MQTT", rights: ["limits"], isPerson: false } as const;
  one.site.links.ask(other, { what: "importLimitW", evse: 0, value: 20_000 });
  one.desk.take(one.orders(5, [one.lease({ id: "S1", kind: "cap-export", evse: 0, valueW: 3_000 })]));
  one.news.length = 0;
  return one;
}
/** The same cap, so that a document that is heeded does not withdraw it. */
const standing = (one: Site) => one.desk.leases.map(({ lease }) => lease)[0]!;

describe("orders that are malicious or broken", () => {
  const rows: readonly [string, (one: Site) => void, string][] = [
    [
      "widen: a cap above the one that stands leaves the tighter in force",
      (one) =>
        one.desk.take(
          one.orders(6, [
            standing(one),
            one.lease({ id: "W", kind: "cap-import", evse: 0, valueW: 90_000 }),
            one.lease({ id: "W2", kind: "cap-export", evse: 0, valueW: 90_000 }),
          ]),
        ),
      "",
    ],
    [
      "island: no kind of lease commands the site's mode",
      (one) => one.desk.take(one.orders(6, [standing(one), { ...one.lease(), kind: "island" }])),
      "refused unreadable",
    ],
    [
      "reserve: no kind of lease lowers it",
      (one) => one.desk.take(one.orders(6, [standing(one), { ...one.lease(), kind: "reserve", valueW: 0 }])),
      "refused unreadable",
    ],
    [
      "clock: the site's is wrong",
      (one) => {
        one.fleetClock.offsetMs = 60_000;
        one.desk.take(one.orders(6, [one.lease()]));
      },
      "clock",
    ],
    [
      "clock: the document is of tomorrow",
      (one) => one.desk.take(one.orders(6, [one.lease()], { issuedAtMs: one.site.clock.utcMs + dayMs })),
      "clock",
    ],
    ["replay: an older document", (one) => one.desk.take(one.orders(4, [one.lease()])), "older"],
    ["replay: the same document again", (one) => one.desk.take(one.orders(5, [one.lease()])), ""],
    [
      "foreign signature",
      (one) => one.desk.take(one.orders(6, [one.lease()], {}, keyPair().privateKey)),
      "foreign-key",
    ],
    [
      "altered after signing",
      (one) =>
        one.desk.take(Buffer.from(one.orders(6, [one.lease()]).toString().replace('"version":6', '"version":7'))),
      "forged",
    ],
    [
      "flood: more documents in a minute than are heeded",
      (one) => {
        for (let i = 0; i < 200; i++) one.desk.take(Buffer.from("{}"));
        one.desk.take(one.orders(6, [one.lease()]));
      },
      "flood",
    ],
    ["huge", (one) => one.desk.take(Buffer.alloc(messageBytesMax + 1, 32)), "too-large"],
    [
      "17 leases in one document",
      (one) =>
        one.desk.take(
          one.orders(
            6,
            Array.from({ length: 17 }, (_, i) => one.lease({ id: `M${i}` })),
          ),
        ),
      "malformed",
    ],
    [
      "newer schema of the document",
      (one) => one.desk.take(Buffer.from(one.orders(6, [one.lease()]).toString().replace("orders-1", "orders-2"))),
      "newer-format",
    ],
    [
      "newer schema of a lease: a member that might narrow it",
      (one) => one.desk.take(one.orders(6, [standing(one), { ...one.lease(), onlyIfPriceAbove: 0.5 }])),
      "refused unreadable",
    ],
    [
      "wrong tenant: another site's orders",
      (one) => one.desk.take(one.orders(6, [one.lease()], { site: "depot-2" })),
      "other-site",
    ],
    [
      "expired",
      (one) =>
        one.desk.take(
          one.orders(6, [
            standing(one),
            one.lease({ fromMs: one.site.clock.utcMs - 9_000, untilMs: one.site.clock.utcMs - 1 }),
          ]),
        ),
      "expired expired",
    ],
    [
      "longer than a day",
      (one) => one.desk.take(one.orders(6, [standing(one), one.lease({ untilMs: one.site.clock.utcMs + 2 * dayMs })])),
      "refused too-long",
    ],
    [
      "an hour, but only in a week",
      (one) => {
        const fromMs = one.site.clock.utcMs + 7 * dayMs;
        return one.desk.take(one.orders(6, [standing(one), one.lease({ fromMs, untilMs: fromMs + dayMs / 24 })]));
      },
      "refused too-long",
    ],
    [
      "no number",
      (one) => one.desk.take(one.orders(6, [standing(one), { ...one.lease(), valueW: "all" }])),
      "refused unreadable",
    ],
    [
      "a charger that is not there",
      (one) => one.desk.take(one.orders(6, [standing(one), one.lease({ evse: 9 })])),
      "refused unknown-evse",
    ],
    [
      "a cap below zero",
      (one) => one.desk.take(one.orders(6, [standing(one), one.lease({ kind: "cap-charge", valueW: -1 })])),
      "refused value",
    ],
    [
      "another lease under the id of the one that stands",
      (one) => one.desk.take(one.orders(6, [{ ...standing(one), valueW: 90_000 }])),
      "refused changed",
    ],
    [
      "rubbish",
      (one) => {
        for (const text of ["", "null", "[]", "{", '{"orders":1}', "\u0000"]) one.desk.take(Buffer.from(text));
      },
      "malformed",
    ],
  ];
  test.each(rows)("no effect beyond tightening: %s", (_, act, told) => {
    const one = busySite();
    const before = one.inputs();
    act(one);
    one.pass(2_000);
    expect(one.inputs()).toEqual(before);
    const last = one.news.findLast(({ state }) => state !== "running");
    expect(one.refusals.at(-1) ?? (last ? `${last.state} ${last.reason}` : "")).toBe(told);
  });

  test("overlapping: of two caps the tighter holds, and what is looser does not loosen when the tighter ends", () => {
    const one = fleetSite();
    const cap = (id: string, valueW: number, untilS: number) =>
      one.lease({ id, kind: "cap-charge", evse: 1, valueW, untilMs: one.site.clock.utcMs + untilS * 1_000 });
    one.desk.take(one.orders(1, [cap("A", 2_000, 60), cap("B", 8_000, 600)]));
    expect(one.inputs().caps[0]).toEqual([Number.NEGATIVE_INFINITY, 2_000]);
    one.pass(61_000);
    expect(one.inputs().caps[0]).toEqual([Number.NEGATIVE_INFINITY, 8_000]);
    one.pass(600_000);
    expect(one.inputs().caps[0]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test("a site that grants nothing refuses what is asked", () => {
    const one = fleetSite();
    one.desk.stop();
    expect(
      one.site.links.ask(
        { link: "fleet", id: "x", name: "Fleet", rights: [], isPerson: false },
        { what: "powerW", evse: 1, value: 1_000, validS: 60 },
      ).reason,
    ).toBe("not-allowed");
  });
});

describe("a lease", () => {
  test("is carried out once, told as running, and over at its end", () => {
    const one = fleetSite();
    const lease = one.lease({ untilMs: one.site.clock.utcMs + 30_000 });
    one.desk.take(one.orders(1, [lease]));
    expect(one.inputs().requestedW).toEqual([-5_000, null]);
    one.pass(10_000);
    // Written anew with a new version, as a fleet does whose broker came back empty.
    one.desk.take(one.orders(2, [lease]));
    one.pass(25_000);
    expect(one.inputs().requestedW).toEqual([null, null]);
    one.desk.take(one.orders(3, [lease]));
    one.pass(1_000);
    expect(one.inputs().requestedW).toEqual([null, null]);
    expect(one.news.map(({ state }) => state).filter((state) => state !== "running")).toEqual(["done"]);
  });

  test("begins when it is to begin, and not before", () => {
    const one = fleetSite();
    one.desk.take(one.orders(1, [one.lease({ fromMs: one.site.clock.utcMs + 60_000 })]));
    expect(one.inputs().requestedW).toEqual([null, null]);
    one.pass(60_000);
    expect(one.inputs().requestedW).toEqual([-5_000, null]);
    expect(one.news.map(({ state }) => state).slice(0, 2)).toEqual(["accepted", "running"]);
  });

  test("that is no longer listed is withdrawn", () => {
    const one = fleetSite();
    one.desk.take(one.orders(1, [one.lease(), one.lease({ id: "S", kind: "stop", evse: 2, valueW: 0 })]));
    expect(one.inputs().caps[1]).toEqual([0, 0]);
    one.desk.take(one.orders(2, []));
    expect(one.inputs()).toMatchObject({
      requestedW: [null, null],
      caps: [
        [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
        [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      ],
    });
    expect(one.news.at(-1)).toMatchObject({ state: "withdrawn" });
  });

  test("after a restart: a request is over and told so, a cap stands to its end, and neither comes again", () => {
    const one = fleetSite();
    const leases = [one.lease(), one.lease({ id: "C", kind: "cap-charge", evse: 2, valueW: 1_000 })];
    one.desk.take(one.orders(7, leases));
    one.desk.stop();
    const two = fleetSite(one.store);
    two.desk.take(one.orders(7, leases));
    two.desk.take(one.orders(8, leases));
    two.pass(1_000);
    expect(two.inputs().requestedW).toEqual([null, null]);
    expect(two.inputs().caps[1]).toEqual([Number.NEGATIVE_INFINITY, 1_000]);
    expect(two.news.filter(({ state }) => state === "ended")).toMatchObject([{ leaseId: "L1", reason: "restart" }]);
    expect(two.news.filter(({ state }) => state !== "ended" && state !== "running")).toEqual([]);
  });

  test("that a person takes back is told as ended", () => {
    const one = fleetSite();
    one.desk.take(one.orders(1, [one.lease({ id: "C", kind: "cap-charge", valueW: 1_000 })]));
    const person = { link: "api", id: "ann", name: "ann", rights: ["limits"], isPerson: true } as const;
    one.site.links.release(person, "chargeLimitW", 1);
    one.pass(1_000);
    expect(one.news.at(-1)).toMatchObject({ leaseId: "C", state: "ended", reason: "taken-back" });
  });

  test("while a person heeds no orders: all that stands ends, what comes is refused, and both are told; then it goes on", () => {
    const one = fleetSite();
    const later = { id: "F", fromMs: one.site.clock.utcMs + 60_000 };
    const cap = { id: "C", kind: "cap-charge", evse: 2, valueW: 1_000 } as const;
    one.desk.take(one.orders(1, [one.lease(), one.lease(cap), one.lease(later)]));
    expect(one.inputs().requestedW).toEqual([-5_000, null]);
    one.owner.offUntilMs = one.site.clock.utcMs + 10_000;
    one.pass(1_000);
    expect(one.inputs().requestedW).toEqual([null, null]);
    expect(one.inputs().caps[1]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    one.desk.take(one.orders(2, [one.lease({ id: "N" }), one.lease({ id: "S", kind: "stop", valueW: 0 })]));
    expect(one.inputs().requestedW).toEqual([null, null]);
    const last = new Map(one.news.map(({ leaseId, state, reason }) => [leaseId, `${state} ${reason}`]));
    expect(Object.fromEntries(last)).toEqual({
      ...{ L1: "ended owner", C: "ended owner", F: "refused owner" },
      ...{ N: "refused owner", S: "refused owner" },
    });
    one.pass(10_000);
    one.desk.take(one.orders(3, [one.lease({ id: "N" }), one.lease({ id: "M" })]));
    expect(one.news.at(-1)).toMatchObject({ leaseId: "M", state: "running" });
    expect(one.desk.leases.map(({ lease }) => lease.id)).toEqual(["M"]);
  });

  test("that the site can't follow is told with reason and first step", () => {
    const one = fleetSite();
    one.site.report.site.parallelOK = false;
    one.site.report.site.parallelRefusal = "permit-none";
    one.site.links.look(one.site.report);
    one.desk.take(one.orders(1, [one.lease()]));
    expect(one.news.at(-1)).toMatchObject({ state: "refused", reason: "permit-none" });
    expect(one.news.at(-1)!.sentence).not.toBe("");
    expect(dispatcher.publicKey).toContain("PUBLIC KEY");
  });
});
