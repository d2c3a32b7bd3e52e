/** Silence is silence: while nobody knows what the site is, nothing reaches a stage, by whichever way. */
import { expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import { createStageFace } from "../../sim/peers/register-faces-stage.ts";
import { standardGridProfile } from "../../src/config/grid-profiles.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { FakeStage } from "./fake-plant.ts";
import { MemoryLink } from "./memory-link.ts";

/** One stage that was found, behind a link without sockets, and how often it was written to. */
async function foundStage() {
  const clock = (): number => performance.now();
  const stage = new FakeStage(60_000, "S-1");
  const { face, curves } = createStageFace(stage, { clock, tokenMaxMs: 300 });
  curves.adoptionMs = 1;
  const write = face.write.bind(face);
  let writes = 0;
  face.write = (...asked) => {
    writes += 1;
    return write(...asked);
  };
  const link = new MemoryLink(new Map([[1, face]]), clock);
  const place = { name: "Bay 1", link: { kind: "tcp", host: "memory", port: 1 }, unit: 1 } as const;
  const bridge = createBridge(
    {
      nominalVoltageV: 480,
      phases: "three",
      stages: [{ ...place, reversionS: 5, ratedChargeW: 60_000, ratedDischargeW: 60_000 }],
    },
    () => link,
    { clock },
  );
  bridge.setFunctions(standardGridProfile.settings);
  await bridge.discover({ verify: false });
  const snapshot = createSnapshot(1, 0);
  const commands = createCommands(1, 0);
  const read = (): Promise<void> => bridge.readAll(snapshot, clock() + 100);
  const tell = (commandsEnabled: boolean): Promise<void> =>
    bridge.writeAll({ ...commands, commandsEnabled }, clock(), clock() + 100, true);
  return { stage, face, bridge, read, tell, writes: () => writes };
}
type FoundStage = Awaited<ReturnType<typeof foundStage>>;

const ways: readonly (readonly [string, (found: FoundStage) => unknown])[] = [
  ["a cycle", ({ tell }) => tell(false)],
  ["a verification", ({ bridge }) => bridge.verifyStages()],
  [
    "a stage that has just been found",
    ({ bridge }) => {
      bridge.verifyFound();
      return new Promise((resolve) => setTimeout(resolve, 50));
    },
  ],
  ["the utility's permission of service", ({ bridge }) => bridge.setPermitService(false)],
  [
    "a person who has the functions written anew",
    ({ bridge }) => {
      bridge.resetFunctions(0);
      return bridge.verifyStages();
    },
  ],
];

test("told to keep silent, the bridge writes nothing by any way; when it may speak, what came meanwhile is made up for", async () => {
  const found = await foundStage();
  await found.read();
  await found.tell(false);
  for (const [name, way] of ways) {
    await way(found);
    expect([name, found.writes()]).toEqual([name, 0]);
  }
  await found.tell(true);
  expect(await found.bridge.verifyStages()).toBe(true);
  expect(found.bridge.stages[0]!.context.verified).toBe(true);
  expect(found.face.get(703, "ES")).toBe(0);
});

test("a stage that was found and not read yet may be forming: it is not told that service is withdrawn", async () => {
  const { stage, face, bridge, read } = await foundStage();
  stage.role = "forming";
  await bridge.setPermitService(false);
  expect(face.get(703, "ES")).toBe(1);
  expect(bridge.stages[0]!.atRest).toBe(false);
  stage.role = "off";
  await read();
  await bridge.setPermitService(false);
  expect(face.get(703, "ES")).toBe(0);
  expect(bridge.stages[0]!.atRest).toBe(true);
});
