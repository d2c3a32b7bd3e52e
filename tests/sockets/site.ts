/** A depot over real sockets in one process: simulated plant with its truth at hand, control thread, inputs written directly. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { depot, quickProfile } from "../../bench/lib/socket-site.ts";
import { type Simulator, startSimulator } from "../../sim/run/process.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";
import { type ControlHost, startControlHost } from "../../src/app/control/control-host.ts";
import { requestRealTime, simulatorPriority } from "../../src/app/control/real-time.ts";
import { plainSite } from "../../src/app/site/composition.ts";
import type { SiteConfig } from "../../src/config/site.ts";
import { invariant } from "../../src/domain/result.ts";

export { benchPermit as permit, sleep, until } from "../../bench/lib/socket-site.ts";

export interface SocketSite {
  readonly config: SiteConfig;
  readonly simulator: Simulator;
  readonly host: ControlHost;
  /** Sum of what the stages truly give, W. */
  dischargingW(): number;
  close(): Promise<void>;
}

/** Starts it all; `basePort` keeps test files apart from each other. */
export async function startSocketSite(stages: number, basePort: number, loadW: number): Promise<SocketSite> {
  const config = depot(stages, 20, basePort, 85);
  const simulator = await startPlant(config, loadW);
  const folder = mkdtempSync(join(tmpdir(), "islet-test-"));
  const host = startControlHost({
    site: plainSite(config, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    onMessage: () => undefined,
    onEnd: () => undefined,
  });
  return {
    config,
    simulator,
    host,
    dischargingW: () => discharging(simulator),
    async close() {
      await host.stop();
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startPlant(config: SiteConfig, loadW: number): Promise<Simulator> {
  const parsed = parseSimOptions({ ...config.sim, building: { data: "none" } });
  invariant(parsed.ok, "the simulator's options are right");
  requestRealTime(simulatorPriority, "The simulator");
  const simulator = await startSimulator({ site: config, sim: parsed.value, controlPort: 0 });
  const { world } = simulator.simulation;
  world.truth.exportLimitW = 0;
  world.truth.mayDischarge = true;
  for (const tier of world.tiers) tier.loadW = 0;
  world.building.hold(loadW);
  return simulator;
}

export const discharging = (simulator: Simulator): number =>
  simulator.simulation.world.stages.reduce((sum, stage) => sum - stage.truePowerW, 0);

/** Everybody requests to discharge all that is allowed. */
export function requestDischarge(host: ControlHost, permit: ControlHost["site"]["permit"]): void {
  Object.assign(host.site, { serviceEnabled: true, permit: { ...permit } });
  for (const evse of host.evses) {
    Object.assign(evse, {
      authorized: true,
      reservePct: 20,
      requestedW: -60_000,
      requestSource: "backend",
      requestUntilMs: Number.MAX_VALUE,
    });
  }
  host.flush();
}
