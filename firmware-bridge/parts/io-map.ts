/** The map of an I/O module: single inputs and outputs by their addresses, as far as the site uses them. */
import type { CommandRow, DeviceMap, FactRow } from "../maps/device-map.ts";

/** An output that does not change is written again after this time, ms: a module that restarted gets it back. */
const refreshMs = 2_000;

/**
 * `inputs` and `outputs` are addresses, 0-based; their places in these lists are the places of the facts and commands of the
 * map. A module of which only outputs are used is read at its first output, so that its silence shows.
 */
export function createIoMap(
  inputs: readonly number[],
  outputs: readonly number[],
  inputsAre: "discrete" | "coils",
): DeviceMap {
  const readFunction = inputsAre === "coils" ? 1 : 2;
  const plain = { type: "bit", scale: 1, sign: "load" } as const;
  const facts = inputs.map(
    (address, i): FactRow => ({ ...plain, name: `in${i + 1}`, address, readFunction, pace: "cycle" }),
  );
  if (facts.length === 0)
    facts.push({ ...plain, name: "in1", address: outputs[0] ?? 0, readFunction: 1, pace: "cycle" });
  const commands = outputs.map(
    (address, i): CommandRow => ({
      ...plain,
      name: `out${i + 1}`,
      address,
      // Each output in a request of its own: one must be able to go off without another going on.
      request: `out${i + 1}`,
      refreshMs,
      onHeartbeatLoss: "as the module is set",
    }),
  );
  return { kind: "io", readFunction, writeFunction: 5, facts, commands };
}

/** A meter's map for a site whose K1 rests on its voltage: voltage and frequency in each cycle, powers once a second. */
export const asVoltmeter = (map: DeviceMap): DeviceMap => ({
  ...map,
  facts: map.facts.map((row) => ({ ...row, pace: voltmeterRow.test(row.name) ? "cycle" : "second" })),
});
const voltmeterRow = /^(?:voltage|frequencyHz$|sampleCount$)/;
