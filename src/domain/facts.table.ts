/**
 * The facts that devices tell, once: a new one is a row here, the place where it is read (a map file knows a `shown` or
 * `straight` one by its name already; SunSpec wants a row in `firmware-bridge/maps/sunspec-binding.table.ts`), and what is
 * made of it. Powers are positive from the grid towards the vehicle.
 */
import { amount, type FactsOf, flag, moment, phases, reading, shown, straight, word } from "./facts.ts";
import { roleNames } from "./modes.ts";

/** Position of one auxiliary contact as read. */
export const contactNames = ["open", "closed", "unknown"] as const;
export type Contact = (typeof contactNames)[number];

/** What a power stage's vehicle port does, in the order of a session; `none` where a stage has no such port. */
export const portPhaseNames = ["none", "idle", "cableCheck", "precharge", "energy", "stopped"] as const;
export type PortPhase = (typeof portPhaseNames)[number];
/** States of the control pilot (IEC 61851-1). */
export const pilotNames = ["unknown", "A", "B", "C", "D", "E", "F"] as const;
/** Outcome of the insulation test of the cable check under way. */
export const insulationNames = ["unknown", "testing", "valid", "fault"] as const;

/** Another source that may feed the bus behind K1, a generator: none there, at rest, running, or its contact is not known. */
export const otherSourceNames = ["none", "rests", "runs", "unknown"] as const;
/** The island's bond between neutral and ground, by its two contacts; `none` where the site commands none. */
export const bondNames = ["none", "bonded", "unbonded", "unknown"] as const;

/** Whether the grid operator asks for less by its contact; `unknown` counts as asked for. `none` also where there is no contact. */
export const reductionNames = ["none", "asked", "unknown"] as const;
export type Reduction = (typeof reductionNames)[number];

const read = "Arrival of the last complete, valid read.";
const alive = "Arrival of the last read in which the device's own clock, counter or heartbeat had advanced; that of a read where it has none.";

/** Transfer device K1 and the voltmeters on both of its sides. */
export const transferDeviceFacts = {
  atMs:            moment(read),
  liveAtMs:        moment(alive),
  contactNo:       word(contactNames, "unknown", "The normally-open contact, translated to the position of the device that it reports."),
  contactNc:       word(contactNames, "unknown", "The normally-closed contact, likewise: both say open when the device is open."),
  gridVoltagePu:   reading("Voltage on the grid's side."),
  gridFrequencyHz: reading("Frequency on the grid's side."),
  busVoltagePu:    reading("Voltage of the bus."),
  busFrequencyHz:  reading("Frequency of the bus."),
  phaseDeg:        reading("Angle of the bus ahead of the grid, in (-180, 180]; NaN when either side is dead."),
  syncRelay:       flag("The device's own synchronism-check relay (25)."),
  closeSequence:   amount("Last close sequence number that the device has accepted.", "counter"),
  transferTrip:    flag("The utility's transfer-trip signal, as its contacts read it."),
  permissive:      flag("The utility's permissive signal, likewise.", true),
  upstreamClosed:  flag("The breaker between the PCC and the utility, likewise.", true),
  relayTripped:    flag("A relay that has tripped, likewise."),
  otherSource:     word(otherSourceNames, "none", "A generator that may feed the bus, by its contact."),
  bond:            word(bondNames, "none", "The island's bond between neutral and ground, by its contacts."),
} as const;

/** The revenue-side meter at the point of common coupling (PCC), grid side of K1. */
export const meterFacts = {
  atMs:           moment(read),
  sampleCount:    amount("Advances when the block of values is a new sample, not when it is merely read again.", "counter"),
  countsSamples:  flag("The meter counts or dates its samples itself, so that a standing count is a proof; otherwise it may be quiet.", false, "own"),
  sampleAtMs:     moment("Arrival of that new sample."),
  powerW:         reading("Power, import positive."),
  reactiveVar:    reading("Reactive power."),
  voltagePu:      reading("Voltage."),
  frequencyHz:    reading("Frequency."),
  phasePowerW:    phases("Power of each phase."),
  phaseVoltagePu: phases("Voltage of each phase."),
  lineVoltagePu:  phases("Voltage between phases a–b, b–c, c–a, of nominal; NaN where the meter does not say."),
} as const;

/** One power stage and the vehicle side as the stage sees it. */
export const stageFacts = {
  atMs:             moment(read),
  liveAtMs:         moment(alive),
  role:             word(roleNames, "off", "What the stage does."),
  powerW:           reading("Measured power."),
  reactiveVar:      straight("Measured reactive power."),
  voltagePu:        reading("Voltage at its terminals."),
  frequencyHz:      reading("Frequency at its terminals."),
  alive:            flag("The stage's own heartbeat advances (SunSpec 715 DERHb fresh).", false, "own"),
  alarmBits:        amount("Latched alarm bits of SunSpec 701 Alrm."),
  local:            flag("Local control at the stage: what we write is ignored."),
  verified:         flag("Start-up verification passed: identity, firmware, reversion, watchdog, settings.", false, "own"),
  antiIslanding:    flag("The stage's certified anti-islanding function is on."),
  maxChargeW:       amount("What it can take now: temperature, state of charge, DC limits."),
  maxDischargeW:    amount("What it can give now, likewise; a magnitude."),
  socPct:           shown("State of charge of the vehicle at a charger.", "lasts", { metric: "state_of_charge_ratio", scale: 0.01 }),
  capacityWh:       shown("Capacity of the vehicle's battery, as far as the charger knows it.", "lasts"),
  vehicleConnected: flag("A vehicle is plugged in, as far as the stage knows."),
  importWh:         shown("By the charger's own meter, only ever rising; null where it has none.", "counter"),
  exportWh:         shown("Given back, by the charger's own meter, only ever rising; null where it has none.", "counter"),
  acknowledgedW:    amount("The last setpoint that it has acknowledged, before it need have moved.", "own"),
  acknowledgedAtMs: moment("When it acknowledged that setpoint; never where nobody can tell."),
  stopHeardAtMs:    moment("Since when what it has acknowledged lets it neither give power nor form; Infinity while it lets it; never where nobody can tell."),
  executedSequence: amount("Sequence number of the setpoint in force.", "counter"),
  watchdogMs:       straight("So long after the controller's last sign of life its own watchdog begins to stop it; NaN where it does not say.", "lasts"),
  portPhase:        word(portPhaseNames, "none", "What its vehicle port does; `none` where it has none that a session could drive."),
  pilot:            word(pilotNames, "unknown", "State of the control pilot."),
  insulation:       word(insulationNames, "unknown", "The insulation test of the cable check under way."),
  portClosed:       flag("The contactors towards the vehicle are closed."),
  portReady:        flag("The port delivers as soon as its contactors are closed."),
  emergency:        flag("An emergency stop is pressed."),
  outletV:          straight("Voltage at the outlet towards the vehicle."),
  outletA:          straight("Current at the outlet, charging positive."),
  outletMinV:       straight("Lowest voltage that it makes at the outlet.", "lasts"),
  outletMaxV:       straight("Highest voltage that it makes at the outlet.", "lasts"),
  outletMaxA:       straight("Highest current at the outlet, in either direction.", "lasts"),
} as const;

export type TransferDeviceFacts = FactsOf<typeof transferDeviceFacts>;
export type MeterFacts = FactsOf<typeof meterFacts>;
export type StageFacts = FactsOf<typeof stageFacts>;
