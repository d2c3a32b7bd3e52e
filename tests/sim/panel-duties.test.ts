/**
 * `islet verify-device --kind load-panel` against the simulated panel in virtual time: one that keeps the contract passes every
 * duty that can be tried and switches nothing; each planted breach is found by the duty that it breaks.
 */
import { describe, expect, test } from "vitest";
import { verifySwitchingDevice } from "../../firmware-bridge/conformance/verify-transfer.ts";
import { createTransferDeviceFace } from "../../sim/peers/register-faces-site.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { MemoryLink } from "../firmware-bridge/memory-link.ts";
import { smallWorld } from "./worlds.ts";

const own = 64_903;
type Break = (face: RegisterFace, nowMs: () => number) => void;

async function verify(plant: Break = () => undefined, mayWrite = true) {
  const world = smallWorld({});
  world.advance(2_000);
  const clock = (): number => world.nowMs;
  const closed = [true, false, true];
  const commands: string[] = [];
  const panel = {
    tierCount: 3,
    closed: (tier: number) => closed[tier]!,
    loadW: (tier: number) => 1_000 * (tier + 1),
    command: (tier: number, close: boolean) => {
      if (closed[tier] !== close) commands.push(`${tier} ${close}`);
      closed[tier] = close;
    },
  };
  const { face } = createTransferDeviceFace(world.transferDevice!, { clock }, panel);
  plant(face, clock);
  const found = await verifySwitchingDevice(
    "load-panel",
    {
      unit: 1,
      clock,
      sleep: async (ms) => world.advance(ms),
      connect: () => new MemoryLink(new Map([[1, face]]), clock),
      stopped: () => false,
    },
    { mayWrite, mayDischarge: false },
  );
  return { found, commands };
}
const failures = ({ found }: Awaited<ReturnType<typeof verify>>): string[] =>
  found.results.filter(({ verdict }) => verdict === "fail").map(({ id, seen }) => `${id}: ${seen}`);

describe("a panel of load tiers", () => {
  test("that keeps the contract passes every duty that can be tried, and switches nothing", async () => {
    const run = await verify();
    expect(failures(run)).toEqual([]);
    expect(run.found.endedBecause).toBe("");
    expect(run.found.results.filter(({ verdict }) => verdict === "pass")).toHaveLength(10);
    expect(run.commands).toEqual([]);
  });

  test("is only read unless a person allows more", async () => {
    const { found } = await verify(undefined, false);
    expect(found.results.filter(({ seen }) => seen.includes("--yes"))).toHaveLength(3);
  });

  const breaches: readonly (readonly [string, Break, string])[] = [
    ["does not measure a tier", (face) => face.live(own, "Tier[2].W", () => Number.NaN), "measures-each-tier"],
    [
      "says that a tier is closed which it does not have",
      (face) => face.live(own, "Closed", () => 9),
      "tells-what-is-closed",
    ],
    ["has a clock that stands", (face) => face.live(own, "ClkMs", () => 1_000), "counts-its-milliseconds"],
    ["allows five seconds", (face) => face.set(own, "TokMax", 5_000), "tells-its-token-time"],
    ["takes commands of any age", (face) => face.onWrite(own, () => ExceptionCode.ok), "refuses-stale-commands"],
    [
      "takes tokens of the future",
      (face) => face.onWrite(own, () => ExceptionCode.ok),
      "refuses-tokens-from-the-future",
    ],
    ["takes no command", (face) => face.onWrite(own, () => ExceptionCode.illegalValue), "takes-a-fresh-block"],
    [
      "drops its tiers when nobody speaks",
      (face, nowMs) => {
        const fromMs = nowMs();
        face.live(own, "Closed", () => (nowMs() - fromMs > 8_000 ? 0 : 5));
      },
      "stays-when-nobody-speaks",
    ],
  ];
  test.each(breaches)("that %s is found", async (_name, plant, duty) => {
    expect(failures(await verify(plant)).map((text) => text.split(":")[0])).toContain(duty);
  });
});
