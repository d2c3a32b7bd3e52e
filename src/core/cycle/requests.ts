/** What each EVSE requests, and the start of its explained setpoint. */
import type { Core } from "../core.ts";
import { startChain } from "../setpoints/limits.ts";
import { isPlanned, selectRequest } from "../setpoints/schedule.ts";
import type { Snapshot } from "../snapshot.ts";
import { requestBalance } from "./planned-island.ts";

/** Chooses what each EVSE asks for in this cycle, by the rank of its sources. */
export function selectRequests(core: Core, { evses, wallMs }: Snapshot, nowMs: number): void {
  const { config, requests, chains } = core;
  let connected = 0;
  for (let i = 0; i < evses.length; i++) if (evses[i]!.connected) connected++;
  // A departure counts on an equal share of the import limit, not on the whole of it.
  const shareW = config.pcc.importLimitW / Math.max(1, connected);
  for (let i = 0; i < evses.length; i++) {
    const evse = evses[i]!;
    const ratedW = Math.min(config.evses[i]!.maxChargeW, evse.vehicleMaxChargeW);
    const request = requests[i]!;
    // A plan has shared the site's power already: beside it a vehicle counts on all that it can take.
    const reachableW = isPlanned(evse, nowMs) ? ratedW : Math.min(ratedW, shareW);
    selectRequest(request, evse, reachableW, nowMs, wallMs);
  }
  requestBalance(core);
  for (let i = 0; i < evses.length; i++) startChain(chains, i, requests[i]!.powerW, requests[i]!.source);
}
