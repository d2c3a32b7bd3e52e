/** What stands behind another line that sees the same, tried alone: the cycle's chapters in states that the other line prevents. */
import { describe, expect, test } from "vitest";
import { limitEvses } from "../../../src/core/cycle/evses.ts";
import { findSources } from "../../../src/core/cycle/sources.ts";
import { StageLink } from "../../../src/core/modes/facts.ts";
import { chainSetpointW, startChain } from "../../../src/core/setpoints/limits.ts";
import { inParallel, ratedW, TestSite } from "./site.ts";

describe("discharging in parallel", () => {
  test("the mode still allows it, the permit no longer → nothing is given in this very cycle", () => {
    const site = inParallel();
    const { core, snapshot } = site;
    expect(core.machine.output.mayDischarge).toBe(true);
    core.authority.parallelOK = false;
    startChain(core.chains, 0, -30_000, 0);
    limitEvses(core, snapshot, site.nowMs);
    expect(chainSetpointW(core.chains, 0)).toBe(0);
  });

  test("after entering service it rises with the profile's ramp", () => {
    const site = new TestSite({ settings: { enterDelayS: 1, enterRampS: 60 } });
    site.request(-ratedW);
    site.run(20_000, () => undefined);
    expect(site.core.machine.state.mode).toBe("ramping");
    const rampedMs = site.nowMs - site.core.machine.state.sinceMs;
    const allowedW = (rampedMs / 60_000) * ratedW;
    expect(-site.setpointW()).toBeLessThanOrEqual(allowedW + 1);
    expect(-site.setpointW()).toBeGreaterThan(0.8 * allowedW);
    expect(site.binding()).toContain("enter-service-ramp");
  });

  test("a stage with an alarm is not used, and the other is", () => {
    const site = inParallel();
    site.snapshot.stages[0]!.alarmBits = 1;
    site.run(1_000);
    expect(site.setpointW(0)).toBe(0);
    expect(site.binding(0)).toContain("stage-alarm");
    expect(site.setpointW(1)).toBeLessThan(-1_000);
  });

  test("the transfer device reads the utility's transfer trip → the site trips, though the utility's own link says nothing", () => {
    const site = inParallel();
    site.snapshot.transferDevice.transferTrip = true;
    site.run(500);
    expect(site.snapshot.site.transferTrip).toBe(false);
    expect(site.sumW).toBeGreaterThanOrEqual(0);
    expect(site.core.verdict.tripped).toBe(true);
  });
});

describe("who may form an island", () => {
  const cases: readonly (readonly [string, "off" | "forming", number, 0 | 1])[] = [
    ["its vehicle at the reserve", "off", 20, 0],
    ["a little above it: it has just ended there, and does not begin again", "off", 21.9, 0],
    ["two percent above it", "off", 22.1, 1],
    ["it forms already: it goes on down to the reserve", "forming", 20.1, 1],
    ["it forms, at the reserve", "forming", 20, 0],
  ];
  test.each(cases)("%s", (_, role, socPct, expected) => {
    const { core, snapshot } = new TestSite({ evse: [", gridForming: true", ""] });
    core.modeFacts.stageLinks[0] = StageLink.online;
    Object.assign(snapshot.stages[0]!, { role, socPct });
    Object.assign(snapshot.evses[0]!, { socPct });
    findSources(core, snapshot);
    expect(core.mayForm[0]).toBe(expected);
  });
});
