/** What reports and states need of the site at a moment. */
import type { SiteConfig } from "../../../config/site.ts";
import { liveMaxMs } from "../../../core/snapshot.ts";
import { Quality } from "../../../domain/quality.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import type { SiteSample } from "./report-windows.ts";

/** More than this is significant, W. */
const runsW = 100;

/** `isCurtailed`: something that the VTN asks is in force; `isOptedOut`: people have taken it back. */
export function sampleOf(
  { site, stages }: ControlReport,
  config: Pick<SiteConfig, "evses">,
  isCurtailed: boolean,
  isOptedOut: boolean,
): SiteSample {
  const isLive = site.meterQuality === Quality.good && Number.isFinite(site.pccW);
  let usableWh = 0;
  let storedWh = 0;
  let maxChargeW = 0;
  let maxDischargeW = 0;
  let powerW = 0;
  let isKnown = false;
  stages.forEach((stage, i) => {
    if (!stage.vehicleConnected || site.atMs - stage.liveAtMs > liveMaxMs) return;
    const { maxChargeW: chargeW, maxDischargeW: dischargeW } = config.evses[i]!;
    maxChargeW += Math.min(chargeW, stage.maxChargeW);
    maxDischargeW += site.parallelOK && stage.bidirectional ? Math.min(dischargeW, stage.maxDischargeW) : 0;
    powerW += Number.isFinite(stage.powerW) ? Math.abs(stage.powerW) : 0;
    if (!(stage.capacityWh > 0) || !Number.isFinite(stage.socPct)) return;
    isKnown = true;
    usableWh += stage.capacityWh;
    storedWh += (stage.capacityWh * stage.socPct) / 100;
  });
  const runs = powerW > runsW ? "RUNNING" : "IDLE";
  const state = isOptedOut ? `${runs}_OPTED_OUT` : isCurtailed ? `${runs}_CURTAILED` : "NORMAL";
  return {
    importW: isLive ? Math.max(0, site.pccW) : Number.NaN,
    usableWh: isKnown ? usableWh : Number.NaN,
    socPct: isKnown ? (storedWh / usableWh) * 100 : Number.NaN,
    maxChargeW,
    maxDischargeW,
    operatingState: state,
  };
}
