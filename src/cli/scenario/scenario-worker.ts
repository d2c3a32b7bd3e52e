/** A process of `islet scenario --seeds`: plays one scenario after the other, as it is told, and answers with the results. */

import { scenarioNamed } from "../../../sim/scenarios/index.ts";
import { startIslet } from "../../../sim/story/islet-controller.ts";
import { runScenario } from "../../../sim/story/scenario.ts";
import { tuneForSteadyTick } from "../../app/control/v8-tuning.ts";
import type { ScenarioJob } from "./scenario.ts";

tuneForSteadyTick();
process.on("message", ({ name, seed, tickMs }: ScenarioJob) => {
  process.send!(runScenario(scenarioNamed(name)!, startIslet, { seed, ...(tickMs !== undefined && { tickMs }) }));
});
process.on("disconnect", () => process.exit());
// Whoever interrupts the command interrupts the parent, which ends its workers.
process.on("SIGINT", () => undefined);
