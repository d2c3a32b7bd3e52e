/** What was found of meter and stages, beside what the site promises. */
import { describe, expect, test } from "vitest";
import { createPromiseNotes } from "../../src/app/notes/dynamics-notes.ts";
import { createFoundPromises } from "../../src/app/site/found-promises.ts";
import { siteGuarantees } from "../../src/core/core-config.ts";
import { siteConfig } from "../core/cycle/site.ts";

const config = siteConfig({ meter: ", updateMs: 100" });
const asTold = { meterUpdateMs: 100, meterWindowMs: 100, meterLatencyMs: 0, followsLaterMs: 0, latestStage: -1 };
const toldMs = siteGuarantees(config).exports.backMs;

describe("what the limits are worth as found", () => {
  test.each([
    ["all as configured", {}, null],
    ["faster than configured", { followsLaterMs: -20, meterUpdateMs: 50, meterWindowMs: 50 }, null],
    ["a few milliseconds, which are the estimate's own", { followsLaterMs: 9, latestStage: 0 }, null],
    [
      "a little later, and the promise still holds",
      { followsLaterMs: 20, latestStage: 1 },
      { moreMs: 20, kept: true, later: "the power stage of EVSE 2 follows 20 ms later than configured" },
    ],
    [
      "a dead time of half a second more",
      { followsLaterMs: 500, latestStage: 0 },
      { moreMs: 500, kept: false, later: "the power stage of EVSE 1 follows 500 ms later than configured" },
    ],
    [
      "a meter that averages 400 ms and is 50 ms late",
      { meterWindowMs: 400, meterLatencyMs: 50 },
      { moreMs: 450, kept: false, later: "the meter shows a change 450 ms later than configured" },
    ],
  ] as const)("%s", (_name, found, expected) => {
    const promise = createFoundPromises(config)({ ...asTold, ...found });
    if (expected === null) return expect(promise).toBeNull();
    expect(promise).toMatchObject({ kept: expected.kept, later: expected.later });
    expect(promise!.exports!.backMs - toldMs).toBeGreaterThan(0.8 * expected.moreMs);
    expect(promise!.exports!.backMs - toldMs).toBeLessThan(1.05 * expected.moreMs + 1);
  });

  test("a promise that the installer stated is broken by anything beyond it", () => {
    const stated = siteConfig({
      meter: ", updateMs: 100",
      pcc: `, inadvertentExport: { responseBoundMs: ${toldMs + 10} }`,
    });
    const found = createFoundPromises(stated);
    expect(found({ ...asTold, followsLaterMs: 20, latestStage: 0 })).toMatchObject({ kept: false });
  });

  test("told once when it breaks, with what to do, and once when it holds again", () => {
    const lines: string[] = [];
    const note = createPromiseNotes((level, message) => void lines.push(`${level} ${message}`));
    const found = createFoundPromises(config);
    for (const followsLaterMs of [0, 20, 500, 510, 0, 0]) note(found({ ...asTold, followsLaterMs, latestStage: 0 }));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^warn A limit at the grid connection is kept within \d+ ms after a step of the load; the site promises \d+ ms\. As found while it runs, the power stage of EVSE 1 follows 500 ms later than configured\. Look for /,
    );
    expect(lines[1]).toMatch(/^info .*holds again/);
  });
});
