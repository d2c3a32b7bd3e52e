/** One recording for several rows: it is made once for each rig, by whichever of them asks first. */
import type { Finding } from "./procedure.ts";
import { plotOf } from "./reading.ts";
import type { Play, Recording, Rig } from "./rig.ts";

/** The recording of a run, made at the first call for a rig. */
export function recorded(play: Play): (rig: Rig) => Promise<Recording> {
  const made = new WeakMap<Rig, Promise<Recording>>();
  return (rig) => {
    const recording = made.get(rig) ?? rig.play(play);
    made.set(rig, recording);
    return recording;
  };
}

/** A figure read off a recording, with its bounds. */
type Figure = Pick<Finding, "measured" | "low" | "high">;

/** What a row makes of a recording: a moment, exact to a sample and the instrument's time. */
export const timeOf =
  (record: (rig: Rig) => Promise<Recording>, figure: (recording: Recording) => Figure) =>
  async (rig: Rig): Promise<Finding> => {
    const recording = await record(rig);
    const uncertainty = recording.stepS + rig.facts.instruments.timeS;
    return { ...figure(recording), uncertainty, plot: plotOf(recording, ["activePu", "exchangePu"]) };
  };

/** The same for a power of the rating. */
export const powerOf =
  (record: (rig: Rig) => Promise<Recording>, figure: (recording: Recording) => Figure) =>
  async (rig: Rig): Promise<Finding> => {
    const recording = await record(rig);
    const found = figure(recording);
    const plot = plotOf(recording, ["activePu", "exchangePu"], found);
    return { ...found, uncertainty: rig.facts.instruments.activePu, plot };
  };
