/** A link that a simulated device shares with another has no wire of its own to spoil: who asks for it is told, not obeyed in vain. */
import { expect, test } from "vitest";
import { depot } from "../../bench/lib/socket-site.ts";
import { startSimulator } from "../../sim/run/process.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";

const basePort = 20_000 + 100 * Math.floor(300 * Math.random());

test("the load panel that is a part of K1's device", async () => {
  const site = depot(1, 40, basePort);
  const sim = parseSimOptions({ building: { data: "none" } });
  if (!sim.ok) throw new Error(sim.error.join());
  const simulator = await startSimulator({ site, sim: sim.value, controlPort: 0 });
  try {
    const raise = async (target: string, error: string): Promise<[number, string]> => {
      const answer = await fetch(`${simulator.controlUrl}/fault`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ target, error, evse: 1, active: true }),
      });
      return [answer.status, await answer.text()];
    };
    const [status, words] = await raise("loadPanelLink", "down");
    expect(status).toBe(400);
    expect(words).toContain(
      `loadPanelLink down: it is behind 127.0.0.1:${basePort + 1} with another device, whose link it shares: raise it there`,
    );
    // What the panel can do by itself, and what the wire can, is done.
    expect((await raise("loadPanelLink", "freeze"))[0]).toBe(200);
    expect((await raise("transferDeviceLink", "down"))[0]).toBe(200);
    expect(simulator.simulation.faults.raised.map(({ target }) => target)).toEqual([
      "loadPanelLink",
      "transferDeviceLink",
    ]);
  } finally {
    await simulator.close();
  }
});
