/**
 * Every setting of the grid functions, once: unit, meaning, the function that it belongs to, what is plausible for it at all,
 * and the point of a power stage that carries it. What a grid code has of them, with which value, range, name and clause,
 * stands in the code's own file (`grid-codes/`), so that a new code is a file and no code.
 *
 * Frequencies are stated for 60 Hz; at another nominal frequency they are scaled with it.
 */

/** The function that a setting belongs to; `own` for what no code states and this product decides. */
export type GridFunctionName =
  | "enter-service" | "start" | "trip" | "rocof" | "cessation" | "active-power-limit" | "constant-power-factor"
  | "constant-var" | "volt-var" | "watt-var" | "power-factor-watt" | "volt-watt" | "droop" | "own";

/** A grid setting that is a number: unit, function, and what holds where a code has not got it or does not tell. */
export interface NumberRow {
  readonly key: string;
  readonly unit: "pu" | "Hz" | "s" | "";
  readonly function: GridFunctionName;
  /**
   * Stands in while nobody has stated the value, so that the controller can still tell an outage; it is never written to a
   * stage, and no power goes to the grid on it.
   */
  readonly neutral: number;
  /** The value that switches off what a code has not got, where that is not `neutral`. */
  readonly unused?: number;
  /** Range where the code states none: what is plausible at all, so that a misspelt value is still found. */
  readonly plausible: readonly [min: number, max: number];
  /** Every code must state it: a code's file that is silent leaves it to a person. */
  readonly required?: true;
  /** Model and point that carry it in a power stage. */
  readonly sunspec?: string;
  readonly sentence: string;
}

const span = (min: number, max: number): readonly [number, number] => [min, max];

export const numberRows = [
  { key: "enterVoltageMinPu", unit: "pu", function: "enter-service", neutral: 0.917, plausible: span(0, 1.4), required: true, sunspec: "703.ESVLo", sentence: "Lowest voltage at which service may be entered." },
  { key: "enterVoltageMaxPu", unit: "pu", function: "enter-service", neutral: 1.05, plausible: span(0, 1.4), required: true, sunspec: "703.ESVHi", sentence: "Highest voltage at which service may be entered." },
  { key: "enterFrequencyMinHz", unit: "Hz", function: "enter-service", neutral: 59.5, plausible: span(52.8, 67.2), required: true, sunspec: "703.ESHzLo", sentence: "Lowest frequency at which service may be entered." },
  { key: "enterFrequencyMaxHz", unit: "Hz", function: "enter-service", neutral: 60.1, plausible: span(52.8, 67.2), required: true, sunspec: "703.ESHzHi", sentence: "Highest frequency at which service may be entered." },
  { key: "enterDelayS", unit: "s", function: "enter-service", neutral: 300, plausible: span(0, 3600), required: true, sunspec: "703.ESDlyTms", sentence: "Time for which the criteria must hold without a break." },
  { key: "enterRandomDelayS", unit: "s", function: "enter-service", neutral: 0, plausible: span(0, 3600), sunspec: "703.ESRndTms", sentence: "Longest random addition to the delay, instead of a ramp; 0 for none." },
  { key: "enterRampS", unit: "s", function: "enter-service", neutral: 300, plausible: span(0, 3600), required: true, sunspec: "703.ESRmpTms", sentence: "Time of the ramp from nothing to full power after entering service; 0 only with a random delay." },
  { key: "startVoltageMinPu", unit: "pu", function: "start", neutral: 0.917, plausible: span(0, 1.4), sentence: "Lowest voltage for a start that does not follow a trip." },
  { key: "startVoltageMaxPu", unit: "pu", function: "start", neutral: 1.05, plausible: span(0, 1.4), sentence: "Highest voltage for such a start." },
  { key: "startFrequencyMinHz", unit: "Hz", function: "start", neutral: 59.5, plausible: span(52.8, 67.2), sentence: "Lowest frequency for such a start." },
  { key: "startFrequencyMaxHz", unit: "Hz", function: "start", neutral: 60.1, plausible: span(52.8, 67.2), sentence: "Highest frequency for such a start." },
  { key: "startDelayS", unit: "s", function: "start", neutral: 300, plausible: span(0, 3600), sentence: "Time for which its criteria must hold without a break." },
  { key: "startRampS", unit: "s", function: "start", neutral: 300, plausible: span(0, 3600), sentence: "Time of its ramp from nothing to full power; 0 for none." },
  { key: "ov2Pu", unit: "pu", function: "trip", neutral: 1.2, unused: 0, plausible: span(0, 1.4), sunspec: "708.MustTrip.V", sentence: "Over-voltage trip 2." },
  { key: "ov2S", unit: "s", function: "trip", neutral: 0.16, plausible: span(0.05, 3600), sunspec: "708.MustTrip.Tms", sentence: "Clearing time of over-voltage trip 2." },
  { key: "ov1Pu", unit: "pu", function: "trip", neutral: 1.1, plausible: span(0, 1.4), required: true, sunspec: "708.MustTrip.V", sentence: "Over-voltage trip 1." },
  { key: "ov1S", unit: "s", function: "trip", neutral: 13, plausible: span(0.05, 3600), required: true, sunspec: "708.MustTrip.Tms", sentence: "Clearing time of over-voltage trip 1." },
  { key: "ovMeanPu", unit: "pu", function: "trip", neutral: 0, unused: 0, plausible: span(0, 1.4), sentence: "Over-voltage trip by the mean of ten minutes; 0 for none." },
  { key: "uv1Pu", unit: "pu", function: "trip", neutral: 0.88, plausible: span(0, 1.4), required: true, sunspec: "707.MustTrip.V", sentence: "Under-voltage trip 1." },
  { key: "uv1S", unit: "s", function: "trip", neutral: 21, plausible: span(0.05, 3600), required: true, sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 1." },
  { key: "uv2Pu", unit: "pu", function: "trip", neutral: 0.5, unused: 0, plausible: span(0, 1.4), sunspec: "707.MustTrip.V", sentence: "Under-voltage trip 2." },
  { key: "uv2S", unit: "s", function: "trip", neutral: 2, plausible: span(0.05, 3600), sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 2." },
  { key: "uv3Pu", unit: "pu", function: "trip", neutral: 0, unused: 0, plausible: span(0, 1.4), sunspec: "707.MustTrip.V", sentence: "Under-voltage trip 3." },
  { key: "uv3S", unit: "s", function: "trip", neutral: 0.16, plausible: span(0.05, 3600), sunspec: "707.MustTrip.Tms", sentence: "Clearing time of under-voltage trip 3." },
  { key: "of2Hz", unit: "Hz", function: "trip", neutral: 62, unused: 0, plausible: span(52.8, 67.2), sunspec: "710.MustTrip.Hz", sentence: "Over-frequency trip 2." },
  { key: "of2S", unit: "s", function: "trip", neutral: 0.16, plausible: span(0.05, 3600), sunspec: "710.MustTrip.Tms", sentence: "Clearing time of over-frequency trip 2." },
  { key: "of1Hz", unit: "Hz", function: "trip", neutral: 61.2, plausible: span(52.8, 67.2), required: true, sunspec: "710.MustTrip.Hz", sentence: "Over-frequency trip 1." },
  { key: "of1S", unit: "s", function: "trip", neutral: 300, plausible: span(0.05, 3600), required: true, sunspec: "710.MustTrip.Tms", sentence: "Clearing time of over-frequency trip 1." },
  { key: "uf1Hz", unit: "Hz", function: "trip", neutral: 58.5, plausible: span(50, 67.2), required: true, sunspec: "709.MustTrip.Hz", sentence: "Under-frequency trip 1." },
  { key: "uf1S", unit: "s", function: "trip", neutral: 300, plausible: span(0.05, 3600), required: true, sunspec: "709.MustTrip.Tms", sentence: "Clearing time of under-frequency trip 1." },
  { key: "uf2Hz", unit: "Hz", function: "trip", neutral: 56.5, unused: 0, plausible: span(50, 67.2), sunspec: "709.MustTrip.Hz", sentence: "Under-frequency trip 2." },
  { key: "uf2S", unit: "s", function: "trip", neutral: 0.16, plausible: span(0.05, 3600), sunspec: "709.MustTrip.Tms", sentence: "Clearing time of under-frequency trip 2." },
  { key: "rocofHzPerS", unit: "", function: "trip", neutral: 0, unused: 0, plausible: span(0, 10), sentence: "Trip by the rate of change of frequency, Hz/s in either direction; 0 for none." },
  { key: "rocofWindowS", unit: "s", function: "rocof", neutral: 0.5, plausible: span(0.1, 2), sentence: "Time over which the rate of change is measured." },
  { key: "rocofS", unit: "s", function: "rocof", neutral: 0.5, plausible: span(0.05, 10), sentence: "Clearing time of the rate-of-change trip, from the moment when the measured rate is beyond it." },
  { key: "cessationLowPu", unit: "pu", function: "cessation", neutral: 0.5, plausible: span(0, 1.4), sunspec: "707.MomCess.V", sentence: "Below this voltage power ceases at once and returns with the voltage." },
  { key: "cessationHighPu", unit: "pu", function: "cessation", neutral: 1.1, plausible: span(0, 1.4), sunspec: "708.MomCess.V", sentence: "Above this voltage power ceases at once and returns with the voltage." },
  { key: "activePowerLimitPu", unit: "pu", function: "active-power-limit", neutral: 1, plausible: span(0, 1), sunspec: "704.WMaxLimPct", sentence: "Largest injected active power, of rated power." },
  { key: "activePowerLimitRampS", unit: "s", function: "own", neutral: 10, plausible: span(0, 30), sentence: "Time in which the limit moves by the whole rated power." },
  { key: "constantVarPu", unit: "pu", function: "constant-var", neutral: 0, plausible: span(-0.44, 0.44), sunspec: "704.VarSetPct", sentence: "Constant reactive power, of the apparent-power rating; positive injects." },
  { key: "powerFactor", unit: "", function: "constant-power-factor", neutral: 1, plausible: span(0.9, 1), sunspec: "704.PFWInj.PF", sentence: "Constant power factor." },
  { key: "reactiveResponseS", unit: "s", function: "own", neutral: 3, plausible: span(0.5, 10), sentence: "Open-loop response time of constant power factor, constant reactive power and watt-var." },
  { key: "reactiveModeTransitionS", unit: "s", function: "own", neutral: 15, plausible: span(5, 300), sentence: "Time in which reactive power moves by the whole apparent-power rating after a change of mode." },
  { key: "voltVarReferencePu", unit: "pu", function: "volt-var", neutral: 1, plausible: span(0.95, 1.05), sunspec: "705.Crv.VRef", sentence: "Reference voltage; the curve moves with it." },
  { key: "voltVarReferenceS", unit: "s", function: "volt-var", neutral: 300, plausible: span(0.1, 5000), sunspec: "705.Crv.VRefAutoTms", sentence: "Time constant with which the autonomous reference follows the voltage." },
  { key: "voltVarV1Pu", unit: "pu", function: "volt-var", neutral: 0.92, plausible: span(0.77, 1.2), sunspec: "705.Crv.Pt[1].V", sentence: "Volt-var curve, voltage 1." },
  { key: "voltVarQ1Pu", unit: "pu", function: "volt-var", neutral: 0.44, plausible: span(-0.6, 0.6), sunspec: "705.Crv.Pt[1].Var", sentence: "Volt-var curve, reactive power 1." },
  { key: "voltVarV2Pu", unit: "pu", function: "volt-var", neutral: 0.98, plausible: span(0.8, 1.2), sunspec: "705.Crv.Pt[2].V", sentence: "Volt-var curve, voltage 2." },
  { key: "voltVarQ2Pu", unit: "pu", function: "volt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "705.Crv.Pt[2].Var", sentence: "Volt-var curve, reactive power 2." },
  { key: "voltVarV3Pu", unit: "pu", function: "volt-var", neutral: 1.02, plausible: span(0.8, 1.2), sunspec: "705.Crv.Pt[3].V", sentence: "Volt-var curve, voltage 3." },
  { key: "voltVarQ3Pu", unit: "pu", function: "volt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "705.Crv.Pt[3].Var", sentence: "Volt-var curve, reactive power 3." },
  { key: "voltVarV4Pu", unit: "pu", function: "volt-var", neutral: 1.08, plausible: span(0.8, 1.23), sunspec: "705.Crv.Pt[4].V", sentence: "Volt-var curve, voltage 4." },
  { key: "voltVarQ4Pu", unit: "pu", function: "volt-var", neutral: -0.44, plausible: span(-0.6, 0.6), sunspec: "705.Crv.Pt[4].Var", sentence: "Volt-var curve, reactive power 4." },
  { key: "voltVarOlrtS", unit: "s", function: "volt-var", neutral: 5, plausible: span(0.1, 3600), sunspec: "705.Crv.RspTms", sentence: "Open-loop response time of volt-var." },
  { key: "voltVarLockInPu", unit: "pu", function: "volt-var", neutral: 0, plausible: span(0, 1), sentence: "Active power, of rated power, from which volt-var acts; 0 for always." },
  { key: "voltVarLockOutPu", unit: "pu", function: "volt-var", neutral: 0, plausible: span(0, 1), sentence: "Active power below which volt-var no longer acts." },
  { key: "wattVarP1Pu", unit: "pu", function: "watt-var", neutral: 0.2, plausible: span(0, 0.7), sunspec: "712.Crv.Pt[4].W", sentence: "Watt-var curve, injected power 1." },
  { key: "wattVarQ1Pu", unit: "pu", function: "watt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[4].Var", sentence: "Watt-var curve, reactive power at injected power 1." },
  { key: "wattVarP2Pu", unit: "pu", function: "watt-var", neutral: 0.5, plausible: span(0.1, 0.9), sunspec: "712.Crv.Pt[5].W", sentence: "Watt-var curve, injected power 2." },
  { key: "wattVarQ2Pu", unit: "pu", function: "watt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[5].Var", sentence: "Watt-var curve, reactive power at injected power 2." },
  { key: "wattVarP3Pu", unit: "pu", function: "watt-var", neutral: 1, plausible: span(0.2, 1), sunspec: "712.Crv.Pt[6].W", sentence: "Watt-var curve, injected power 3." },
  { key: "wattVarQ3Pu", unit: "pu", function: "watt-var", neutral: -0.44, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[6].Var", sentence: "Watt-var curve, reactive power at injected power 3." },
  { key: "wattVarLoadP1Pu", unit: "pu", function: "watt-var", neutral: -0.2, plausible: span(-0.7, 0), sunspec: "712.Crv.Pt[3].W", sentence: "Watt-var curve, absorbed power 1 (negative)." },
  { key: "wattVarLoadQ1Pu", unit: "pu", function: "watt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[3].Var", sentence: "Watt-var curve, reactive power at absorbed power 1." },
  { key: "wattVarLoadP2Pu", unit: "pu", function: "watt-var", neutral: -0.5, plausible: span(-0.9, -0.1), sunspec: "712.Crv.Pt[2].W", sentence: "Watt-var curve, absorbed power 2 (negative)." },
  { key: "wattVarLoadQ2Pu", unit: "pu", function: "watt-var", neutral: 0, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[2].Var", sentence: "Watt-var curve, reactive power at absorbed power 2." },
  { key: "wattVarLoadP3Pu", unit: "pu", function: "watt-var", neutral: -1, plausible: span(-1, -0.2), sunspec: "712.Crv.Pt[1].W", sentence: "Watt-var curve, absorbed power 3 (negative)." },
  { key: "wattVarLoadQ3Pu", unit: "pu", function: "watt-var", neutral: 0.44, plausible: span(-0.6, 0.6), sunspec: "712.Crv.Pt[1].Var", sentence: "Watt-var curve, reactive power at absorbed power 3." },
  { key: "factorWattP1Pu", unit: "pu", function: "power-factor-watt", neutral: 0, plausible: span(0, 1), sentence: "Power factor by active power, injected power 1." },
  { key: "factorWattF1", unit: "", function: "power-factor-watt", neutral: 1, plausible: span(-1, 1), sentence: "Power factor at injected power 1; negative is under-excited (absorbs)." },
  { key: "factorWattP2Pu", unit: "pu", function: "power-factor-watt", neutral: 0.5, plausible: span(0, 1), sentence: "Power factor by active power, injected power 2." },
  { key: "factorWattF2", unit: "", function: "power-factor-watt", neutral: 1, plausible: span(-1, 1), sentence: "Power factor at injected power 2; negative is under-excited." },
  { key: "factorWattP3Pu", unit: "pu", function: "power-factor-watt", neutral: 1, plausible: span(0, 1), sentence: "Power factor by active power, injected power 3." },
  { key: "factorWattF3", unit: "", function: "power-factor-watt", neutral: 1, plausible: span(-1, 1), sentence: "Power factor at injected power 3; negative is under-excited." },
  { key: "factorWattLockInPu", unit: "pu", function: "power-factor-watt", neutral: 0, plausible: span(0, 1.2), sentence: "Voltage from which power factor by active power acts; 0 for always." },
  { key: "factorWattLockOutPu", unit: "pu", function: "power-factor-watt", neutral: 0, plausible: span(0, 1.2), sentence: "Voltage below which it no longer acts." },
  { key: "voltWattV1Pu", unit: "pu", function: "volt-watt", neutral: 1.06, plausible: span(0.8, 1.2), sunspec: "706.Crv.Pt[1].V", sentence: "Volt-watt curve, voltage 1." },
  { key: "voltWattP1Pu", unit: "pu", function: "volt-watt", neutral: 1, plausible: span(1, 1), sunspec: "706.Crv.Pt[1].W", sentence: "Volt-watt curve, power 1." },
  { key: "voltWattV2Pu", unit: "pu", function: "volt-watt", neutral: 1.1, plausible: span(0.8, 1.2), sunspec: "706.Crv.Pt[2].V", sentence: "Volt-watt curve, voltage 2." },
  { key: "voltWattP2Pu", unit: "pu", function: "volt-watt", neutral: 0, plausible: span(-1, 1), sunspec: "706.Crv.Pt[2].W", sentence: "Volt-watt curve, power 2; negative lets storage absorb." },
  { key: "voltWattOlrtS", unit: "s", function: "volt-watt", neutral: 10, plausible: span(0.1, 3600), sunspec: "706.Crv.RspTms", sentence: "Open-loop response time of volt-watt." },
  { key: "droopOverBandHz", unit: "Hz", function: "droop", neutral: 0.036, plausible: span(0, 2), sunspec: "711.Ctl.DbOf", sentence: "Dead band above nominal frequency." },
  { key: "droopUnderBandHz", unit: "Hz", function: "droop", neutral: 0.036, plausible: span(0, 2), sunspec: "711.Ctl.DbUf", sentence: "Dead band below nominal frequency." },
  { key: "droopOverPu", unit: "pu", function: "droop", neutral: 0.05, plausible: span(0.02, 0.12), sunspec: "711.Ctl.KOf", sentence: "Change of frequency, of nominal, that changes power by its rating, above the dead band." },
  { key: "droopUnderPu", unit: "pu", function: "droop", neutral: 0.05, plausible: span(0.02, 0.12), sunspec: "711.Ctl.KUf", sentence: "The same below the dead band." },
  { key: "droopOlrtS", unit: "s", function: "droop", neutral: 5, plausible: span(0.1, 3600), sunspec: "711.Ctl.RspTms", sentence: "Open-loop response time of frequency-droop." },
  { key: "droopDelayS", unit: "s", function: "droop", neutral: 0, plausible: span(0, 60), sentence: "Intended delay before frequency-droop acts." },
  { key: "droopStopBandHz", unit: "Hz", function: "droop", neutral: 0, plausible: span(0, 2), sentence: "With droopHold: deviation from nominal within which droop ends; 0 for its own dead band." },
  { key: "droopStopS", unit: "s", function: "droop", neutral: 0, plausible: span(0, 3600), sentence: "With droopHold: time within that band before droop ends." },
  { key: "droopReturnS", unit: "s", function: "droop", neutral: 0, plausible: span(0, 3600), sentence: "Time in which power goes back by the whole rating after droop; 0 for the open-loop response time." },
] as const satisfies readonly NumberRow[];

/** A grid setting that is on or off. Off where the code has not got it. */
export interface FlagRow {
  readonly key: string;
  readonly function: GridFunctionName;
  /** Value where a code says nothing of it. */
  readonly silent: boolean;
  readonly sunspec?: string;
  readonly sentence: string;
}

export const flagRows = [
  { key: "permitService",           function: "own",                silent: true,  sunspec: "703.ES",              sentence: "The utility permits service; off trips." },
  { key: "momentaryCessation",      function: "cessation",          silent: false, sunspec: "707.MomCess",         sentence: "Momentary cessation outside its two voltages." },
  { key: "activePowerLimitEnabled", function: "active-power-limit", silent: false, sunspec: "704.WMaxLimPctEna",   sentence: "The active power limit is in force." },
  { key: "voltVarReferenceAuto",    function: "volt-var",           silent: false, sunspec: "705.Crv.VRefAutoEna", sentence: "The volt-var reference follows the voltage slowly by itself." },
  { key: "voltWattEnabled",         function: "volt-watt",          silent: false, sunspec: "706.Ena",             sentence: "Volt-watt is in force." },
  { key: "droopEnabled",            function: "droop",              silent: false, sunspec: "711.Ena",             sentence: "Frequency-droop is in force." },
  { key: "startSeparate",           function: "start",              silent: false,                                 sentence: "A start that does not follow a trip has criteria of its own." },
  { key: "droopHold",               function: "droop",              silent: false,                                 sentence: "Droop keeps the furthest power that it has reached until the frequency is back." },
  { key: "droopWhileCharging",      function: "own",                silent: false,                                 sentence: "Charging falls at under-frequency also where nothing may be given back (an option of this product)." },
  { key: "islandingBackupEnabled",  function: "own",                silent: true,                                  sentence: "The controller's own backup against unintentional islands is in force." },
] as const satisfies readonly FlagRow[];

/** A grid setting that is one of a few words. */
export interface ChoiceRow {
  readonly key: string;
  readonly values: readonly string[];
  /** Value where a code says nothing of it. */
  readonly silent: string;
  readonly sentence: string;
}

/** Choices: one reactive mode at a time, by construction. */
export const choiceRows = [
  { key: "reactiveMode",          values: ["none", "constant-power-factor", "constant-var", "volt-var", "watt-var", "power-factor-watt"], silent: "none", sentence: "The one reactive-power mode in force." },
  { key: "powerFactorExcitation", values: ["over-excited", "under-excited"],                                         silent: "over-excited", sentence: "Over-excited injects reactive power while injecting active power." },
  { key: "reactivePriority",      values: ["reactive", "active"],                                                    silent: "reactive",     sentence: "Which of the two keeps its value beyond the reactive power that the category requires." },
  { key: "droopOverReference",    values: ["rated", "actual"],                                                       silent: "rated",        sentence: "Above nominal frequency droop changes power in proportion to rated power, or to the power when it began." },
  { key: "droopUnderReference",   values: ["rated", "actual"],                                                       silent: "rated",        sentence: "The same below nominal frequency." },
  { key: "voltWattReference",     values: ["rated", "actual"],                                                       silent: "rated",        sentence: "Volt-watt limits a share of rated power, or of the power when the voltage passed its first point." },
  { key: "responseForm",          values: ["open-loop", "three-time-constants", "time-constant"],                    silent: "open-loop",    sentence: "How the response times of volt-var and volt-watt are meant: 90 % of a step, 95 % of it, or the time constant itself." },
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

/** The name of a grid setting, as in a code's or profile's file and in the permit. */
export type GridSettingKey = (typeof numberRows)[number]["key"] | (typeof flagRows)[number]["key"] | (typeof choiceRows)[number]["key"];
