/** `islet sim`: the simulated hardware of a site in real time, on the addresses that its configuration names. */
import type { Command } from "commander";
import { startSimulator } from "../../sim/run/process.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";
import { requestRealTime, simulatorPriority } from "../app/control/real-time.ts";
import { loadSite } from "../app/site/load-config.ts";
import { port, seconds, seed } from "./asked.ts";
import { ownController } from "./demo/sim-controller.ts";
import { leaveScreenOfTheDead } from "./demo/terminal-screen.ts";

interface SimCommandOptions {
  readonly config: string;
  readonly controlPort: number;
  readonly seed?: number;
  readonly seconds?: number;
  readonly controller?: boolean;
  readonly verbose?: boolean;
}

export function simCommand(program: Command): void {
  program
    .command("sim")
    .description("run the simulator of a site's hardware")
    .requiredOption("--config <file>", "the site's configuration, YAML; its `sim` section says what to pretend")
    .option("--control-port <n>", "port of the control API on loopback; 0 takes any free one", port, 15_900)
    .option("--seed <n>", "seed of everything that is random, instead of the configuration's", seed)
    .option("--seconds <n>", "end by itself after this time", seconds)
    .option(
      "--controller",
      "own the site's controller too: the control API can then restart it, cut its link, swipe cards",
    )
    .option("--verbose", "with --controller: what it says, on standard error")
    .action(async (options: SimCommandOptions) => {
      const { config: site } = loadSite(options.config);
      const parsed = parseSimOptions({
        ...site.sim,
        ...(options.seed !== undefined && { seed: options.seed }),
      });
      if (!parsed.ok)
        throw new Error(`the sim section has ${parsed.error.length} to mend:\n${parsed.error.join("\n")}`);
      // Real hardware is punctual whatever this machine does; simulated hardware has to ask for it, also for the engine's helper
      // threads: on a machine whose cores are all busy every simulated device would wait for them, silent at the same moment.
      requestRealTime(simulatorPriority, "The simulator", "all");
      let end: (failed: boolean) => void = () => undefined;
      const ended = new Promise<boolean>((resolve) => {
        end = resolve;
      });
      const owned = options.controller
        ? ownController({
            configFile: options.config,
            demo: true,
            onMessage: (message) => process.connected && process.send?.(message),
            onLine: (line) => options.verbose && process.stderr.write(`${line}\n`),
            onFailure(sentence) {
              process.stderr.write(`islet: ${sentence}\n`);
              end(true);
            },
          })
        : undefined;
      const simulator = await startSimulator({
        site,
        sim: parsed.value,
        controlPort: options.controlPort,
        ...(owned && { hooks: owned.hooks }),
      });
      process.stdout.write(
        `${site.site.name} simulated: ${simulator.servers.length} Modbus servers listening. Control API: ${simulator.controlUrl}\n`,
      );
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(false));
      process.once("disconnect", () => {
        leaveScreenOfTheDead();
        end(false);
      });
      if (options.seconds !== undefined) setTimeout(end, 1_000 * options.seconds, false);
      await owned?.start();
      const failed = await ended;
      await owned?.stop();
      await simulator.close();
      process.exit(failed ? 1 : 0);
    });
}
