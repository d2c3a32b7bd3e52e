/**
 * Tells people in the log when the meter at the PCC answers and still can't be believed: judged by the core, which knows what
 * the meter should have shown, not by its link, which is in order.
 */
import { Quality } from "../../domain/quality.ts";
import type { Log } from "../log.ts";

/** What each verdict means, what it costs and what a technician should look at. */
const verdicts: Readonly<Partial<Record<number, string>>> = {
  [Quality.frozen]:
    "PCC meter: it answers, but its values stand still. Nothing is given back, and charging falls to the limit without a meter. Look at the meter and its gateway; restart what repeats old values. It is over as soon as they move again.",
  [Quality.implausible]:
    "PCC meter: its values can't be true: they do not follow the power stages, or do not fit each other. Nothing is given back, and charging falls to the limit without a meter. Look at its current transformers, their direction and place, and its scale. A person on site resets it.",
};

/** To be called with each report's `meterQuality`, an index of `Quality`. */
export function createMeterNotes(log: Log): (quality: number) => void {
  let standing: number = Quality.good;
  return (quality) => {
    if (quality === standing) return;
    const sentence = verdicts[quality];
    if (sentence !== undefined) log("warn", sentence, { device: "PCC meter" });
    else if (verdicts[standing] !== undefined && quality === Quality.good)
      log("info", "PCC meter: its values can be believed again.", { device: "PCC meter" });
    standing = quality;
  };
}
