/**
 * Inverters in vehicles (R7): which vehicles may feed through an EVSE of the site. The permit names pairs that were examined
 * together; whether it is in force now is judged in every cycle by the core.
 */
import type { PermitInForce } from "./permit.ts";

/** Vehicles that an EVSE is permitted with, and why no other one feeds there. */
export interface PermittedPairs {
  /** Identifiers of vehicles, upper case. */
  readonly vehicles: readonly string[];
  /** Said of a vehicle that is not among them. */
  readonly why: string;
}

const none = (why: string): PermittedPairs => ({ vehicles: [], why });

/** `serialNumber` of the EVSE's power stage; undefined while nobody knows it. */
export function permittedPairs(
  { permit, refusal, facts }: Pick<PermitInForce, "permit" | "refusal" | "facts">,
  serialNumber: string | undefined,
): PermittedPairs {
  if (permit === undefined) return none("there is no permit, which would name pairs of EVSE and vehicle");
  if (facts.revoked || refusal !== undefined || !facts.equipmentMatches)
    return none("the permit, which would name pairs of EVSE and vehicle, is not in force");
  if (serialNumber === undefined) return none("the EVSE has not told its serial number");
  const own = (permit.pairs ?? []).filter(({ evse }) => evse === serialNumber);
  return {
    vehicles: own.map(({ vehicle }) => vehicle.toUpperCase()),
    why: `permit ${permit.reference} names no pair of EVSE ${serialNumber} and this vehicle (UL 1741 SC, SAE J3072)`,
  };
}
