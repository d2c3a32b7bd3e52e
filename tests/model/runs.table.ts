/** The explorations that make up the proof, each with what it leaves out so that it ends. */

import { closedTransitionFaults, type FaultName, openTransitionFaults } from "./faults.table.ts";
import type { InvariantName } from "./invariants.ts";
import { everything, type Freedom, type WorldOptions } from "./world.ts";

export interface Run {
  readonly name: string;
  readonly options: Partial<WorldOptions>;
  readonly statesMax: number;
  /** Without hardware that software can't replace, a run is expected to break: by which invariant. */
  readonly breaks?: InvariantName;
  /** Whether a row or guard left out is also missed where the site then comes to rest; true unless said otherwise. */
  readonly judgesRest?: boolean;
}

const without = (...dropped: Freedom[]): readonly Freedom[] => everything.filter((input) => !dropped.includes(input));
const relays = { closeRelay: true, handoverTimer: true } as const;
const closed = (free: readonly Freedom[]) => ({ closedTransition: true, interlocks: relays, free: [...free, "sync" as const] });

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

const holds = { holds: true } as const;
const silence = { stages: 2, faults: ["stage silent"], faultsAre: "comes-and-goes" } as const;

/**
 * The proof, small worlds first: there a row or guard that is left out is soon missed, and need not be looked at in the large
 * ones. Together about four minutes of one core.
 */
const proof: readonly Run[] = [
  { name: "no fault, people and stages that trip", options: { free: ["grid", "permit", "request", "reset", "trip"] }, statesMax: 1e6 },
  { name: "no fault, a controller that dies", options: { free: ["grid", "permit", "request", "crash"] }, statesMax: 1e6 },
  { name: "vehicles that come and go", options: { free: ["grid", "request", "source", "trip"] }, statesMax: 1e6 },
  { name: "planned island, no holder", options: { free: ["grid", "permit", "request", "balance"] }, statesMax: 1e6 },
  { name: "planned island, stages that hold their angle", options: { ...holds, free: ["grid", "permit", "request", "balance"] }, statesMax: 1e6 },
  { name: "closed transition with relay 25, no fault", options: closed(["grid", "permit", "request", "reset"]), statesMax: 2e6 },
  { name: "closed transition without relay 25, no fault", options: { closedTransition: true, free: ["grid", "crash", "sync"] }, statesMax: 2e6, breaks: "closes-dead-or-in-step" },
  { name: "no transfer device, faults of meter and stage", options: { device: false, faults: deviceless, free: ["grid", "permit", "crash"] }, statesMax: 1e6 },
  { name: "34 faults, one at a time, the grid and a person's resets", options: { faults: openTransitionFaults, free: ["grid", "reset"] }, statesMax: 4e6 },
  { name: "34 faults, a controller that dies", options: { faults: openTransitionFaults, free: ["grid", "crash"] }, statesMax: 6e6 },
  { name: "closed transition, two stages, one falls silent and comes back", options: { ...closed(["grid"]), ...silence }, statesMax: 4e6 },
  { name: "planned island, two stages that hold, one falls silent", options: { ...holds, stages: 2, faults: ["stage silent"], free: ["grid", "request", "crash", "balance"] }, statesMax: 4e6 },
  { name: "no transfer device, faults that come and go", options: { device: false, faults: deviceless, faultsAre: "comes-and-goes", free: ["grid", "permit", "service", "latch", "crash", "reset"] }, statesMax: 4e6 },
  { name: "closed transition, every input but the utility's", options: closed(without("service", "latch", "sag", "source")), statesMax: 8e6 },
  { name: "no fault, every input", options: {}, statesMax: 8e6 },
  { name: "two stages, no fault", options: { stages: 2, free: without("service", "latch", "sag", "request") }, statesMax: 8e6 },
  { name: "two stages, 34 faults, permanent", options: { stages: 2, faults: openTransitionFaults, free: without("service", "latch", "sag", "request", "reset", "permit", "source") }, statesMax: 12e6 },
  { name: "two stages, one falls silent and comes back", options: { ...silence, free: without("service", "latch", "sag", "request", "source") }, statesMax: 12e6 },
  { name: "closed transition, 36 faults", options: { ...closed(["grid", "crash"]), faults: closedFaults }, statesMax: 24e6 },
  { name: "planned island, 34 faults", options: { ...holds, faults: openTransitionFaults, free: ["grid", "permit", "request", "crash"] }, statesMax: 32e6 },
  { name: "34 faults, one at a time, coming and going", options: { faults: openTransitionFaults, faultsAre: "comes-and-goes", free: without("service", "latch", "sag", "request", "reset", "source") }, statesMax: 40e6 },
  { name: "34 faults, one at a time, permanent", options: { faults: openTransitionFaults, free: without("service", "latch", "sag", "request", "source") }, statesMax: 40e6 },
];

/** What fits into a test run. */
const quick: readonly Run[] = [
  { name: "no fault", options: { free: without("service", "latch", "sag", "source") }, statesMax: 1e6 },
  { name: "34 faults, one at a time, permanent", options: { faults: openTransitionFaults, free: ["grid"] }, statesMax: 2e6 },
  { name: "8 faults and a controller that dies", options: { faults: crashFaults, free: ["grid", "crash"] }, statesMax: 2e6 },
  { name: "two stages, no fault", options: { stages: 2, free: without("service", "latch", "sag", "request", "reset", "source") }, statesMax: 1e6 },
  { name: "planned island, stages that hold their angle", options: { ...holds, free: ["grid", "permit", "request", "balance"] }, statesMax: 1e6 },
  { name: "planned island, 34 faults", options: { ...holds, faults: openTransitionFaults, free: ["request"] }, statesMax: 2e6 },
  { name: "closed transition with relay 25, no fault", options: closed(["grid", "permit"]), statesMax: 1e6 },
  { name: "closed transition without relay 25, no fault", options: { closedTransition: true, free: ["grid", "crash", "sync"] }, statesMax: 1e6, breaks: "closes-dead-or-in-step" },
];

export const runLists = { proof, quick } as const;
