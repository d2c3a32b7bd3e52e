/** Registers of energy that have reached their end and begun anew: 32 bits of whatever unit they count in. */

const wrapUnits = 2 ** 32;
const unitsWh = [0.001, 0.01, 0.1, 1, 10, 100, 1_000] as const;
/** So many units may a register be coarse. */
const coarseUnits = 2;

/** Where a register fell because it had reached its end: all that it can count, Wh; 0 where it did otherwise. `mostWh`: it can have grown by. */
export function wrapWh(beforeWh: number, nowWh: number, mostWh: number): number {
  if (nowWh >= beforeWh) return 0;
  for (const unitWh of unitsWh) {
    const spanWh = wrapUnits * unitWh;
    if (beforeWh < spanWh && spanWh - beforeWh + nowWh <= mostWh + coarseUnits * unitWh) return spanWh;
  }
  return 0;
}
