/**
 * `islet verify-device --kind transfer-device` against the simulated K1 in virtual time: one that keeps the contract passes every
 * duty that can be tried and is not moved; each planted breach is found by the duty that it breaks.
 */
import { describe, expect, test } from "vitest";
import { verifySwitchingDevice } from "../../firmware-bridge/conformance/verify-transfer.ts";
import { createTransferDeviceFace } from "../../sim/peers/register-faces-site.ts";
import type { PlantTransferDevice } from "../../sim/plant/devices.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { MemoryLink } from "../firmware-bridge/memory-link.ts";
import { smallWorld } from "./worlds.ts";

const own = 64_902;
type Break = (face: RegisterFace, device: PlantTransferDevice, nowMs: () => number) => void;

async function verify(plant: Break = () => undefined, mayWrite = true) {
  const world = smallWorld({});
  world.advance(2_000);
  const clock = (): number => world.nowMs;
  const device = world.transferDevice!;
  const { face } = createTransferDeviceFace(device, { clock });
  plant(face, device, clock);
  const before = device.operations;
  const found = await verifySwitchingDevice(
    "transfer-device",
    {
      unit: 1,
      clock,
      sleep: async (ms) => world.advance(ms),
      connect: () => new MemoryLink(new Map([[1, face]]), clock),
      stopped: () => false,
    },
    { mayWrite, mayDischarge: false },
  );
  return { found, moved: device.operations - before };
}
const failures = ({ found }: Awaited<ReturnType<typeof verify>>): string[] =>
  found.results.filter(({ verdict }) => verdict === "fail").map(({ id, seen }) => `${id}: ${seen}`);

describe("a transfer device", () => {
  test("that keeps the contract passes every duty that can be tried, and is not moved", async () => {
    const run = await verify();
    expect(failures(run)).toEqual([]);
    expect(run.found.results.filter(({ verdict }) => verdict === "pass")).toHaveLength(12);
    expect(run.found.results.filter(({ verdict }) => verdict === "not tried").map(({ seen }) => seen)).toEqual([
      "needs hands at the stage",
      "needs hands at the stage",
      "needs hands at the stage",
      "needs hands at the stage",
    ]);
    expect(run.moved).toBe(0);
  });

  test("is only read unless a person allows more", async () => {
    const { found } = await verify(undefined, false);
    expect(found.results.filter(({ seen }) => seen.includes("--yes"))).toHaveLength(4);
  });

  const breaches: readonly (readonly [string, Break, string])[] = [
    ["shows one contact only", (face) => face.live(own, "ContNc", () => 0), "tells-both-contacts"],
    ["does not measure its bus", (face) => face.live(own, "BusV", () => Number.NaN), "measures-both-sides"],
    ["shows another voltage while closed", (face) => face.live(own, "BusV", () => 80), "measures-both-sides"],
    ["denies synchronism while closed", (face) => face.live(own, "Sync", () => 0), "tells-synchronism"],
    ["has a clock that stands", (face) => face.live(own, "ClkMs", () => 1_000), "counts-its-milliseconds"],
    ["takes commands of any age", (face) => face.onWrite(own, () => ExceptionCode.ok), "refuses-stale-commands"],
    [
      "takes tokens of the future",
      (face) => face.onWrite(own, () => ExceptionCode.ok),
      "refuses-tokens-from-the-future",
    ],
    ["allows five seconds", (face) => face.set(own, "TokMax", 5_000), "tells-its-token-time"],
    [
      "moves when nobody speaks",
      (face, device, nowMs) => {
        const fromMs = nowMs();
        face.live(own, "Ops", () => device.operations + (nowMs() - fromMs > 8_000 ? 1 : 0));
      },
      "stays-when-nobody-speaks",
    ],
    [
      "closes again for the same number",
      (face, device) => {
        let again = 0;
        face.onWrite(own, () => {
          if (face.get(own, "Cmd") === 2) again += 1;
          return ExceptionCode.ok;
        });
        face.live(own, "Ops", () => device.operations + again);
      },
      "closes-once-for-each-number",
    ],
  ];
  test.each(breaches)("that %s is found", async (_name, plant, duty) => {
    expect(failures(await verify(plant)).map((text) => text.split(":")[0])).toContain(duty);
  });

  test("that is none is named as such", async () => {
    const world = smallWorld({});
    const run = await verifySwitchingDevice(
      "transfer-device",
      {
        unit: 1,
        clock: () => world.nowMs,
        sleep: async (ms) => world.advance(ms),
        connect: () => new MemoryLink(new Map(), () => world.nowMs),
        stopped: () => false,
      },
      { mayWrite: false, mayDischarge: false },
    );
    expect(run.endedBecause).not.toBe("");
  });
});
