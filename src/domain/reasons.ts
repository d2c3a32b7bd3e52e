/**
 * Why a setpoint is what it is, why something was refused, what went wrong: one table for the core, the logs, the command
 * line and the page. `sentence` is for a person in front of the site; `{…}` are filled in by whoever shows it. `clears`
 * says how a fault ends. Keys are stable: they appear in logs, audit records and the API.
 */
export type Clears = "itself" | "afterDelay" | "onReset" | "never";
/** How grave an event is, from a mere record to what needs somebody at once. */
export type Severity = "record" | "notice" | "warning" | "critical";

/** A reason's sentence, name, advice, and how it ends. */
export interface Reason {
  readonly sentence: string;
  /** What a limit is called in a chain of limits: "Export limit". */
  readonly name?: string;
  readonly todo?: string;
  readonly severity: Severity;
  readonly clears: Clears;
}

export const reasons = {
  // limits of a setpoint
  "no-vehicle": { name: "No vehicle", sentence: "No vehicle is plugged in.", severity: "record", clears: "itself" },
  "not-authorized": {
    name: "Authorization",
    sentence: "Nobody has been authorized at this charger.",
    severity: "record",
    clears: "itself",
  },
  paused: { name: "Paused", sentence: "An operator has paused this charger.", severity: "record", clears: "onReset" },
  mode: {
    name: "Mode of the site",
    sentence: "The site's mode does not allow it.",
    severity: "record",
    clears: "itself",
  },
  "permit-discharge": {
    name: "Permission to operate",
    sentence: "No permission to operate in parallel covers discharging.",
    severity: "notice",
    clears: "itself",
  },
  "discharge-disabled": {
    name: "Discharge not enabled",
    sentence: "Discharging is not enabled for this charger.",
    todo: "An installer can enable it.",
    severity: "record",
    clears: "itself",
  },
  "not-bidirectional": {
    name: "One-way vehicle",
    sentence: "The vehicle can only be charged.",
    severity: "record",
    clears: "itself",
  },
  "vehicle-limit": { name: "Vehicle", sentence: "The vehicle's own limit.", severity: "record", clears: "itself" },
  "vehicle-stale": {
    name: "Vehicle silent",
    sentence: "The vehicle has stopped renewing its limits.",
    severity: "warning",
    clears: "itself",
  },
  "vehicle-session": {
    name: "Session",
    sentence: "The session with the vehicle has not come to the transfer of energy, or has ended.",
    severity: "record",
    clears: "itself",
  },
  "vehicle-minimum": {
    name: "Vehicle’s minimum",
    sentence: "Below the smallest power that the vehicle accepts, so zero.",
    severity: "record",
    clears: "itself",
  },
  reserve: { name: "Reserve", sentence: "The reserve state of charge is kept.", severity: "record", clears: "itself" },
  "battery-full": { name: "Full battery", sentence: "The battery is full.", severity: "record", clears: "itself" },
  "backend-limit": { name: "Backend limit", sentence: "A limit of the backend.", severity: "record", clears: "itself" },
  "backend-expired": {
    name: "Backend request expired",
    sentence: "The backend's request has expired.",
    severity: "notice",
    clears: "itself",
  },
  "link-limit": {
    name: "Limit of a connected system",
    sentence: "A limit of a system that is connected through the API or MQTT.",
    todo: "It holds until that system or a person takes it back: Limits on the page says whose it is.",
    severity: "record",
    clears: "onReset",
  },
  "operator-limit": {
    name: "Operator limit",
    sentence: "A limit of an operator.",
    severity: "record",
    clears: "onReset",
  },
  "stage-rating": {
    name: "Power stage rating",
    sentence: "The power stage's rating or its present ability.",
    severity: "record",
    clears: "itself",
  },
  "stage-stale": {
    name: "Power stage silent",
    sentence: "The power stage does not answer.",
    todo: "Check its supply and its network cable.",
    severity: "warning",
    clears: "itself",
  },
  "stage-unverified": {
    name: "Power stage unverified",
    sentence: "The power stage has not passed its start-up verification.",
    severity: "warning",
    clears: "itself",
  },
  "stage-local": {
    name: "Local control",
    sentence: "The power stage is under local control.",
    todo: "Turn its selector to remote.",
    severity: "warning",
    clears: "itself",
  },
  "stage-alarm": {
    name: "Power stage alarm",
    sentence: "The power stage reports an alarm.",
    severity: "warning",
    clears: "onReset",
  },
  "stage-disobeys": {
    name: "Power stage disobeys",
    sentence: "The power stage does not follow its setpoint.",
    todo: "Check the power stage; it is not used until it follows again.",
    severity: "critical",
    clears: "afterDelay",
  },
  "planned-import": {
    name: "Planned import",
    sentence: "The import that the site's plan counts on: more would raise the billed peak or break a commitment.",
    severity: "record",
    clears: "itself",
  },
  "import-limit": {
    name: "Import limit",
    sentence: "The import limit at the grid connection.",
    severity: "record",
    clears: "itself",
  },
  "grid-operator": {
    name: "Grid operator",
    sentence: "The grid operator asks by its contact for less charging, or the contact can't be read.",
    severity: "notice",
    clears: "itself",
  },
  "export-limit": {
    name: "Export limit",
    sentence: "The export limit at the grid connection.",
    severity: "record",
    clears: "itself",
  },
  "generation-profile": {
    name: "Generation profile",
    sentence: "The limited generation profile's limit for this hour.",
    severity: "record",
    clears: "itself",
  },
  "power-control-mode": {
    name: "Power-control mode",
    sentence: "The power-control mode of the site does not allow it.",
    severity: "record",
    clears: "itself",
  },
  "phase-limit": {
    name: "Phase limit",
    sentence: "The limit of one phase at the grid connection.",
    severity: "record",
    clears: "itself",
  },
  "conductor-limit": {
    name: "Conductor ampacity",
    sentence: "The ampacity of a conductor.",
    severity: "record",
    clears: "itself",
  },
  "bus-limit": { name: "Bus ampacity", sentence: "The ampacity of a bus.", severity: "record", clears: "itself" },
  "transformer-limit": {
    name: "Transformer rating",
    sentence: "The rating of a transformer.",
    severity: "record",
    clears: "itself",
  },
  "meter-stale": {
    name: "Meter silent",
    sentence: "The PCC meter does not answer. Discharging stopped.",
    todo: "Check the meter's supply and network cable.",
    severity: "critical",
    clears: "itself",
  },
  "meter-frozen": {
    name: "Meter frozen",
    sentence: "The PCC meter is frozen. Discharging stopped.",
    todo: "Restart the meter.",
    severity: "critical",
    clears: "afterDelay",
  },
  "meter-implausible": {
    name: "Meter implausible",
    sentence: "The PCC meter reports impossible values. Discharging stopped.",
    todo: "Check its wiring and its current transformers.",
    severity: "critical",
    clears: "afterDelay",
  },
  "meter-reversed": {
    name: "Meter reversed",
    sentence:
      "The meter at the grid connection has the wrong sign: it falls when the power stages charge. Discharging stopped.",
    todo: "Check the direction and the order of its current transformers, then reset.",
    severity: "critical",
    clears: "onReset",
  },
  "meter-unproven": {
    name: "Meter unproven",
    sentence: "The meter at the grid connection has not been proven by a nudge yet, so power stays small.",
    severity: "notice",
    clears: "itself",
  },
  "meter-slower": {
    name: "Meter slower than configured",
    sentence:
      "The meter at the grid connection shows changes later than configured. Power is reckoned from what it does show, and rises more slowly.",
    todo: "Correct windowMs and latencyMs of the meter, then restart. It is tried as configured again after an hour.",
    severity: "warning",
    clears: "afterDelay",
  },
  "stage-slower": {
    name: "Power stage slower than configured",
    sentence:
      "A power stage follows its setpoint later than configured. Power is reckoned from the power stages' readings, and rises more slowly.",
    todo: "Correct responseMs, deadTimeMs, slewPctPerS and commandPeriodMs of the power stage, then restart. It is tried as configured again after an hour.",
    severity: "warning",
    clears: "afterDelay",
  },
  "control-unsteady": {
    name: "Limit exceeded again and again",
    sentence:
      "A limit at the grid connection was exceeded again and again. Power keeps a wider margin and rises slowly.",
    todo: "Find the load that switches so often, or what meter and power stages do otherwise than configured. The margin narrows after ten minutes without an excess.",
    severity: "warning",
    clears: "afterDelay",
  },
  allocation: {
    name: "Share of the site",
    sentence: "The site's power is shared between chargers.",
    severity: "record",
    clears: "itself",
  },
  ramp: { name: "Ramp", sentence: "Power rises gradually.", severity: "record", clears: "itself" },
  "enter-service-ramp": {
    name: "Enter-service ramp",
    sentence: "Power rises gradually after entering service.",
    severity: "record",
    clears: "itself",
  },
  "apparent-power": {
    name: "Apparent power",
    sentence: "The apparent-power rating is shared with reactive power.",
    severity: "record",
    clears: "itself",
  },
  protection: { name: "Protection", sentence: "A protection has tripped.", severity: "critical", clears: "itself" },
  islanded: {
    name: "Load of the island",
    sentence: "The island's load decides.",
    severity: "record",
    clears: "itself",
  },
  // authority
  "permit-none": {
    name: "No permit",
    sentence: "No permission to operate in parallel is installed.",
    todo: "Install the utility's signed permit: islet permit install.",
    severity: "record",
    clears: "itself",
  },
  "permit-revoked": {
    name: "Permit revoked",
    sentence: "The permit has been revoked.",
    todo: "Ask the utility; a new permit must be installed.",
    severity: "warning",
    clears: "itself",
  },
  "permit-not-yet-valid": {
    name: "Permit not yet valid",
    sentence: "The permit is not valid yet.",
    todo: "Wait for its first day, or correct the clock.",
    severity: "notice",
    clears: "itself",
  },
  "permit-expired": {
    name: "Permit expired",
    sentence: "The permit has expired.",
    todo: "Ask the utility for a new one and install it.",
    severity: "warning",
    clears: "itself",
  },
  "grid-code-open": {
    name: "Grid code incomplete",
    sentence: "Settings of the grid code are not known. Parallel operation is off.",
    todo: "Enter what check-config names in a file that site.gridProfile refers to.",
    severity: "warning",
    clears: "itself",
  },
  "permit-equipment": {
    name: "Equipment not covered",
    sentence: "The equipment or its firmware is not covered by the permit. Parallel operation is off.",
    todo: "Compare the power stages with the permit: islet permit inspect.",
    severity: "warning",
    clears: "itself",
  },
  "clock-untrusted": {
    name: "Clock not set",
    sentence: "The clock is not set, so that no permit can be valid.",
    todo: "Set the clock or connect a time server.",
    severity: "warning",
    clears: "itself",
  },
  "clock-set-back": {
    name: "Clock set back",
    sentence: "The clock has been set back. A permit that has expired stays expired.",
    todo: "Correct the clock; if it had run ahead, an installer installs the permit again.",
    severity: "warning",
    clears: "onReset",
  },
  "service-mode": {
    name: "Service mode",
    sentence: "The site is configured for less.",
    todo: "An installer can change the service mode.",
    severity: "record",
    clears: "itself",
  },
  "service-disabled": {
    name: "Service disabled",
    sentence: "The utility has taken its permit service back: chargers that can give power have left the grid.",
    todo: "Wait for the utility to permit service again.",
    severity: "notice",
    clears: "itself",
  },
  "relay-latched": {
    name: "Relay tripped",
    sentence: "The reverse-power or minimum-import relay has tripped.",
    todo: "Find the cause, then reset the relay on site.",
    severity: "critical",
    clears: "onReset",
  },
  "no-transfer-device": {
    name: "No transfer device",
    sentence: "There is no transfer device, so that the site can't be cut off from the grid.",
    severity: "record",
    clears: "itself",
  },
  "backup-not-notified": {
    name: "Utility not notified",
    sentence: "The utility has not been told that the site backs itself up.",
    todo: "Tell it in writing, then record it in the configuration or the permit.",
    severity: "notice",
    clears: "itself",
  },
  "generator-runs": {
    name: "Generator",
    sentence: "The generator runs: the power stages stay off the bus.",
    todo: "Nothing is to be done; they come back when it stands still.",
    severity: "notice",
    clears: "itself",
  },
  "generator-unknown": {
    name: "Generator not known",
    sentence: "Whether the generator runs is not known: the power stages stay off the bus.",
    todo: "Look at the module that its contact is wired to.",
    severity: "warning",
    clears: "itself",
  },
  "bond-unproven": {
    name: "Bond not proven",
    sentence: "The bond between neutral and ground is not proven, so that no island may run.",
    todo: "Look at the bond's contactor, its contacts and their wiring.",
    severity: "critical",
    clears: "itself",
  },
  // black start
  "starts-used": {
    name: "Black starts used up",
    sentence: "The island has failed to start as often as it may be tried.",
    todo: "Find the cause, then reset on site. The grid's return ends it too.",
    severity: "critical",
    clears: "onReset",
  },
  "auxiliary-low": {
    name: "Auxiliary battery low",
    sentence: "The auxiliary battery has too little left for another black start.",
    todo: "Charge it, or wait for the grid; what is left keeps the controller awake.",
    severity: "critical",
    clears: "itself",
  },
  "source-missing": {
    name: "No source for the island",
    sentence: "No vehicle can feed the island.",
    todo: "Plug in a vehicle that holds more than its reserve, at a charger that may form the island.",
    severity: "warning",
    clears: "itself",
  },
  "tier-overload": {
    name: "Tier overloads the island",
    sentence: "A tier takes more than the island can carry when it is switched on, so it stays off.",
    todo: "Find what starts there, then reset on site.",
    severity: "warning",
    clears: "onReset",
  },
  // grid functions
  "momentary-cessation": {
    name: "Momentary cessation",
    sentence: "The grid's voltage is so far out that discharging pauses for a moment.",
    severity: "notice",
    clears: "itself",
  },
  "grid-unmeasured": {
    name: "Grid not measured",
    sentence: "Voltage or frequency of the grid is not measured. Discharging stopped.",
    todo: "Check the meter's voltage inputs and fuses.",
    severity: "warning",
    clears: "itself",
  },
  "permissive-missing": {
    name: "Permissive signal",
    sentence: "The utility's permissive signal is not there.",
    todo: "Check its receiver; ask the utility.",
    severity: "warning",
    clears: "itself",
  },
  "anti-islanding-off": {
    name: "Anti-islanding",
    sentence: "The power stage's anti-islanding function is off.",
    todo: "Have it switched on; without it nothing is given back to the grid.",
    severity: "critical",
    clears: "itself",
  },
  "frequency-droop": {
    name: "Frequency-droop",
    sentence: "The grid's frequency is off, and power follows it.",
    severity: "record",
    clears: "itself",
  },
  "volt-watt": {
    name: "Volt-watt",
    sentence: "The grid's voltage is high, so that less may be given back.",
    severity: "record",
    clears: "itself",
  },
  "active-power-limit": {
    name: "Active power limit",
    sentence: "The utility's limit on active power.",
    severity: "record",
    clears: "itself",
  },
} as const satisfies Record<string, Reason>;

/** The stable key of a reason, as in logs, metrics and the API. */
export type ReasonKey = keyof typeof reasons;
export const reasonKeys = Object.keys(reasons) as ReasonKey[];
