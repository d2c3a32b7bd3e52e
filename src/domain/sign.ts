/**
 * The one sign: inside the core power is positive when it flows from the grid towards the vehicle (import, charging)
 * and negative when it flows back (export, discharging). The same holds at the PCC: positive is import.
 * Each edge with another convention flips in one of these functions and nowhere else.
 */

/** SunSpec DER models (701 W, 704 WSet): positive is generation, so discharging. An involution: works both ways. */
export const flipSunSpecDer = (power: number): number => (power === 0 ? 0 : -power);

/** A PCC meter. Makers differ: `importPositive` is the site's setting, proven at commissioning by a nudge. */
export const flipMeter = (power: number, importPositive: boolean): number =>
  importPositive || power === 0 ? power : -power;

/** IEEE 1547 functions: positive is injection into the grid. */
export const flipIeee1547 = (power: number): number => (power === 0 ? 0 : -power);

/** ISO 15118-20: charge and discharge powers are two magnitudes. Negative inputs are a fault of the peer, so zero. */
export const fromIsoMagnitudes = (
  chargeW: number,
  dischargeW: number,
): { readonly minW: number; readonly maxW: number } => ({
  minW: dischargeW > 0 ? -dischargeW : 0,
  maxW: chargeW > 0 ? chargeW : 0,
});

/** OCPP charging limits: positive charges, negative discharges; the same sign as ours, said once so that it is tested. */
export const fromOcppLimit = (limit: number): number => limit;
