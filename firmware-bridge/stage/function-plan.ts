/**
 * What a stage's own grid-support functions must be set to, as SunSpec points of models 703–712. Pure: settings in, points
 * out. Volts are percent of nominal, watts percent of WMax, vars percent of VAMax (DeptRef 3, IEEE 1547's base).
 */

/** The settings of a grid profile that live in the stage; per unit, Hz, s. A complete profile fits this shape. */
export interface FunctionSettings {
  readonly nominalFrequencyHz: number;
  readonly permitService: boolean;
  readonly enterVoltageMinPu: number;
  readonly enterVoltageMaxPu: number;
  readonly enterFrequencyMinHz: number;
  readonly enterFrequencyMaxHz: number;
  readonly enterDelayS: number;
  readonly enterRandomDelayS: number;
  readonly enterRampS: number;
  readonly ov1Pu: number;
  readonly ov1S: number;
  readonly ov2Pu: number;
  readonly ov2S: number;
  readonly uv1Pu: number;
  readonly uv1S: number;
  readonly uv2Pu: number;
  readonly uv2S: number;
  readonly uv3Pu: number;
  readonly uv3S: number;
  readonly of1Hz: number;
  readonly of1S: number;
  readonly of2Hz: number;
  readonly of2S: number;
  readonly uf1Hz: number;
  readonly uf1S: number;
  readonly uf2Hz: number;
  readonly uf2S: number;
  readonly momentaryCessation: boolean;
  readonly cessationLowPu: number;
  readonly cessationHighPu: number;
  readonly activePowerLimitEnabled: boolean;
  readonly activePowerLimitPu: number;
  readonly reactiveMode:
    | "none"
    | "constant-power-factor"
    | "constant-var"
    | "volt-var"
    | "watt-var"
    | "power-factor-watt";
  readonly reactivePriority: "reactive" | "active";
  readonly powerFactor: number;
  readonly powerFactorExcitation: "over-excited" | "under-excited";
  readonly constantVarPu: number;
  readonly voltVarReferencePu: number;
  readonly voltVarReferenceAuto: boolean;
  readonly voltVarReferenceS: number;
  readonly voltVarV1Pu: number;
  readonly voltVarQ1Pu: number;
  readonly voltVarV2Pu: number;
  readonly voltVarQ2Pu: number;
  readonly voltVarV3Pu: number;
  readonly voltVarQ3Pu: number;
  readonly voltVarV4Pu: number;
  readonly voltVarQ4Pu: number;
  readonly voltVarOlrtS: number;
  readonly wattVarP1Pu: number;
  readonly wattVarQ1Pu: number;
  readonly wattVarP2Pu: number;
  readonly wattVarQ2Pu: number;
  readonly wattVarP3Pu: number;
  readonly wattVarQ3Pu: number;
  readonly wattVarLoadP1Pu: number;
  readonly wattVarLoadQ1Pu: number;
  readonly wattVarLoadP2Pu: number;
  readonly wattVarLoadQ2Pu: number;
  readonly wattVarLoadP3Pu: number;
  readonly wattVarLoadQ3Pu: number;
  readonly factorWattP1Pu: number;
  readonly factorWattF1: number;
  readonly factorWattP2Pu: number;
  readonly factorWattF2: number;
  readonly factorWattP3Pu: number;
  readonly factorWattF3: number;
  readonly responseForm: "open-loop" | "three-time-constants" | "time-constant";
  readonly voltWattEnabled: boolean;
  readonly voltWattV1Pu: number;
  readonly voltWattP1Pu: number;
  readonly voltWattV2Pu: number;
  readonly voltWattP2Pu: number;
  readonly voltWattOlrtS: number;
  readonly droopEnabled: boolean;
  readonly droopOverBandHz: number;
  readonly droopUnderBandHz: number;
  readonly droopOverPu: number;
  readonly droopUnderPu: number;
  readonly droopOlrtS: number;
}

/** A point of a SunSpec model and the value that it shall have. */
export type PointValue = readonly [path: string, value: number];

/** One model's part of the plan. */
export interface ModelPlan {
  readonly model: number;
  /** Points outside curves, in the order in which they are written. */
  readonly points: readonly PointValue[];
  /** Points of the curve that is to be active, without its prefix. */
  readonly curve?: readonly PointValue[];
  readonly curveGroup?: "Crv" | "Ctl";
  /** Whether the function is to be on. It is switched off before anything else changes, and on at the very end. */
  readonly enabled?: boolean;
  /** One of the reactive modes, of which only one may be on. */
  readonly reactive?: boolean;
}

export interface PlanOptions {
  /** 704.VarSet belongs to the controller and is not part of the plan. */
  readonly reactiveByController: boolean;
}

const flag = (on: boolean): number => (on ? 1 : 0);
const pct = (pu: number): number => 100 * pu;
const points = (x: string, y: string, rows: readonly (readonly [number, number])[], prefix = ""): PointValue[] =>
  rows.flatMap(([first, second], i): PointValue[] => [
    [`${prefix}Pt[${i + 1}].${x}`, first],
    [`${prefix}Pt[${i + 1}].${y}`, second],
  ]);

/** The plan in the order of writing: trips first, then the reactive modes, then active power, then entering service. */
export function planFunctions(s: FunctionSettings, options: PlanOptions): ModelPlan[] {
  return [...planTrips(s), planSetPoints(s, options), ...planCurves(s), planEnterService(s)];
}

function planEnterService(s: FunctionSettings): ModelPlan {
  return {
    model: 703,
    points: [
      ["ESVHi", pct(s.enterVoltageMaxPu)],
      ["ESVLo", pct(s.enterVoltageMinPu)],
      ["ESHzHi", s.enterFrequencyMaxHz],
      ["ESHzLo", s.enterFrequencyMinHz],
      ["ESDlyTms", s.enterDelayS],
      ["ESRndTms", s.enterRandomDelayS],
      ["ESRmpTms", s.enterRampS],
      ["ES", flag(s.permitService)],
    ],
  };
}

/** Constant power factor, constant var and the active power limit are points of 704, not curves. */
function planSetPoints(s: FunctionSettings, options: PlanOptions): ModelPlan {
  const constantFactor = s.reactiveMode === "constant-power-factor";
  const excitation = s.powerFactorExcitation === "over-excited" ? 0 : 1;
  const varPoints: PointValue[] = [
    ["VarSetMod", 3],
    ["VarSetPri", flag(s.reactivePriority === "reactive")],
    ["VarSetPct", pct(s.constantVarPu)],
    ["VarSetEna", flag(s.reactiveMode === "constant-var")],
  ];
  return {
    model: 704,
    reactive: true,
    points: [
      ["WMaxLimPct", pct(s.activePowerLimitPu)],
      ["WMaxLimPctEna", flag(s.activePowerLimitEnabled)],
      ["PFWInj.PF", s.powerFactor],
      ["PFWInj.Ext", excitation],
      ["PFWAbs.PF", s.powerFactor],
      ["PFWAbs.Ext", excitation],
      ["PFWInjEna", flag(constantFactor)],
      ["PFWAbsEna", flag(constantFactor)],
      ...(options.reactiveByController ? [] : varPoints),
    ],
  };
}

/** A response time as SunSpec has it, the open-loop response time (90 % of a step), s. */
function openLoopS({ responseForm }: FunctionSettings, responseS: number): number {
  if (responseForm === "open-loop") return responseS;
  return (responseForm === "time-constant" ? responseS : responseS / 3) * Math.LN10;
}

type CurvePoint = readonly [x: number, y: number];

const wattVarPoints = (s: FunctionSettings): readonly CurvePoint[] => [
  [pct(s.wattVarLoadP3Pu), pct(s.wattVarLoadQ3Pu)],
  [pct(s.wattVarLoadP2Pu), pct(s.wattVarLoadQ2Pu)],
  [pct(s.wattVarLoadP1Pu), pct(s.wattVarLoadQ1Pu)],
  [pct(s.wattVarP1Pu), pct(s.wattVarQ1Pu)],
  [pct(s.wattVarP2Pu), pct(s.wattVarQ2Pu)],
  [pct(s.wattVarP3Pu), pct(s.wattVarQ3Pu)],
];

/**
 * Power factor by active power as a watt-var curve, for which SunSpec has a model. Reactive power rises like a root where the
 * power factor leaves one, so the points lie close there: a characteristic that begins at one, as usual, is met within 1.1 %
 * of the rating. None while charging. Watts and vars are of the same rating.
 */
function factorPoints(s: FunctionSettings): readonly CurvePoint[] {
  const away = (factor: number): number => (factor < 0 ? -1 - factor : 1 - factor);
  const varsAt = (wattPu: number, awayPu: number): CurvePoint => {
    const factor = 1 - Math.abs(awayPu);
    const varPu = (wattPu * Math.sqrt(1 - factor * factor)) / factor;
    return [pct(wattPu), pct(awayPu < 0 ? -varPu : varPu)];
  };
  const [p2, p3, d2, d3] = [s.factorWattP2Pu, s.factorWattP3Pu, away(s.factorWattF2), away(s.factorWattF3)];
  const d1 = away(s.factorWattF1);
  const flat = d1 === 0 && d2 === 0;
  const parts = flat ? 4 : 3;
  const between = Array.from({ length: parts + 1 }, (_, k): CurvePoint => {
    const share = (k / parts) ** 4;
    return varsAt(p2 + share * (p3 - p2), d2 + share * (d3 - d2));
  });
  return [[-100, 0], ...(flat ? [] : [varsAt(s.factorWattP1Pu, d1)]), ...between];
}

function planCurves(s: FunctionSettings): ModelPlan[] {
  const priority = flag(s.reactivePriority === "reactive");
  return [
    {
      model: 705,
      points: [],
      curveGroup: "Crv",
      reactive: true,
      enabled: s.reactiveMode === "volt-var",
      curve: [
        ["ActPt", 4],
        ["DeptRef", 3],
        ["Pri", priority],
        ["VRef", pct(s.voltVarReferencePu)],
        ["VRefAutoEna", flag(s.voltVarReferenceAuto)],
        ["VRefAutoTms", s.voltVarReferenceS],
        ["RspTms", openLoopS(s, s.voltVarOlrtS)],
        ...points("V", "Var", [
          [pct(s.voltVarV1Pu), pct(s.voltVarQ1Pu)],
          [pct(s.voltVarV2Pu), pct(s.voltVarQ2Pu)],
          [pct(s.voltVarV3Pu), pct(s.voltVarQ3Pu)],
          [pct(s.voltVarV4Pu), pct(s.voltVarQ4Pu)],
        ]),
      ],
    },
    {
      model: 712,
      points: [],
      curveGroup: "Crv",
      reactive: true,
      enabled: s.reactiveMode === "watt-var" || s.reactiveMode === "power-factor-watt",
      curve: [
        ["ActPt", 6],
        ["DeptRef", 3],
        ["Pri", priority],
        ...points("W", "Var", s.reactiveMode === "power-factor-watt" ? factorPoints(s) : wattVarPoints(s)),
      ],
    },
    {
      model: 706,
      points: [],
      curveGroup: "Crv",
      enabled: s.voltWattEnabled,
      curve: [
        ["ActPt", 2],
        ["DeptRef", 0],
        ["RspTms", openLoopS(s, s.voltWattOlrtS)],
        ...points("V", "W", [
          [pct(s.voltWattV1Pu), pct(s.voltWattP1Pu)],
          [pct(s.voltWattV2Pu), pct(s.voltWattP2Pu)],
        ]),
      ],
    },
    {
      model: 711,
      points: [],
      curveGroup: "Ctl",
      enabled: s.droopEnabled,
      curve: [
        ["DbOf", s.droopOverBandHz],
        ["DbUf", s.droopUnderBandHz],
        ["KOf", s.droopOverPu],
        ["KUf", s.droopUnderPu],
        ["RspTms", s.droopOlrtS],
        // A stage with a battery follows droop through zero into charging.
        ["PMin", -100],
      ],
    },
  ];
}

type TripRow = readonly [threshold: number, clearingS: number];

function planTrips(s: FunctionSettings): ModelPlan[] {
  const volts = (rows: readonly TripRow[]): TripRow[] => rows.map(([pu, clearingS]) => [pct(pu), clearingS]);
  const low: readonly TripRow[] = [
    [s.uv3Pu, s.uv3S],
    [s.uv2Pu, s.uv2S],
    [s.uv1Pu, s.uv1S],
  ];
  const high: readonly TripRow[] = [
    [s.ov2Pu, s.ov2S],
    [s.ov1Pu, s.ov1S],
  ];
  const cessation = (pu: number, rows: readonly TripRow[]): PointValue[] => {
    if (!s.momentaryCessation) return [["MomCess.ActPt", 0]];
    const longestS = Math.max(...rows.map(([, clearingS]) => clearingS));
    const line: readonly (readonly [number, number])[] = [
      [pct(pu), 0],
      [pct(pu), longestS],
    ];
    return [["MomCess.ActPt", 2], ...points("V", "Tms", line, "MomCess.")];
  };
  const trip = (
    model: number,
    quantity: "V" | "Hz",
    rows: readonly TripRow[],
    more: readonly PointValue[],
  ): ModelPlan => {
    const steps = tripSteps(rows);
    const curve: PointValue[] = [
      ["MustTrip.ActPt", steps.length],
      ...points(quantity, "Tms", steps, "MustTrip."),
      ...more,
    ];
    return { model, points: [], curveGroup: "Crv", enabled: true, curve };
  };
  return [
    trip(707, "V", volts(low), cessation(s.cessationLowPu, low)),
    trip(708, "V", volts(high), cessation(s.cessationHighPu, high)),
    trip(
      709,
      "Hz",
      [
        [s.uf2Hz, s.uf2S],
        [s.uf1Hz, s.uf1S],
      ],
      [["MomCess.ActPt", 0]],
    ),
    trip(
      710,
      "Hz",
      [
        [s.of2Hz, s.of2S],
        [s.of1Hz, s.of1S],
      ],
      [["MomCess.ActPt", 0]],
    ),
  ];
}

/** The outer point first, then vertical steps inwards; a threshold of 0 means that the row is not used. */
export function tripSteps(rows: readonly TripRow[]): TripRow[] {
  const used = rows.filter(([threshold]) => threshold > 0);
  const steps: TripRow[] = [];
  for (const [i, [threshold, clearingS]] of used.entries()) {
    if (i > 0) steps.push([used[i - 1]![0], clearingS]);
    steps.push([threshold, clearingS]);
  }
  return steps;
}
