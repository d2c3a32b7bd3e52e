/** An island is apart from the meter at the PCC: what stages do there must not condemn the meter, or no site would return. */
import { expect, test } from "vitest";
import { stepExportControl } from "../../../src/core/pcc/export-control.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";
import type { Role } from "../../../src/domain/modes.ts";
import { makeSite, setLoad, settle } from "./site.ts";

test.each([
  ["stages that form an island", "forming", 1, false],
  ["stages that are cut off while the grid is dead", "discharge", 0.1, false],
  ["stages beside the grid that a meter does not see", "discharge", 1, true],
] as const satisfies readonly (readonly [string, Role, number, boolean])[])(
  "a meter that sees nothing of %s",
  (_name, role, voltagePu, condemned) => {
    const site = makeSite();
    site.limits.exportLimitW = 1e6;
    site.limits.importLimitW = 1e6;
    setLoad(site, 50_000);
    settle(site, 3_000);
    const { meter } = createSnapshot(4, 0);
    const startMs = 1e7;
    for (let nowMs = startMs; nowMs < startMs + 20_000; nowMs += 20) {
      const powerW = Math.floor((nowMs - startMs) / 1_000) % 2 === 0 ? 0 : -50_000;
      for (const [i, stage] of site.stages.entries()) {
        Object.assign(stage, { atMs: nowMs, liveAtMs: nowMs, role, powerW, alive: true });
        Object.assign(site.commands[i]!, { role, powerW });
      }
      Object.assign(meter, {
        atMs: nowMs,
        sampleAtMs: nowMs,
        sampleCount: nowMs,
        powerW: 50_000 + (nowMs % 40),
        voltagePu,
      });
      stepExportControl(site.control, meter, site.stages, site.commands, site.limits, nowMs, site.budget);
    }
    expect(site.control.supervision.condemned).toBe(condemned);
  },
);

test("a command that a broken link swallowed proves nothing: the stage goes on, and so does the meter", () => {
  const site = makeSite();
  site.limits.exportLimitW = 1e6;
  site.limits.importLimitW = 1e6;
  setLoad(site, 50_000);
  settle(site, 3_000);
  const { meter } = createSnapshot(4, 0);
  const startMs = 1e7;
  for (let nowMs = startMs; nowMs < startMs + 30_000; nowMs += 20) {
    // Every two seconds the links break for a fifth of one: the commands fall to zero, the stages hear nothing of it.
    const broken = (nowMs - startMs) % 2_000 < 200;
    for (const [i, stage] of site.stages.entries()) {
      Object.assign(stage, { role: "discharge", powerW: -10_000, alive: true });
      if (!broken) stage.atMs = stage.liveAtMs = nowMs;
      Object.assign(site.commands[i]!, { role: "discharge", powerW: broken ? 0 : -10_000 });
    }
    const powerW = 50_000 - 10_000 * site.stages.length + (nowMs % 40);
    Object.assign(meter, { atMs: nowMs, sampleAtMs: nowMs, sampleCount: nowMs, powerW, voltagePu: 1 });
    stepExportControl(site.control, meter, site.stages, site.commands, site.limits, nowMs, site.budget);
  }
  expect(site.control.supervision.condemned).toBe(false);
});

test.each([
  ["forming an island while the grid is dead", "forming", 0],
  ["forming an island beside a grid that is back", "forming", 1],
  ["of a dead site that still discharge into nothing", "discharge", 0],
] as const satisfies readonly (readonly [string, Role, number])[])(
  "stages %s do not make the meter late",
  (_name, role, voltagePu) => {
    const site = makeSite();
    setLoad(site, 50_000);
    settle(site, 3_000);
    const { meter } = createSnapshot(4, 0);
    const startMs = 1e7;
    for (let nowMs = startMs; nowMs < startMs + 60_000; nowMs += 20) {
      // The island's loads come and go; the meter, beyond the open transfer device, stands at nothing.
      const powerW = -2_000 - 9_000 * (Math.floor((nowMs - startMs) / 700) % 3);
      for (const [i, stage] of site.stages.entries()) {
        Object.assign(stage, { atMs: nowMs, liveAtMs: nowMs, role, powerW, alive: true });
        Object.assign(site.commands[i]!, { role, powerW });
      }
      Object.assign(meter, { atMs: nowMs, sampleAtMs: nowMs, sampleCount: nowMs, powerW: nowMs % 40, voltagePu });
      stepExportControl(site.control, meter, site.stages, site.commands, site.limits, nowMs, site.budget);
      expect(site.control.dynamics.cause).not.toBe("meter-slower");
    }
  },
);

test.each([
  ["an island's load that comes and goes", 40, 1_000],
  ["an island's load that ramps", 40, 20_000],
] as const)("%s says nothing about how fast meter and stages are", (_name, formedW, periodMs) => {
  const site = makeSite();
  site.limits.exportLimitW = 1e6;
  site.limits.importLimitW = 1e6;
  setLoad(site, 50_000);
  settle(site, 3_000);
  const { meter } = createSnapshot(4, 0);
  const startMs = 1e7;
  for (let nowMs = startMs; nowMs < startMs + 120_000; nowMs += 20) {
    // The stages carry the island; the meter stands at the grid's side of the open transfer switch with a building.
    const phase = ((nowMs - startMs) % periodMs) / periodMs;
    const powerW = -formedW * 1_000 * (phase < 0.5 ? 2 * phase : Math.floor(2 - phase));
    for (const [i, stage] of site.stages.entries()) {
      Object.assign(stage, { atMs: nowMs, liveAtMs: nowMs, role: "forming", powerW, alive: true });
      Object.assign(site.commands[i]!, { role: "forming", powerW: 0 });
    }
    const sampled = { atMs: nowMs, sampleAtMs: nowMs, sampleCount: nowMs };
    Object.assign(meter, sampled, { powerW: 50_000 + (nowMs % 40), voltagePu: 1 });
    stepExportControl(site.control, meter, site.stages, site.commands, site.limits, nowMs, site.budget);
  }
  expect(site.control.dynamics.cause).toBe("");
  expect(site.control.dynamics.measured).toBe(false);
  expect(site.control.supervision.condemned).toBe(false);
});

test("a building beyond its import limit while the chargers carry an island slows nothing down afterwards", () => {
  const site = makeSite();
  site.limits.importLimitW = 60_000;
  setLoad(site, 50_000);
  settle(site, 3_000);
  const { meter } = createSnapshot(4, 0);
  const startMs = 1e7;
  for (let nowMs = startMs; nowMs < startMs + 60_000; nowMs += 20) {
    for (const [i, stage] of site.stages.entries()) {
      Object.assign(stage, { atMs: nowMs, liveAtMs: nowMs, role: "forming", powerW: -5_000, alive: true });
      Object.assign(site.commands[i]!, { role: "forming", powerW: 0 });
    }
    const powerW = Math.floor((nowMs - startMs) / 500) % 2 === 0 ? 40_000 : 90_000;
    Object.assign(meter, { atMs: nowMs, sampleAtMs: nowMs, sampleCount: nowMs, powerW, voltagePu: 1 });
    stepExportControl(site.control, meter, site.stages, site.commands, site.limits, nowMs, site.budget);
  }
  expect(site.control.dynamics.level).toBe(0);
});
