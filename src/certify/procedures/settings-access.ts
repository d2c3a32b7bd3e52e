/**
 * Who may change a setting of the power control system: over the equipment's registers the client that is named and a stranger
 * on another address try to move what protects the grid, and nothing may have moved. What people do on the equipment's own page
 * needs hands.
 */
import type { Case } from "../procedure.ts";
import type { RegisterClient, Rig } from "../rig.ts";
import { registerCase, told } from "./interoperability.ts";
import { guardedPoints } from "./register-points.table.ts";

/** What a stranger tries beside: what even a named client may write. */
const open: readonly (readonly [model: number, point: string, name: string])[] = [
  [704, "WMaxLimPct", "a limit of discharging"],
  [704, "WSetEna", "a request"],
  [702, "WChaRteMax", "a limit of charging"],
];

const changed = { quantity: "settings that were changed", unit: "count" };

export const settingsAccessCases = (): readonly Case[] => [
  ...guardedPoints.map(([model, point, name, change]) =>
    registerCase(
      `the named client sets ${name}`,
      changed.quantity,
      changed.unit,
      async (client) => {
        // An enable that is not implemented can be tried all the same.
        const before = await told(client, model, point);
        if (typeof before !== "number" && !client.has(model, point)) return before;
        const now = typeof before === "number" ? before : 1;
        return counted(
          await isChanged(client, model, point, change(now), () => client.write(model, point, change(now))),
        );
      },
      { quick: true, setting: `${model}.${point}` },
    ),
  ),
  ...[...open, ...guardedPoints].map(
    ([model, point, name]): Case => ({
      name: `a stranger sets ${name}`,
      ...changed,
      direction: "discharging",
      setting: `${model}.${point}`,
      needs: {},
      ability: "stranger",
      quick: true,
      async run(rig: Rig) {
        const client = rig.registers!;
        if (!client.has(model, point)) return { missing: `${model}.${point} is not served` };
        const before = await client.read(model, point);
        const wanted = other(before);
        return counted(await isChanged(client, model, point, wanted, () => rig.strangerWrites!(model, point, wanted)));
      },
    }),
  ),
  {
    name: "each role of the equipment's own page sets an export limit",
    ...changed,
    direction: "discharging",
    setting: "",
    needs: {},
    ability: "hands",
    run: () => Promise.reject(new Error("no rig has hands")),
  },
];

/** A value that is not this one, and that any point can carry. */
const other = (value: number): number => (value === 1 ? 0 : 1);

/** Whether a write was taken, or has moved the point; what was moved is put back. */
async function isChanged(
  client: RegisterClient,
  model: number,
  point: string,
  wanted: number,
  write: () => Promise<number>,
): Promise<boolean> {
  const before = await client.read(model, point);
  const code = await write();
  const after = await client.read(model, point);
  const moved = !Object.is(before, after);
  if (moved && !Object.is(before, wanted)) await client.write(model, point, before);
  return code === 0 || moved;
}

const counted = (isOne: boolean) => ({ measured: isOne ? 1 : 0, low: null, high: 0, uncertainty: 0 });
