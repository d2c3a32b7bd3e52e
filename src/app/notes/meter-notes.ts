/**
 * Tells people in the log when the meter at the PCC answers and still can't be believed: judged by the core, which knows what
 * the meter should have shown, not by its link, which is in order.
 */
import { Quality } from "../../domain/quality.ts";
import type { Log } from "../log.ts";

const costs = "Nothing is given back, and charging falls to the limit without a meter.";

/** What each verdict means, what it costs, what a technician should look at and how it ends. */
const frozen = `PCC meter: it answers, but its values stand still. ${costs} Look at the meter and its gateway; restart what repeats old values. It is over as soon as they move again.`;
const implausible = `PCC meter: a value is missing or out of its range, or its phases do not add up to its sum. ${costs} Look at its scale, its range and its current transformers. It is over five seconds after its values fit again.`;
const condemned = `PCC meter: it does not follow the power stages. ${costs} Look at its current transformers, their direction and place. A person on site resets it.`;

/** To be called with each report: the meter's `Quality`, and whether it stays unbelieved until a person resets it. */
export function createMeterNotes(log: Log): (quality: number, isCondemned: boolean) => void {
  let standing = "";
  return (quality, isCondemned) => {
    const sentence = isCondemned
      ? condemned
      : quality === Quality.frozen
        ? frozen
        : quality === Quality.implausible
          ? implausible
          : "";
    if (sentence === standing || (sentence === "" && quality !== Quality.good)) return;
    if (sentence !== "") log("warn", sentence, { device: "PCC meter" });
    else log("info", "PCC meter: its values can be believed again.", { device: "PCC meter" });
    standing = sentence;
  };
}
