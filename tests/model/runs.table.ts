/** The explorations that make up the proof, each with what it leaves out so that it ends. */
import { closedTransitionFaults, type FaultName, openTransitionFaults } from "./faults.table.ts";
import { allInputs, type Input, type WorldOptions } from "./world.ts";

export interface Run {
  readonly name: string;
  readonly options: Partial<WorldOptions>;
  readonly statesMax: number;
  /** Without hardware that software can't replace, a run is expected to break: by which invariant. */
  readonly breaks?: string;
}

const without = (...dropped: Input[]): readonly Input[] => allInputs.filter((input) => !dropped.includes(input));
const relays = { closeRelay: true, handoverTimer: true } as const;
const closed = (inputs: readonly Input[]) => ({ closedTransition: true, interlocks: relays, inputs: [...inputs, "sync" as const] });

/** Faults of a closed transition that its relay (25) and its handover timer leave to the software. */
const closedFaults: readonly FaultName[] = [...openTransitionFaults, ...closedTransitionFaults];

/** Those that a restart could meet worst. */
const crashFaults: readonly FaultName[] = [
  "K1 slow", "contact NO stuck closed", "contacts echo the command", "bus voltmeter stuck dead", "stage silent",
  "stage never stops", "report stuck forming", "record can't be stored",
];

/**
 * What can fail where there is no K1. A stage that never stops can't be cut off there (its own contactor must), and a meter
 * that is stuck at normal is the only one (the stage's certified protection must see the grid).
 */
const deviceless: readonly FaultName[] = [
  "none", "meter stuck dead", "meter stuck abnormal", "meter silent", "stage silent",
  "report stuck off", "report stuck charge", "report stuck forming", "record can't be stored",
];

/** About four minutes on one core. */
export const fullRuns: readonly Run[] = [
  { name: "no fault, every input", options: {}, statesMax: 8e6 },
  { name: "30 faults, one at a time, permanent", options: { faults: openTransitionFaults, inputs: without("service", "latch", "sag", "wish", "source") }, statesMax: 20e6 },
  { name: "30 faults, one at a time, coming and going", options: { faults: openTransitionFaults, faultsAre: "comes-and-goes", inputs: without("service", "latch", "sag", "wish", "reset", "source") }, statesMax: 20e6 },
  { name: "two stages, no fault", options: { stages: 2, inputs: without("service", "latch", "sag", "wish") }, statesMax: 8e6 },
  { name: "two stages, 30 faults, permanent", options: { stages: 2, faults: openTransitionFaults, inputs: without("service", "latch", "sag", "wish", "reset", "permit", "source") }, statesMax: 8e6 },
  { name: "two stages, one falls silent and comes back", options: { stages: 2, faults: ["stage silent"], faultsAre: "comes-and-goes", inputs: without("service", "latch", "sag", "wish", "source") }, statesMax: 8e6 },
  { name: "planned island, stages that hold their angle, no fault", options: { holds: true, inputs: [...without("service", "latch", "sag", "source"), "balance"] }, statesMax: 8e6 },
  { name: "planned island, stages that hold their angle, 30 faults", options: { holds: true, faults: openTransitionFaults, inputs: ["grid", "permit", "wish", "crash"] }, statesMax: 12e6 },
  { name: "planned island, two stages that hold their angle", options: { holds: true, stages: 2, faults: ["stage silent"], inputs: ["grid", "wish", "crash", "balance"] }, statesMax: 8e6 },
  { name: "closed transition with relay 25, no fault", options: closed(without("service", "latch", "sag", "wish", "source")), statesMax: 8e6 },
  { name: "closed transition with relay 25, 32 faults", options: { ...closed(["grid", "crash"]), faults: closedFaults }, statesMax: 12e6 },
  { name: "closed transition, two stages, one falls silent and comes back", options: { ...closed(["grid"]), stages: 2, faults: ["stage silent"], faultsAre: "comes-and-goes" }, statesMax: 8e6 },
  { name: "closed transition without relay 25, no fault", options: { closedTransition: true, inputs: ["grid", "crash", "sync"] }, statesMax: 2e6, breaks: "I3" },
  { name: "no transfer device, faults of meter and stage", options: { device: false, faults: deviceless, faultsAre: "comes-and-goes", inputs: ["grid", "permit", "service", "latch", "crash", "reset"] }, statesMax: 4e6 },
];

/** What fits into a test run. */
export const quickRuns: readonly Run[] = [
  { name: "no fault", options: { inputs: without("service", "latch", "sag", "source") }, statesMax: 1e6 },
  { name: "30 faults, one at a time, permanent", options: { faults: openTransitionFaults, inputs: ["grid"] }, statesMax: 2e6 },
  { name: "8 faults and a controller that crashes", options: { faults: crashFaults, inputs: ["grid", "crash"] }, statesMax: 2e6 },
  { name: "two stages, no fault", options: { stages: 2, inputs: without("service", "latch", "sag", "wish", "reset", "source") }, statesMax: 1e6 },
  { name: "planned island, stages that hold their angle", options: { holds: true, inputs: ["grid", "permit", "wish", "balance"] }, statesMax: 1e6 },
  { name: "planned island, 30 faults", options: { holds: true, faults: openTransitionFaults, inputs: ["wish"] }, statesMax: 2e6 },
  { name: "closed transition with relay 25, no fault", options: closed(["grid", "permit"]), statesMax: 1e6 },
  { name: "closed transition without relay 25, no fault", options: { closedTransition: true, inputs: ["grid", "crash", "sync"] }, statesMax: 1e6, breaks: "I3" },
];
