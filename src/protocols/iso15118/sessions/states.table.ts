/**
 * Which request each state of a session takes, and where it leads. A pair [while processing, finished] depends on the
 * processing state of the response. `PowerDelivery+` starts power, `-` ends it, `~` renegotiates. `SessionStop` is taken in
 * every state but those in `noStop`. Worked out from public implementations and recorded sessions of real vehicles; the
 * requirement numbers that they cite are not repeated here.
 */
export type Next = string | readonly [processing: string, finished: string];

export interface StateTable {
  readonly first: string;
  readonly noStop: readonly string[];
  /** Where a session that was paused goes on after its setup. */
  readonly resumed: string;
  /** Where a session goes on whose services are negotiated anew; absent where a protocol does not know that. */
  readonly renegotiates?: string;
  /** States in which a person may be paying. */
  readonly pays: readonly string[];
  /** The state after SessionStop; nothing is taken there. */
  readonly over: "over";
  readonly states: Readonly<Record<string, Readonly<Record<string, Next>>>>;
}

/** DIN SPEC 70121: DC only, paid outside the vehicle, no resuming. */
export const dinStates = {
  first: "setup",
  noStop: ["setup"],
  resumed: "discovery",
  pays: ["authorization"],
  over: "over",
  states: {
    setup: { SessionSetup: "discovery" },
    discovery: { ServiceDiscovery: "payment" },
    payment: { ServicePaymentSelection: "authorization" },
    authorization: { ContractAuthentication: ["authorization", "parameters"] },
    parameters: { ChargeParameterDiscovery: ["parameters", "cableCheck"] },
    // Vehicles that give up before the precharge say so with PowerDelivery.
    cableCheck: { CableCheck: ["cableCheck", "precharge"], "PowerDelivery-": "stopped" },
    precharge: { PreCharge: "precharging", "PowerDelivery-": "stopped" },
    precharging: { PreCharge: "precharging", "PowerDelivery+": "loop", "PowerDelivery-": "stopped" },
    loop: { CurrentDemand: "loop", "PowerDelivery-": "stopped" },
    stopped: { WeldingDetection: "stopped" },
    over: {},
  },
} as const satisfies StateTable;

/** ISO 15118-2, AC and DC, paid outside the vehicle or by its contract. */
export const iso2States = {
  first: "setup",
  noStop: ["setup"],
  // The whole sequence is gone through again with the same values.
  resumed: "discovery",
  pays: ["payment", "authorization"],
  over: "over",
  states: {
    setup: { SessionSetup: "discovery" },
    discovery: { ServiceDiscovery: "services" },
    services: { ServiceDetail: "services", PaymentServiceSelection: "payment" },
    // What the vehicle has chosen to pay by decides which of these it may send.
    payment: {
      CertificateInstallation: "details",
      CertificateUpdate: "details",
      PaymentDetails: "authorization",
      Authorization: ["authorization", "parameters"],
    },
    details: { PaymentDetails: "authorization" },
    authorization: { Authorization: ["authorization", "parameters"] },
    parameters: { ChargeParameterDiscovery: ["parameters", "ready"] },
    ready: { "PowerDelivery+": "loopAc", "PowerDelivery-": "stopped", CableCheck: ["cableCheck", "precharge"] },
    cableCheck: { CableCheck: ["cableCheck", "precharge"], "PowerDelivery-": "stopped" },
    precharge: { PreCharge: "precharging", "PowerDelivery-": "stopped" },
    precharging: { PreCharge: "precharging", "PowerDelivery+": "loopDc", "PowerDelivery-": "stopped" },
    loopAc: {
      ChargingStatus: "loopAc",
      MeteringReceipt: "loopAc",
      "PowerDelivery-": "stopped",
      "PowerDelivery~": "parameters",
    },
    loopDc: {
      CurrentDemand: "loopDc",
      MeteringReceipt: "loopDc",
      "PowerDelivery-": "stopped",
      "PowerDelivery~": "parameters",
    },
    stopped: { WeldingDetection: "stopped" },
    over: {},
  },
} as const satisfies StateTable;

/** ISO 15118-20, AC and DC in both directions, paid outside the vehicle or by its contract. */
export const iso20States = {
  first: "setup",
  noStop: ["setup", "welding"],
  resumed: "parameters",
  renegotiates: "services",
  pays: ["authorization"],
  over: "over",
  states: {
    setup: { SessionSetup: "authorizationSetup" },
    authorizationSetup: { AuthorizationSetup: "authorization" },
    authorization: { CertificateInstallation: "authorization", Authorization: ["authorization", "services"] },
    services: { ServiceDiscovery: "selection" },
    selection: { ServiceDetail: "selection", ServiceSelection: "parameters" },
    parameters: { DC_ChargeParameterDiscovery: "schedule", AC_ChargeParameterDiscovery: "scheduleAc" },
    scheduleAc: { ScheduleExchange: ["scheduleAc", "readyAc"], "PowerDelivery-": "stoppedAc" },
    readyAc: { "PowerDelivery+": ["readyAc", "loopAc"], "PowerDelivery-": "stoppedAc" },
    loopAc: {
      AC_ChargeLoop: "loopAc",
      ScheduleExchange: "loopAc",
      MeteringConfirmation: "loopAc",
      "PowerDelivery+": "loopAc",
      "PowerDelivery~": "loopAc",
      "PowerDelivery-": "stoppedAc",
    },
    stoppedAc: {},
    schedule: { ScheduleExchange: ["schedule", "cableCheck"], "PowerDelivery-": "stopped" },
    cableCheck: { DC_CableCheck: ["cableCheck", "precharge"], "PowerDelivery-": "stopped" },
    precharge: { DC_PreCharge: ["precharging", "precharged"], "PowerDelivery-": "stopped" },
    // A vehicle that never says that it has finished (Josev's) may go on; contactors close onto equal voltages only.
    precharging: {
      DC_PreCharge: ["precharging", "precharged"],
      "PowerDelivery+": ["precharging", "loop"],
      "PowerDelivery-": "stopped",
    },
    precharged: { "PowerDelivery+": ["precharged", "loop"], "PowerDelivery-": "stopped" },
    loop: {
      DC_ChargeLoop: "loop",
      ScheduleExchange: "loop",
      MeteringConfirmation: "loop",
      "PowerDelivery+": "loop",
      "PowerDelivery~": "loop",
      "PowerDelivery-": "stopped",
    },
    stopped: { DC_WeldingDetection: ["welding", "stopped"] },
    welding: { DC_WeldingDetection: ["welding", "stopped"] },
    over: {},
  },
} as const satisfies StateTable;
