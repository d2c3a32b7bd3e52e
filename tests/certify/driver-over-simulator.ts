/** A driver of `islet certify` with the simulator behind it: what a laboratory's driver has to do, and how `--against` is tried. */
import { createInterface } from "node:readline";
import { simulatedRig } from "../../sim/certify/simulated-rig.ts";
import type { Play } from "../../src/certify/rig.ts";
import { standardGridProfile } from "../../src/config/grid-profiles.ts";

const rig = simulatedRig({ profile: standardGridProfile, seed: 5 });
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

say({ ...rig.facts, name: "simulator behind a driver" });
for await (const line of createInterface({ input: process.stdin })) {
  const { play } = JSON.parse(line) as { readonly play: Play };
  const recording = await rig.play(play);
  const channels = ["voltagePu", "frequencyHz", "activePu", "reactivePu"] as const;
  const series = channels.map((channel) => [channel, [...recording[channel]]]);
  say({ stepS: recording.stepS, ...Object.fromEntries(series) });
}
