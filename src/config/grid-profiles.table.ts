/**
 * Every setting of the grid functions, once: unit, meaning, range, default, the clause as far as it has been read, and the
 * names that the standard's exchange format and SunSpec use. A default or range is one value for all categories, or one for
 * each normal-operation category (A, B), or one for each abnormal-operation category (I, II, III).
 *
 * Defaults of IEEE 1547-2018 follow EPRI OpenDER's tables and the type-test scripts of svp_1547.1. Ranges marked
 * `toConfirm` come from practice notes and must be compared with the bought standard before any claim of conformity.
 * Frequencies are stated for 60 Hz; a 50 Hz profile scales `Hz` rows by 5/6, which is this project's own rule.
 */

/** One value for all, for A and B, or for I, II and III. */
export type ByCategory<T> =
  | { readonly all: T }
  | { readonly A: T; readonly B: T }
  | { readonly I: T; readonly II: T; readonly III: T };

/**
 * A grid setting that is a number: unit, standard value and adjustable range for each category, clause of IEEE 1547-2018.
 */
export interface NumberRow {
  readonly key: string;
  readonly unit: "pu" | "Hz" | "s" | "";
  readonly standard: ByCategory<number>;
  readonly range: ByCategory<readonly [min: number, max: number]>;
  /** The range has not been read in the standard or in a device's tables. */
  readonly toConfirm?: true;
  readonly clause: string;
  readonly sentence: string;
  /** Name in the exchange format of DER settings (IEEE 1547.1 annex, EPRI common file format). */
  readonly name?: string;
  /** Model and point that carry it in a power stage. */
  readonly sunspec?: string;
}

const all = <T>(value: T) => ({ all: value });
const AB = <T>(A: T, B: T) => ({ A, B });
const cat = <T>(I: T, II: T, III: T) => ({ I, II, III });
const span = (min: number, max: number): readonly [number, number] => [min, max];

export const numberRows = [
  // enter service
  { key: "enterVoltageMinPu",   unit: "pu", standard: all(0.917), range: all(span(0.88, 0.95)),   toConfirm: true, clause: "4.10 Table 4", name: "ES_V_LOW",  sunspec: "703.ESVLo",  sentence: "Lowest voltage at which service may be entered." },
  { key: "enterVoltageMaxPu",   unit: "pu", standard: all(1.05),  range: all(span(1.05, 1.06)),   toConfirm: true, clause: "4.10 Table 4", name: "ES_V_HIGH", sunspec: "703.ESVHi",  sentence: "Highest voltage at which service may be entered." },
  { key: "enterFrequencyMinHz", unit: "Hz", standard: all(59.5),  range: all(span(59, 59.9)),     toConfirm: true, clause: "4.10 Table 4", name: "ES_F_LOW",  sunspec: "703.ESHzLo", sentence: "Lowest frequency at which service may be entered." },
  { key: "enterFrequencyMaxHz", unit: "Hz", standard: all(60.1),  range: all(span(60.1, 61)),     toConfirm: true, clause: "4.10 Table 4", name: "ES_F_HIGH", sunspec: "703.ESHzHi", sentence: "Highest frequency at which service may be entered." },
  { key: "enterDelayS",         unit: "s",  standard: all(300),   range: all(span(0, 600)),                        clause: "4.10 Table 4", name: "ES_DELAY",            sunspec: "703.ESDlyTms", sentence: "Time for which the criteria must hold without a break." },
  { key: "enterRandomDelayS",   unit: "s",  standard: all(0),     range: all(span(0, 1_000)),     toConfirm: true, clause: "4.10 Table 4", name: "ES_RANDOMIZED_DELAY", sunspec: "703.ESRndTms", sentence: "Longest random addition to the delay, instead of a ramp; 0 for none." },
  { key: "enterRampS",          unit: "s",  standard: all(300),   range: all(span(0, 1_000)),     toConfirm: true, clause: "4.10 Table 4", name: "ES_RAMP_RATE",        sunspec: "703.ESRmpTms", sentence: "Time of the ramp from nothing to full power after entering service; 0 only with a random delay." },

  // must-trip: voltage. A threshold of 0 pu means that the row is not used.
  { key: "ov2Pu", unit: "pu", standard: all(1.2),             range: all(span(1.2, 1.2)),                                       toConfirm: true, clause: "6.4.1 Tables 11-13", name: "OV2_TRIP_V", sunspec: "708.MustTrip.V",   sentence: "Over-voltage trip 2." },
  { key: "ov2S",  unit: "s",  standard: all(0.16),            range: all(span(0.16, 0.16)),                                     toConfirm: true, clause: "6.4.1 Tables 11-13", name: "OV2_TRIP_T", sunspec: "708.MustTrip.Tms", sentence: "Clearing time of over-voltage trip 2." },
  { key: "ov1Pu", unit: "pu", standard: all(1.1),             range: all(span(1.1, 1.2)),                                       toConfirm: true, clause: "6.4.1 Tables 11-13", name: "OV1_TRIP_V", sunspec: "708.MustTrip.V",   sentence: "Over-voltage trip 1." },
  { key: "ov1S",  unit: "s",  standard: cat(2, 2, 13),        range: all(span(1, 13)),                                          toConfirm: true, clause: "6.4.1 Tables 11-13", name: "OV1_TRIP_T", sunspec: "708.MustTrip.Tms", sentence: "Clearing time of over-voltage trip 1." },
  { key: "ovMeanPu", unit: "pu", standard: all(0),            range: all(span(0, 0)),                                                            clause: "", sentence: "Over-voltage trip by the mean of ten minutes, as European codes have it; 0 where the code has none." },
  { key: "uv1Pu", unit: "pu", standard: cat(0.7, 0.7, 0.88),  range: all(span(0, 0.88)),                                        toConfirm: true, clause: "6.4.1 Tables 11-13", name: "UV1_TRIP_V", sunspec: "707.MustTrip.V",   sentence: "Under-voltage trip 1." },
  { key: "uv1S",  unit: "s",  standard: cat(2, 10, 21),       range: cat(span(2, 21), span(2, 21), span(21, 50)),               toConfirm: true, clause: "6.4.1 Tables 11-13", name: "UV1_TRIP_T", sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 1." },
  { key: "uv2Pu", unit: "pu", standard: cat(0.45, 0.45, 0.5), range: all(span(0, 0.5)),                                         toConfirm: true, clause: "6.4.1 Tables 11-13", name: "UV2_TRIP_V", sunspec: "707.MustTrip.V",   sentence: "Under-voltage trip 2." },
  { key: "uv2S",  unit: "s",  standard: cat(0.16, 0.16, 2),   range: cat(span(0.16, 2), span(0.16, 2), span(2, 21)),            toConfirm: true, clause: "6.4.1 Tables 11-13", name: "UV2_TRIP_T", sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 2." },
  { key: "uv3Pu", unit: "pu", standard: all(0),               range: all(span(0, 0)),                                                            clause: "",                                        sunspec: "707.MustTrip.V",   sentence: "Under-voltage trip 3; IEEE 1547 has two, Rule 21 three." },
  { key: "uv3S",  unit: "s",  standard: all(0.16),            range: all(span(0.16, 21)),                                                        clause: "",                                        sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 3." },

  // must-trip: frequency
  { key: "of2Hz", unit: "Hz", standard: all(62),   range: all(span(61.8, 66)),     toConfirm: true, clause: "6.5.1 Table 18", name: "OF2_TRIP_F", sunspec: "710.MustTrip.Hz",  sentence: "Over-frequency trip 2." },
  { key: "of2S",  unit: "s",  standard: all(0.16), range: all(span(0.16, 1_000)),  toConfirm: true, clause: "6.5.1 Table 18", name: "OF2_TRIP_T", sunspec: "710.MustTrip.Tms", sentence: "Clearing time of over-frequency trip 2." },
  { key: "of1Hz", unit: "Hz", standard: all(61.2), range: all(span(61, 66)),       toConfirm: true, clause: "6.5.1 Table 18", name: "OF1_TRIP_F", sunspec: "710.MustTrip.Hz",  sentence: "Over-frequency trip 1." },
  { key: "of1S",  unit: "s",  standard: all(300),  range: all(span(180, 1_000)),   toConfirm: true, clause: "6.5.1 Table 18", name: "OF1_TRIP_T", sunspec: "710.MustTrip.Tms", sentence: "Clearing time of over-frequency trip 1." },
  { key: "uf1Hz", unit: "Hz", standard: all(58.5), range: all(span(50, 59)),       toConfirm: true, clause: "6.5.1 Table 18", name: "UF1_TRIP_F", sunspec: "709.MustTrip.Hz",  sentence: "Under-frequency trip 1." },
  { key: "uf1S",  unit: "s",  standard: all(300),  range: all(span(180, 1_000)),   toConfirm: true, clause: "6.5.1 Table 18", name: "UF1_TRIP_T", sunspec: "709.MustTrip.Tms", sentence: "Clearing time of under-frequency trip 1." },
  { key: "uf2Hz", unit: "Hz", standard: all(56.5), range: all(span(50, 57)),       toConfirm: true, clause: "6.5.1 Table 18", name: "UF2_TRIP_F", sunspec: "709.MustTrip.Hz",  sentence: "Under-frequency trip 2." },
  { key: "uf2S",  unit: "s",  standard: all(0.16), range: all(span(0.16, 1_000)),  toConfirm: true, clause: "6.5.1 Table 18", name: "UF2_TRIP_T", sunspec: "709.MustTrip.Tms", sentence: "Clearing time of under-frequency trip 2." },

  // momentary cessation
  { key: "cessationLowPu",  unit: "pu", standard: all(0.5), range: all(span(0, 0.7)),   toConfirm: true, clause: "6.4.2 Tables 14-17", name: "MC_LVRT_V1", sunspec: "707.MomCess.V", sentence: "Below this voltage power ceases at once and returns with the voltage." },
  { key: "cessationHighPu", unit: "pu", standard: all(1.1), range: all(span(1.1, 1.2)), toConfirm: true, clause: "6.4.2 Tables 14-17", name: "MC_HVRT_V1", sunspec: "708.MomCess.V", sentence: "Above this voltage power ceases at once and returns with the voltage." },

  // active power limit and constant reactive power
  { key: "activePowerLimitPu",      unit: "pu", standard: all(1),  range: all(span(0, 1)),                       clause: "4.6.2", name: "AP_LIMIT", sunspec: "704.WMaxLimPct", sentence: "Largest injected active power, of rated power." },
  { key: "activePowerLimitRampS",   unit: "s",  standard: all(10), range: all(span(0, 30)),                      clause: "4.6.2", sentence: "Time in which the limit moves by the whole rated power." },
  { key: "constantVarPu",           unit: "pu", standard: all(0),  range: AB(span(-0.25, 0.44), span(-0.44, 0.44)), clause: "5.3.5 Table 7", name: "CONST_Q",  sunspec: "704.VarSetPct", sentence: "Constant reactive power, of the apparent-power rating; positive injects." },
  { key: "powerFactor",             unit: "",   standard: all(1),  range: all(span(0.9, 1)), toConfirm: true,    clause: "5.3.2", name: "CONST_PF", sunspec: "704.PFWInj.PF", sentence: "Constant power factor." },
  { key: "reactiveResponseS",       unit: "s",  standard: all(3),  range: all(span(0.5, 10)),                    clause: "5.3.2", sentence: "Open-loop response time of constant power factor, constant reactive power and watt-var." },
  { key: "reactiveModeTransitionS", unit: "s",  standard: all(15), range: all(span(5, 300)), toConfirm: true,    clause: "",      sentence: "Time in which reactive power moves by the whole apparent-power rating after a change of mode." },

  // volt-var
  { key: "voltVarReferencePu",      unit: "pu", standard: all(1),           range: all(span(0.95, 1.05)),                             clause: "5.3.3 Table 8", name: "QV_VREF",      sunspec: "705.Crv.VRef",        sentence: "Reference voltage; the curve moves with it." },
  { key: "voltVarReferenceS",       unit: "s",  standard: all(300),         range: all(span(300, 5_000)), toConfirm: true,            clause: "5.3.3 Table 8", name: "QV_VREF_TIME", sunspec: "705.Crv.VRefAutoTms", sentence: "Time constant with which the autonomous reference follows the voltage." },
  { key: "voltVarV1Pu", unit: "pu", standard: AB(0.9, 0.92),   range: all(span(0.77, 1.03)),                         toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_V1",  sunspec: "705.Crv.Pt[1].V",     sentence: "Volt-var curve, voltage 1." },
  { key: "voltVarQ1Pu", unit: "pu", standard: AB(0.25, 0.44),  range: AB(span(0, 0.25), span(0, 0.44)),              toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_Q1",  sunspec: "705.Crv.Pt[1].Var",   sentence: "Volt-var curve, reactive power 1." },
  { key: "voltVarV2Pu", unit: "pu", standard: AB(1, 0.98),     range: AB(span(1, 1), span(0.97, 1)),                 toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_V2",  sunspec: "705.Crv.Pt[2].V",     sentence: "Volt-var curve, voltage 2." },
  { key: "voltVarQ2Pu", unit: "pu", standard: all(0),          range: AB(span(-0.25, 0.25), span(-0.44, 0.44)),      toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_Q2",  sunspec: "705.Crv.Pt[2].Var",   sentence: "Volt-var curve, reactive power 2." },
  { key: "voltVarV3Pu", unit: "pu", standard: AB(1, 1.02),     range: AB(span(1, 1), span(1, 1.03)),                 toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_V3",  sunspec: "705.Crv.Pt[3].V",     sentence: "Volt-var curve, voltage 3." },
  { key: "voltVarQ3Pu", unit: "pu", standard: all(0),          range: AB(span(-0.25, 0.25), span(-0.44, 0.44)),      toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_Q3",  sunspec: "705.Crv.Pt[3].Var",   sentence: "Volt-var curve, reactive power 3." },
  { key: "voltVarV4Pu", unit: "pu", standard: AB(1.1, 1.08),   range: all(span(0.97, 1.23)),                         toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_V4",  sunspec: "705.Crv.Pt[4].V",     sentence: "Volt-var curve, voltage 4." },
  { key: "voltVarQ4Pu", unit: "pu", standard: AB(-0.25, -0.44), range: AB(span(-0.25, 0), span(-0.44, 0)),           toConfirm: true, clause: "5.3.3 Table 8", name: "QV_CURVE_Q4",  sunspec: "705.Crv.Pt[4].Var",   sentence: "Volt-var curve, reactive power 4." },
  { key: "voltVarOlrtS", unit: "s", standard: AB(10, 5),       range: all(span(1, 90)),                                               clause: "5.3.3 Table 8", name: "QV_OLRT",      sunspec: "705.Crv.RspTms",      sentence: "Open-loop response time of volt-var." },

  // watt-var: injected side of rated power, absorbed side of rated charging power
  { key: "wattVarP1Pu",     unit: "pu", standard: all(0.2),         range: all(span(0, 0.7)),                        toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P1_GEN",  sunspec: "712.Crv.Pt[4].W",   sentence: "Watt-var curve, injected power 1." },
  { key: "wattVarQ1Pu",     unit: "pu", standard: all(0),           range: AB(span(-0.25, 0.44), span(-0.44, 0.44)), toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q1_GEN",  sunspec: "712.Crv.Pt[4].Var", sentence: "Watt-var curve, reactive power at injected power 1." },
  { key: "wattVarP2Pu",     unit: "pu", standard: all(0.5),         range: all(span(0.1, 0.9)),                      toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P2_GEN",  sunspec: "712.Crv.Pt[5].W",   sentence: "Watt-var curve, injected power 2." },
  { key: "wattVarQ2Pu",     unit: "pu", standard: all(0),           range: AB(span(-0.25, 0.44), span(-0.44, 0.44)), toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q2_GEN",  sunspec: "712.Crv.Pt[5].Var", sentence: "Watt-var curve, reactive power at injected power 2." },
  { key: "wattVarP3Pu",     unit: "pu", standard: all(1),           range: all(span(0.2, 1)),                        toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P3_GEN",  sunspec: "712.Crv.Pt[6].W",   sentence: "Watt-var curve, injected power 3." },
  { key: "wattVarQ3Pu",     unit: "pu", standard: AB(-0.25, -0.44), range: AB(span(-0.25, 0.44), span(-0.44, 0.44)), toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q3_GEN",  sunspec: "712.Crv.Pt[6].Var", sentence: "Watt-var curve, reactive power at injected power 3." },
  { key: "wattVarLoadP1Pu", unit: "pu", standard: all(-0.2),        range: all(span(-0.7, 0)),                       toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P1_LOAD", sunspec: "712.Crv.Pt[3].W",   sentence: "Watt-var curve, absorbed power 1 (negative)." },
  { key: "wattVarLoadQ1Pu", unit: "pu", standard: all(0),           range: all(span(-0.44, 0.44)),                   toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q1_LOAD", sunspec: "712.Crv.Pt[3].Var", sentence: "Watt-var curve, reactive power at absorbed power 1." },
  { key: "wattVarLoadP2Pu", unit: "pu", standard: all(-0.5),        range: all(span(-0.9, -0.1)),                    toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P2_LOAD", sunspec: "712.Crv.Pt[2].W",   sentence: "Watt-var curve, absorbed power 2 (negative)." },
  { key: "wattVarLoadQ2Pu", unit: "pu", standard: all(0),           range: all(span(-0.44, 0.44)),                   toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q2_LOAD", sunspec: "712.Crv.Pt[2].Var", sentence: "Watt-var curve, reactive power at absorbed power 2." },
  { key: "wattVarLoadP3Pu", unit: "pu", standard: all(-1),          range: all(span(-1, -0.2)),                      toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_P3_LOAD", sunspec: "712.Crv.Pt[1].W",   sentence: "Watt-var curve, absorbed power 3 (negative)." },
  { key: "wattVarLoadQ3Pu", unit: "pu", standard: all(0.44),        range: all(span(-0.44, 0.44)),                   toConfirm: true, clause: "5.3.4 Table 9", name: "QP_CURVE_Q3_LOAD", sunspec: "712.Crv.Pt[1].Var", sentence: "Watt-var curve, reactive power at absorbed power 3." },

  // volt-watt: P2 of rated power where positive, of rated charging power where negative
  { key: "voltWattV1Pu",  unit: "pu", standard: all(1.06), range: all(span(1.05, 1.09)), toConfirm: true, clause: "5.4.2 Table 10", name: "PV_CURVE_V1", sunspec: "706.Crv.Pt[1].V", sentence: "Volt-watt curve, voltage 1." },
  { key: "voltWattP1Pu",  unit: "pu", standard: all(1),    range: all(span(1, 1)),       toConfirm: true, clause: "5.4.2 Table 10", name: "PV_CURVE_P1", sunspec: "706.Crv.Pt[1].W", sentence: "Volt-watt curve, power 1." },
  { key: "voltWattV2Pu",  unit: "pu", standard: all(1.1),  range: all(span(1.06, 1.1)),  toConfirm: true, clause: "5.4.2 Table 10", name: "PV_CURVE_V2", sunspec: "706.Crv.Pt[2].V", sentence: "Volt-watt curve, voltage 2." },
  { key: "voltWattP2Pu",  unit: "pu", standard: all(0),    range: all(span(-1, 1)),      toConfirm: true, clause: "5.4.2 Table 10", name: "PV_CURVE_P2", sunspec: "706.Crv.Pt[2].W", sentence: "Volt-watt curve, power 2; negative lets storage absorb." },
  { key: "voltWattOlrtS", unit: "s",  standard: all(10),   range: all(span(0.5, 60)),    toConfirm: true, clause: "5.4.2 Table 10", name: "PV_OLRT",     sunspec: "706.Crv.RspTms",  sentence: "Open-loop response time of volt-watt." },

  // frequency-droop
  { key: "droopOverBandHz",   unit: "Hz", standard: all(0.036), range: all(span(0.017, 1)),                                               clause: "6.5.2.7 Table 24", name: "PF_DBOF", sunspec: "711.Ctl.DbOf",   sentence: "Dead band above nominal frequency." },
  { key: "droopUnderBandHz",  unit: "Hz", standard: all(0.036), range: all(span(0.017, 1)),                                               clause: "6.5.2.7 Table 24", name: "PF_DBUF", sunspec: "711.Ctl.DbUf",   sentence: "Dead band below nominal frequency." },
  { key: "droopOverPu",       unit: "pu", standard: all(0.05),  range: cat(span(0.03, 0.05), span(0.03, 0.05), span(0.02, 0.05)),         clause: "6.5.2.7 Table 24", name: "PF_KOF",  sunspec: "711.Ctl.KOf",    sentence: "Change of frequency, of nominal, that changes power by its rating, above the dead band." },
  { key: "droopUnderPu",      unit: "pu", standard: all(0.05),  range: cat(span(0.03, 0.05), span(0.03, 0.05), span(0.02, 0.05)),         clause: "6.5.2.7 Table 24", name: "PF_KUF",  sunspec: "711.Ctl.KUf",    sentence: "The same below the dead band." },
  { key: "droopOlrtS",        unit: "s",  standard: all(5),     range: cat(span(1, 10), span(1, 10), span(0.2, 10)),                      clause: "6.5.2.7 Table 24", name: "PF_OLRT", sunspec: "711.Ctl.RspTms", sentence: "Open-loop response time of frequency-droop." },
] as const satisfies readonly NumberRow[];

/** A grid setting that is on or off, with its standard value for each category. */
export interface FlagRow {
  readonly key: string;
  readonly standard: ByCategory<boolean>;
  readonly clause: string;
  readonly sentence: string;
  readonly name?: string;
  readonly sunspec?: string;
}

export const flagRows = [
  { key: "permitService",           standard: all(true),               clause: "4.10 Table 4",       name: "ES_PERMIT_SERVICE", sunspec: "703.ES",             sentence: "The utility permits service; off trips." },
  { key: "momentaryCessation",      standard: cat(false, false, true), clause: "6.4.2 Tables 14-17", name: "MC_ENABLE",         sunspec: "707.MomCess",        sentence: "Momentary cessation outside its two voltages." },
  { key: "activePowerLimitEnabled", standard: all(false),              clause: "4.6.2",              name: "AP_LIMIT_ENABLE",   sunspec: "704.WMaxLimPctEna",  sentence: "The active power limit is in force." },
  { key: "voltVarReferenceAuto",    standard: all(false),              clause: "5.3.3 Table 8",      name: "QV_VREF_AUTO_MODE", sunspec: "705.Crv.VRefAutoEna", sentence: "The volt-var reference follows the voltage slowly by itself." },
  { key: "voltWattEnabled",         standard: all(false),              clause: "5.4.2 Table 10",     name: "PV_MODE_ENABLE",    sunspec: "706.Ena",            sentence: "Volt-watt is in force." },
  { key: "droopEnabled",            standard: all(true),               clause: "6.5.2.7 Table 24",   name: "PF_MODE_ENABLE",    sunspec: "711.Ena",            sentence: "Frequency-droop is in force." },
  { key: "islandingBackupEnabled",  standard: all(true),               clause: "8.1",                                                                      sentence: "The controller's own backup against unintentional islands is in force." },
] as const satisfies readonly FlagRow[];

/** A grid setting that is one of a few words. */
export interface ChoiceRow {
  readonly key: string;
  readonly values: readonly string[];
  readonly standard: string;
  readonly clause: string;
  readonly sentence: string;
}

/** Choices: one reactive mode at a time, by construction. */
export const choiceRows = [
  { key: "reactiveMode",          values: ["none", "constant-power-factor", "constant-var", "volt-var", "watt-var"], standard: "constant-power-factor", clause: "5.3", sentence: "The one reactive-power mode in force." },
  { key: "powerFactorExcitation", values: ["over-excited", "under-excited"],                                         standard: "over-excited",          clause: "5.3.2", sentence: "Over-excited injects reactive power while injecting active power." },
  { key: "reactivePriority",      values: ["reactive", "active"],                                                    standard: "reactive",              clause: "5.2 Table 7", sentence: "Which of the two keeps its value beyond the reactive power that the category requires." },
] as const satisfies readonly ChoiceRow[];

type Numbers = { -readonly [row in (typeof numberRows)[number] as row["key"]]: number };
type Flags = { -readonly [row in (typeof flagRows)[number] as row["key"]]: boolean };
type Choices = { -readonly [row in (typeof choiceRows)[number] as row["key"]]: row["values"][number] };

/** Performance category for normal operation (IEEE 1547-2018): reactive power and voltage control. */
export type NormalCategory = "A" | "B";
/** Performance category for abnormal operation (IEEE 1547-2018): ride-through. */
export type AbnormalCategory = "I" | "II" | "III";

/** All settings of the grid functions, flat, as the functions read them. */
export interface GridSettings extends Numbers, Flags, Choices {
  nominalFrequencyHz: number;
  normalCategory: NormalCategory;
  abnormalCategory: AbnormalCategory;
}

/** The name of a grid setting, as in a profile's file and in the permit. */
export type GridSettingKey = (typeof numberRows)[number]["key"] | (typeof flagRows)[number]["key"] | (typeof choiceRows)[number]["key"];

/**
 * California Rule 21 where it differs from IEEE 1547-2018 Category B, III: three under-voltage rows as in makers' tables,
 * volt-var of the tariff, volt-watt and droop on, soft-start 2 % a second. With equipment listed to UL 1741 SB the
 * utility's own settings file rules; volt-var, volt-watt and the ramp here are to be compared with the tariff in force.
 */
export const rule21Differences: Partial<GridSettings> = {
  ov1Pu: 1.1,  ov1S: 13,  ov2Pu: 1.2, ov2S: 0.16,
  uv1Pu: 0.88, uv1S: 21,  uv2Pu: 0.7, uv2S: 11,   uv3Pu: 0.5, uv3S: 1.5,
  reactiveMode: "volt-var", reactivePriority: "reactive",
  voltVarV1Pu: 0.92, voltVarQ1Pu: 0.3, voltVarV2Pu: 0.967, voltVarV3Pu: 1.033, voltVarV4Pu: 1.07, voltVarQ4Pu: -0.3, voltVarOlrtS: 5,
  voltWattEnabled: true, droopEnabled: true,
  enterRampS: 50,
};

/** Ranges that Rule 21 has wider or elsewhere than IEEE 1547-2018. */
export const rule21Ranges: { readonly [key in GridSettingKey]?: readonly [number, number] } = {
  uv2Pu: span(0, 0.7), uv2S: span(0.16, 21), uv3Pu: span(0, 0.5), uv3S: span(0.16, 2),
  voltVarV2Pu: span(0.95, 1), voltVarV3Pu: span(1, 1.05),
};
