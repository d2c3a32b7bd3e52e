/** The sites at which interleavings are told: what K1 is, and what the stages can do. */
import type { TransferDeviceConfig } from "../plant/transfer-device.ts";
import { listedForClosedTransition } from "../world-config.ts";

export interface ProofSite {
  readonly name: string;
  readonly file: string;
  readonly closedTransition: boolean;
  /** The first stage holds its angle when K1 opens. */
  readonly holdsAngle: boolean;
  readonly travelMs: number;
  readonly transferDevice: Partial<TransferDeviceConfig>;
}

export const proofSites: readonly ProofSite[] = [
  { name: "open",    file: "sim/proofs/open.yaml",    closedTransition: false, holdsAngle: false, travelMs: 100, transferDevice: {} },
  { name: "holding", file: "sim/proofs/holding.yaml", closedTransition: false, holdsAngle: true,  travelMs: 100, transferDevice: {} },
  { name: "closed",  file: "sim/proofs/closed.yaml",  closedTransition: true,  holdsAngle: true,  travelMs: 50,  transferDevice: listedForClosedTransition },
];
