import { describe, expect, test } from "vitest";
import { createRequest, requestSources, selectRequest } from "../../src/core/setpoints/schedule.ts";
import { createSnapshot, type EvseFacts } from "../../src/core/snapshot.ts";
import { hourMs } from "../../src/domain/units.ts";

const bus: Partial<EvseFacts> = {
  connected: true,
  vehicleMaxChargeW: 60_000,
  socPct: 50,
  capacityWh: 155_000,
  targetPct: 90,
  departsAtMs: 10 * hourMs,
};
const chosen = (facts: Partial<EvseFacts>, wallMs = 0, reachableW = 60_000) => {
  const request = createRequest();
  selectRequest(request, { ...createSnapshot(1, 0).evses[0]!, ...bus, ...facts }, reachableW, 0, wallMs);
  return [requestSources[request.source], request.powerW] as const;
};
const plan = { planW: 5_000, planUntilMs: 1 };
const backend = { requestedW: -30_000, requestSource: "backend", requestUntilMs: 1 } as const;

describe("what an EVSE should request", () => {
  const cases: readonly [string, Partial<EvseFacts>, number, number, readonly [string, number]][] = [
    ["nobody asks, below the target → charge", {}, 0, 60_000, ["local", 60_000]],
    ["nobody asks, target reached → nothing", { socPct: 90 }, 0, 60_000, ["local", 0]],
    ["the backend asks for discharge → it is requested", backend, 0, 60_000, ["backend", -30_000]],
    ["the backend's lease is over → local again", { ...backend, requestUntilMs: 0 }, 0, 60_000, ["local", 60_000]],
    [
      "the time left is barely enough → departure outranks the backend",
      backend,
      9 * hourMs,
      60_000,
      ["departure", 60_000],
    ],
    ["a small share of the site's power makes it urgent earlier", backend, 0, 7_000, ["departure", 60_000]],
    ["a target out of reach → still a plan", backend, 9.99 * hourMs, 60_000, ["departure", 60_000]],
    [
      "the departure was missed → charged first, whatever the backend asks",
      backend,
      11 * hourMs,
      60_000,
      ["departure", 60_000],
    ],
    [
      "past its departure with its target → nothing holds it",
      { ...backend, socPct: 95 },
      11 * hourMs,
      60_000,
      ["backend", -30_000],
    ],
    ["the clock is not trusted → no urgency", backend, Number.NaN, 60_000, ["backend", -30_000]],
    ["the plan asks for little → it is requested", plan, 0, 60_000, ["plan", 5_000]],
    ["the plan's lease is over → local again", { ...plan, planUntilMs: 0 }, 0, 60_000, ["local", 60_000]],
    ["a plan that is no number → none", { ...plan, planW: Number.NaN }, 0, 60_000, ["local", 60_000]],
    ["a backend's request outranks the plan", { ...plan, ...backend }, 0, 60_000, ["backend", -30_000]],
    ["the plan leaves little time, but enough → it is followed", plan, 8.7 * hourMs, 60_000, ["plan", 5_000]],
    ["the plan leaves too little time → the departure takes over", plan, 8.9 * hourMs, 60_000, ["departure", 60_000]],
    [
      "the plan knows that it can't be kept → it shares by priority",
      { ...plan, planShort: true },
      9.9 * hourMs,
      60_000,
      ["plan", 5_000],
    ],
    [
      "the departure was missed → charged first, whatever the plan asks",
      { ...plan, planShort: true },
      11 * hourMs,
      60_000,
      ["departure", 60_000],
    ],
    [
      "a person wants it charged now → whatever plan and backend ask",
      { ...plan, ...backend, chargeNow: true },
      0,
      60_000,
      ["operator", 60_000],
    ],
    ["… until it has its target", { ...plan, chargeNow: true, socPct: 90 }, 0, 60_000, ["plan", 5_000]],
    ["no vehicle → nothing", { ...backend, connected: false }, 0, 60_000, ["none", 0]],
  ];
  test.each(cases)("%s", (_name, facts, wallMs, reachableW, expected) => {
    expect(chosen(facts, wallMs, reachableW)).toEqual(expected);
  });

  test("urgency does not chatter at its threshold", () => {
    const facts = { ...createSnapshot(1, 0).evses[0]!, ...bus, ...backend } as EvseFacts;
    const request = createRequest();
    let changes = 0;
    let last = request.urgent;
    for (let minute = 0; minute < 600; minute++) {
      facts.socPct = 50 + (minute % 2) * 0.5;
      selectRequest(request, facts, 60_000, 0, minute * 60_000);
      if (request.urgent !== last) changes++;
      last = request.urgent;
    }
    expect(changes).toBe(1);
  });
});
