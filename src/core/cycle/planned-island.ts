/**
 * The planned island's first step: the power through K1 is brought to zero, so that its opening moves nothing. What flows there
 * is what the bus behind K1 takes: the tiers less its own PV, plus the stages. The stages that will carry the island are asked
 * for exactly the rest, shared by what each can give.
 *
 * Who carries: the stages that can hold their angle, when they alone are enough; then nobody sees K1 open. Otherwise all that
 * may form, and the loads are interrupted while K1's opening is proven and the bus is raised again.
 */

import type { SiteConfig } from "../../config/site.ts";
import { holdMargin } from "../../domain/electrical.ts";
import type { PlannedIsland } from "../island/planned.ts";
import type { IslandConfig } from "../island/state.ts";
import type { ModeFacts } from "../modes/facts.ts";
import type { ModeMachine } from "../modes/machine.ts";
import type { SiteBudget } from "../pcc/control-state.ts";
import { type PowerRequest, requestSources } from "../setpoints/schedule.ts";
import { panelIsLive, type Snapshot } from "../snapshot.ts";

/** Power through K1 that counts as none: a share of the carriers' ratings, and at least so much, W. */
const balanceShare = 0.02;
const balanceMinW = 100;
const operator = requestSources.indexOf("operator");

/** What the cycle holds of it: the plan itself, and what it is made from. */
export interface PlannedIslandCycle {
  readonly config: SiteConfig;
  readonly islandConfig: Pick<IslandConfig, "panelFreshMs">;
  readonly planned: PlannedIsland;
  readonly machine: ModeMachine;
  readonly modeFacts: ModeFacts;
  /** 1 for each stage that may form an island now. */
  readonly mayForm: Uint8Array;
  readonly budget: Readonly<SiteBudget>;
  readonly requests: readonly PowerRequest[];
}

/** Measures K1 and chooses the carriers while an island is requested; fills the mode machine's facts. After `findSources`. */
export function planIsland(core: PlannedIslandCycle, { stages, site }: Snapshot, nowMs: number): void {
  const { planned, modeFacts, mayForm, config, islandConfig } = core;
  modeFacts.balanced = false;
  modeFacts.seamlessReady = false;
  if (!modeFacts.islandRequested && !core.machine.output.balance) return;
  let tiersW = 0;
  for (let t = 0; t < site.tierLoadW.length; t++) tiersW += site.tierLoadW[t]!;
  let stagesW = 0;
  for (let i = 0; i < stages.length; i++) if (stages[i]!.role !== "off") stagesW += stages[i]!.powerW;
  const live = panelIsLive(site, islandConfig.panelFreshMs, nowMs);
  const measured = site.tierLoadW.length > 0 && tiersW >= 0 && live;
  // Without a panel that measures, everything behind the meter counts as the bus.
  planned.loadW = measured ? tiersW - (site.pvPowerW > 0 ? site.pvPowerW : 0) : core.budget.loadW;
  planned.flowW = planned.loadW + stagesW;

  const neededW = planned.loadW * holdMargin;
  chooseCarriers(core, stages, true);
  const holds = planned.abilityW > 0 && planned.abilityW >= neededW;
  if (!holds) chooseCarriers(core, stages, false);
  const { abilityW } = planned;
  let ratedW = 0;
  for (let i = 0; i < stages.length; i++) {
    const carries = planned.carries[i] === 1;
    const shareW = carries && abilityW > 0 ? (-planned.loadW * abilityOf(core, stages[i]!, i)) / abilityW : 0;
    planned.targetW[i] = Number.isFinite(shareW) ? shareW : 0;
    if (mayForm[i] === 1) ratedW += config.evses[i]!.maxDischargeW;
  }
  modeFacts.seamlessReady = holds;
  const withinW = balanceShare * ratedW;
  modeFacts.balanced = Math.abs(planned.flowW) <= (withinW > balanceMinW ? withinW : balanceMinW);
}

/** While K1 is balanced the planned island is the request of every EVSE. */
export function requestBalance({ machine, planned, requests }: PlannedIslandCycle): void {
  if (!machine.output.balance) return;
  for (let i = 0; i < requests.length; i++) {
    requests[i]!.powerW = planned.targetW[i]!;
    requests[i]!.source = operator;
  }
}

/** Marks the carriers and sums up what they can give: those that can hold their angle and run, or all. */
function chooseCarriers(core: PlannedIslandCycle, stages: Snapshot["stages"], holding: boolean): void {
  const { planned, mayForm, config } = core;
  let sumW = 0;
  for (let i = 0; i < stages.length; i++) {
    const fit = mayForm[i] === 1 && (!holding || (config.evses[i]!.stage.holdsAngle && stages[i]!.role !== "off"));
    planned.carries[i] = fit ? 1 : 0;
    if (fit) sumW += abilityOf(core, stages[i]!, i);
  }
  planned.abilityW = sumW;
}

function abilityOf({ config }: PlannedIslandCycle, stage: Snapshot["stages"][number], i: number): number {
  const { maxDischargeW } = config.evses[i]!;
  return stage.maxDischargeW >= 0 && stage.maxDischargeW < maxDischargeW ? stage.maxDischargeW : maxDischargeW;
}
