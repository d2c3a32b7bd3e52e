/**
 * What is recorded of a tick: its inputs (the process image as `step` finds it, and what people did to the core between two
 * steps), its decisions (commands, mode with its row, limits at the PCC, chains of limits with their reasons), and now and then
 * the whole state of the core, from which a replay can start.
 */
import type { Core } from "../../../core/core.ts";
import type { Snapshot } from "../../../core/snapshot.ts";
import { type ObjectRow, objectRow } from "./object-row.ts";
import type { Words } from "./words.ts";

/** Acts on the core besides `step`, and what the loop found of itself; counted since the start. */
export interface Acts {
  /** A person has seen the alarms of the ledgers. */
  ledgersSeen: number;
  /** Stalls of the loop. */
  stalls: number;
}

export const createActs = (): Acts => ({ ledgersSeen: 0, stalls: 0 });

/** Parts of the core that never change after its start and are made from the configuration anew. */
const madeFromConfig = ["config", "profile", "machine.rows", "generationProfile"];

/** Facts of a stage that the core never reads (a test holds that): they are for people, sessions and records of energy. */
export const unreadFacts = ["executedSequence", "importWh", "exportWh", "outletV", "outletA"] as const;

export const inputRow = (acts: Acts, snapshot: Snapshot, words: Words): ObjectRow =>
  objectRow(
    { acts, inputs: snapshot },
    words,
    snapshot.stages.flatMap((_, i) => unreadFacts.map((name) => `inputs.stages[${i}].${name}`)),
  );

/** Of a ledger only whether it is above its limit, how often it was, and its alarms: what it keeps is in the state. */
const keptByLedger = ["config", "entries", "open", "load", "waiting"];

export function decisionRow(core: Core, words: Words): ObjectRow {
  const { machine, needs, commands, setpointW, pccLimits, pccRecord, chains } = core;
  const decisions = {
    mode: machine.output,
    machine: machine.state,
    needs,
    commands,
    setpointW,
    pccLimits,
    exports: pccRecord.exports.ledger,
    imports: pccRecord.imports.ledger,
    chains: chains.values,
  };
  const ledgers = keptByLedger.flatMap((name) => [`exports.${name}`, `imports.${name}`]);
  return objectRow(decisions, words, ["machine.timings", ...ledgers]);
}

export const stateRow = (core: Core, words: Words): ObjectRow => objectRow(core, words, madeFromConfig);
