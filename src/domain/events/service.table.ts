import type { EventWords } from "../event-words.ts";

/** The service: its start, the backend, certificates, the disk, and what people do. */
export const serviceEvents = {
  started: {
    sentence: "The controller has started.",
    cause: "",
    todo: "",
    severity: "record", clears: "itself",
  },
  modeChanged: {
    sentence: "The site’s mode is now {mode}, was {before}.",
    cause: "Row {row} of the mode table.",
    todo: "",
    severity: "record", clears: "itself",
  },
  backendLost: {
    sentence: "The backend is offline.",
    cause: "The connection is gone.",
    todo: "",
    severity: "notice", clears: "itself",
  },
  backendBack: {
    sentence: "Backend connection restored after {offlineMin}.",
    cause: "The network is back; stored transactions are delivered.",
    todo: "",
    severity: "record", clears: "itself",
  },
  dischargeRefused: {
    sentence: "Refused: discharge {askedW}, asked by the backend.",
    cause: "No permission to operate in parallel is installed; only backup is allowed.",
    todo: "Tell the backend’s operator, or ask your installer about a permit.",
    severity: "notice", clears: "itself",
  },
  limitTightened: {
    sentence: "{by} tightened the {what} from {fromW} to {toW}.",
    cause: "Reason given: “{why}”.",
    todo: "",
    severity: "record", clears: "itself",
  },
  acted: {
    sentence: "{by}: {what}.",
    cause: "Reason given: “{why}”.",
    todo: "",
    severity: "record", clears: "itself",
  },
  commissioning: {
    sentence: "Commissioning has the site: “{step}”, begun by {by}. Nobody else’s requests count until it ends.",
    cause: "An installer takes a step of commissioning on the page.",
    todo: "Nothing; whoever must have the site stops the step on the page Installation. Limits, permits and stops hold.",
    severity: "notice", clears: "itself", ends: "With the step.",
  },
  contradiction: {
    sentence: "The site’s files contradict each other: {what}",
    cause: "Here: {here}; there: {there}.",
    todo: "{remedy} The utility’s package is refused until then (islet approval).",
    severity: "warning", clears: "onReset", ends: "With the next start after one of the two is right.",
  },
  certificateExpires: {
    sentence: "The {name} certificate expires in {leftDays}.",
    cause: "It has not been renewed.",
    todo: "Ask the backend’s operator to renew it.",
    severity: "warning", clears: "itself",
  },
  pageCertificateExpires: {
    sentence: "The page’s own certificate expires in {leftDays}.",
    cause: "Its time is nearly over.",
    todo: "Restart the controller: it makes a new one by itself. Replace the files where the configuration names your own.",
    severity: "warning", clears: "itself",
  },
  owed: {
    sentence: "{count} things are in force and not yet on disk.",
    cause: "{why}",
    todo: "Make room on the disk, or mend it. A restart before that forgets them.",
    severity: "warning", clears: "itself", ends: "When all is written; it is tried again by itself.",
  },
  unknownEvent: {
    sentence: "Something happened that this version has no words for.",
    cause: "",
    todo: "Save the log and report it.",
    severity: "warning", clears: "itself",
  },
} as const satisfies Record<string, EventWords>;
