/** A report of the controller as the account sees it: each meter's reading, whether it is live, and how the site is connected. */
import type { SiteConfig } from "../../config/site.ts";
import { isDeadPu } from "../../domain/electrical.ts";
import { isIslanded } from "../../domain/modes.ts";
import { Quality } from "../../domain/quality.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { MeterReading } from "./energy-meter.ts";

/** A stage's power is live for so long after its answer, ms. */
const liveMaxMs = 2_000;

export const pccMeter = "PCC";
export const pvMeter = "PV";

/** One meter at one moment. */
export interface MeterView {
  readonly name: string;
  readonly live: boolean;
  /** When it was read last, monotonic, ms. */
  readonly readAtMs: number;
  readonly reading: MeterReading;
}

export interface SiteView {
  /** Monotonic, ms. */
  readonly atMs: number;
  readonly islanded: boolean;
  readonly pcc: MeterView;
  /** Null where the site has no PV that it measures. */
  readonly pv: MeterView | null;
  readonly evses: readonly (MeterView & {
    readonly connected: boolean;
    /** In the battery, and all that it holds, Wh; NaN where nobody knows. */
    readonly contentWh: number;
    readonly capacityWh: number;
  })[];
}

const noRegisters = { importWh: Number.NaN, exportWh: Number.NaN } as const;

export const meterName = ({ evses }: Pick<SiteConfig, "evses">, index: number): string =>
  evses[index]?.name ?? `Charger ${index + 1}`;

export function siteView({ site, stages }: ControlReport, config: SiteConfig): SiteView {
  const islanded = isIslanded(site.mode);
  const measured = site.meterQuality === Quality.good && Number.isFinite(site.pccW);
  // What is cut off from a dead grid takes nothing from it, whatever a meter at its end still shows.
  const deadGrid = islanded && isDeadPu(site.gridVoltagePu);
  const hasPv = config.pv.length > 0 || Number.isFinite(site.pvPowerW);
  return {
    atMs: site.atMs,
    islanded,
    pcc: {
      name: pccMeter,
      live: measured || deadGrid,
      readAtMs: deadGrid ? site.atMs : site.meterAtMs,
      reading: { powerW: deadGrid ? 0 : measured ? site.pccW : Number.NaN, ...noRegisters },
    },
    pv: hasPv
      ? {
          name: pvMeter,
          live: Number.isFinite(site.pvPowerW),
          readAtMs: site.atMs,
          reading: { powerW: Math.max(0, site.pvPowerW), ...noRegisters },
        }
      : null,
    evses: stages.map((stage, i) => ({
      name: meterName(config, i),
      live: Number.isFinite(stage.powerW) && site.atMs - stage.atMs <= liveMaxMs,
      readAtMs: stage.atMs,
      reading: { powerW: stage.powerW, importWh: stage.importWh, exportWh: stage.exportWh },
      connected: stage.vehicleConnected,
      contentWh: (stage.socPct / 100) * stage.capacityWh,
      capacityWh: stage.capacityWh,
    })),
  };
}
