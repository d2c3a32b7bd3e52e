/**
 * `islet verify-device`: every duty that CONTRACT.md gives a power stage, tried against one stage, in the order in which a
 * person at a bench would go: what it shows, its command block at zero power, its settings, its safety nets, its power.
 */

import { stageModel } from "../maps/vendor-models.table.ts";
import { commandDuties } from "./duties-commands.table.ts";
import { netDuties } from "./duties-nets.table.ts";
import { powerDuties } from "./duties-power.table.ts";
import { energiesOf, energyDuty, readingDuties } from "./duties-reading.table.ts";
import { handDuties, hasOwnModel, settingDuties } from "./duties-settings.table.ts";
import { CannotTry, type Duty, type Need } from "./duty.ts";
import { StageUnderTest, type Surroundings, TrialStopped, TrialsEnd } from "./stage-under-test.ts";

export type Verdict = "pass" | "fail" | "not tried";

/** One duty and what came of it. */
export interface DutyResult {
  readonly id: string;
  readonly duty: string;
  readonly did: string;
  readonly expected: string;
  readonly verdict: Verdict;
  /** What was seen, or why it was not tried. */
  readonly seen: string;
}

/** What a person allows: writes at zero power and charging with a tenth of the rating; giving back as much. */
export interface Leave {
  readonly mayWrite: boolean;
  readonly mayDischarge: boolean;
}

/** What was found of a stage. */
export interface DeviceVerification {
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  readonly serialNumber: string;
  readonly results: readonly DutyResult[];
  /** Why the trials ended before the last; "" when they did not. */
  readonly endedBecause: string;
}

/** All duties of a power stage in the order of their trials; the energies come last and need what was read first. */
export const stageDuties: readonly Duty[] = [
  ...readingDuties,
  ...commandDuties,
  ...settingDuties,
  ...powerDuties.slice(0, 1),
  ...netDuties,
  ...powerDuties.slice(1),
  energyDuty([]),
  ...handDuties,
];

const notAllowed: Readonly<Record<Exclude<Need, "reads">, string>> = {
  writes: "it writes: not allowed (--yes)",
  charge: "it charges: not allowed (--yes)",
  discharge: "it gives power back: not allowed (--allow-discharge)",
  hands: "needs hands at the stage",
};

/** Why a duty is not tried, with what a person allows; "" where it may be. */
export const whyNotTried = ({ needs, trial }: Duty, leave: Leave): string =>
  trial !== undefined && covered(needs, leave) ? "" : notAllowed[needs as Exclude<Need, "reads">];

/** Whether a need is covered by what a person allows. */
const covered = (need: Need, { mayWrite, mayDischarge }: Leave): boolean => {
  if (need === "reads") return true;
  if (need === "writes" || need === "charge") return mayWrite;
  return need === "discharge" && mayWrite && mayDischarge;
};

/** Tries every duty. `onResult` is called after each, for a person who waits. */
export async function verifyDevice(
  around: Surroundings,
  leave: Leave,
  onResult: (result: DutyResult) => void = () => {},
): Promise<DeviceVerification> {
  const stage = new StageUnderTest(around);
  const results: DutyResult[] = [];
  const note = (duty: Duty, verdict: Verdict, seen: string): void => {
    const { id, did, expected } = duty;
    results.push({ id, duty: duty.duty, did, expected, verdict, seen });
    onResult(results.at(-1)!);
  };
  let endedBecause = (await stage.find()) ?? "";
  const othersWord = endedBecause === "" && leave.mayWrite ? await otherMaster(stage) : "";
  const allowed = othersWord === "" ? leave : { mayWrite: false, mayDischarge: false };
  const energies = endedBecause === "" ? await energiesOf(stage).catch(() => []) : [];
  const before = allowed.mayWrite ? await prepare(stage) : [];
  for (const duty of stageDuties) {
    if (endedBecause !== "")
      note(duty, results.length === 0 ? "fail" : "not tried", results.length === 0 ? endedBecause : "not reached");
    else if (whyNotTried(duty, allowed) !== "") note(duty, "not tried", othersWord || whyNotTried(duty, allowed));
    else {
      stage.dischargeExpected = duty.needs === "discharge";
      const { trial } = duty.id === "energies-never-fall" ? energyDuty(energies) : duty;
      const whole: Duty["trial"] = async (one) => {
        if (duty.needs !== "reads") hasOwnModel(one);
        return await trial!(one);
      };
      endedBecause = await tryDuty(stage, { ...duty, trial: whole }, note);
      if (allowed.mayWrite && endedBecause === "") await quietly(() => stage.rest());
    }
  }
  if (allowed.mayWrite) await leaveSafe(stage, before);
  stage.link.shut();
  return { ...stage.identity, results, endedBecause };
}

/** Tries one duty; why no other can be tried after it, or nothing. */
export async function tryDuty(
  stage: StageUnderTest,
  duty: Duty & Required<Pick<Duty, "trial">>,
  note: (duty: Duty, verdict: Verdict, seen: string) => void,
): Promise<string> {
  try {
    const { ok, seen } = await duty.trial(stage);
    note(duty, ok ? "pass" : "fail", seen);
  } catch (error) {
    if (error instanceof CannotTry) note(duty, "not tried", error.message);
    else if (error instanceof TrialStopped) note(duty, "fail", error.message);
    else if (error instanceof TrialsEnd) {
      note(duty, "fail", error.message);
      return error.message;
    } else throw error;
  }
  return "";
}

/** Who else commands the stage, or what it is doing: nothing is written then. */
async function otherMaster(stage: StageUnderTest): Promise<string> {
  if (!stage.images.has(stageModel.id)) return "";
  try {
    const before = await stage.look();
    await stage.around.sleep(1_500);
    const after = await stage.look();
    const moves = ["ExeSeq", "CtlHb", "Tok"].filter((point) => before.get(point) !== after.get(point));
    if (moves.length > 0) return "somebody else commands it (its command registers change): stop the controller first";
    const { ratedW } = stage;
    if (after.get("Role")! > 1 || Math.abs(after.get("W")!) > 0.03 * ratedW)
      return `it is in use (role ${after.get("Role")}, ${after.get("W")} W): bring it to rest first`;
  } catch (error) {
    if (error instanceof TrialStopped || error instanceof TrialsEnd) return error.message;
    throw error;
  }
  return "";
}

/** Settings that trials change. */
const restored = ["WSetRvrt", "WSetEnaRvrt", "WSetRvrtTms", "WSetMod", "WSet", "WSetEna"] as const;
type Setting = readonly [point: string, value: number];

/**
 * Goes on from the stage's own number, clears a reason that an earlier run may have left latched, and keeps the settings that
 * are to be restored.
 */
async function prepare(stage: StageUnderTest): Promise<readonly Setting[]> {
  const before: Setting[] = [];
  await quietly(async () => {
    stage.sequence = await stage.get(stageModel.id, "ExeSeq");
    stage.heartbeat = await stage.get(stageModel.id, "CtlHb");
    for (const point of restored) if (stage.has(704, point)) before.push([point, await stage.get(704, point)]);
    await stage.rest();
  });
  return before;
}

/** Off, permitted, nothing latched, settings as they were: whatever happened before. */
async function leaveSafe(stage: StageUnderTest, before: readonly Setting[]): Promise<void> {
  stage.ending = true;
  await quietly(async () => void (await stage.command()));
  await quietly(async () => void (await stage.write(703, "ES", 1)));
  for (const [point, value] of before)
    if (!Number.isNaN(value)) await quietly(async () => void (await stage.write(704, point, value)));
  await quietly(() => stage.rest());
}

/** What can't be done is left: the next step is tried all the same. */
async function quietly(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof TrialStopped || error instanceof TrialsEnd)) throw error;
  }
}
