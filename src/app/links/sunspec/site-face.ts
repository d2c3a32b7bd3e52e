/**
 * The site as one DER in SunSpec models: all chargers together as a storage at the grid connection. 1 who it is, 701 what it does,
 * 702 what it could, 704 what it is told, 713 what is stored, 715 who commands, 703 and 705 to 712 the grid profile in force, which
 * is read-only. DC ports (714) have no place here: they are each stage's own. What is not known is "not implemented".
 */
import type { GridProfile } from "../../../config/grid-profiles.ts";
import type { SiteConfig } from "../../../config/site.ts";
import { liveMaxMs } from "../../../core/snapshot.ts";
import { isIslanded } from "../../../domain/modes.ts";
import { Quality } from "../../../domain/quality.ts";
import { flipSunSpecDer } from "../../../domain/sign.ts";
import { sunspecModel } from "../../../protocols/sunspec/models.ts";
import { RegisterFace } from "../../../protocols/sunspec/register-face.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import { isletVersion } from "../../version.ts";
import { gridModels, showGridSettings } from "./grid-face.ts";

/** Models that are shown, in the order of the chain. */
const shown = [1, 701, 702, 704, 713, 715] as const;
/** A power of ten with which a power up to this many watts fits a register of 16 bits. */
const exponentFor = (mostW: number): number => Math.max(0, Math.ceil(Math.log10(Math.max(1, mostW) / 32_000)));

export interface SiteRatings {
  readonly chargeW: number;
  readonly dischargeW: number;
  /** What percentages refer to, W: the greater of both. */
  readonly maxW: number;
  /** Apparent power of all stages together, and reactive power in either direction. */
  readonly maxVA: number;
  readonly maxVar: number;
}

export const ratingsOf = ({ evses }: Pick<SiteConfig, "evses">): SiteRatings => {
  const chargeW = evses.reduce((sum, evse) => sum + evse.maxChargeW, 0);
  const dischargeW = evses.reduce((sum, evse) => sum + evse.maxDischargeW, 0);
  const maxVA = evses.reduce(
    (sum, { stage, ...evse }) => sum + (stage?.ratedVA ?? Math.max(evse.maxChargeW, evse.maxDischargeW)),
    0,
  );
  const maxVar = evses.reduce((sum, { stage }) => sum + (stage?.maxVar ?? 0), 0);
  return { chargeW, dischargeW, maxW: Math.max(chargeW, dischargeW), maxVA, maxVar };
};

/** What the face tells of words that stand; NaN or 0 where none does. */
export interface StandingWords {
  /** Core's sign, W; NaN: none. */
  readonly requestW: number;
  readonly requestLeftS: number;
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
  readonly dischargeLeftS: number;
  /** Why less is done than is asked; "" where nothing stands in the way. */
  readonly why: string;
}

export interface SiteFace {
  readonly face: RegisterFace;
  update(report: ControlReport): void;
}

type ShownProfile = Pick<GridProfile, "settings" | "rideThrough" | "blank">;

export function createSiteFace(
  config: SiteConfig,
  profile: ShownProfile,
  words: () => StandingWords,
  maySetAnything: boolean,
): SiteFace {
  const face = new RegisterFace([...shown.map((id) => ({ table: sunspecModel(id)! })), ...gridModels]);
  const ratings = ratingsOf(config);
  const exponent = exponentFor(ratings.maxW);
  let report: ControlReport | null = null;
  const of = (value: (report: ControlReport) => number) => () => (report === null ? Number.NaN : value(report));

  for (const [path, text] of Object.entries({ Mn: "Islet", Md: "Site", Vr: isletVersion(), SN: config.site.name }))
    face.setText(1, path, text.normalize("NFKD").replace(/[^\x20-\x7e]/g, "?"));
  for (const [model, points] of Object.entries(scales(exponent)))
    for (const [path, power] of Object.entries(points)) face.set(Number(model), path, power);

  const connection = { single: 0, split: 1, three: 2 }[config.site.phases];
  face.set(701, "ACType", connection);
  const powersW = (now: ControlReport): number => sumOf(now, ({ powerW }) => powerW);
  face.live(
    701,
    "St",
    of(({ stages }) => (stages.some(({ vehicleConnected }) => vehicleConnected) ? 1 : 0)),
  );
  face.live(
    701,
    "InvSt",
    of((now) => (Math.abs(powersW(now)) > 50 ? (words().why === "" ? 3 : 4) : 7)),
  );
  face.live(
    701,
    "ConnSt",
    of(({ site }) => (isIslanded(site.mode) ? 0 : 1)),
  );
  face.live(
    701,
    "Alrm",
    of((now) => now.stages.reduce((bits, { alarmBits }) => bits | alarmBits, 0) >>> 0),
  );
  face.live(
    701,
    "DERMode",
    of(({ site }) => (isIslanded(site.mode) ? 2 : 1)),
  );
  face.live(
    701,
    "W",
    of((now) => flipSunSpecDer(powersW(now))),
  );
  face.live(
    701,
    "LLV",
    of(({ site }) => meterValue(site, site.meterVoltagePu * config.site.nominalVoltageV)),
  );
  face.live(
    701,
    "Hz",
    of(({ site }) => meterValue(site, site.meterFrequencyHz)),
  );
  face.live(
    701,
    "TotWhInj",
    of((now) => energyOf(now, ({ exportWh }) => exportWh)),
  );
  face.live(
    701,
    "TotWhAbs",
    of((now) => energyOf(now, ({ importWh }) => importWh)),
  );

  showNameplate(face, config, profile, ratings);
  face.live(702, "WChaRteMax", () => Math.min(ratings.chargeW, words().chargeLimitW));
  face.live(702, "WDisChaRteMax", () => Math.min(ratings.dischargeW, words().dischargeLimitW));

  const isAsked = (): boolean => Number.isFinite(words().requestW);
  face.live(704, "WSetEna", () => (isAsked() ? 1 : 0));
  face.live(704, "WSetMod", () => 1);
  face.live(704, "WSet", () => (isAsked() ? flipSunSpecDer(words().requestW) : 0));
  face.live(704, "WSetPct", () => (isAsked() ? (flipSunSpecDer(words().requestW) / ratings.maxW) * 100 : 0));
  face.set(704, "WSetEnaRvrt", 0);
  face.live(704, "WSetRvrtRem", () => words().requestLeftS);
  const isCapped = (): boolean => Number.isFinite(words().dischargeLimitW);
  face.live(704, "WMaxLimPctEna", () => (isCapped() ? 1 : 0));
  face.live(704, "WMaxLimPct", () =>
    isCapped() ? Math.min(100, (words().dischargeLimitW / ratings.maxW) * 100) : 100,
  );
  face.set(704, "WMaxLimPctEnaRvrt", 0);
  face.live(704, "WMaxLimPctRvrtRem", () => words().dischargeLeftS);

  face.live(
    713,
    "WHRtg",
    of((now) => storedOf(now).capacityWh),
  );
  face.live(
    713,
    "WHAvail",
    of((now) => storedOf(now).storedWh),
  );
  face.live(
    713,
    "SoC",
    of((now) => (storedOf(now).storedWh / storedOf(now).capacityWh) * 100),
  );
  face.live(
    713,
    "Sta",
    of(({ stages }) => (stages.some(({ alarmBits }) => alarmBits !== 0) ? 1 : 0)),
  );

  showGridSettings(
    face,
    profile,
    of(({ site }) => (site.parallelOK ? 1 : 0)),
  );

  // Remote: what is written there counts. Local: nothing is taken.
  face.set(715, "LocRemCtl", maySetAnything ? 0 : 1);
  face.live(
    715,
    "DERHb",
    of(({ site }) => site.ticks % 0xffff_ffff),
  );

  return {
    face,
    update(now) {
      report = now;
      face.setText(
        701,
        "MnAlrmInfo",
        words()
          .why.normalize("NFKD")
          .replace(/[^\x20-\x7e]/g, "?")
          .slice(0, 64),
      );
    },
  };
}

/** 702: what the site could do, and by which category it has to. */
function showNameplate(face: RegisterFace, config: SiteConfig, profile: ShownProfile, ratings: SiteRatings): void {
  for (const path of ["WMaxRtg", "WMax"]) face.set(702, path, ratings.maxW);
  face.set(702, "WChaRteMaxRtg", ratings.chargeW);
  face.set(702, "WDisChaRteMaxRtg", ratings.dischargeW);
  face.set(702, "VNomRtg", config.site.nominalVoltageV);
  for (const path of ["VAMaxRtg", "VAMax"]) face.set(702, path, ratings.maxVA);
  for (const path of ["VarMaxInjRtg", "VarMaxAbsRtg", "VarMaxInj", "VarMaxAbs"]) face.set(702, path, ratings.maxVar);
  if (profile.rideThrough === "ieee1547") {
    face.set(702, "NorOpCatRtg", ["A", "B"].indexOf(profile.settings.normalCategory));
    face.set(702, "AbnOpCatRtg", ["I", "II", "III"].indexOf(profile.settings.abnormalCategory));
  }
  // MAX_W and FIXED_W: the other modes follow the grid profile and are nobody's to set here.
  face.set(702, "CtrlModes", 0b11);
}

/** Of all models: powers of ten. Powers in whole steps of the exponent, percentages and voltages with a tenth. */
const scales = (exponent: number): Readonly<Record<number, Readonly<Record<string, number>>>> => ({
  701: { W_SF: exponent, V_SF: -1, Hz_SF: -3, TotWh_SF: 0 },
  702: { W_SF: exponent, VA_SF: exponent, Var_SF: exponent, V_SF: -1 },
  704: { WSet_SF: 0, WSetPct_SF: -1, WMaxLimPct_SF: -1 },
  713: { WH_SF: 2, Pct_SF: -1 },
});

type Stage = ControlReport["stages"][number];

/** Whether a stage's values are of now. */
const isLive = ({ site }: ControlReport, stage: Stage): boolean =>
  Number.isFinite(stage.liveAtMs) && site.atMs - stage.liveAtMs <= liveMaxMs;

/** NaN as soon as one stage is not heard: part of a site is not the site. */
function sumOf(report: ControlReport, value: (stage: Stage) => number): number {
  let sum = 0;
  for (const stage of report.stages) sum += isLive(report, stage) ? value(stage) : Number.NaN;
  return sum;
}

const energyOf = ({ stages }: ControlReport, value: (stage: Stage) => number): number =>
  Math.round(stages.reduce((sum, stage) => sum + value(stage), 0));

const meterValue = ({ meterQuality }: ControlReport["site"], value: number): number =>
  meterQuality === Quality.good ? value : Number.NaN;

/** Of the vehicles whose battery is known; NaN where none is. */
function storedOf(report: ControlReport): { readonly capacityWh: number; readonly storedWh: number } {
  let capacityWh = 0;
  let storedWh = 0;
  for (const stage of report.stages) {
    if (!stage.vehicleConnected || !isLive(report, stage)) continue;
    if (!(stage.capacityWh > 0) || !Number.isFinite(stage.socPct)) continue;
    capacityWh += stage.capacityWh;
    storedWh += (stage.capacityWh * stage.socPct) / 100;
  }
  return capacityWh > 0 ? { capacityWh, storedWh } : { capacityWh: Number.NaN, storedWh: Number.NaN };
}
