/** From setpoints to commands: cuts are led, and power retreats while the meter's samples are overdue. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { installedGroup } from "../../../src/core/pcc/control-state.ts";
import { createExportControl, createSiteBudget, type ExportControl } from "../../../src/core/pcc/export-control.ts";
import { PowerSource } from "../../../src/core/pcc/load-observer.ts";
import { leadOnCuts } from "../../../src/core/setpoints/lead.ts";

const ratedW = 60_000;
const shares = [
  [1 / 3, 1 / 3, 1 / 3],
  [1, 0, 0],
  [0, 1, 0],
] as const;

/** Three stages that follow: the first on all phases, the others on one each; with a group behind a conductor. */
function makeControl(): ExportControl {
  const control = createExportControl(
    {
      tickMs: 10,
      writeMs: 2,
      linkStaleMs: 300,
      meter: {
        updateMs: 100,
        windowMs: 100,
        latencyMs: 10,
        rangeW: 1e6,
        offsetErrorW: 0,
        quantumW: 1,
        gainError: 0,
      },
      stages: shares.map((phaseShare) => ({
        ratedW,
        responseMs: 50,
        deadTimeMs: 10,
        rateWPerS: Number.POSITIVE_INFINITY,
        measureWindowMs: 20,
        measureLatencyMs: 5,
        phaseShare,
      })),
      phaseImportLimitW: 100_000,
      phaseExportLimitW: 100_000,
      groups: [installedGroup("A", "conductor-limit", [0], 50_000, 50_000)],
      fallbackChargeW: 0,
    },
    3,
  );
  control.observer.powerSource.fill(PowerSource.model);
  return control;
}

const none = Number.POSITIVE_INFINITY;
const anyPhase = [none, none, none] as const;

interface Site {
  readonly setpointW: readonly number[];
  /** Net power that the PCC and its three phases leave, W: discharging as the minimum, charging as the maximum. */
  readonly minW: readonly number[];
  readonly maxW: readonly number[];
  /** What the stages do now; usually their setpoints. */
  readonly modelW?: readonly number[];
}

/** Commands, with or without overdue samples; cuts do not go beyond zero. */
function commandsOf(site: Site, overdue: boolean): number[] {
  const control = makeControl();
  control.supervision.overdue = overdue;
  control.observer.modelW.set(site.modelW ?? site.setpointW);
  const budget = createSiteBudget(control);
  budget.minW.set([...site.minW, -none]);
  budget.maxW.set([...site.maxW, none]);
  const command = new Float64Array(3);
  leadOnCuts(control, budget, Float64Array.from(site.setpointW), new Float64Array(3), new Float64Array(3), command);
  return [...command];
}

const unlimitedMin = anyPhase.map((w) => -w);

describe("while samples are overdue the power retreats to a tenth of the room", () => {
  test.each<[string, Site, readonly number[]]>([
    [
      "discharging all the room: at full lead, to zero for the moment",
      { setpointW: [-40_000, -30_000, -30_000], minW: [-100_000, ...unlimitedMin], maxW: [none, ...anyPhase] },
      [0, 0, 0],
    ],
    [
      "charging all the room: the same",
      { setpointW: [40_000, 30_000, 30_000], minW: [-none, ...unlimitedMin], maxW: [100_000, ...anyPhase] },
      [0, 0, 0],
    ],
    [
      "arrived at a tenth: it stays there",
      {
        setpointW: [-40_000, -30_000, -30_000],
        modelW: [-4_000, -3_000, -3_000],
        minW: [-100_000, ...unlimitedMin],
        maxW: [none, ...anyPhase],
      },
      [-4_000, -3_000, -3_000],
    ],
    [
      "discharging less than a tenth of the room: nothing to fear",
      { setpointW: [-4_000, -3_000, -3_000], minW: [-101_000, ...unlimitedMin], maxW: [none, ...anyPhase] },
      [-4_000, -3_000, -3_000],
    ],
    [
      "no limit at the PCC: nothing to fear",
      { setpointW: [-60_000, -60_000, 60_000], minW: [-none, ...unlimitedMin], maxW: [none, ...anyPhase] },
      [-60_000, -60_000, 60_000],
    ],
    [
      "one phase without room binds all that discharge, and no one who charges",
      { setpointW: [-30_000, 20_000, -10_000], minW: [-none, -none, 0, -none], maxW: [none, ...anyPhase] },
      [0, 20_000, 0],
    ],
    [
      "what charges beside it counts: only the sum goes through the meter",
      { setpointW: [-30_000, 30_000, 0], minW: [0, ...unlimitedMin], maxW: [none, ...anyPhase] },
      [-30_000, 30_000, 0],
    ],
    [
      "what the import limit demands is given on",
      { setpointW: [-30_000, 0, 0], minW: [-30_000, ...unlimitedMin], maxW: [-30_000, ...anyPhase] },
      [-30_000, 0, 0],
    ],
  ])("%s", (_, site, expected) => {
    const commands = commandsOf(site, true);
    for (let i = 0; i < 3; i++) expect(commands[i]! + 0).toBeCloseTo(expected[i]!, 6);
  });

  const setpoint = fc.integer({ min: -ratedW, max: ratedW });
  const siteCase = fc.record({
    setpointW: fc.array(setpoint, { minLength: 3, maxLength: 3 }),
    modelW: fc.array(setpoint, { minLength: 3, maxLength: 3 }),
    minW: fc.array(fc.oneof(fc.integer({ min: -200_000, max: 0 }), fc.constant(-none)), { minLength: 4, maxLength: 4 }),
    maxW: fc.array(fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.constant(none)), { minLength: 4, maxLength: 4 }),
  });

  test("it never adds power, and each direction keeps within a tenth of each channel's room and what flows against it", () => {
    const control = makeControl();
    fc.assert(
      fc.property(siteCase, (site) => {
        const commands = commandsOf(site, true);
        for (let i = 0; i < 3; i++) {
          expect(Math.abs(commands[i]!)).toBeLessThanOrEqual(Math.abs(site.setpointW[i]!) + 1e-6);
          expect(commands[i]! * site.setpointW[i]!).toBeGreaterThanOrEqual(0);
        }
        for (let c = 0; c < 4; c++) {
          for (const sign of [1, -1]) {
            let withW = 0;
            let againstW = 0;
            for (let i = 0; i < 3; i++) {
              const share = control.shares[c * 3 + i]!;
              withW += share * Math.max(0, sign * commands[i]!);
              againstW += share * Math.max(0, -sign * site.setpointW[i]!);
            }
            const roomW = sign > 0 ? site.maxW[c]! : -site.minW[c]!;
            expect(withW).toBeLessThanOrEqual(0.1 * roomW + againstW + 1e-6);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("with samples in time, setpoints inside the limits are the commands", () => {
    fc.assert(
      fc.property(siteCase, (site) => {
        const free = { ...site, minW: [-none, ...unlimitedMin], maxW: [none, ...anyPhase] };
        expect(commandsOf(free, false)).toEqual(site.setpointW);
      }),
      { numRuns: 100 },
    );
  });
});

describe("cuts are led", () => {
  test.each<[string, readonly number[], readonly number[], readonly number[]]>([
    [
      "too much discharge: three times the difference, not beyond zero",
      [-40_000, -40_000, 0],
      [-60_000, -45_000, 0],
      [0, -30_000, 0],
    ],
    ["a stage that has to rise is not led", [-40_000, -50_000, 0], [-60_000, -45_000, 0], [0, -50_000, 0]],
  ])("%s", (_, setpointW, modelW, expected) => {
    const site = { setpointW, modelW, minW: [-90_000, ...unlimitedMin], maxW: [none, ...anyPhase] };
    expect(commandsOf(site, false).map((w) => w + 0)).toEqual(expected);
  });
});
