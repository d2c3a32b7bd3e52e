/** What each fact is, for a person with the maker's manual, and between which bounds it is plausible at a site. */

/** [name, what it is, least and most that is plausible]; without bounds anything is. */
export type FactWords = readonly [name: string, words: string, min?: number, max?: number];

const power: readonly [number, number] = [-5_000_000, 5_000_000];
const phaseV: readonly [number, number] = [80, 300];
const lineV: readonly [number, number] = [150, 750];

export const factWords: readonly FactWords[] = [
  ["powerW", "power, W: all phases together", ...power],
  ["powerAW", "power of the first phase, W", ...power],
  ["powerBW", "power of the second phase, W", ...power],
  ["powerCW", "power of the third phase, W", ...power],
  ["reactiveVar", "reactive power, var", ...power],
  ["voltageAV", "voltage of the first phase to neutral, V", ...phaseV],
  ["voltageBV", "voltage of the second phase to neutral, V", ...phaseV],
  ["voltageCV", "voltage of the third phase to neutral, V", ...phaseV],
  ["voltageV", "voltage between two phases, V", ...lineV],
  ["phaseVoltageV", "voltage from a phase to neutral, V", ...phaseV],
  ["lineVoltageV", "voltage between two phases, V", ...lineV],
  ["voltagePu", "voltage as a share of the nominal one", 0.5, 1.5],
  ["frequencyHz", "frequency, Hz", 40, 70],
  ["roleCode", "what the stage does: off, charge, discharge, forming"],
  ["on", "whether the stage is on"],
  ["vehicleConnected", "whether a vehicle is connected"],
  ["antiIslanding", "whether its anti-islanding is on"],
  ["socPct", "state of charge, %", 0, 100],
  ["maxChargeW", "most it can charge with now, W", 0, 1_000_000],
  ["maxDischargeW", "most it can give back now, W", 0, 1_000_000],
  ["capacityWh", "the battery's capacity, Wh", 1_000, 10_000_000],
  ["importWh", "energy that it has taken, Wh", 0, 1e12],
  ["exportWh", "energy that it has given back, Wh", 0, 1e12],
  ["heartbeat", "a counter that it advances by itself"],
  ["alarmBits", "its alarms, as bits"],
  ["watchdogTripped", "whether its watchdog has acted"],
  ["local", "whether it is operated on the spot"],
  ["contactNo", "the auxiliary contact that is made when K1 is closed"],
  ["contactNc", "the auxiliary contact that is made when K1 is open"],
  ["gridPhaseVoltageV", "voltage on the grid's side, phase to neutral, V", 0, 300],
  ["gridFrequencyHz", "frequency on the grid's side, Hz", 0, 70],
  ["busPhaseVoltageV", "voltage on the site's side, phase to neutral, V", 0, 300],
  ["busFrequencyHz", "frequency on the site's side, Hz", 0, 70],
  ["closedBits", "which tiers are closed, as bits"],
  ["ratedW", "its rating, W", 100, 100_000_000],
];

/** What is odd about a fact's value; empty where it is plausible, or nobody can say. */
export function oddness(name: string, value: number): string {
  if (Number.isNaN(value)) return "not known: the device says so, or no code fits";
  const row = factWords.find(([fact]) => fact === name);
  const [, , min, max] = row ?? [];
  if (min === undefined || max === undefined || (value >= min && value <= max)) return "";
  return `outside ${min} to ${max}`;
}

/** What a device's values say about each other; empty where they agree. */
export function disagreement(values: Readonly<Record<string, number>>): string {
  const { powerW, powerAW, powerBW, powerCW } = values;
  if (powerW === undefined || powerAW === undefined || powerBW === undefined || powerCW === undefined) return "";
  const sum = powerAW + powerBW + powerCW;
  const most = Math.max(50, 0.05 * (Math.abs(powerAW) + Math.abs(powerBW) + Math.abs(powerCW)));
  if (!(Math.abs(sum - powerW) > most)) return "";
  return `powerW ${Math.round(powerW)} is not the sum of the phases, ${Math.round(sum)}`;
}
