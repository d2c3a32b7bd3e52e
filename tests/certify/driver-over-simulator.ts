/** A driver of `islet certify` with the simulator behind it: what a laboratory's driver has to do, and how `--against` is tried. */
import { createInterface } from "node:readline";
import { simulatedRig } from "../../sim/certify/simulated-rig.ts";
import type { Play, ResonantLoad, TwoSides } from "../../src/certify/rig.ts";
import { standardGridProfile } from "../../src/config/grid-profiles.ts";

const rig = simulatedRig({ profile: standardGridProfile, seed: 5 });
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

interface Question {
  readonly play?: Play;
  readonly island?: ResonantLoad;
  readonly couple?: TwoSides;
}

const abilities = rig.facts.abilities!.filter((one) => one !== "chain");
say({ ...rig.facts, abilities, name: "simulator behind a driver" });
for await (const line of createInterface({ input: process.stdin })) {
  const { play, island, couple } = JSON.parse(line) as Question;
  // Infinity is no number of JSON: an island that still lives is null.
  if (island) say({ livedS: await rig.island!(island) });
  if (couple) say({ touch: await rig.couple!(couple) });
  if (!play) continue;
  const recording = await rig.play(play);
  const channels = ["voltagePu", "frequencyHz", "activePu", "reactivePu", "exchangePu"] as const;
  const series = channels.map((channel) => [channel, [...recording[channel]!]]);
  say({ stepS: recording.stepS, ...Object.fromEntries(series) });
}
