/** What a utility's server asks, at the port: caps with their source, ramps, setpoints, and what holds while it is lost. */
import { describe, expect, test } from "vitest";
import { createAsking } from "../../../src/app/links/csip/asking.ts";
import { openKept } from "../../../src/app/links/csip/kept.ts";
import { rampedW, rateOf } from "../../../src/app/links/csip/ramp.ts";
import { wantedOf } from "../../../src/app/links/csip/wanted.ts";
import { openStore } from "../../../src/app/store/store.ts";
import type { AllInForce, InForce } from "../../../src/protocols/csip/events.ts";
import type { ModeName } from "../../../src/protocols/csip/modes.table.ts";
import { linkSite } from "./site.ts";

const figures = {
  type: 82,
  maxChargeW: 20_000,
  maxDischargeW: 10_000,
  maxVA: 20_000,
  maxVar: 0,
  maxWh: Number.NaN,
  minWh: Number.NaN,
};
const said = (value: number, given: Partial<InForce> = {}): InForce => ({
  ...{ value, program: "/p", mrid: "AB", rampS: Number.NaN, untilS: null },
  ...given,
});
const modes = (values: Partial<Record<ModeName, number>>): AllInForce =>
  Object.fromEntries(Object.entries(values).map(([mode, value]) => [mode, said(value)]));

describe("what modes ask of the port", () => {
  test.each([
    [{ expLimW: 5_000, impLimW: 7_000 }, { exportLimitW: 5_000, importLimitW: 7_000 }, null],
    [{ genLimW: 4_000, loadLimW: 3_000 }, { dischargeLimitW: 4_000, chargeLimitW: 3_000 }, null],
    [{ genLimW: 4_000, maxLimPct: 10 }, { dischargeLimitW: 2_000 }, null],
    [{ energize: 0 }, { parallelService: 0, dischargeLimitW: 0, chargeLimitW: 0 }, null],
    [{ connect: 0, loadLimW: 9 }, { parallelService: 0, dischargeLimitW: 0, chargeLimitW: 0 }, null],
    [{ energize: 1, connect: 1 }, {}, null],
    [{ fixedPct: 50 }, {}, -5_000],
    [{ fixedPct: -50 }, {}, 10_000],
    [{ targetW: 99_000 }, {}, -10_000],
    [{ storageTargetW: -700, targetW: 5_000 }, {}, 700],
    [{ storageTargetW: 0 }, {}, 0],
  ] as const)("%j", (values, caps, powerW) => {
    const wanted = wantedOf(modes(values), figures, null);
    expect(Object.fromEntries(Object.entries(wanted.caps).map(([name, { value }]) => [name, value]))).toEqual(caps);
    expect(wanted.powerW?.value ?? null).toBe(powerW);
  });

  test("the fail-safe stands in for what neither a control nor a default control says", () => {
    const lost = { exportLimitW: 1_500, importLimitW: 2_000 };
    expect(wantedOf(modes({ impLimW: 9_000 }), figures, lost).caps).toMatchObject({
      exportLimitW: { value: 1_500 },
      importLimitW: { value: 9_000 },
    });
    expect(wantedOf({}, figures, null).caps).toEqual({});
  });
});

describe("ramps", () => {
  test.each([
    ["the control's own time", 10_000, 4_000, 60, 27, 100],
    ["the gradient of the default control", 10_000, 4_000, Number.NaN, 27, 54],
    ["none at all", 10_000, 4_000, Number.NaN, 0, Number.POSITIVE_INFINITY],
    ["at once by the control's own word", 10_000, 4_000, 0, 27, Number.POSITIVE_INFINITY],
  ])("rate by %s", (_, fromW, toW, rampS, gradient, rate) => {
    expect(rateOf(fromW, toW, rampS, gradient, 20_000)).toBe(rate);
  });
  test.each([
    ["tightening begins at what flows", Number.POSITIVE_INFINITY, 1_000, 6_000, 5_900],
    ["and goes on from there", 5_900, 1_000, 8_000, 5_800],
    ["down to its end", 1_050, 1_000, 8_000, 1_000],
    ["where nobody knows what flows it is there at once", Number.POSITIVE_INFINITY, 1_000, Number.NaN, 1_000],
    ["relaxing", 1_000, 5_000, 900, 1_100],
    ["relaxing to none ends where it limits nothing", 9_950, Number.POSITIVE_INFINITY, 900, Number.POSITIVE_INFINITY],
  ])("%s", (_, fromW, toW, flowW, wantedW) => {
    expect(rampedW(fromW, toW, 100, 1, flowW, 10_000)).toBe(wantedW);
  });
});

describe("asking", () => {
  const config = { pcc: { importLimitW: 50_000, exportLimitW: 50_000 } } as never;
  const world = (site: ReturnType<typeof linkSite>) => ({
    ...{ report: site.report, figures, config, gradient: 0, serverS: 0 },
  });

  test("caps and requests stand with whose word they are, and go when it ends; a process after this one replaces them", () => {
    const store = openStore({ path: ":memory:" });
    const site = linkSite(2, store);
    const asking = createAsking(site.links);
    asking.follow(wantedOf(modes({ impLimW: 7_000, energize: 0 }), figures, null), world(site));
    expect(site.site.linkImportLimitW).toBe(7_000);
    expect(site.site.serviceEnabled).toBe(false);
    expect(site.links.standing()[0]).toMatchObject({ link: "csip", asker: "CSIP, control AB of /p" });

    const again = linkSite(2, store);
    expect([again.site.linkImportLimitW, again.site.serviceEnabled]).toEqual([7_000, false]);
    const next = createAsking(again.links);
    next.follow(wantedOf(modes({ storageTargetW: 4_000 }), figures, null), world(again));
    expect([again.site.linkImportLimitW, again.site.serviceEnabled]).toEqual([Number.POSITIVE_INFINITY, true]);
    expect(again.evses.map(({ requestedW }) => requestedW)).toEqual([-2_000, -2_000]);
    next.follow(wantedOf({}, figures, null), world(again));
    expect(again.links.standing()).toEqual([]);
  });
});

test("what was promised is there after a restart, answers in their order, each until it was taken", () => {
  const store = openStore({ path: ":memory:" });
  const kept = openKept(store);
  const control = {
    mrid: "AB",
    createdS: 1,
    status: 0,
    startS: 5,
    durationS: 6,
    randomizeStartS: 9,
    randomizeDurationS: 0,
  };
  const event = {
    ...{
      control: {
        ...control,
        replyTo: "/r",
        responseRequired: 3,
        values: { expLimW: 5 },
        rampS: Number.NaN,
        fault: "" as const,
      },
    },
    ...{ program: "/p", startShiftS: 7, durationShiftS: 0, cancelAtS: null, phase: "active" as const, told: [1, 2] },
  };
  kept.book.events.set("AB", event);
  kept.store(
    ["AB"],
    [],
    [1, 2].map((status) => ({ mrid: "AB", status, replyTo: "/r" })),
  );
  kept.storeProgram("/p", { primacy: 3, fallback: { values: { impLimW: 4 }, gradient: Number.NaN } });
  kept.heard(1_000, 50);
  kept.next()?.done();

  const again = openKept(store);
  expect(again.book.events.get("AB")).toEqual(event);
  expect(again.book.programs.get("/p")).toEqual({
    primacy: 3,
    fallback: { values: { impLimW: 4 }, gradient: Number.NaN },
  });
  expect([again.heardMs, again.offsetS, again.next()?.owed.status]).toEqual([1_000, 50, 2]);
  store.put("csip", "event/CD", "{}");
  expect(openKept(store).unreadable).toBe(1);
});
