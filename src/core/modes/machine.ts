/**
 * The site's mode machine, one per transfer device: pure, and allocating nothing per tick. Rows are in
 * `rows.table.ts`, guards in `guards.ts`, facts in `facts.ts`, times in `timings.ts`; what each mode lets
 * stages and K1 do is the table below.
 *
 *   const machine = createModeMachine(timings, recordFromDisk, nowMs);
 *   deriveModeFacts(facts, snapshot, authority, verdict, config, machine.startedMs, nowMs);
 *   stepMode(machine, facts, nowMs);      // moves machine.state, writes machine.output
 *
 * Two-phase handshake: `output.persist` is true while `state.record` is newer than what is stored. The shell stores it and
 * answers through `SiteFacts.storedGeneration`; closing and forming wait for that answer.
 */
import { type Mode, modeColumns, modeNames, type TransferCommand } from "../../domain/modes.ts";
import type { ModeFacts } from "./facts.ts";
import { uncommandedOutputHeld } from "./guards.ts";
import { type ModeRow, modeRows } from "./rows.table.ts";
import {
  createModeState,
  type HeldKey,
  heldAcrossModes,
  heldWithinMode,
  type Intent,
  type ModeRecord,
  type ModeState,
  recordStored,
  setIntent,
  setStartsLeft,
} from "./state.ts";
import type { ModeTimings } from "./timings.ts";

/** What a mode lets stages and K1 do; the limits of each stage come on top. */
interface ModeRule {
  /** False: write nothing, so that the stages' watchdogs bound what they do. */
  readonly commandsEnabled: boolean;
  readonly charge: boolean;
  readonly discharge: boolean;
  readonly form: boolean;
  /** Forming stages are brought to the grid's voltage and angle. */
  readonly resynchronize: boolean;
  /** The power through K1 is brought to zero for a planned island. */
  readonly balance: boolean;
  /** Stages that can are to hold the bus up when K1 opens. */
  readonly seamlessTransfer: boolean;
  readonly transferDevice: TransferCommand;
  /** What the record says while the mode lasts; "keep" leaves it. */
  readonly intent: Intent | "keep";
  /** The command waits until the record is stored; before that the rule of `until` applies. */
  readonly until?: Mode;
}

const rule = (
  mode: Mode,
  transferDevice: TransferCommand,
  intent: ModeRule["intent"],
  may: Partial<Omit<ModeRule, "transferDevice" | "intent" | "form" | "resynchronize">> = {},
): ModeRule => ({
  commandsEnabled: true,
  charge: false,
  discharge: false,
  form: modeColumns[mode].forming !== "no",
  resynchronize: modeColumns[mode].forming === "matches",
  balance: false,
  seamlessTransfer: false,
  transferDevice,
  intent,
  ...may,
});

export const modeRules: Readonly<Record<Mode, ModeRule>> = {
  unknown: rule("unknown", "none", "keep", { commandsEnabled: false }),
  noFeedback: rule("noFeedback", "none", "none"),
  loadOnly: rule("loadOnly", "none", "none", { charge: true }),
  ceased: rule("ceased", "none", "none", { charge: true }),
  enterDelay: rule("enterDelay", "none", "none", { charge: true }),
  ramping: rule("ramping", "none", "none", { charge: true, discharge: true }),
  parallel: rule("parallel", "none", "none", { charge: true, discharge: true }),
  isolating: rule("isolating", "none", "none"),
  opening: rule("opening", "open", "none"),
  isolated: rule("isolated", "open", "none"),
  islandStarting: rule("islandStarting", "open", "none", { until: "isolated" }),
  islandRunning: rule("islandRunning", "open", "island"),
  returning: rule("returning", "open", "none"),
  closing: rule("closing", "close", "closing", { until: "returning" }),
  resyncing: rule("resyncing", "open", "island"),
  closingLive: rule("closingLive", "close", "closing", { until: "resyncing" }),
  lockedOut: rule("lockedOut", "none", "locked"),
  zeroingExchange: rule("zeroingExchange", "none", "none", { charge: true, discharge: true, balance: true }),
  transferToIsland: rule("transferToIsland", "open", "none", {
    charge: true,
    discharge: true,
    balance: true,
    seamlessTransfer: true,
  }),
};

/** What the present mode lets everybody do, written in place. */
export interface ModeOutput {
  mode: Mode;
  commandsEnabled: boolean;
  /** Stages may charge from the grid (in an island the island's own rules decide). */
  mayCharge: boolean;
  /** Stages may give power back to a grid that is there. */
  mayDischarge: boolean;
  /** The stages chosen for it form the island. */
  form: boolean;
  resynchronize: boolean;
  /** Setpoints bring the power through K1 to zero. */
  balance: boolean;
  /** Stages that can are commanded to hold. */
  seamlessTransfer: boolean;
  transferDevice: TransferCommand;
  closeSequence: number;
  /** `state.record` waits to be stored. */
  persist: boolean;
  /** The mode changed in this cycle. */
  changed: boolean;
}

/** The mode machine of one transfer device: state, what it lets happen, and the rows that lead on from each mode. */
export interface ModeMachine {
  readonly state: ModeState;
  readonly output: ModeOutput;
  readonly startedMs: number;
  /** For each mode, its rows in order. */
  readonly rows: Readonly<Record<Mode, readonly ModeRow[]>>;
}

/** For each mode the rows that may leave it, in the order of the table. */
function rowsByMode(rows: readonly ModeRow[] = modeRows): Readonly<Record<Mode, readonly ModeRow[]>> {
  const byMode = {} as Record<Mode, readonly ModeRow[]>;
  for (const mode of modeNames) byMode[mode] = rows.filter(({ from }) => from.includes(mode));
  return byMode;
}

/**
 * A machine that starts in `unknown`. `stored` is the record from disk (`emptyRecord` when it can't be read). `rows` is the
 * table itself except in experiments that leave a guard out.
 */
export function createModeMachine(
  timings: ModeTimings,
  stored: Readonly<ModeRecord>,
  nowMs: number,
  rows: readonly ModeRow[] = modeRows,
): ModeMachine {
  return {
    state: createModeState(timings, stored, nowMs),
    output: {
      mode: "unknown",
      commandsEnabled: false,
      mayCharge: false,
      mayDischarge: false,
      form: false,
      resynchronize: false,
      balance: false,
      seamlessTransfer: false,
      transferDevice: "none",
      closeSequence: 0,
      persist: false,
      changed: false,
    },
    startedMs: nowMs,
    rows: rowsByMode(rows),
  };
}

/** One cycle: durations, the first row that holds, and what follows from the mode. At most one change of mode per call. */
export function stepMode(machine: ModeMachine, facts: ModeFacts, nowMs: number): ModeOutput {
  const { state, output } = machine;
  state.nowMs = nowMs;
  updateHeld(state, facts);
  output.changed = takeFirstRow(state, facts, machine.rows[state.mode]);
  if (!state.commandArmed && recordStored(state, facts) && !isWithheld(state, facts)) {
    state.commandArmed = true;
    state.armedMs = nowMs;
  }
  writeOutput(state, facts, output);
  return output;
}

/**
 * A close waits until the island's bond is proven off, and is not given beside a generator: as if its record could not be
 * stored, so that it is given up in the same time.
 */
const isWithheld = ({ mode }: ModeState, { otherSource, unbonded }: ModeFacts): boolean =>
  (mode === "closing" || mode === "closingLive") && (otherSource || !unbonded);

function takeFirstRow(s: ModeState, f: ModeFacts, rows: readonly ModeRow[]): boolean {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!holds(row, s, f)) continue;
    if (row.to !== "stay") enter(s, row.to, row.id);
    if (row.do !== undefined) row.do(s, f);
    return row.to !== "stay";
  }
  return false;
}

function holds({ when }: ModeRow, s: ModeState, f: ModeFacts): boolean {
  for (let i = 0; i < when.length; i++) if (!when[i]!.test(s, f)) return false;
  return true;
}

function enter(s: ModeState, mode: Mode, row: string): void {
  // A start whose record was never stored has commanded nothing: it does not count.
  const unusedStart = s.mode === "islandStarting" && !s.commandArmed;
  s.leftUnarmed = !s.commandArmed;
  s.previous = s.mode;
  s.row = row;
  s.mode = mode;
  s.sinceMs = s.nowMs;
  s.expected = "any";
  s.gridDeadAtStart = false;
  const { intent, until } = modeRules[mode];
  s.commandArmed = until === undefined;
  s.armedMs = s.nowMs;
  for (let i = 0; i < heldWithinMode.length; i++) s.held[heldWithinMode[i]!] = Number.NaN;
  if (unusedStart) setStartsLeft(s, s.record.startsLeft + 1);
  if (intent !== "keep") setIntent(s, intent);
}

/** Each watched condition, and what makes it true. A stage that nobody has heard yet after a restart gives no uncommanded output. */
const conditions: Readonly<Record<HeldKey, (s: ModeState, f: ModeFacts) => boolean>> = {
  gridGood: (_, f) => f.gridGood,
  gridOut: (_, f) => f.gridOut,
  gridNotGood: (_, f) => !f.gridGood,
  uncommandedOutput: givesUncommanded,
  contradiction: (_, f) => f.contradiction,
  coherentClosed: (_, f) => f.coherentClosed,
  coherentOpen: (_, f) => f.coherentOpen,
  busDead: (_, f) => f.busDead,
  // A generator that is allowed to feed the bus is no sign of a K1 that conducts.
  busNotDead: (_, f) => !f.busDead && !f.otherSource,
  inSync: (_, f) => f.inSync && f.gridGood,
  balanced: (_, f) => f.balanced,
};
const heldKeys: readonly HeldKey[] = [...heldAcrossModes, ...heldWithinMode];

function givesUncommanded(s: ModeState, f: ModeFacts): boolean {
  const { commandsEnabled, discharge, form, seamlessTransfer } = modeRules[s.mode];
  if (!commandsEnabled) return false;
  return (f.anyForming && !form && !seamlessTransfer) || (f.anyDischarging && !discharge && !form);
}

function updateHeld(s: ModeState, f: ModeFacts): void {
  for (let i = 0; i < heldKeys.length; i++) {
    const key = heldKeys[i]!;
    if (!conditions[key](s, f)) s.held[key] = Number.NaN;
    else if (Number.isNaN(s.held[key])) s.held[key] = s.nowMs;
  }
}

function writeOutput(s: ModeState, f: ModeFacts, out: ModeOutput): void {
  const own = modeRules[s.mode];
  const { commandsEnabled, charge, discharge, form, resynchronize, balance, seamlessTransfer, transferDevice } =
    !s.commandArmed && own.until !== undefined ? modeRules[own.until] : own;
  out.mode = s.mode;
  out.commandsEnabled = commandsEnabled;
  out.mayCharge = charge && f.gridServes;
  out.balance = balance;
  out.seamlessTransfer = seamlessTransfer && f.seamlessReady;
  out.mayDischarge = discharge;
  out.form = form;
  out.resynchronize = resynchronize;
  out.transferDevice = transferDevice;
  out.closeSequence = s.closeSequence;
  out.persist = !recordStored(s, f);
  // Locked out, K1 may only be opened, and only against a stage that gives power although it was told to stop.
  if (s.mode === "lockedOut" && f.deviceFresh && f.stagesHeard && f.canIsolate && uncommandedOutputHeld.test(s, f))
    out.transferDevice = "open";
}
