/**
 * Who or what a limit of a setpoint comes from, with its name for people. Every limit carries one of these from where it is
 * asked for to the page, the API and `islet explain`. Their order is a wire value in shared buffers: append only.
 */
export const limitSourceNames = {
  controller: "Controller",
  permit: "Permit",
  "pcc-meter": "PCC meter",
  vehicle: "Vehicle",
  stage: "Power stage",
  backend: "Backend",
  operator: "Operator",
  installer: "Installer",
  mode: "Mode of the site",
  schedule: "Plan",
  "grid-profile": "Grid profile",
  /** What other EVSEs take of a budget that they share. */
  allocation: "Share among the chargers",
  "grid-operator": "Grid operator",
  /** A system that asks through the API or MQTT; which one, the service knows. */
  link: "Connected system",
} as const;
/** Who or what set a limit; its name for people is in `limitSourceNames`. */
export type LimitSource = keyof typeof limitSourceNames;
export const limitSources = Object.keys(limitSourceNames) as LimitSource[];
