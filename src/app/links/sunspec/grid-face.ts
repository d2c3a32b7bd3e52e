/**
 * The grid profile in force as SunSpec models: 703 enter service, 705 to 712 the functions, each with the one curve that is
 * active. All of it is read-only: what holds at the connection comes from the utility's profile and from no Modbus client. A
 * function of 705 to 712 that is switched off shows its curve and `Ena` 0; settings that no source tells are not implemented.
 */
import { type ModelPlan, planFunctions } from "../../../../firmware-bridge/stage/function-plan.ts";
import type { GridSettingKey } from "../../../config/grid-profiles.table.ts";
import type { GridProfile } from "../../../config/grid-profiles.ts";
import { ExceptionCode } from "../../../protocols/modbus/answer.ts";
import { sunspecModel } from "../../../protocols/sunspec/models.ts";
import type { FaceModel, RegisterFace } from "../../../protocols/sunspec/register-face.ts";

/** How often groups repeat where the plan does not say it: trips have room for five points, watt-var for six. */
const points: Readonly<Record<number, number>> = { 705: 4, 706: 2, 707: 5, 708: 5, 709: 5, 710: 5, 712: 6 };
const isTrip = (model: number): boolean => model >= 707 && model <= 710;

const countsOf = (model: number): Readonly<Record<string, number>> => {
  if (model === 711) return { NCtl: 1 };
  return { NPt: points[model]!, [isTrip(model) ? "NCrvSet" : "NCrv"]: 1 };
};

const curveModels = [705, 706, 707, 708, 709, 710, 711, 712] as const;

/** In the order of the chain, behind the models that show the site itself. */
export const gridModels: readonly FaceModel[] = [
  { table: sunspecModel(703)! },
  ...curveModels.map((id) => ({ table: sunspecModel(id)!, counts: countsOf(id) })),
];

const voltTrip = { V_SF: -2, Tms_SF: -2 };
const hertzTrip = { Hz_SF: -3, Tms_SF: -2 };
/** Powers of ten: a hundredth of a per cent, a thousandth of a hertz, a hundredth of a second. */
const scales: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  703: { V_SF: -2, Hz_SF: -3 },
  705: { V_SF: -2, DeptRef_SF: -2, RspTms_SF: -2 },
  706: { V_SF: -2, DeptRef_SF: -2, RspTms_SF: -2 },
  707: voltTrip,
  708: voltTrip,
  709: hertzTrip,
  710: hertzTrip,
  711: { Db_SF: -3, K_SF: -4, RspTms_SF: -2 },
  712: { W_SF: -2, DeptRef_SF: -2 },
};

const adoptionCompleted = 1;

/** Which settings say whether a function is on. */
const enabledBy: readonly (readonly [key: GridSettingKey, models: readonly number[]])[] = [
  ["reactiveMode", [705, 712]],
  ["voltWattEnabled", [706]],
  ["droopEnabled", [711]],
];

/** Writes the profile into its models, once: a profile changes with a new start alone. `mayServe`: the permission to be in service. */
export function showGridSettings(
  face: RegisterFace,
  { settings, blank }: Pick<GridProfile, "settings" | "blank">,
  mayServe: () => number,
): void {
  const open = Object.fromEntries(
    blank.filter((key) => typeof settings[key] === "number").map((key) => [key, Number.NaN]),
  );
  const plan = planFunctions({ ...settings, ...open }, { reactiveByController: true });
  for (const [model, factors] of Object.entries(scales)) face.setAll(Number(model), factors);
  for (const one of plan) if (one.model in scales) showModel(face, one);
  for (const [key, models] of enabledBy)
    if (blank.includes(key)) for (const one of models) face.set(one, "Ena", Number.NaN);
  face.live(703, "ES", mayServe);
  for (const { table } of gridModels) face.onWrite(table.id, () => ExceptionCode.illegalValue);
}

function showModel(face: RegisterFace, { model, points: single, curve, curveGroup, enabled }: ModelPlan): void {
  for (const [path, value] of single) face.set(model, path, value);
  if (curve === undefined) return;
  const prefix = `${curveGroup}[1].`;
  face.setAll(model, { Ena: enabled ? 1 : 0, [model === 711 ? "AdptCtlRslt" : "AdptCrvRslt"]: adoptionCompleted });
  face.set(model, `${prefix}ReadOnly`, 1);
  for (const [path, value] of curve) face.set(model, prefix + path, value);
}
