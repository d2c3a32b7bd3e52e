/** Settings under which a criterion is tried: the code's own, with what would disturb the figure put aside, all within its ranges. */
import { checkGridSettings, type GridProfile, type GridSettings, missingSettings } from "../config/grid-profiles.ts";

type Settings = Readonly<GridSettings>;
type NumberKey = { [key in keyof GridSettings]: GridSettings[key] extends number ? key : never }[keyof GridSettings];

/** A number moved into what the code lets a setting be. */
export function within({ ranges }: GridProfile, key: NumberKey, value: number): number {
  const range = ranges[key];
  return range ? Math.min(range[1], Math.max(range[0], value)) : value;
}

/** The shortest way into service that the code allows, but at least so long a delay that a trip is told from a pause. */
const delayS = 8;

/**
 * The code's settings with everything off that moves power by itself, and a short way into service; `changes` on top. Changes
 * that the code does not allow, or whose values no source tells, give null.
 */
export function conditions(profile: GridProfile, changes: Partial<GridSettings> = {}): Settings | null {
  const changed = { ...profile.settings, ...changes };
  // A function that is not part of the code is not tried.
  const { absent, settings } = profile;
  if (absent.some((key) => key in changes && changes[key] !== settings[key] && changes[key] !== false)) return null;
  if (checkGridSettings(changed, profile.ranges, profile).length > 0) return null;
  if (missingSettings({ ...profile, settings: changed }).length > 0) return null;
  return {
    ...profile.settings,
    enterDelayS: within(profile, "enterDelayS", delayS),
    enterRandomDelayS: 0,
    enterRampS: within(profile, "enterRampS", 1),
    reactiveMode: "none",
    voltWattEnabled: false,
    droopEnabled: false,
    activePowerLimitEnabled: false,
    ...changes,
  };
}

/** Whether the code states what a setting may be; otherwise its range is only what is plausible at all. */
export const statesRange = ({ origins, base }: GridProfile, key: NumberKey): boolean =>
  (origins[key]?.rangeCertainty ?? "unknown") !== "unknown" && !base.endsWith(scaledSuffix);

/** Of codes that were scaled to another frequency: nobody has stated their ranges. */
const scaledSuffix = "-50hz";

/** Smallest, own and largest value of a setting, each once. */
export function variants(
  profile: GridProfile,
  key: NumberKey,
): readonly (readonly ["default" | "least" | "most", number])[] {
  const own = profile.settings[key];
  const [least, most] = (statesRange(profile, key) ? profile.ranges[key] : undefined) ?? [own, own];
  const all = [
    ["default", own],
    ["least", least],
    ["most", most],
  ] as const;
  return all.filter(([, value], i) => all.findIndex(([, other]) => other === value) === i);
}
