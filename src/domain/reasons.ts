/**
 * Why a setpoint is what it is, why something was refused, what went wrong: one table for the core, the logs, the command
 * line and the page. `sentence` is for a person in front of the site; `{…}` are filled in by whoever shows it. `clears`
 * says how a fault ends. Keys are stable: they appear in logs, audit records and the API.
 */
export type Clears = "itself" | "afterDelay" | "onReset" | "never";
export type Severity = "record" | "notice" | "warning" | "critical";

export interface Reason {
  readonly sentence: string;
  readonly todo?: string;
  readonly severity: Severity;
  readonly clears: Clears;
}

export const reasons = {
  // limits of a setpoint
  "no-vehicle": { sentence: "No vehicle is plugged in.", severity: "record", clears: "itself" },
  "not-authorized": { sentence: "Nobody has been authorized at this EVSE.", severity: "record", clears: "itself" },
  paused: { sentence: "An operator has paused this EVSE.", severity: "record", clears: "onReset" },
  mode: { sentence: "The site's mode does not allow it.", severity: "record", clears: "itself" },
  "permit-discharge": {
    sentence: "No permission to operate in parallel covers discharging.",
    severity: "notice",
    clears: "itself",
  },
  "discharge-disabled": {
    sentence: "Discharging is not enabled for this EVSE.",
    todo: "An installer can enable it.",
    severity: "record",
    clears: "itself",
  },
  "not-bidirectional": { sentence: "The vehicle can only be charged.", severity: "record", clears: "itself" },
  "vehicle-limit": { sentence: "The vehicle's own limit.", severity: "record", clears: "itself" },
  "vehicle-stale": { sentence: "The vehicle has stopped renewing its limits.", severity: "warning", clears: "itself" },
  "vehicle-minimum": {
    sentence: "Below the smallest power that the vehicle accepts, so zero.",
    severity: "record",
    clears: "itself",
  },
  reserve: { sentence: "The reserve state of charge is kept.", severity: "record", clears: "itself" },
  "battery-full": { sentence: "The battery is full.", severity: "record", clears: "itself" },
  "backend-limit": { sentence: "A limit of the backend.", severity: "record", clears: "itself" },
  "backend-expired": { sentence: "The backend's wish has expired.", severity: "notice", clears: "itself" },
  "operator-limit": { sentence: "A limit of an operator.", severity: "record", clears: "onReset" },
  "stage-rating": {
    sentence: "The power stage's rating or its present ability.",
    severity: "record",
    clears: "itself",
  },
  "stage-stale": {
    sentence: "The power stage does not answer.",
    todo: "Check its supply and its network cable.",
    severity: "warning",
    clears: "itself",
  },
  "stage-unverified": {
    sentence: "The power stage has not passed its start-up verification.",
    severity: "warning",
    clears: "itself",
  },
  "stage-local": {
    sentence: "The power stage is under local control.",
    todo: "Turn its selector to remote.",
    severity: "warning",
    clears: "itself",
  },
  "stage-alarm": { sentence: "The power stage reports an alarm.", severity: "warning", clears: "onReset" },
  "stage-disobeys": {
    sentence: "The power stage does not follow its setpoint.",
    todo: "Check the stage; it is not used until it follows again.",
    severity: "critical",
    clears: "afterDelay",
  },
  "import-limit": { sentence: "The import limit at the grid connection.", severity: "record", clears: "itself" },
  "export-limit": { sentence: "The export limit at the grid connection.", severity: "record", clears: "itself" },
  "meter-stale": {
    sentence: "The meter at the grid connection does not answer. Discharging stopped.",
    todo: "Check the meter's supply and network cable.",
    severity: "critical",
    clears: "itself",
  },
  "meter-frozen": {
    sentence: "The meter at the grid connection is frozen. Discharging stopped.",
    todo: "Restart the meter.",
    severity: "critical",
    clears: "afterDelay",
  },
  "meter-implausible": {
    sentence: "The meter at the grid connection reports impossible values. Discharging stopped.",
    todo: "Check its wiring and its current transformers.",
    severity: "critical",
    clears: "afterDelay",
  },
  allocation: { sentence: "The site's power is shared between EVSEs.", severity: "record", clears: "itself" },
  ramp: { sentence: "Power rises gradually.", severity: "record", clears: "itself" },
  "enter-service-ramp": {
    sentence: "Power rises gradually after entering service.",
    severity: "record",
    clears: "itself",
  },
  "apparent-power": {
    sentence: "The apparent-power rating is shared with reactive power.",
    severity: "record",
    clears: "itself",
  },
  protection: { sentence: "A protection has tripped.", severity: "critical", clears: "itself" },
  islanded: { sentence: "The island's load decides.", severity: "record", clears: "itself" },
} as const satisfies Record<string, Reason>;

export type ReasonKey = keyof typeof reasons;
export const reasonKeys = Object.keys(reasons) as ReasonKey[];
