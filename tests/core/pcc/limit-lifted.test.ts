/** Limits that change: one that is lifted gives power back, one that comes soon after the start leaves what it allows. */
import { expect, test } from "vitest";
import { makeSite, setLoad, settle } from "./site.ts";

/** Sum of the stages' commands, W. */
const sumW = (commands: readonly { readonly powerW: number }[]): number =>
  commands.reduce((sum, { powerW }) => sum + powerW, 0);

test.each([
  ["import", 1, 20_000],
  ["export", -1, -20_000],
] as const)("%s: a cap far below the connection's own limit is taken back", (name, sign, loadW) => {
  const site = makeSite({ count: 1, told: { meter: { accuracyClassPct: 2 } } });
  const setLimit = (limitW: number): void => {
    if (name === "import") site.limits.importLimitW = limitW;
    else site.limits.exportLimitW = limitW;
  };
  site.limits.importLimitW = 1e6;
  site.limits.exportLimitW = 1e6;
  setLoad(site, loadW);
  site.requestedW.fill(sign * 50_000);
  setLimit(30_000);
  settle(site, 20_000);
  const heldW = sign * sumW(site.commands);
  expect(heldW).toBeGreaterThan(5_000);
  expect(heldW).toBeLessThan(10_000);
  setLimit(1e6);
  let leastW = Number.POSITIVE_INFINITY;
  site.run(6_000, () => {
    leastW = Math.min(leastW, sign * sumW(site.commands));
  });
  expect(leastW).toBeGreaterThan(heldW - 1_500);
  expect(sign * sumW(site.commands)).toBeGreaterThan(45_000);
});

test.each([
  ["import", 1, 20_000],
  ["export", -1, -20_000],
] as const)(
  "%s: a cap that comes soon after the start, on a connection far larger than the chargers",
  (name, sign, loadW) => {
    const site = makeSite({ count: 1 });
    site.limits.importLimitW = 1e6;
    site.limits.exportLimitW = 1e6;
    setLoad(site, loadW);
    site.requestedW.fill(sign * 50_000);
    settle(site, 1_000);
    if (name === "import") site.limits.importLimitW = 40_000;
    else site.limits.exportLimitW = 40_000;
    let mostW = 0;
    site.run(6_000, () => {
      mostW = Math.max(mostW, sign * site.plant.pccW[0]!);
    });
    expect(sign * sumW(site.commands)).toBeGreaterThan(15_000);
    expect(mostW).toBeLessThan(40_500);
  },
);

test("after the start power rises from what flows, by a fifth of the chargers' sum in a second, whatever the limit", () => {
  const site = makeSite({ count: 1 });
  site.limits.importLimitW = 1e6;
  site.limits.exportLimitW = 1e6;
  setLoad(site, 20_000);
  site.requestedW.fill(50_000);
  settle(site, 1_000);
  const earlyW = sumW(site.commands);
  settle(site, 5_000);
  expect(earlyW).toBeLessThan(0.25 * 60_000);
  expect(sumW(site.commands)).toBeGreaterThan(45_000);
});
