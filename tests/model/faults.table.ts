/** The faults of the exploration, one kind per run of the world. Index 0 is none. Append only: indexes are in packed states. */
export const faultNames = [
  "none",
  "K1 welded", "K1 stuck open", "K1 slow", "K1 closes itself", "K1 opens itself",
  "contact NO stuck open", "contact NO stuck closed", "contact NC stuck open", "contact NC stuck closed",
  "contacts echo the command",
  "meter stuck dead", "meter stuck normal", "meter stuck abnormal",
  "grid voltmeter stuck dead", "grid voltmeter stuck normal", "grid voltmeter stuck abnormal",
  "bus voltmeter stuck dead", "bus voltmeter stuck live",
  "K1 silent", "meter silent", "stage silent",
  "stage slow to stop", "stage never stops", "stage refuses to form", "stage forms itself", "stage discharges itself",
  "report stuck off", "report stuck charge", "report stuck forming",
  "record can't be stored",
  "sync relay stuck true", "sync calculation stuck true",
  "stage gives up forming",
  "K1 bridges", "K1 frozen", "stage frozen",
] as const;
export type FaultName = (typeof faultNames)[number];
export const fault = Object.fromEntries(faultNames.map((name, index) => [name, index])) as Readonly<Record<FaultName, number>>;

/** What no controller can prevent: only its reaction is checked. */
export const reactionOnly: readonly FaultName[] = ["K1 closes itself", "K1 bridges", "stage forms itself", "stage discharges itself"];

/** With these a dead controller is a second fault: what they do is judged while the controller runs. */
export const judgedWhileUp: readonly FaultName[] = [...reactionOnly, "stage slow to stop", "stage never stops"];

/** Only where K1 is listed for closed transition. */
export const closedTransitionFaults: readonly FaultName[] = ["sync relay stuck true", "sync calculation stuck true"];

/** The single faults of an open-transition site. */
export const openTransitionFaults: readonly FaultName[] = faultNames.filter(
  (name) => name !== "none" && !closedTransitionFaults.includes(name),
);
