/**
 * Stage-resident grid-support functions (SunSpec 703–712): written once, read back, compared for as long as the site runs.
 * Two comparisons: what the profile says against what is active (curve 1), and every register of models 702–712 against
 * what it was when the profile was found in force, so that nothing changes behind the controller's back.
 */
import type { Clock } from "../../src/protocols/modbus/link.ts";
import type { ModelImage } from "../../src/protocols/sunspec/chain.ts";
import type { PlacedPoint } from "../../src/protocols/sunspec/model.ts";
import { twoAtATime } from "../maps/two-at-a-time.ts";
import type { ModelPlan, PointValue } from "./function-plan.ts";
import { RegisterError, type StageRegisters, valueIn } from "./stage-registers.ts";

/** A register that is not what it should be. */
export interface FunctionMismatch {
  /** `705.Crv[1].Pt[2].V`. */
  readonly register: string;
  readonly expected: number;
  readonly found: number;
}

const firstModel = 702;
const lastModel = 712;
const enterServiceModel = 703;
const controlAc = 704;
/** Adoption of a curve takes a device up to seconds. */
const adoptionMaxMs = 5_000;
const adoptionPollMs = 60;
const adopted = 1;
const adoptionFailed = 2;

/** Points that change by themselves. `WSet` belongs to the cycle on stages without our own model. */
const ownLife = /(RvrtRem|ESDlyRemTms|AdptCrvRslt|AdptCtlRslt|VRefAuto|^WChaRteMax|^WDisChaRteMax)$/;
const cyclePoints = ["WSet", "WSetPct"];
const cycleVarPoints = ["VarSet", "VarSetPct"];
/** Points that a stage may lack without harm to the function. */
const optional =
  /(^|\.)(Pri|VRef|VRefAutoEna|VRefAutoTms|RspTms|PMin|VarSetPri|VarSetPct|VarSetMod|ESRndTms|ESRmpTms|PF|Ext)$/;

/** All registers of models 702–712 that the stage has, read anew. */
export async function readFunctionImages(registers: StageRegisters): Promise<Map<number, ModelImage>> {
  const models = [...registers.images.keys()].filter((model) => model >= firstModel && model <= lastModel);
  const images = await twoAtATime(models, (model) => registers.readWhole(model));
  return new Map(models.map((model, index) => [model, images[index]!]));
}

/** The first active setting that is not what the plan says; null when all are. */
export function compareWithPlan(
  images: ReadonlyMap<number, ModelImage>,
  plan: readonly ModelPlan[],
): FunctionMismatch | null {
  for (const part of plan) {
    const image = images.get(part.model);
    if (image === undefined) return { register: `${part.model}`, expected: part.model, found: Number.NaN };
    const wanted: PointValue[] = [...part.points];
    for (const [path, value] of part.curve ?? []) wanted.push([`${part.curveGroup}[1].${path}`, value]);
    if (part.enabled !== undefined) wanted.push(["Ena", part.enabled ? 1 : 0]);
    for (const [path, expected] of wanted) {
      const found = valueIn(image, path);
      if (isMissing(path, expected, found)) continue;
      if (agrees(image, path, expected, found)) continue;
      return { register: `${part.model}.${path}`, expected, found };
    }
  }
  return compareAntiIslanding(images);
}

/** Off, or not to be known: both refuse parallel operation. */
function compareAntiIslanding(images: ReadonlyMap<number, ModelImage>): FunctionMismatch | null {
  const image = images.get(controlAc);
  const found = image === undefined ? Number.NaN : valueIn(image, "AntiIslEna");
  return found === 1 ? null : { register: `${controlAc}.AntiIslEna`, expected: 1, found };
}

const isMissing = (path: string, expected: number, found: number): boolean =>
  Number.isNaN(found) && (expected === 0 || optional.test(path));

/** Within half a step of the register: that is as near as it can be set. */
function agrees(image: ModelImage, path: string, expected: number, found: number): boolean {
  const factor = image.layout.byPath.get(path)?.scaleFactor;
  const step = factor === undefined ? 1 : 10 ** (typeof factor === "number" ? factor : valueIn(image, factor));
  return Math.abs(found - expected) <= step / 2 + 1e-9;
}

export interface BaselineOptions {
  readonly hasStageModel: boolean;
  readonly reactiveByController: boolean;
}

/** The first register that is not what it was at the baseline; null when all are. */
export function compareWithBaseline(
  images: ReadonlyMap<number, ModelImage>,
  baseline: ReadonlyMap<number, ModelImage>,
  options: BaselineOptions,
): FunctionMismatch | null {
  for (const [model, before] of baseline) {
    const now = images.get(model);
    if (now === undefined) return { register: `${model}`, expected: model, found: Number.NaN };
    for (const point of before.layout.points) {
      if (livesByItself(model, point, options)) continue;
      const start = 2 * point.offset;
      const end = start + 2 * point.registers;
      if (before.bytes.compare(now.bytes, start, end, start, end) === 0) continue;
      return {
        register: `${model}.${point.path}`,
        expected: valueIn(before, point.path),
        found: valueIn(now, point.path),
      };
    }
  }
  return null;
}

function livesByItself(model: number, { path }: PlacedPoint, options: BaselineOptions): boolean {
  // The permit changes with the utility's word: what it should be now is the plan's business.
  if (ownLife.test(path) || (model === enterServiceModel && path === "ES")) return true;
  if (model !== controlAc) return false;
  return (
    (!options.hasStageModel && cyclePoints.includes(path)) ||
    (options.reactiveByController && cycleVarPoints.includes(path))
  );
}

/**
 * Writes the plan: every reactive mode off, then curves (written, adopted, the result awaited), then single points, and the
 * enables at the very end, so that two reactive modes are never on together and nothing is switched on half written.
 */
export async function writeFunctions(
  registers: StageRegisters,
  plan: readonly ModelPlan[],
  images: ReadonlyMap<number, ModelImage>,
  clock: Clock,
): Promise<void> {
  for (const part of plan) {
    const image = images.get(part.model);
    if (image === undefined) throw new RegisterError("point-missing", `model ${part.model}`);
    if (part.enabled !== undefined && part.reactive === true && valueIn(image, "Ena") === 1) {
      await registers.set(part.model, "Ena", 0);
    }
    for (const path of reactiveEnables(part, image)) await registers.set(part.model, path, 0);
  }
  for (const part of plan) {
    const image = images.get(part.model)!;
    if (part.curve !== undefined) await writeCurve(registers, part, image, clock);
    await writePoints(
      registers,
      part.model,
      part.points.filter(([path]) => !isEnable(path)),
      image,
    );
  }
  for (const part of plan) {
    const image = images.get(part.model)!;
    await writePoints(
      registers,
      part.model,
      part.points.filter(([path]) => isEnable(path)),
      image,
    );
    // Trip models may accept nothing but "enabled": written only where it changes something.
    if (part.enabled === undefined || part.enabled === (valueIn(image, "Ena") === 1 && part.reactive !== true))
      continue;
    await registers.set(part.model, "Ena", part.enabled ? 1 : 0);
  }
}

const isEnable = (path: string): boolean => path.endsWith("Ena") || path === "ES";

/** Enables of 704 that switch a reactive mode and are on. */
const reactiveEnables = (part: ModelPlan, image: ModelImage): string[] =>
  part.model === controlAc
    ? part.points.map(([path]) => path).filter((path) => /^(PFW|Var).*Ena$/.test(path) && valueIn(image, path) === 1)
    : [];

async function writeCurve(registers: StageRegisters, part: ModelPlan, image: ModelImage, clock: Clock): Promise<void> {
  const { model, curve = [], curveGroup = "Crv" } = part;
  const index = writableCurve(image, curveGroup);
  if (index === undefined)
    throw new RegisterError("adoption-failed", `model ${model} has no curve that may be written`);
  const prefix = `${curveGroup}[${index}].`;
  const values = curve.map(([path, value]): PointValue => [prefix + path, value]);
  const missing = values.find(([path]) => !image.layout.byPath.has(path));
  if (missing !== undefined)
    throw new RegisterError("point-missing", `${model}.${missing[0]}: the stage's curve is too short`);
  await writePoints(registers, model, values, image);
  const request = curveGroup === "Crv" ? "AdptCrvReq" : "AdptCtlReq";
  const result = curveGroup === "Crv" ? "AdptCrvRslt" : "AdptCtlRslt";
  await registers.set(model, request, index);
  const untilMs = clock() + adoptionMaxMs;
  for (;;) {
    const outcome = await registers.get(model, result);
    if (outcome === adopted) return;
    if (outcome === adoptionFailed)
      throw new RegisterError("adoption-failed", `${model}.${prefix.slice(0, -1)} was refused`);
    if (clock() >= untilMs) {
      throw new RegisterError(
        "adoption-failed",
        `${model}.${prefix.slice(0, -1)} was not adopted within ${adoptionMaxMs} ms`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, adoptionPollMs));
  }
}

/** The first curve after the mirror that may be written. */
function writableCurve(image: ModelImage, group: string): number | undefined {
  for (let index = 2; image.layout.byPath.has(`${group}[${index}].ReadOnly`); index += 1) {
    if (valueIn(image, `${group}[${index}].ReadOnly`) === 0) return index;
  }
  return undefined;
}

/** Points that follow each other go out in one request; points that the stage does not have are left out. */
async function writePoints(
  registers: StageRegisters,
  model: number,
  values: readonly PointValue[],
  image: ModelImage,
): Promise<void> {
  const wanted = values.filter(
    ([path, value]) => path.includes("Pt[") || !isMissing(path, value, valueIn(image, path)),
  );
  const { byPath } = image.layout;
  const ordered = [...wanted].sort((a, b) => (byPath.get(a[0])?.offset ?? 0) - (byPath.get(b[0])?.offset ?? 0));
  let run: PointValue[] = [];
  let end = -1;
  let length = 0;
  for (const value of ordered) {
    const point = byPath.get(value[0]);
    if (point === undefined) throw new RegisterError("point-missing", `${model}.${value[0]}`);
    if (run.length > 0 && (point.offset !== end || length + point.registers > runRegistersMax)) {
      await registers.setAdjoining(model, run);
      run = [];
      length = 0;
    }
    run.push(value);
    length += point.registers;
    end = point.offset + point.registers;
  }
  if (run.length > 0) await registers.setAdjoining(model, run);
}

/** Longest write that every device takes. */
const runRegistersMax = 123;
