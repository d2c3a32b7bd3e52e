/** Whether a device is the one that was commissioned, and what is different where it is not. */
import { type ModelImage, textOf } from "../../src/protocols/sunspec/chain.ts";
import { type Identity, identityOf } from "../maps/sunspec-binding.ts";
import type { DeviceFault } from "./faults.table.ts";

const fields = ["manufacturer", "model", "serialNumber", "version"] as const;

const faultOf = (field: (typeof fields)[number], expected: string, found: string): DeviceFault => ({
  fault: field === "version" ? "firmware-differs" : "identity-differs",
  detail: `${field}: expected "${expected}", found "${found}"`,
});

/** Undefined where everything that the site file names is as it names it. */
export function compareIdentity(found: Identity, expected: Partial<Identity>): DeviceFault | undefined {
  for (const field of fields) {
    const wanted = expected[field];
    if (wanted !== undefined && wanted !== found[field]) return faultOf(field, wanted, found[field]);
  }
  return undefined;
}

/** What of model 1 is no longer as it was, read anew after a reconnection; undefined where nothing is. */
export function identityChange(common: ModelImage, reply: Buffer): DeviceFault | undefined {
  const length = Math.min(reply.length, common.bytes.length);
  const bytes = reply.subarray(0, length);
  if (bytes.equals(common.bytes.subarray(0, length))) return undefined;
  const now: ModelImage = { ...common, bytes };
  const [before, after] = [identityOf(new Map([[1, common]])), identityOf(new Map([[1, now]]))];
  const field = fields.find((one) => before[one] !== after[one]);
  if (field !== undefined) {
    const { fault, detail } = faultOf(field, before[field], after[field]);
    return { fault, detail: `${detail}, after a reconnection` };
  }
  const options = `"${textOf(common, "Opt")}"`;
  const found = `"${textOf(now, "Opt")}"`;
  const detail =
    options === found
      ? `model 1: expected ${common.bytes.toString("hex")}, found ${bytes.toString("hex")}`
      : `options: expected ${options}, found ${found}`;
  return { fault: "identity-differs", detail: `${detail}, after a reconnection` };
}
