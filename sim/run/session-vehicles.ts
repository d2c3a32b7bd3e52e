/**
 * Vehicles that speak: each plugged vehicle with a session of its own connects to the charging place's port on this machine, goes
 * through its session with the battery that the plant has, and begins again when it was ended, as a vehicle does.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SiteConfig } from "../../src/config/site.ts";
import { BetweenSessions, energyOf, habitNow, pluggedOptions, type SessionUse } from "../peers/vehicle/plugged.ts";
import { streamOf } from "../peers/vehicle/socket-stream.ts";
import type { VehicleEnergy } from "../peers/vehicle/steps.ts";
import { driveSession, type VehicleResult } from "../peers/vehicle/vehicle.ts";
import type { Vehicle } from "../plant/vehicle.ts";
import type { Simulation } from "./simulation.ts";

/** Between two looks at a place without a session, and after a session that was ended, ms. */
const lookEveryMs = 1_000;
const againAfterMs = 3_000;
/** Between two requests, as vehicles in recordings do, ms. */
const requestEveryMs = 100;
export interface SessionVehicles {
  stop(): void;
}

/** Starts to look at every place that has a link to vehicles with a port. */
export function startSessionVehicles(site: SiteConfig, simulation: Simulation): SessionVehicles {
  let stopped = false;
  const sockets = new Set<Socket>();
  site.evses.forEach(({ vehicleLink: link }, evse) => {
    if (link !== undefined && link.port > 0) void live(evse, link.port, energyOf(link.connector));
  });

  async function live(evse: number, port: number, energy: VehicleEnergy): Promise<void> {
    const vehicle = simulation.world.vehicles[evse]!;
    const between = new BetweenSessions(simulation.world.stages[evse]!.port);
    for (;;) {
      await sleep(lookEveryMs, undefined, { ref: false });
      if (stopped) return;
      const use = simulation.uses[evse]!.session;
      if (!vehicle.connected) between.forget();
      if (use === null || !vehicle.connected || vehicle.paused || between.sleeps(habitNow(vehicle, use))) continue;
      const result = await goThrough(evse, port, energy, use, vehicle, between.resumes);
      if (result !== undefined) between.ended(result);
      vehicle.pilot = "";
      await sleep(againAfterMs, undefined, { ref: false });
    }
  }

  async function goThrough(
    evse: number,
    port: number,
    energy: VehicleEnergy,
    use: SessionUse,
    vehicle: Vehicle,
    resumes: string | undefined,
  ): Promise<VehicleResult | undefined> {
    const socket = await open(port);
    if (socket === null) return undefined;
    sockets.add(socket);
    // The plug is pulled: nothing more comes from this vehicle.
    const watch = setInterval(() => {
      if (!vehicle.connected) socket.destroy();
    }, requestEveryMs);
    try {
      const pace = () => sleep(requestEveryMs, undefined, { ref: false });
      const unixS = () => Date.now() / 1_000;
      return await driveSession(
        streamOf(socket),
        pluggedOptions(vehicle, use, { evse, energy }, { unixS, pace, resumes }),
      );
    } finally {
      clearInterval(watch);
      sockets.delete(socket);
      socket.destroy();
    }
  }

  return {
    stop() {
      stopped = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Null while nobody listens. */
const open = (port: number): Promise<Socket | null> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
