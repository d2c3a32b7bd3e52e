/** How trials move power: a tenth of the rating towards the vehicle, and how soon it is gone again. */
import { CannotTry } from "./duty.ts";
import { flag, type StageUnderTest, type Values } from "./stage-under-test.ts";

/** Numbers of `Role` and `RoleCmd`. */
export const roles = { off: 0, charge: 1, discharge: 2 } as const;
/** Share of the rating that trials charge with, or give back. */
const trialPu = 0.1;
/** From the command to power: precharge, contactor, its own ramp, ms. */
const startMaxMs = 15_000;

/** Power that trials charge with, W, a magnitude. */
export const chargeWOf = (stage: StageUnderTest): number => trialPu * stage.ratedW;

/** Throws unless a vehicle is there that takes the trial's power. */
export function needVehicle(stage: StageUnderTest, values: Values): void {
  if (!flag(values, "vehicleConnected")) throw new CannotTry("no vehicle is connected");
  if (!(values.get("WChaMax")! >= chargeWOf(stage)))
    throw new CannotTry("WChaMax is too small: plug in a vehicle that charges");
}

/** Charges with the trial's power until it flows. Throws when it does not. */
export async function charging(stage: StageUnderTest): Promise<void> {
  needVehicle(stage, await stage.look());
  const wantedW = chargeWOf(stage);
  const seen = await stage.hold(
    { role: roles.charge, powerW: -wantedW },
    startMaxMs,
    ({ values }) => -values.get("W")! > 0.9 * wantedW,
  );
  if (!(-seen.at(-1)!.values.get("W")! > 0.9 * wantedW)) throw new CannotTry("it does not charge when told to");
}

/** How long until the power is below a tenth of the trial's, ms; Infinity when it is not within `maxMs`. */
export async function zeroWithinMs(stage: StageUnderTest, maxMs: number): Promise<number> {
  const small = 0.1 * chargeWOf(stage);
  const seen = await stage.silence(maxMs, ({ values }) => Math.abs(values.get("W")!) < small);
  const end = seen.at(-1)!;
  return Math.abs(end.values.get("W")!) < small ? end.atMs : Number.POSITIVE_INFINITY;
}

/** How long until the contactor is open, ms; Infinity when it is not within `maxMs`. */
export async function contactorOpensMs(stage: StageUnderTest, maxMs: number): Promise<number> {
  const seen = await stage.silence(maxMs, ({ values }) => !flag(values, "contactorClosed"));
  const end = seen.at(-1)!;
  return flag(end.values, "contactorClosed") ? Number.POSITIVE_INFINITY : end.atMs;
}
