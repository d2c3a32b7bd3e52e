/**
 * Which SunSpec point shows which setting of a grid code, written down here a second time and from the models' own texts, so
 * that a mistake of the equipment's table is not this one's. `fromSettings` is in the point's unit; undefined where the code
 * has no such setting. Curve 1 is the one that is active.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";

export interface SettingPoint {
  readonly model: number;
  readonly point: string;
  readonly name: string;
  readonly unit: string;
  /** Half of the last digit that a device of the usual scale factors can show. */
  readonly resolution: number;
  readonly fromSettings: (settings: Readonly<GridSettings>) => number | undefined;
}

type Row = readonly [
  model: number,
  point: string,
  name: string,
  unit: string,
  resolution: number,
  fromSettings: SettingPoint["fromSettings"],
];

const used = (threshold: number, value: number): number | undefined => (threshold > 0 ? value : undefined);
const inMode = (s: Readonly<GridSettings>, mode: GridSettings["reactiveMode"], value: number): number | undefined =>
  s.reactiveMode === mode ? value : undefined;

const rows: readonly Row[] = [
  [703, "ESVHi",    "enter service: highest voltage",   "%",  0.06,   (s) => 100 * s.enterVoltageMaxPu],
  [703, "ESVLo",    "enter service: lowest voltage",    "%",  0.06,   (s) => 100 * s.enterVoltageMinPu],
  [703, "ESHzHi",   "enter service: highest frequency", "Hz", 0.006,  (s) => s.enterFrequencyMaxHz],
  [703, "ESHzLo",   "enter service: lowest frequency",  "Hz", 0.006,  (s) => s.enterFrequencyMinHz],
  [703, "ESDlyTms", "enter service: delay",             "s",  0.51,   (s) => s.enterDelayS],
  [703, "ESRndTms", "enter service: random delay",      "s",  0.51,   (s) => s.enterRandomDelayS],
  [703, "ESRmpTms", "enter service: ramp",              "s",  0.51,   (s) => s.enterRampS],
  [705, "Ena",                 "volt-var: in force",   "",  0,    (s) => (s.reactiveMode === "volt-var" ? 1 : 0)],
  [705, "Crv[1].Pt[1].V",      "volt-var: V1",         "%", 0.06, (s) => 100 * s.voltVarV1Pu],
  [705, "Crv[1].Pt[1].Var",    "volt-var: Q1",         "%", 0.06, (s) => 100 * s.voltVarQ1Pu],
  [705, "Crv[1].Pt[2].V",      "volt-var: V2",         "%", 0.06, (s) => 100 * s.voltVarV2Pu],
  [705, "Crv[1].Pt[2].Var",    "volt-var: Q2",         "%", 0.06, (s) => 100 * s.voltVarQ2Pu],
  [705, "Crv[1].Pt[3].V",      "volt-var: V3",         "%", 0.06, (s) => 100 * s.voltVarV3Pu],
  [705, "Crv[1].Pt[3].Var",    "volt-var: Q3",         "%", 0.06, (s) => 100 * s.voltVarQ3Pu],
  [705, "Crv[1].Pt[4].V",      "volt-var: V4",         "%", 0.06, (s) => 100 * s.voltVarV4Pu],
  [705, "Crv[1].Pt[4].Var",    "volt-var: Q4",         "%", 0.06, (s) => 100 * s.voltVarQ4Pu],
  [706, "Ena",                 "volt-watt: in force",  "",  0,    (s) => (s.voltWattEnabled ? 1 : 0)],
  [706, "Crv[1].Pt[1].V",      "volt-watt: V1",        "%", 0.06, (s) => 100 * s.voltWattV1Pu],
  [706, "Crv[1].Pt[1].W",      "volt-watt: P1",        "%", 0.06, (s) => 100 * s.voltWattP1Pu],
  [706, "Crv[1].Pt[2].V",      "volt-watt: V2",        "%", 0.06, (s) => 100 * s.voltWattV2Pu],
  [706, "Crv[1].Pt[2].W",      "volt-watt: P2",        "%", 0.06, (s) => 100 * s.voltWattP2Pu],
  // Of several must-trip points the outermost stands first.
  [707, "Crv[1].MustTrip.Pt[1].V",   "under-voltage: outermost threshold",  "%",  0.06,  (s) => 100 * (s.uv3Pu > 0 ? s.uv3Pu : s.uv2Pu)],
  [707, "Crv[1].MustTrip.Pt[1].Tms", "under-voltage: its clearing time",    "s",  0.006, (s) => (s.uv3Pu > 0 ? s.uv3S : s.uv2S)],
  [708, "Crv[1].MustTrip.Pt[1].V",   "over-voltage: outermost threshold",   "%",  0.06,  (s) => used(s.ov2Pu, 100 * s.ov2Pu)],
  [708, "Crv[1].MustTrip.Pt[1].Tms", "over-voltage: its clearing time",     "s",  0.006, (s) => used(s.ov2Pu, s.ov2S)],
  [708, "Crv[1].MustTrip.Pt[3].V",   "over-voltage: inner threshold",       "%",  0.06,  (s) => used(s.ov2Pu * s.ov1Pu, 100 * s.ov1Pu)],
  [708, "Crv[1].MustTrip.Pt[3].Tms", "over-voltage: its clearing time",     "s",  0.006, (s) => used(s.ov2Pu * s.ov1Pu, s.ov1S)],
  [709, "Crv[1].MustTrip.Pt[1].Hz",  "under-frequency: outermost threshold", "Hz", 0.006, (s) => used(s.uf2Hz, s.uf2Hz)],
  [709, "Crv[1].MustTrip.Pt[1].Tms", "under-frequency: its clearing time",   "s",  0.006, (s) => used(s.uf2Hz, s.uf2S)],
  [709, "Crv[1].MustTrip.Pt[3].Hz",  "under-frequency: inner threshold",     "Hz", 0.006, (s) => used(s.uf2Hz * s.uf1Hz, s.uf1Hz)],
  [709, "Crv[1].MustTrip.Pt[3].Tms", "under-frequency: its clearing time",   "s",  0.006, (s) => used(s.uf2Hz * s.uf1Hz, s.uf1S)],
  [710, "Crv[1].MustTrip.Pt[1].Hz",  "over-frequency: outermost threshold",  "Hz", 0.006, (s) => used(s.of2Hz, s.of2Hz)],
  [710, "Crv[1].MustTrip.Pt[1].Tms", "over-frequency: its clearing time",    "s",  0.006, (s) => used(s.of2Hz, s.of2S)],
  [710, "Crv[1].MustTrip.Pt[3].Hz",  "over-frequency: inner threshold",      "Hz", 0.006, (s) => used(s.of2Hz * s.of1Hz, s.of1Hz)],
  [710, "Crv[1].MustTrip.Pt[3].Tms", "over-frequency: its clearing time",    "s",  0.006, (s) => used(s.of2Hz * s.of1Hz, s.of1S)],
  [711, "Ena",           "frequency-droop: in force",           "",   0,      (s) => (s.droopEnabled ? 1 : 0)],
  [711, "Ctl[1].DbOf",   "frequency-droop: dead band above",    "Hz", 0.0006, (s) => s.droopOverBandHz],
  [711, "Ctl[1].DbUf",   "frequency-droop: dead band below",    "Hz", 0.0006, (s) => s.droopUnderBandHz],
  [711, "Ctl[1].KOf",    "frequency-droop: slope above",        "",   0.0006, (s) => s.droopOverPu],
  [711, "Ctl[1].KUf",    "frequency-droop: slope below",        "",   0.0006, (s) => s.droopUnderPu],
  [711, "Ctl[1].RspTms", "frequency-droop: open-loop response", "s",  0.06,   (s) => s.droopOlrtS],
  [712, "Ena",                 "watt-var: in force",     "",  0,    (s) => (s.reactiveMode === "watt-var" ? 1 : s.reactiveMode === "power-factor-watt" ? undefined : 0)],
  [712, "Crv[1].Pt[6].W",      "watt-var: P3",           "%", 0.06, (s) => inMode(s, "watt-var", 100 * s.wattVarP3Pu)],
  [712, "Crv[1].Pt[6].Var",    "watt-var: Q3",           "%", 0.06, (s) => inMode(s, "watt-var", 100 * s.wattVarQ3Pu)],
];

export const settingPoints: readonly SettingPoint[] = rows.map(
  ([model, point, name, unit, resolution, fromSettings]) => ({ model, point, name, unit, resolution, fromSettings }),
);

/** Ratings of model 702 that a nameplate has (IEEE 1547.1, 6.4, as the public script reads them), with what they may be. */
export const nameplatePoints: readonly (readonly [point: string, name: string, unit: string, least: number])[] = [
  ["WMaxRtg",          "active power",                    "W",   1],
  ["WDisChaRteMaxRtg", "discharge power",                 "W",   0],
  ["WChaRteMaxRtg",    "charge power",                    "W",   0],
  ["VAMaxRtg",         "apparent power",                  "VA",  1],
  ["VarMaxInjRtg",     "reactive power injected",         "var", 0],
  ["VarMaxAbsRtg",     "reactive power absorbed",         "var", 0],
  ["VNomRtg",          "nominal voltage",                 "V",   1],
  ["VMaxRtg",          "highest voltage",                 "V",   1],
  ["VMinRtg",          "lowest voltage",                  "V",   1],
  ["NorOpCatRtg",      "category of normal operation",    "",    0],
  ["AbnOpCatRtg",      "category of abnormal operation",  "",    0],
  ["CtrlModes",        "control modes",                   "",    1],
];

/** Settings of model 702 that 6.5 moves to 80 % and back, with the rating that each begins from. */
export const configurationPoints: readonly (readonly [point: string, name: string, rating: string, unit: string])[] = [
  ["WMax",          "active power",            "WMaxRtg",          "W"],
  ["VAMax",         "apparent power",          "VAMaxRtg",         "VA"],
  ["VarMaxInj",     "reactive power injected", "VarMaxInjRtg",     "var"],
  ["VarMaxAbs",     "reactive power absorbed", "VarMaxAbsRtg",     "var"],
  ["WChaRteMax",    "charge power",            "WChaRteMaxRtg",    "W"],
  ["WDisChaRteMax", "discharge power",         "WDisChaRteMaxRtg", "W"],
];

/** What 6.6 monitors (701 and 713), with the bounds within which a figure is one at all. */
export const monitoringPoints: readonly (readonly [model: number, point: string, name: string, unit: string])[] = [
  [701, "W",      "active power",     "W"],
  [701, "Var",    "reactive power",   "var"],
  [701, "LLV",    "voltage",          "V"],
  [701, "Hz",     "frequency",        "Hz"],
  [701, "St",     "operating state",  ""],
  [701, "ConnSt", "connection state", ""],
  [701, "Alrm",   "alarms",           ""],
  [713, "SoC",    "state of charge",  "%"],
];

/** Protective settings that no ordinary client may change: what they are set to by the trial. */
export const guardedPoints: readonly (readonly [model: number, point: string, name: string, change: (now: number) => number])[] = [
  [704, "AntiIslEna",                "anti-islanding off",                    () => 0],
  [702, "VNom",                      "another nominal voltage",               (now) => now * 0.5],
  [703, "ESDlyTms",                  "a shorter delay into service",          (now) => Math.max(0, Math.round(now / 2) - 1)],
  [703, "ESVHi",                     "a wider window into service",           (now) => now + 5],
  [707, "Crv[1].MustTrip.Pt[1].V",   "an under-voltage trip that is later",   (now) => now - 10],
  [708, "Crv[1].MustTrip.Pt[1].V",   "an over-voltage trip that is later",    (now) => now + 10],
  [709, "Crv[1].MustTrip.Pt[1].Tms", "an under-frequency trip that is slow",  (now) => now + 100],
  [710, "Crv[1].MustTrip.Pt[1].Tms", "an over-frequency trip that is slow",   (now) => now + 100],
  [711, "Ena",                       "frequency-droop switched over",         (now) => 1 - now],
  [705, "Ena",                       "volt-var switched over",                (now) => 1 - now],
];
