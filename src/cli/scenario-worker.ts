/** A process of `islet scenario --seeds`: plays one scenario after the other, as it is told, and answers with the results. */
import { startIslet } from "../../sim/islet-controller.ts";
import { runScenario } from "../../sim/scenario.ts";
import { scenarioNamed } from "../../sim/scenarios/index.ts";
import { tuneForSteadyTick } from "../app/v8-tuning.ts";
import type { ScenarioJob } from "./scenario-pool.ts";

tuneForSteadyTick();
process.on("message", ({ name, seed, tickMs }: ScenarioJob) => {
  process.send!(runScenario(scenarioNamed(name)!, startIslet, { seed, ...(tickMs !== undefined && { tickMs }) }));
});
process.on("disconnect", () => process.exit());
// Whoever interrupts the command interrupts the parent, which ends its workers.
process.on("SIGINT", () => undefined);
