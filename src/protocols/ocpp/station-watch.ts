/** Looks at the site's facts from time to time, and whenever somebody knows of a change. */
import type { Context } from "./context.ts";
import type { Cancel } from "./ports.ts";
import type { Blocks } from "./station-blocks.ts";

/** Severity of an EVSE's fault: an alert that needs attention (MonitoringCtrlr, 0 to 9). */
const faultSeverity = 3;

/** Returns the look; the first one starts the polling. */
export function createStationWatch(
  { config, port, clock }: Context,
  { transactions, availability, reservations, monitoring, bidirectional, derControl }: Blocks,
): () => void {
  let poll: Cancel | null = null;
  const faulted = new Set<number>();

  function look(): void {
    poll?.();
    transactions.poll();
    availability.refresh();
    bidirectional.look();
    derControl.look();
    port.evses.forEach((view, index) => {
      const evseId = index + 1;
      if (view.faulted === faulted.has(evseId)) return;
      if (view.faulted) {
        faulted.add(evseId);
        reservations.onUnusable(evseId);
      } else faulted.delete(evseId);
      monitoring.alert(
        { name: "EVSE", evse: { id: evseId } },
        { name: "Problem" },
        String(view.faulted),
        faultSeverity,
        !view.faulted,
      );
    });
    poll = clock.after("facts", config.pollMs, look);
  }

  return look;
}
