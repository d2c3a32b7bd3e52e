/** What a site offers its fleet: within limits, reserve, departures and the grid connection; nothing of what is not known. */
import { expect, test } from "vitest";
import type { SiteState } from "../../src/dashboard/state.ts";
import { offerOf } from "../../src/dashboard/view/offer.ts";

const hourMs = 3_600_000;
type Evse = Record<string, unknown>;
const evse = (change: Evse = {}): Evse => ({
  ...{ connected: true, fault: null, held: null, missed: false, paused: false, link: null },
  ...{ canDischarge: true, dischargeEnabled: true, ratedW: 10_000, limits: [], known: { state: "live" }, powerW: 0 },
  ...{ socPct: 62, capacityWh: 50_000, reservePct: 20, targetPct: null, departsAtMs: null },
  ...change,
});
const offered = (evses: readonly Evse[], site: object = {}) =>
  offerOf({
    ...{ atMs: 0, mode: { mode: "parallel" }, pccKnown: { state: "live" }, pccW: 5_000 },
    ...{ exportLimitW: 20_000, importLimitW: 30_000, evses, ...site },
  } as unknown as SiteState);

const cases: [string, Evse[], object, object | null][] = [
  [
    "one vehicle → what is above its reserve",
    [evse()],
    {},
    { dischargeW: 10_000, dischargeWh: 20_000, chargeW: 10_000, chargeWh: 19_000, untilMs: 24 * hourMs },
  ],
  ["at its reserve → nothing back", [evse({ socPct: 21 })], {}, { dischargeW: 0, dischargeWh: 0 }],
  ["its charge is not known → nothing", [evse({ socPct: null })], {}, { dischargeW: 0, chargeW: 0, chargeWh: 0 }],
  ["its power is not known → no offer", [evse({ known: { state: "old" } })], {}, null],
  ["the grid connection is not known → no offer", [evse()], { pccKnown: { state: "old" } }, null],
  ["in an island → no offer", [evse()], { mode: { mode: "island" } }, null],
  [
    "a limit on giving back, and one on charging",
    [evse({ limits: [{ minW: -3_000, maxW: 4_000 }] })],
    {},
    { dischargeW: 3_000, chargeW: 4_000 },
  ],
  [
    "no permit: a limit of nothing → nothing back",
    [evse({ limits: [{ minW: 0, maxW: null }] })],
    {},
    { dischargeW: 0, chargeW: 10_000 },
  ],
  ["held by a person → nothing", [evse({ held: { level: "discharging" } })], {}, { dischargeW: 0, chargeW: 0 }],
  [
    "three vehicles: not more than may be exported beyond the building",
    [evse(), evse(), evse()],
    {},
    { dischargeW: 25_000, chargeW: 25_000 },
  ],
  [
    "what chargers do now is not the building's",
    [evse({ powerW: 10_000 })],
    { pccW: 15_000, exportLimitW: 0 },
    { dischargeW: 5_000 },
  ],
  [
    "a departure in two hours that leaves the time to charge again",
    [evse({ departsAtMs: 2 * hourMs, targetPct: 72 })],
    {},
    { dischargeWh: 7_500, untilMs: 2 * hourMs },
  ],
  [
    "a departure that leaves no time → nothing back",
    [evse({ departsAtMs: 0.5 * hourMs, targetPct: 72 })],
    {},
    { dischargeW: 0 },
  ],
  [
    "one that leaves within the hour does not count beside another",
    [evse({ departsAtMs: 0.5 * hourMs }), evse()],
    {},
    { dischargeW: 10_000, untilMs: 24 * hourMs },
  ],
];
test.each(cases)("%s", (_, evses, site, expected) => {
  const offer = offered(evses, site);
  if (expected === null) expect(offer).toBeNull();
  else expect(offer).toMatchObject(expected);
});
