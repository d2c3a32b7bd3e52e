/** Step "hands" before a switchgear that reads relay and signals: a person makes each change, and one wire leads nowhere. */
import { describe, expect, it } from "vitest";
import { handsStep } from "../../src/app/commissioning/hands.ts";
import type { Nudger } from "../../src/app/commissioning/nudger.ts";
import { createSilence } from "../../src/app/control/silence.ts";
import { triedEvse, triedSite } from "../../src/app/control/trial-requests.ts";
import type { LoadedSite } from "../../src/app/site/load-config.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

const signals = { reduction: "none", relayTripped: false, transferTrip: false, permissive: true, upstreamClosed: true };
type Signal = keyof typeof signals;

/** What the person does at each question. */
const wires: readonly (readonly [RegExp, Signal, boolean | string])[] = [
  [
    /^Make the grid operator's contact at input 3 of Cabinet I\/O ask for less, by pulling its wire/,
    "reduction",
    "asked",
  ],
  [/^Let it rest again/, "reduction", "none"],
  [/^Let the reverse-power relay trip/, "relayTripped", true],
  [/^Reset the relay/, "relayTripped", false],
  [/^Simulate the utility's transfer-trip/, "transferTrip", true],
  [/^Take it away again/, "transferTrip", false],
  [/^Take the utility's permissive/, "permissive", false],
  [/^Give it back/, "permissive", true],
  [/^Pull the wire of the upstream/, "upstreamClosed", false],
  [/^Put that wire back/, "upstreamClosed", true],
];

async function tried(broken: Signal | null): Promise<string[]> {
  const site = { ...signals };
  const report = { site, stages: [{ powerW: 0, emergency: false }] };
  const facts = Object.keys(signals).map((name) => ({ name }));
  const loaded = {
    config: {
      pcc: { reduction: { device: "Cabinet I/O", input: 3, activeWhen: "off" } },
      evses: [{ name: "Bay 1", maxChargeW: 10_000, minPowerW: 0, stage: {}, gridForming: true }],
      transferDevice: { map: "gear.yaml" },
    },
    maps: new Map([["gear.yaml", { facts }]]),
  } as unknown as LoadedSite;
  const nudger = {
    report,
    station: { devices: [] },
    request: () => undefined,
    wait: async () => undefined,
    until: async (isSo: (seen: unknown) => boolean) => isSo(report),
  } as unknown as Nudger;
  const { findings } = await handsStep.run({
    site: loaded,
    nudger,
    say: () => undefined,
    askHands: async (request) => {
      for (const [pattern, signal, to] of wires)
        if (pattern.test(request) && signal !== broken) Object.assign(site, { [signal]: to });
      return true;
    },
  });
  return findings.map(({ verdict, device, sentence }) => `${verdict} ${device}: ${sentence}`);
}

describe("contacts and signals that a switchgear reads", () => {
  it("each is seen when somebody makes it change", async () => {
    const found = await tried(null);
    for (const what of ["reverse-power relay", "transfer trip", "permissive signal", "upstream breaker"])
      expect(found.some((one) => one.startsWith("pass K1: ") && one.includes(`${what}: seen; `))).toBe(true);
    expect(found).toContainEqual(expect.stringMatching(/^pass Cabinet I\/O: the grid operator's contact: seen; /));
    expect(found.at(-1)).toBe("pass Bay 1: interlock with K1: wired, as a person saw");
    expect(found.filter((one) => one.startsWith("fail"))).toEqual([]);
  });

  it.each(Object.keys(signals) as Signal[])("a %s whose wire leads nowhere is named", async (broken) => {
    const failed = (await tried(broken)).filter((one) => one.startsWith("fail"));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatch(/nothing was seen within 15 s\. Check its wiring/);
  });
});

describe("what commissioning asks for", () => {
  it("stands in place of other requests; caps, stops and limits stay, and the import limit is only tightened", () => {
    const { evses, site } = createSnapshot(1, 0);
    const evse = Object.assign(evses[0]!, { authorized: false, planW: 9_000, planUntilMs: 1e9, chargeNow: true });
    Object.assign(evse, { backendMaxW: 3_000, operatorMaxW: 0, paused: true, requestedW: -5_000 });
    site.operatorImportLimitW = 20_000;
    site.islandRequested = true;
    const trial = { powersW: [1_000], importLimitW: 50_000, island: false, untilMs: 500 };
    const asked = triedEvse(evse, trial, 0);
    expect([asked.requestedW, asked.requestSource, asked.requestUntilMs]).toEqual([1_000, "operator", 500]);
    expect([asked.authorized, asked.chargeNow, asked.planUntilMs < 0]).toEqual([true, false, true]);
    expect([asked.backendMaxW, asked.operatorMaxW, asked.paused]).toEqual([3_000, 0, true]);
    const seen = triedSite(site, trial);
    expect([seen.operatorImportLimitW, seen.islandRequested]).toEqual([20_000, false]);
    expect(evse.requestedW).toBe(-5_000);
  });

  it("a silence ends by itself, however long it was asked for, and is told once as a stall", () => {
    const silence = createSilence();
    expect([silence.isOn(0), silence.over(0)]).toEqual([false, 0]);
    silence.begin(1e9, 1_000);
    expect([silence.isOn(45_999), silence.isOn(46_000)]).toEqual([true, false]);
    expect([silence.over(46_000), silence.over(46_020)]).toEqual([45_000, 0]);
  });
});
