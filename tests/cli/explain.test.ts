import { describe, expect, test } from "vitest";
import { devicesText, promiseText, siteText } from "../../src/cli/explain.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { sampleState } from "../dashboard/sampleStates.ts";

const device = (more: Partial<SiteState["health"]["devices"][number]>): SiteState => {
  const state = sampleState("parallel");
  return { ...state, health: { ...state.health, devices: [{ ...state.health.devices[0]!, name: "Bay 8", ...more }] } };
};

describe("islet explain", () => {
  test.each([
    ["a site that is well", sampleState("parallel"), "Mode parallel.\n"],
    [
      "a silent device, with its fault and what to check",
      device({
        state: "silent",
        ageMs: 58_000,
        fault: { sentence: "It refuses the connection.", clears: "Check that no other program holds it." },
      }),
      "Mode parallel.\nBay 8: silent, values 58.0 s old. It refuses the connection. Ends: Check that no other program holds it.\n",
    ],
    [
      "a frozen device",
      device({ state: "frozen", ageMs: 2_000 }),
      "Mode parallel.\nBay 8: frozen, values 2.0 s old.\n",
    ],
    ["a device that was never heard", device({ state: "silent", ageMs: null }), "Mode parallel.\nBay 8: silent.\n"],
    [
      "a full disk",
      {
        ...sampleState("parallel"),
        health: { ...sampleState("parallel").health, owed: ["the audit log: the disk is full"] },
      },
      "Mode parallel.\nIn force and not on disk yet: the audit log: the disk is full.\n",
    ],
  ] as readonly (readonly [string, SiteState, string])[])("%s", (_name, state, text) => {
    expect(siteText(state)).toBe(text);
  });

  test("tells what a limit is worth as promised and as it runs, and that the promise is not kept", () => {
    const worth = { backMs: 413, peakW: 9_600, energyWh: 0.5, meterMs: 100, commandMs: 50, responseMs: 263 };
    const because = "the power stage of Bay 2 follows 500 ms later than configured";
    const found = { exports: null, imports: { ...worth, backMs: 913 }, promisedMs: 420, kept: false, because };
    expect(promiseText({ promise: { exports: null, imports: worth, found } })).toBe(
      "Import limit: after a step of the load back under it within 0.41 s, at most 9.6 kW charging and 0.5 Wh beyond.\n" +
        "Import limit as it runs: after a step of the load back under it within 0.91 s, at most 9.6 kW charging and 0.5 Wh beyond.\n" +
        `Found while it runs: ${because}. The promise of 0.42 s is not kept.\n`,
    );
  });

  test("tells of each device how old its values are, how fast it replies and what went wrong", () => {
    const { devices } = device({ state: "answers", ageMs: 41.3, latencyP50Ms: 3.21, latencyP99Ms: 48.6 }).health;
    const quiet = { ...devices[0]!, name: "PCC meter", state: "silent", ageMs: null, latencyP50Ms: null } as const;
    expect(devicesText([{ ...devices[0]!, errors: { timeout: 4, "clock-stands": 1 } }, quiet])).toBe(
      "  Bay 8      answers     41 ms old, replies p50 3.2 ms, p99 49 ms, timeout 4, clock-stands 1\n" +
        "  PCC meter  silent      age not known, no reply yet, no errors\n",
    );
  });
});
