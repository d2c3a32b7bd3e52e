/** Receipts of a contract's energy: the charger asks for one with a meter reading, the vehicle signs it. */
import type { SignedElement } from "../signatures.ts";
import type { SessionContext } from "./session.ts";

/** Whether this response of the loop asks for a receipt: by contract, at a meter, as often as the desk wants them. */
export function asksReceipt({ facts, contract, nowMs }: SessionContext): boolean {
  const everyMs = contract.desk?.receiptEveryMs;
  if (everyMs === undefined || !contract.proven || !Number.isFinite(facts.meterWh)) return false;
  if (contract.asked !== undefined) return true;
  if (nowMs - contract.askedAtMs < everyMs) return false;
  contract.asked = { meterId: facts.evseId.slice(0, 32), meterWh: Math.max(0, Math.round(facts.meterWh)) };
  contract.askedAtMs = nowMs;
  return true;
}

/** The vehicle's receipt: of the reading that was sent, signed by its contract. Why not, or an empty sentence. */
export function takeReceipt(
  { contract, carried }: SessionContext,
  element: SignedElement,
  meter: { readonly MeterID: string; readonly meterWh: number },
): string {
  const { desk, asked, contract: own } = contract;
  if (desk === undefined || asked === undefined || own === undefined) return "no receipt was asked for";
  if (meter.MeterID !== asked.meterId || meter.meterWh !== asked.meterWh) return "another reading than the one sent";
  const wrong = desk.verify(own.certificate, element, carried.signature);
  if (wrong !== "") return wrong;
  desk.receive({ emaid: own.emaid, meterId: asked.meterId, meterWh: asked.meterWh, exi: carried.exi });
  contract.asked = undefined;
  return "";
}
