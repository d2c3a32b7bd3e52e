/** Tells the fleet what the chargers do while a lease for power stands: more often than the whole state. */
import type { PowerMessage } from "../../../protocols/fleet/payloads.ts";
import { subjectOf } from "../../../protocols/fleet/subjects.ts";
import type { Carrier } from "./connection.ts";
import type { LeaseEntry } from "./lease-book.ts";
import type { ShownSite } from "./told.ts";

const everyMs = 5_000;

/** To be called often. */
export function createPowerTeller(
  site: string,
  carrier: Pick<Carrier, "connected" | "publish">,
): (shown: ShownSite, leases: readonly LeaseEntry[], nowMs: number) => void {
  let dueMs = 0;
  return ({ atMs, chargersW }, leases, nowMs) => {
    if (!carrier.connected || nowMs < dueMs || !leases.some(({ lease }) => lease.kind === "power")) return;
    dueMs = nowMs + everyMs;
    const message = { schema: "islet-fleet-power-1", site, atMs, chargersW } satisfies PowerMessage;
    carrier.publish(subjectOf(site, "power"), JSON.stringify(message));
  };
}
