/** Which stages could form the island now: those listed for it that answer, with a vehicle above its reserve. */
import type { Core } from "../core.ts";
import { StageHearing } from "../mode-facts.ts";
import type { Snapshot } from "../snapshot.ts";

/** A stage that already forms goes on below the reserve, down to this: a dark site is worse than an early morning, percent. */
const emptyPct = 1;

export function canForm(core: Core, { evses, stages }: Snapshot, i: number): boolean {
  const { gridForming, dischargeEnabled, reservePct } = core.config.evses[i]!;
  if (!gridForming || !dischargeEnabled) return false;
  const stage = stages[i]!;
  const evse = evses[i]!;
  if (core.modeFacts.hearing[i] !== StageHearing.fresh || stage.local || stage.alarmBits !== 0) return false;
  // The stage itself is asked for the state of charge when no session tells it: a dark start has none.
  const socPct = evse.connected && Number.isFinite(evse.socPct) ? evse.socPct : stage.socPct;
  if (stage.role === "forming") return socPct > emptyPct;
  return socPct > Math.max(reservePct, evse.connected ? evse.reservePct : 0);
}

export function anyCanForm(core: Core, snapshot: Snapshot): boolean {
  for (let i = 0; i < snapshot.stages.length; i++) if (canForm(core, snapshot, i)) return true;
  return false;
}
