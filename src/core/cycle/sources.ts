/** Which stages could form the island now: those listed for it that answer, with a vehicle above its reserve. */
import type { Core } from "../core.ts";
import { StageLink } from "../modes/facts.ts";
import type { Snapshot } from "../snapshot.ts";

/** An island that ended at a vehicle's reserve is not started again until the vehicle holds this much more, percent. */
const restartAbovePct = 2;

function canForm(core: Core, { evses, stages }: Snapshot, i: number): boolean {
  const { gridForming, dischargeEnabled, reservePct } = core.config.evses[i]!;
  const stage = stages[i]!;
  const evse = evses[i]!;
  if (!gridForming || !(dischargeEnabled || evse.dischargeEnabled)) return false;
  if (core.modeFacts.stageLinks[i] !== StageLink.online || stage.local || stage.alarmBits !== 0) return false;
  // Somebody has stopped it: in a moment its connector may be pulled.
  if (evse.paused) return false;
  if (evse.connected && !evse.bidirectional) return false;
  // Behind a vehicle port there is a battery only while a session holds its contactors closed.
  if (evse.served && !(evse.inEnergy && stage.portClosed && evse.vehicleMaxDischargeW > 0)) return false;
  // The stage itself is asked for the state of charge when no session tells it: a dark start has none.
  const socPct = evse.connected && Number.isFinite(evse.socPct) ? evse.socPct : stage.socPct;
  const neededPct = Math.max(reservePct, evse.connected ? evse.reservePct : 0);
  return socPct > (stage.role === "forming" ? neededPct : neededPct + restartAbovePct);
}

/** Marks every stage that may form. */
export function findSources(core: Core, snapshot: Snapshot): void {
  const { mayForm } = core;
  for (let i = 0; i < mayForm.length; i++) mayForm[i] = canForm(core, snapshot, i) ? 1 : 0;
}
