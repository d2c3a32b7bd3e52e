/** A small bus for the island's tests: stages that follow roles after a lag, share by ability, and empty their vehicles. */
import { createCommands } from "../../src/core/commands.ts";
import { islandMayStart, stepIsland } from "../../src/core/island/island.ts";
import { createIsland, type IslandConfig } from "../../src/core/island/state.ts";
import { tierTuning } from "../../src/core/island/tiers.ts";
import type { ModeOutput } from "../../src/core/modes/machine.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import type { Mode } from "../../src/domain/modes.ts";
import { hourMs } from "../../src/domain/units.ts";

export interface Vehicle {
  socPct: number;
  capacityWh: number;
  /** What it says its capacity is. */
  toldWh?: number;
  reservePct: number;
  ratedW: number;
  departsAtMs?: number;
  connected?: boolean;
  /** It answers, but never forms. */
  refuses?: boolean;
  /** It tells that it forms so long before it holds the bus, ms. */
  joinsAfterMs?: number;
  /** Its link answers nothing: readings stay as they were. */
  silent?: boolean;
  /** Its driver has pressed stop. */
  stopped?: boolean;
}

export const tickMs = 100;
const lagMs = 300;

export function createBus(
  vehicles: Vehicle[],
  tiersW: readonly number[],
  given: Partial<IslandConfig> & { inrush?: number } = {},
) {
  const config: IslandConfig = {
    nominalFrequencyHz: 60,
    tiers: tiersW.map((loadW, t) => ({ loadW, inrushFactor: given.inrush ?? 1, sheddable: t > 0 })),
    tierTuning,
    panelFreshMs: 1_500,
    ratedW: vehicles.map(({ ratedW }) => ratedW),
    reservePct: vehicles.map(() => 0),
    pv: { ratedW: 0, curtail: "command" },
    efficiency: 1,
    ...given,
  };
  const count = vehicles.length;
  const snapshot = createSnapshot(count, tiersW.length);
  const commands = createCommands(count, tiersW.length);
  const island = createIsland(config, count);
  const eligible = new Uint8Array(count);
  const roleAtMs = new Array<number>(count).fill(0);
  const formsSinceMs = new Array<number>(count).fill(0);
  const output = {
    mode: "isolated" as Mode,
    form: false,
    resynchronize: false,
    mayCharge: false,
    mayDischarge: false,
  } as ModeOutput;
  const bus = {
    config,
    snapshot,
    commands,
    island,
    eligible,
    output,
    vehicles,
    nowMs: 0,
    mayStart: false,
    loadW: [...tiersW],
    /** Voltage of a bus that is held up and not overloaded, pu. */
    weakPu: 1,
    pvAvailableW: 0,
    pvW: 0,
    unservedTicks: 0,
    deadTicks: 0,
    mostFormers: 0,
    servedWh: 0,
    overloadedTicks: 0,
    run(forMs: number, until: () => boolean = () => false): void {
      for (const endMs = bus.nowMs + forMs; bus.nowMs < endMs && !until(); ) tick();
    },
    forming: () => snapshot.stages.filter(({ role }) => role === "forming").length,
    set(mode: Mode): void {
      output.mode = mode;
      output.form = mode === "islandStarting" || mode === "islandRunning" || mode === "resyncing";
      output.resynchronize = mode === "resyncing";
      output.mayCharge = mode === "loadOnly" || mode === "parallel";
    },
  };

  /** Holds the bus up: it forms, and its time to join is over. */
  const holds = (i: number): boolean =>
    snapshot.stages[i]!.role === "forming" && bus.nowMs - formsSinceMs[i]! >= (vehicles[i]!.joinsAfterMs ?? 0);

  function tick(): void {
    bus.nowMs += tickMs;
    const nowMs = bus.nowMs;
    snapshot.wallMs = nowMs;
    let abilityW = 0;
    for (let i = 0; i < count; i++) {
      const vehicle = vehicles[i]!;
      const stage = snapshot.stages[i]!;
      const evse = snapshot.evses[i]!;
      const connected = vehicle.connected !== false;
      const able = connected && vehicle.socPct > 0 && !vehicle.refuses;
      const wanted = able ? commands.stages[i]!.role : "off";
      if (stage.role === wanted) roleAtMs[i] = nowMs;
      else if (nowMs - roleAtMs[i]! >= lagMs) stage.role = wanted;
      if (!connected) stage.role = "off";
      if (!vehicle.silent) stage.atMs = stage.liveAtMs = nowMs;
      stage.maxDischargeW = connected ? vehicle.ratedW : 0;
      stage.maxChargeW = connected && vehicle.socPct < 100 ? vehicle.ratedW : 0;
      stage.socPct = vehicle.socPct;
      stage.vehicleConnected = connected;
      evse.connected = connected;
      evse.socPct = vehicle.socPct;
      evse.capacityWh = vehicle.toldWh ?? vehicle.capacityWh;
      evse.reservePct = vehicle.reservePct;
      evse.departsAtMs = vehicle.departsAtMs ?? Number.NaN;
      eligible[i] = connected && !vehicle.stopped && vehicle.socPct > vehicle.reservePct ? 1 : 0;
      if (stage.role !== "forming") formsSinceMs[i] = nowMs;
      if (holds(i)) abilityW += vehicle.ratedW;
    }
    const live = abilityW > 0;
    let demandW = 0;
    snapshot.site.panelLiveAtMs = nowMs;
    for (let t = 0; t < tiersW.length; t++) {
      const powerW = live && commands.tierClosed[t] ? bus.loadW[t]! : 0;
      snapshot.site.tierLoadW[t] = powerW;
      demandW += powerW;
    }
    bus.pvW = live ? Math.min(bus.pvAvailableW, commands.pvLimitW) : 0;
    snapshot.site.pvPowerW = bus.pvW;
    const netW = demandW - bus.pvW;
    for (let i = 0; i < count; i++) {
      const stage = snapshot.stages[i]!;
      const vehicle = vehicles[i]!;
      const powerW = holds(i) ? (-netW * vehicle.ratedW) / abilityW : 0;
      if (!vehicle.silent) stage.powerW = powerW;
      vehicle.socPct = Math.min(
        100,
        Math.max(0, vehicle.socPct + (100 * powerW * tickMs) / hourMs / vehicle.capacityWh),
      );
    }
    const device = snapshot.transferDevice;
    device.busVoltagePu = live ? (netW > 1.1 * abilityW ? 0.7 : bus.weakPu) : 0;
    device.busFrequencyHz = live ? commands.stages.find(({ role }) => role === "forming")?.formFrequencyHz || 60 : 0;
    if (netW > abilityW) bus.overloadedTicks++;
    if (output.form && !live) bus.deadTicks++;
    bus.servedWh += (live ? demandW : 0) * (tickMs / hourMs);
    bus.mostFormers = Math.max(bus.mostFormers, bus.forming());
    if (!output.form) for (const command of commands.stages) command.role = "off";
    stepIsland(island, config, output, eligible, snapshot, commands, nowMs);
    bus.mayStart = islandMayStart(island, eligible);
  }
  return bus;
}
