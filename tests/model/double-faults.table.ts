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
  /** What breaks, one of these. */
  readonly breaks: readonly InvariantName[];
  readonly consequence: string;
  /** Undefined: a nuisance that no hardware is worth. */
  readonly interlocks: Partial<Interlocks> | undefined;
  readonly interlock: string;
  readonly options?: Partial<WorldOptions>;
}

const with_ = (one: FaultName, ...others: FaultName[]): FaultPair[] => others.map((other) => [one, other]);

export const doubleFaults: readonly DoubleFault[] = [
  { pairs: with_("K1 welded", "contacts echo the command"), breaks: ["I1"], consequence: "the utility's dead line is fed until its side wakes (K0)", interlocks: { mirrorContact: true }, interlock: "mirror contact of K1 wired into the gate enable of every stage that may form" },
];
