/**
 * Two faults together that defeat the software, and the hardware that must not let them (`firmware-bridge/CONTRACT.md`). Each is
 * explored twice: without that hardware it must break, with it nothing may.
 */
import type { FaultName } from "./faults.table.ts";
import type { InvariantName } from "./invariants.ts";
import type { Interlocks } from "./plant.ts";
import type { FaultPair, WorldOptions } from "./world.ts";

export interface DoubleFault {
  readonly pairs: readonly (FaultPair | readonly [FaultName])[];
  /** What breaks first. */
  readonly breaks: InvariantName;
  readonly consequence: string;
  /** Undefined: a nuisance that no hardware is worth. */
  readonly interlocks: Partial<Interlocks> | undefined;
  readonly interlock: string;
  readonly options?: Partial<WorldOptions>;
}

const pairsOf = (one: FaultName, ...others: FaultName[]): FaultPair[] => others.map((other) => [one, other]);

const mirror = { interlocks: { mirrorContact: true }, interlock: "the mirror contact of K1 in the stages' gate enable" } as const;
const contactor = { interlocks: { stageContactor: true }, interlock: "the stage's own contactor, opened by its reverse-power element and its watchdog" } as const;
const closeRelay = { interlocks: { closeRelay: true }, interlock: "the dead-bus or synchronism relay (27, 25) in the close coil" } as const;
const nuisance = { breaks: "leaves-grid-for-cause", consequence: "an island that nobody needed", interlocks: undefined, interlock: "" } as const;
const withPermits = { options: { free: ["grid", "permit"] } } as const;
const strict = { options: { strict: true } } as const;

export const doubleFaults: readonly DoubleFault[] = [
  { pairs: pairsOf("K1 welded", "contacts echo the command"), breaks: "never-forms-on-the-grid", consequence: "the utility's dead line is fed until its side wakes (row `start-grid-woke`)", ...mirror },
  { pairs: [...pairsOf("K1 welded", "stage forms itself"), ...pairsOf("K1 slow", "stage forms itself")], breaks: "never-forms-on-the-grid", consequence: "a stage forms on the grid and K1 can't, or can't in time, cut it off", ...mirror },
  { pairs: pairsOf("stage never stops", "K1 welded", "K1 slow", "K1 silent", "stage silent", "report stuck charge"), breaks: "discharge-with-authority", consequence: "export goes on", ...contactor },
  { pairs: pairsOf("stage never stops", "report stuck off"), breaks: "discharge-with-authority", consequence: "export goes on after the permit is gone", ...contactor, ...withPermits },
  { pairs: [...pairsOf("K1 welded", "stage discharges itself"), ...pairsOf("K1 slow", "stage discharges itself")], breaks: "discharge-with-authority", consequence: "export goes on", ...contactor },
  { pairs: pairsOf("meter stuck normal", "grid voltmeter stuck normal"), breaks: "discharge-with-authority", consequence: "discharge into an abnormal grid", interlocks: { gridProtection: true }, interlock: "the stage's certified protection" },
  { pairs: pairsOf("K1 closes itself", "bus voltmeter stuck dead"), breaks: "closes-dead-or-in-step", consequence: "K1 is closed onto a bus that is still live", ...closeRelay },
  { pairs: pairsOf("meter stuck dead", "grid voltmeter stuck dead", "grid voltmeter stuck abnormal", "K1 silent"), ...nuisance },
  { pairs: pairsOf("meter stuck abnormal", "grid voltmeter stuck dead", "grid voltmeter stuck abnormal", "K1 silent"), ...nuisance },
  { pairs: pairsOf("meter silent", "grid voltmeter stuck dead", "grid voltmeter stuck abnormal", "K1 silent"), ...nuisance },
  { pairs: [["K1 closes itself"]], breaks: "never-forms-on-the-grid", consequence: "K1 closes while a stage forms: alone beyond software, which only reacts", ...mirror, ...strict },
  { pairs: [["stage forms itself"]], breaks: "never-forms-on-the-grid", consequence: "a stage forms while K1 is closed: alone beyond software, which only reacts", ...mirror, ...strict },
];
