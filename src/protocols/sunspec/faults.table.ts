/** What can be wrong with a SunSpec device as a whole. */
import type { Clears } from "../../domain/reasons.ts";

export const sunspecFaults = {
  "no-sunspec":        { clears: "itself",  sentence: "The device has no SunSpec map at any of the usual addresses." },
  "chain-broken":      { clears: "itself",  sentence: "A model's identifier or length in the chain is impossible." },
  "chain-without-end": { clears: "itself",  sentence: "The chain of models has no end." },
  "chain-unreadable":  { clears: "itself",  sentence: "The chain of models could not be read to its end." },
  "scale-missing":     { clears: "itself",  sentence: "A scale factor that is needed says not implemented or is out of range." },
  "point-missing":     { clears: "itself",  sentence: "A point that is needed is not in the device's model." },
} as const satisfies Record<string, { readonly sentence: string; readonly clears: Clears }>;

/** The stable key of what is wrong with a device's models. */
export type SunspecFault = keyof typeof sunspecFaults;
