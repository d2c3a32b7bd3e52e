/** Why what was asked over a link is not done, or not now: sentence for the asker, and the first step to take. */
import { type ReasonKey, reasons } from "../../domain/reasons.ts";

const own = {
  "unknown-evse": ["There is no such charger.", "Ask for one of the site's own numbers, from 1; 0 is the site."],
  scope: [
    "This can't be asked for there.",
    "The description of the API says which asks are for a charger and which for the site.",
  ],
  value: ["The value is outside its range.", "The description of the API has unit and range of each ask."],
  lease: ["A request needs a lease of 1 s to 86,400 s.", "Give validS, and renew the request before it ends."],
  "fail-safe": ["renewS and failSafeW come together, and only with a cap.", "Give both, or neither."],
  "not-allowed": ["The asker may not ask for this.", "An installer can make a token with the right for it."],
  closed: ["This is not asked for over a link.", ""],
  "too-many": ["Too many limits stand already.", "Take some back."],
  rate: ["Too much is asked at once.", "Ask less often, with longer leases."],
  "id-reused": ["This id was used for something else.", "Take a new id for each message."],
  "nothing-stands": ["Nothing of this asker stands there.", ""],
  "no-discharge": ["This charger can't discharge.", ""],
  stopped: ["A person has stopped or paused this charger.", "A person resumes it on the page."],
  "no-vehicle": ["No vehicle is plugged in.", "Nothing is to be done: it counts when one comes within the lease."],
  "no-capacity": ["The battery's capacity is not known.", "Give targetPct, or enter the vehicle with its capacity."],
  "below-reserve": ["The configuration or a person keeps more than this.", "Ask for more, or have a person lower it."],
  past: ["The moment is past.", "Give one that lies ahead, ms UTC."],
  outranked: ["Another link's request stands above this one.", "It counts as soon as the other's lease ends."],
  departure: [
    "A departure that is about to be missed goes first.",
    "Nothing is to be done; change the departure if it is wrong.",
  ],
  "charge-now": ["A person has asked to charge at once.", "It ends at the target, or a person resumes the plan."],
} as const satisfies Record<string, readonly [string, string]>;

export type RefusalKey = keyof typeof own | ReasonKey;

/** Words for a key: the links' own, or those of the limit that stands in the way. */
export function refusalOf(key: RefusalKey): {
  readonly key: RefusalKey;
  readonly sentence: string;
  readonly todo: string;
} {
  if (Object.hasOwn(own, key)) {
    const [sentence, todo] = own[key as keyof typeof own];
    return { key, sentence, todo };
  }
  const { sentence, ...reason } = reasons[key as ReasonKey];
  return { key, sentence, todo: "todo" in reason ? reason.todo : "" };
}
