/**
 * The control cycle. `step` reads the frozen snapshot and decides what every device shall do until the next one; it is the
 * same function in the control thread, in simulated time and in replay. Read it from top to bottom.
 */

import type { Commands } from "./commands.ts";
import type { Core } from "./core.ts";
import { allocateSite, limitEvses, rampEvses } from "./cycle/evses.ts";
import { judgeGrid } from "./cycle/grid.ts";
import { applyGridFunctions, reactEvses } from "./cycle/grid-functions.ts";
import { issueCommands } from "./cycle/issue.ts";
import { gatherPccLimits, watchPcc } from "./cycle/pcc.ts";
import { planIsland } from "./cycle/planned-island.ts";
import { selectRequests } from "./cycle/requests.ts";
import { findSources } from "./cycle/sources.ts";
import { watchBackfeed } from "./island/backfeed-watch.ts";
import { boundBlackStart } from "./island/black-start.ts";
import { islandMayStart } from "./island/island.ts";
import { evaluateAuthority } from "./modes/authority.ts";
import { guardBond } from "./modes/bonding.ts";
import { deriveModeFacts } from "./modes/facts.ts";
import { stepMode } from "./modes/machine.ts";
import { findMissing } from "./modes/needs.ts";
import { stepExportControl } from "./pcc/export-control.ts";
import { stepPvCurtailment } from "./pcc/pv-curtailment.ts";
import type { Snapshot } from "./snapshot.ts";

/** One cycle at `nowMs` of the monotonic clock. Returns `core.commands`, written in place. */
export function step(core: Core, snapshot: Snapshot, nowMs: number): Commands {
  const { meter, stages } = snapshot;

  // Protections: what each voltmeter says about the grid.
  judgeGrid(core, snapshot, nowMs);
  // Authority: what the permit and the utility allow now.
  evaluateAuthority(core.authority, core.authorityConfig, snapshot);
  // Modes: what the site may be at all.
  deriveModeFacts(
    core.modeFacts,
    snapshot,
    core.authority,
    core.verdict,
    core.modeFactsConfig,
    core.machine.startedMs,
    nowMs,
  );
  watchBackfeed(core.backfeed, core.machine.state, core.modeFacts, snapshot, core.exportControl.scaleW, nowMs);
  findSources(core, snapshot);
  core.modeFacts.sourceReady = islandMayStart(core.island, core.mayForm);
  planIsland(core, snapshot, nowMs);
  boundBlackStart(
    core.blackStart,
    core.config.auxiliary,
    core.machine.state,
    core.modeFacts,
    core.island.tiers,
    snapshot.stages,
  );
  core.island.tiersTrusted = core.blackStart.fedMax;
  guardBond(core.bondGuard, core.authority, core.machine.state, core.modeFacts, nowMs);
  stepMode(core.machine, core.modeFacts, nowMs);
  findMissing(core.needs, core.machine.output, core.modeFacts, snapshot, core.modeFactsConfig, nowMs);
  // Requests: what people, backend and departures ask of each EVSE.
  selectRequests(core, snapshot, nowMs);
  // The site: how much all stages together may take or give.
  gatherPccLimits(core, snapshot, nowMs);
  stepExportControl(core.exportControl, meter, stages, core.commands.stages, core.pccLimits, nowMs, core.budget);
  watchPcc(core, snapshot, nowMs);
  stepPvCurtailment(core.pvCurtailment, core.exportControl, meter, snapshot.site, nowMs);
  // Limits of each EVSE, then the shares of the site's power, then ramps: each with reason and source.
  limitEvses(core, snapshot, nowMs);
  rampEvses(core, nowMs);
  applyGridFunctions(core, snapshot, nowMs);
  allocateSite(core, snapshot, nowMs);
  // Reactive power: the modes that the controller runs itself, and the anti-islanding backup.
  reactEvses(core);
  // Commands, each a lease.
  issueCommands(core, snapshot, nowMs);
  return core.commands;
}
