/**
 * The one sign: inside the core power is positive when it flows from the grid towards the vehicle (import, charging)
 * and negative when it flows back (export, discharging). The same holds at the PCC: positive is import.
 * Each edge with another convention flips in one of these functions and nowhere else. OCPP limits have the core's sign, and
 * what a vehicle may do stays two magnitudes, one for charging and one for discharging: there nothing flips.
 */

/** SunSpec DER models (701 W, 704 WSet): positive is generation, so discharging. An involution: works both ways. */
export const flipSunSpecDer = (power: number): number => (power === 0 ? 0 : -power);

/** A PCC meter. Makers differ: `importPositive` is the site's setting, proven at commissioning by a nudge. */
export const flipMeter = (power: number, importPositive: boolean): number =>
  importPositive || power === 0 ? power : -power;

/** IEEE 1547 functions: positive is injection into the grid. */
export const flipIeee1547 = (power: number): number => (power === 0 ? 0 : -power);
