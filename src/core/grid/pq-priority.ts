/**
 * Active and reactive power on the apparent-power circle, for both directions (IEEE 1547-2018 5.2 Table 7, 4.7): reactive
 * power comes first up to what the category requires; beyond that the setting decides. Constant power factor keeps its
 * ratio, watt-var slides along its curve.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { clamp } from "../../domain/units.ts";
import { type WattVarCurve, wattVarPu } from "./watt-var.ts";

/** Ratings of what the functions command: one stage or a site as one plant. Magnitudes. */
export interface GridRatings {
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly maxChargeW: number;
  readonly maxChargeVA: number;
  readonly maxInjectVar: number;
  readonly maxAbsorbVar: number;
  /** Largest current, of the current at rated apparent power and nominal voltage. */
  readonly currentMaxPu: number;
  /** Time from a command to cease until the current is gone, seconds; taken off the clearing times. */
  readonly openingS: number;
}

/** Injected powers, written in place. */
export interface OperatingPoint {
  injectedW: number;
  injectedVar: number;
}

/** Reactive power that the category requires, of the apparent-power rating. */
const requiredInjectPu = 0.44;
const requiredAbsorbPu = { A: 0.25, B: 0.44 } as const;

/** Other leg of the circle's triangle, never NaN. */
export const leg = (hypotenuse: number, side: number): number =>
  Math.sqrt(Math.max(0, hypotenuse * hypotenuse - side * side));

const withSign = (magnitude: number, sign: number): number => (sign < 0 ? -magnitude : magnitude);

const isOutside = (radiusVA: number, { injectedW, injectedVar }: OperatingPoint): boolean =>
  injectedW * injectedW + injectedVar * injectedVar > radiusVA * radiusVA;

/** Apparent-power rating for the direction of the point. */
const applicableVA = (ratings: GridRatings, injectedW: number): number =>
  injectedW >= 0 ? ratings.ratedVA : ratings.maxChargeVA;

/** Moves the point onto what the ratings allow, by the rule of the reactive mode in force. */
export function limitToRatings(
  point: OperatingPoint,
  settings: Readonly<GridSettings>,
  ratings: GridRatings,
  curve: WattVarCurve,
): void {
  const radiusVA = applicableVA(ratings, point.injectedW);
  const activeW = Math.abs(point.injectedW);
  if (isOutside(radiusVA, point)) {
    const { reactiveMode } = settings;
    if (reactiveMode === "constant-power-factor" || reactiveMode === "power-factor-watt") keepRatio(point, radiusVA);
    else if (reactiveMode === "watt-var") slide(point, ratings, curve, radiusVA);
    else if (settings.reactivePriority === "active") keepRequirement(point, settings, ratings, radiusVA);
  }
  point.injectedVar = clamp(point.injectedVar, -ratings.maxAbsorbVar, ratings.maxInjectVar);
  const magnitudeW = settings.reactiveMode === "watt-var" ? Math.abs(point.injectedW) : activeW;
  point.injectedW = withSign(Math.min(magnitudeW, leg(radiusVA, point.injectedVar)), point.injectedW);
}

/** Active and reactive power shrink together. */
function keepRatio(point: OperatingPoint, radiusVA: number): void {
  const scale = radiusVA / Math.hypot(point.injectedW, point.injectedVar);
  point.injectedW *= scale;
  point.injectedVar *= scale;
}

/** Active priority: reactive power keeps what is left beside active power, at least what the category requires. */
function keepRequirement(
  point: OperatingPoint,
  settings: Readonly<GridSettings>,
  ratings: GridRatings,
  radiusVA: number,
): void {
  const besideVar = leg(radiusVA, point.injectedW);
  const injectVar = Math.max(besideVar, requiredInjectPu * ratings.ratedVA);
  const absorbVar = Math.max(besideVar, requiredAbsorbPu[settings.normalCategory] * ratings.ratedVA);
  point.injectedVar = clamp(point.injectedVar, -absorbVar, injectVar);
}

/** Halvings of the interval in which curve and circle meet: 2⁻³² of the rating. */
const halvings = 32;

/** Along the watt-var curve to where it meets the circle. */
function slide(point: OperatingPoint, ratings: GridRatings, curve: WattVarCurve, radiusVA: number): void {
  const baseW = point.injectedW < 0 ? ratings.maxChargeW : ratings.ratedW;
  let insideW = 0;
  let outsideW = Math.min(Math.abs(point.injectedW), radiusVA);
  for (let round = 0; round < halvings; round++) {
    const middleW = (insideW + outsideW) / 2;
    const middleVar = wattVarPu(curve, withSign(middleW, point.injectedW) / baseW) * ratings.ratedVA;
    if (middleW * middleW + middleVar * middleVar > radiusVA * radiusVA) outsideW = middleW;
    else insideW = middleW;
  }
  const meetVar = Math.abs(wattVarPu(curve, withSign(insideW, point.injectedW) / baseW) * ratings.ratedVA);
  point.injectedW = withSign(insideW, point.injectedW);
  point.injectedVar = withSign(Math.min(Math.abs(point.injectedVar), meetVar), point.injectedVar);
}

/** Largest current at this voltage, reactive current first. A voltage that is not known limits nothing here. */
export function limitToCurrent(point: OperatingPoint, ratings: GridRatings, voltagePu: number): void {
  const radiusVA = ratings.currentMaxPu * voltagePu * applicableVA(ratings, point.injectedW);
  if (!isOutside(radiusVA, point)) return;
  point.injectedVar = clamp(point.injectedVar, -radiusVA, radiusVA);
  point.injectedW = withSign(Math.min(Math.abs(point.injectedW), leg(radiusVA, point.injectedVar)), point.injectedW);
}

/** Adds reactive power that outranks the modes (the islanding backup); active power gives way. */
export function addReactive(point: OperatingPoint, injectedVar: number, ratings: GridRatings): void {
  if (injectedVar === 0) return;
  const radiusVA = applicableVA(ratings, point.injectedW);
  const wantedVar = clamp(point.injectedVar + injectedVar, -ratings.maxAbsorbVar, ratings.maxInjectVar);
  point.injectedVar = clamp(wantedVar, -radiusVA, radiusVA);
  point.injectedW = withSign(Math.min(Math.abs(point.injectedW), leg(radiusVA, point.injectedVar)), point.injectedW);
}
