/** Energy of the chargers while leases for the site's power run, from the powers that the page shows. */
import { hourMs } from "../../../domain/units.ts";
import type { Lease } from "../../../protocols/fleet/orders.ts";
import type { LeaseEntry } from "./lease-book.ts";

/** A power stands for the time since the look before it, at most so long, ms: what is not seen is not counted. */
const gapMaxMs = 5_000;
/** Of so much of its time the power must have been known, or its energy is not. */
const knownShare = 0.98;

export interface LeaseMeter {
  /** To be called often; `chargersW` null while it is not known. */
  look(leases: readonly LeaseEntry[], chargersW: number | null, nowMs: number): void;
  /** Energy of a lease that is over, Wh, positive from the grid; null where it is not known. Forgets it. */
  take(id: string): number | null;
}

export function createLeaseMeter(): LeaseMeter {
  const sums = new Map<string, { energyWh: number; knownMs: number; passedMs: number }>();
  let lookedMs = Number.NaN;
  const isMetered = ({ kind, evse }: Lease): boolean => kind === "power" && evse === 0;
  return {
    look(leases, chargersW, nowMs) {
      const passedMs = nowMs - lookedMs;
      lookedMs = nowMs;
      for (const { lease, state } of leases) {
        if (!isMetered(lease) || state === "accepted") continue;
        const sum = sums.get(lease.id);
        if (sum === undefined) sums.set(lease.id, { energyWh: 0, knownMs: 0, passedMs: 0 });
        else if (passedMs > 0) {
          sum.passedMs += passedMs;
          if (chargersW === null || passedMs > gapMaxMs) continue;
          sum.knownMs += passedMs;
          sum.energyWh += (chargersW * passedMs) / hourMs;
        }
      }
    },
    take(id) {
      const sum = sums.get(id);
      sums.delete(id);
      const isKnown = sum !== undefined && sum.passedMs > 0 && sum.knownMs >= knownShare * sum.passedMs;
      return isKnown ? sum.energyWh : null;
    },
  };
}
