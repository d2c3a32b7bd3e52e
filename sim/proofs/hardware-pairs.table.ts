/**
 * What defeats software alone, from CONTRACT.md, as far as it lets two sources meet or feeds a grid that is out: with the
 * interlock that the contract asks for, the plant prevents it.
 */
import type { FaultName } from "./interleavings.ts";

export interface HardwarePair {
  readonly name: string;
  readonly together: readonly FaultName[];
  readonly interlock: string;
}

export const hardwarePairs: readonly HardwarePair[] = [
  {
    name: "K1 welded, and both contacts follow the command",
    together: [{ target: "transferDevice", error: "welded" }, { target: "transferDevice", error: "echo" }],
    interlock: "K1's mirror contact in the stages' gate enable",
  },
  {
    name: "bus voltmeter stuck at dead, and a stage's report stuck at off",
    together: [{ target: "transferDevice", error: "busDead" }, { target: "stage", error: "reportsOff" }],
    interlock: "relay 25, 27 in K1's close circuit",
  },
  {
    name: "a stage that forms by itself",
    together: [{ target: "stage", error: "formsItself" }],
    interlock: "K1's mirror contact in the stages' gate enable",
  },
];
