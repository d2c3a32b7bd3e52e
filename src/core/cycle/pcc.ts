/** The limits at the grid connection in this tick: optimising ones first, the permit, then the protective ones, which win. */
import type { LimitSource } from "../../domain/limit-sources.ts";
import { Quality } from "../../domain/quality.ts";
import type { ReasonKey } from "../../domain/reasons.ts";
import type { Core } from "../core.ts";
import type { SiteCaps } from "../core-config.ts";
import { resetExportControl } from "../pcc/export-control.ts";
import { profileLimitW } from "../pcc/limited-generation-profile.ts";
import { clearPccLimits, tightenExport, tightenImport } from "../pcc/pcc-limits.ts";
import { recordPcc } from "../pcc/pcc-record.ts";
import { tightenByMode } from "../pcc/power-control-modes.ts";
import { stepReversePower } from "../pcc/reverse-power.ts";
import type { SiteFacts, Snapshot } from "../snapshot.ts";

/** Gathers all that limits import and export in this cycle: configuration, permit, profile of the hour, backend. */
export function gatherPccLimits(
  { pccLimits, pvCurtailment, config, authority, siteCaps, generationProfile, requests }: Core,
  { site, evses, wallMs }: Snapshot,
  nowMs: number,
): void {
  const { pcc } = config;
  clearPccLimits(pccLimits);
  // What a plan counts on gives way to a departure that is about to be missed, and to a person who wants a vehicle charged.
  let isPressed = false;
  for (let i = 0; i < requests.length; i++) isPressed ||= requests[i]!.urgent || evses[i]!.chargeNow;
  if (!isPressed && nowMs < site.planImportUntilMs)
    tightenImport(pccLimits, site.planImportW, "planned-import", "schedule");
  tightenImport(pccLimits, site.linkImportLimitW, "import-limit", "link");
  tightenExport(pccLimits, site.linkExportLimitW, "export-limit", "link");
  tightenImport(pccLimits, site.operatorImportLimitW, "import-limit", "operator");
  tightenExport(pccLimits, site.operatorExportLimitW, "export-limit", "operator");
  tightenByMode(pccLimits, pcc.powerControlMode);
  tightenImport(pccLimits, pcc.importLimitW, "import-limit", "installer");
  tightenExport(pccLimits, pcc.exportLimitW, "export-limit", "installer");
  if (generationProfile !== null) {
    tightenExport(pccLimits, profileLimitW(generationProfile, wallMs), "generation-profile", "permit");
  }
  // The permission is one for the vehicles, PV has its own; the conductor carries both.
  pvCurtailment.exportLimitW = Math.min(pccLimits.exportLimitW, pcc.conductorLimitW);
  tightenExport(pccLimits, authority.exportLimitW, "export-limit", "permit");
  tightenImport(pccLimits, pcc.conductorLimitW, "conductor-limit", "installer");
  tightenExport(pccLimits, pcc.conductorLimitW, "conductor-limit", "installer");
  gatherSiteCaps(siteCaps, site, pcc.reduction?.chargeLimitW ?? 0);
}

/** What backend, connected systems and the grid operator's contact leave for the sum of all EVSEs, each direction by itself. */
function gatherSiteCaps({ charge, discharge }: SiteCaps, site: SiteFacts, reducedW: number): void {
  charge.limitW = Number.POSITIVE_INFINITY;
  discharge.limitW = Number.POSITIVE_INFINITY;
  // A contact that nobody can read asks for less: what it protects is the grid.
  if (site.reduction !== "none") tightenCap(charge, reducedW, "grid-operator", "grid-operator");
  tightenCap(charge, site.backendMaxW, "backend-limit", "backend");
  tightenCap(charge, site.linkMaxW, "link-limit", "link");
  tightenCap(discharge, -site.backendMinW, "backend-limit", "backend");
  tightenCap(discharge, -site.linkMinW, "link-limit", "link");
}

/** The tightest cap stands, with whose it is; a cap below zero or without a number leaves nothing in its direction. */
function tightenCap(cap: SiteCaps["charge"], limitW: number, reason: ReasonKey, source: LimitSource): void {
  const leftW = limitW > 0 ? limitW : 0;
  if (leftW >= cap.limitW) return;
  cap.limitW = leftW;
  cap.reason = reason;
  cap.source = source;
}

/** After the limits were put to work: what was exceeded, how fast it was over, and whether a relay would have tripped. */
export function watchPcc(core: Core, { meter, stages, site, transferDevice, wallMs }: Snapshot, nowMs: number): void {
  const { pccRecord, exportControl, budget, pccLimits, reversePower, authority } = core;
  pccRecord.wallMs = wallMs;
  pccRecord.k1Open = core.modeFacts.provenOpen;
  recordPcc(pccRecord, exportControl, budget, meter, stages, pccLimits, nowMs);
  let dischargingW = 0;
  for (let i = 0; i < stages.length; i++) if (stages[i]!.powerW < 0) dischargingW -= stages[i]!.powerW;
  const discharges = dischargingW > dischargeShare * exportControl.scaleW;
  const powerW = budget.quality === Quality.good ? meter.powerW : Number.NaN;
  const { exportLimitW } = pccLimits;
  const relay = site.relayLatched || transferDevice.relayTripped;
  stepReversePower(reversePower, powerW, exportLimitW, discharges, relay, site.resetRequest, nowMs);
  authority.relayLatched = reversePower.latched;
  if (site.resetRequest) resetExportControl(exportControl);
}

/** Stages that give less than this together count as not discharging, of the sum of their ratings. */
const dischargeShare = 0.002;
