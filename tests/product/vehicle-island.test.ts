/** The grid fails while a vehicle is in session: its battery carries the loads behind K1, and the session goes on all the while. */
import { expect, it } from "vitest";
import { until } from "./site/judge.ts";
import { startVehicleSite } from "./site/vehicle-site.ts";

const patienceMs = 60_000;

it(
  "an island is carried by a vehicle of ISO 15118-20 in its session, and by nobody when it leaves",
  async () => {
    const site = await startVehicleSite({
      evse: { gridForming: true },
      config: (basePort) => {
        const place = { host: "127.0.0.1", port: basePort + 40, freshMs: 1_500 };
        return {
          site: {
            name: "Vehicles",
            serviceMode: "non-parallel-backup",
            nominalVoltageV: 480,
            gridProfile: "./quick.yaml",
            utilityNotified: true,
          },
          transferDevice: { kind: "open-transition", ...place, travelMs: 100 },
          loadPanel: place,
          tiers: [{ name: "House", loadW: 4_000, sheddable: false }],
        };
      },
    });
    try {
      const { world } = site;
      const { done, socket } = site.vehicle(0);
      expect(await until(() => world.stages[0]!.truePowerW > 1_000, patienceMs)).toBe(true);
      world.setGrid({ present: false });
      const carried = () => world.network.tiersW > 3_500 && world.stages[0]!.truePowerW < -3_500;
      expect(await until(carried, patienceMs)).toBe(true);
      // What comes out of the battery passes the session's port.
      expect(world.stages[0]!.port).toMatchObject({ phase: "energy", closed: true });
      socket.destroy();
      expect((await done).complete).toBe(false);
      expect(await until(() => !world.stages[0]!.port!.closed && world.network.tiersW === 0, patienceMs)).toBe(true);
    } finally {
      await site.stop();
    }
  },
  3 * patienceMs,
);
