/** A process of `islet swarm`: plays one seed after the other, as it is told, and answers with what it found. */
import { runSwarm, type SwarmOptions } from "../../../sim/swarm/run.ts";
import { linesOf, shrinkSwarm } from "../../../sim/swarm/shrink.ts";
import { tuneForSteadyTick } from "../../app/control/v8-tuning.ts";
import type { SwarmJob, SwarmRow } from "./swarm.ts";

tuneForSteadyTick();
process.on("message", ({ seed, hours, evsesMax, evses, tickMs, shrinks }: SwarmJob) => {
  const options: SwarmOptions = {
    hours,
    ...(evsesMax !== undefined && { evsesMax }),
    ...(evses !== undefined && { evses }),
    ...(tickMs !== undefined && { tickMs }),
  };
  const result = runSwarm(seed, options);
  const story = result.ok ? [] : shrinks ? linesOf(shrinkSwarm(result, options)) : [];
  const row: SwarmRow = { ...result, story };
  process.send!(row);
});
process.on("disconnect", () => process.exit());
// Whoever interrupts the command interrupts the parent, which ends its workers.
process.on("SIGINT", () => undefined);
