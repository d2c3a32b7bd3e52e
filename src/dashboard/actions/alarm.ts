/** Actions on what stands out until a person has seen to it: events, the alarms of the record at the PCC, altered stages. */

import { label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import type { Rows } from "./row.ts";

const altered = (state: SiteState): SiteState["evses"] => state.evses.filter((evse) => evse.functionsDiffer != null);

export const alarmRows = {
  acknowledge: {
    label: label("Acknowledge"),
    detail: () => "",
    verb: label("Acknowledge"),
    role: "operator",
    noReason: true,
    quiet: true,
    because: () => null,
    effects: () => [["effect.acknowledge"]],
    check: (values, { state }) =>
      String(values["event"])
        .split(",")
        .some((id) => state.events.some((event) => event.id === id))
        ? null
        : ["refuse.unknownEvent"],
  },
  acknowledgeLedgers: {
    label: label("Acknowledge the export and import alarms"),
    detail: ({ state }) => standingAlarms(state).join(", "),
    verb: label("Acknowledge the alarms"),
    role: "operator",
    because: ({ state }) => (standingAlarms(state).length > 0 ? null : ["because.noLedgerAlarm"]),
    effects: () => [["effect.ledgers"], ["effect.ledgersAgain"]],
  },
  rewriteFunctions: {
    label: label("Write a stage’s grid functions anew"),
    detail: ({ state }) =>
      altered(state)
        .slice(0, 2)
        .map((evse) => t`Charger ${evse.evse}: ${evse.functionsDiffer ?? ""}`)
        .join("; "),
    verb: label("Write the functions"),
    role: "installer",
    because: ({ state }) => (altered(state).length > 0 ? null : ["because.functionsAgree"]),
    effects: ({ state }) => [["effect.functions", { profile: state.profile.name }], ["effect.functionsProof"]],
    inputs: ({ state }) => [
      {
        kind: "choice",
        name: "evse",
        label: t`Charger`,
        options: altered(state).map((evse) => [String(evse.evse), t`Charger ${evse.evse}`] as const),
      },
    ],
  },
} satisfies Rows;

/** The alarms that stand, in a few words each. */
function standingAlarms({ pccRecord }: SiteState): string[] {
  if (pccRecord === undefined) return [];
  const { exports, imports } = pccRecord;
  return [
    ...(exports.tooMany ? [t`Too many exports`] : []),
    ...(exports.tooLong ? [t`An export that lasted too long`] : []),
    ...(imports.tooMany ? [t`Too many imports beyond the limit`] : []),
    ...(imports.tooLong ? [t`An import beyond the limit that lasted too long`] : []),
  ];
}
