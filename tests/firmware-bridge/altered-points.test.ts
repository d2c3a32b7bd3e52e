/**
 * Curve adoption and read-back: each point of models 703–712 is altered in turn behind the controller's back, at the
 * worst moment of the minute, and parallel operation must be blocked within 61 s. The control thread's pace of verification,
 * on a clock that runs fast.
 */
import { expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import { createStageFace } from "../../sim/peers/register-faces-stage.ts";
import { verifyEveryMs } from "../../src/app/control/control.ts";
import { standardGridProfile } from "../../src/config/grid-profiles.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { FakeStage } from "./fake-plant.ts";
import { MemoryLink } from "./memory-link.ts";

const blockedWithinMs = 61_000;
/** Timers that run by themselves, and results of adoption: no settings. */
const ownLife = /(RvrtRem|ESDlyRemTms|AdptC..Rslt|VRefAuto)$/;
const stepMs = 1_000;

/** One stage behind a link without sockets, on a clock that runs fast. */
async function startFastSite() {
  let aheadMs = 0;
  const clock = (): number => performance.now() + aheadMs;
  const stage = new FakeStage(60_000, "S-1");
  const { face, curves } = createStageFace(stage, { clock, tokenMaxMs: 300 });
  curves.adoptionMs = 1;
  const link = new MemoryLink(new Map([[1, face]]), clock);
  const bridge = createBridge(
    {
      nominalVoltageV: 480,
      phases: "three",
      stages: [
        {
          name: "Bay 1",
          link: { kind: "tcp", host: "memory", port: 1 },
          unit: 1,
          reversionS: 5,
          ratedChargeW: 60_000,
          ratedDischargeW: 60_000,
        },
      ],
    },
    () => link,
    { clock },
  );
  bridge.setFunctions({ ...standardGridProfile.settings, reactiveMode: "volt-var", voltWattEnabled: true });
  const snapshot = createSnapshot(1, 0);
  const facts = snapshot.stages[0]!;
  await bridge.discover();

  let verifyAtMs = clock();
  /** Lets the site run until a condition holds; how long that took on the fast clock, ms. */
  const runUntil = async (holds: () => boolean, mostMs: number): Promise<number> => {
    const fromMs = clock();
    while (clock() - fromMs <= mostMs) {
      await bridge.readAll(snapshot, clock() + 10);
      if (holds()) return clock() - fromMs;
      aheadMs += stepMs;
      if (clock() < verifyAtMs) continue;
      verifyAtMs = clock() + verifyEveryMs;
      await bridge.verifyStages();
    }
    return Number.POSITIVE_INFINITY;
  };
  return { stage, face, bridge, facts, runUntil };
}

test("each point of 703–712 altered in turn → blocked within 61 s, named, and free again when it agrees", async () => {
  const { stage, face, bridge, facts, runUntil } = await startFastSite();
  expect(await runUntil(() => facts.verified, 10_000)).toBeLessThan(10_000);

  const late: string[] = [];
  const unnamed: string[] = [];
  let longestMs = 0;
  let altered = 0;
  for (let model = 703; model <= 712; model++) {
    for (const { path, type } of face.layout(model).points) {
      if (ownLife.test(path) || path === "AntiIslEna") continue;
      // The worst moment: right after a comparison has agreed.
      await runUntil(() => facts.verified, 120_000);
      const at = 2 * (face.address(model, path) - face.baseAddress) + (/32$/.test(type) ? 3 : 1);
      face.bytes[at] = face.bytes[at]! ^ 0x01;
      const tookMs = await runUntil(() => !facts.verified, 2 * blockedWithinMs);
      if (!(tookMs <= blockedWithinMs)) late.push(`${model}.${path}`);
      longestMs = Math.max(longestMs, tookMs);
      const { mismatch } = bridge.reports()[0]!;
      // A scale factor or a length moves other values of its model too: any of them will do.
      if (!mismatch?.register.startsWith(`${model}.`)) unnamed.push(`${model}.${path}`);
      face.bytes[at] = face.bytes[at]! ^ 0x01;
      altered++;
    }
  }
  expect({ late, unnamed }).toEqual({ late: [], unnamed: [] });
  expect(altered).toBeGreaterThan(350);
  expect(longestMs).toBeGreaterThan(30_000);

  stage.antiIslanding = false;
  await runUntil(() => facts.verified, 120_000);
  expect(await runUntil(() => !facts.verified, 2 * blockedWithinMs)).toBeLessThan(blockedWithinMs);
  expect(bridge.reports()[0]!.faults).toEqual([
    { fault: "anti-islanding-off", detail: "704.AntiIslEna: expected 1, found 0" },
  ]);
}, 120_000);

test("permit service off and on → 703.ES follows at once and is what is expected; a former is told later", async () => {
  const { stage, face, bridge, facts, runUntil } = await startFastSite();
  await runUntil(() => facts.verified, 10_000);
  await bridge.setPermitService(false);
  expect(face.get(703, "ES")).toBe(0);
  expect(stage.permitService).toBe(false);
  expect(await runUntil(() => !facts.verified, 2 * blockedWithinMs)).toBe(Number.POSITIVE_INFINITY);

  face.set(703, "ES", 1);
  expect(await runUntil(() => !facts.verified, 2 * blockedWithinMs)).toBeLessThan(blockedWithinMs);
  expect(bridge.reports()[0]!.mismatch).toEqual({ register: "703.ES", expected: 0, found: 1 });

  face.set(703, "ES", 0);
  stage.role = "forming";
  await runUntil(() => facts.role === "forming", 5_000);
  await bridge.setPermitService(true);
  expect(face.get(703, "ES")).toBe(0);
  stage.role = "off";
  expect(await runUntil(() => face.get(703, "ES") === 1, 10_000)).toBeLessThan(10_000);
  expect(await runUntil(() => facts.verified, 10_000)).toBeLessThan(10_000);
});
