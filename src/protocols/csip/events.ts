/**
 * Controls as events: which of them are in force, mode by mode, and what the server is told of each. Pure: time (s UTC of the
 * server) and chance come in as arguments; what must outlive the process is in `EventBook` and nowhere else.
 *
 * Of two controls for one mode the one of the program with the lower primacy counts, then the one created later; two for
 * different modes both run. Where none has a mode, the default control of the lowest primacy that has it counts.
 * Source: bsgip/cactus-test-definitions (ALL-18, -21, -22, GEN-10), open-dynamic-export (order of controls).
 */
import { type ModeName, type ModeValues, modeNames } from "./modes.table.ts";
import { type Control, type DefaultControl, eventStatus } from "./resources.ts";

/** What a server is told of a control. */
const responses = {
  received: 1,
  started: 2,
  completed: 3,
  cancelled: 6,
  superseded: 7,
  notApplicable: 252,
  invalid: 253,
  expired: 254,
} as const;

/** `held`: heard, its time has not come. `over`: nothing is done of it any more. */
export type Phase = "held" | "active" | "superseded" | "over";

export interface Event {
  readonly control: Control;
  readonly program: string;
  /** Drawn once, s. */
  readonly startShiftS: number;
  readonly durationShiftS: number;
  /** When a cancellation takes effect; null while it is not cancelled. */
  readonly cancelAtS: number | null;
  readonly phase: Phase;
  /** Responses that were owed so far, whether sent or not: each once. */
  readonly told: readonly number[];
}

export interface KnownProgram {
  readonly primacy: number;
  readonly fallback: DefaultControl | null;
}

export interface EventBook {
  /** By mRID. */
  readonly events: Map<string, Event>;
  /** By href. */
  readonly programs: Map<string, KnownProgram>;
}

/** Controls that are remembered; of more, those that begin last are not heard. */
export const eventsMax = 2_000;
/** What is over is remembered so long after its end, s: a server that lists it again is not answered twice. */
const rememberS = 2 * 86_400;

/** An answer that is owed. */
export interface Owed {
  readonly mrid: string;
  readonly status: number;
  readonly replyTo: string;
}

/** What holds for a mode, and by whose word. */
export interface InForce {
  readonly value: number;
  readonly program: string;
  /** mRID of the control; "" for the default control. */
  readonly mrid: string;
  readonly rampS: number;
  /** When it ends by itself, s UTC; null: it holds until the server says otherwise. */
  readonly untilS: number | null;
}
export type AllInForce = Readonly<Partial<Record<ModeName, InForce>>>;

export const createBook = (): EventBook => ({ events: new Map(), programs: new Map() });

/** A control as the server lists it. `random`: in [0, 1). False: there are too many. */
export function hearControl(
  book: EventBook,
  program: string,
  control: Control,
  nowS: number,
  random: () => number,
): boolean {
  const known = book.events.get(control.mrid);
  if (known === undefined && book.events.size >= eventsMax) return false;
  const draw = (rangeS: number): number => Math.round(random() * rangeS) + 0;
  const sameRange = (name: "randomizeStartS" | "randomizeDurationS"): boolean =>
    known !== undefined && known.control[name] === control[name];
  const isCancelled = control.status === eventStatus.cancelled || control.status === eventStatus.cancelledRandomly;
  const spreadS =
    control.status === eventStatus.cancelledRandomly
      ? Math.max(Math.abs(control.randomizeStartS), Math.abs(control.randomizeDurationS))
      : 0;
  book.events.set(control.mrid, {
    control,
    program,
    startShiftS: sameRange("randomizeStartS") ? known!.startShiftS : draw(control.randomizeStartS),
    durationShiftS: sameRange("randomizeDurationS") ? known!.durationShiftS : draw(control.randomizeDurationS),
    cancelAtS: isCancelled ? (known?.cancelAtS ?? nowS + draw(spreadS)) : null,
    phase: known?.phase ?? "held",
    told: known?.told ?? [],
  });
  return true;
}

export const startOf = ({ control, startShiftS }: Event): number => control.startS + startShiftS;
const endOf = (event: Event): number =>
  Math.max(startOf(event), startOf(event) + event.control.durationS + event.durationShiftS);

/**
 * What holds now, which events have changed (by mRID, to be stored), and what is owed to the server; forgets what is long over.
 */
export function lookAtEvents(
  book: EventBook,
  nowS: number,
): {
  readonly inForce: AllInForce;
  readonly changed: readonly string[];
  readonly forgotten: readonly string[];
  readonly owed: readonly Owed[];
} {
  const changed: string[] = [];
  const forgotten: string[] = [];
  const owed: Owed[] = [];
  const running = [...book.events.values()].filter((event) => isRunning(book, event, nowS));
  const strongest = new Map(modeNames.map((mode) => [mode, strongestOf(book, running, mode)]));
  const rules = new Set([...strongest.values()].flatMap((event) => (event === null ? [] : [event.control.mrid])));

  for (const event of [...book.events.values()]) {
    const { mrid, replyTo, responseRequired } = event.control;
    const { phase, news } = nextOf(book, event, nowS, rules.has(mrid), strongest);
    const fresh = news.filter((status) => !event.told.includes(status));
    if (phase !== event.phase || fresh.length > 0) {
      book.events.set(mrid, { ...event, phase, told: [...event.told, ...fresh] });
      changed.push(mrid);
    }
    for (const status of fresh) {
      const bit = status === responses.received ? 1 : 2;
      if (replyTo !== "" && (responseRequired & bit) !== 0) owed.push({ mrid, status, replyTo });
    }
    if (phase === "over" && nowS - endOf(event) > rememberS) {
      book.events.delete(mrid);
      forgotten.push(mrid);
    }
  }
  return { inForce: allInForce(book, strongest), changed, forgotten, owed };
}

/** An event that may have a say now: its time has come and nothing has ended it. */
function isRunning(book: EventBook, event: Event, nowS: number): boolean {
  if (event.phase === "over" || event.control.fault !== "" || !book.programs.has(event.program)) return false;
  return nowS >= startOf(event) && nowS < endOf(event) && !(event.cancelAtS !== null && nowS >= event.cancelAtS);
}

function strongestOf(book: EventBook, running: readonly Event[], mode: ModeName): Event | null {
  let found: Event | null = null;
  for (const event of running)
    if (event.control.values[mode] !== undefined && (found === null || isStronger(book, event, found))) found = event;
  return found;
}

const primacyOf = (book: EventBook, { program }: Event): number => book.programs.get(program)?.primacy ?? 255;

function isStronger(book: EventBook, a: Event, b: Event): boolean {
  const [primacyA, primacyB] = [primacyOf(book, a), primacyOf(book, b)];
  if (primacyA !== primacyB) return primacyA < primacyB;
  const [replacedA, replacedB] = [a, b].map(({ control }) => control.status === eventStatus.superseded);
  if (replacedA !== replacedB) return replacedB!;
  if (a.control.createdS !== b.control.createdS) return a.control.createdS > b.control.createdS;
  // Of two of the same second the later start, then the name: the same order after every restart.
  if (a.control.startS !== b.control.startS) return a.control.startS > b.control.startS;
  return a.control.mrid > b.control.mrid;
}

/** The next phase of an event and what is to be told: its whole life, first match wins. */
function nextOf(
  book: EventBook,
  event: Event,
  nowS: number,
  rules: boolean,
  strongest: ReadonlyMap<ModeName, Event | null>,
): { readonly phase: Phase; readonly news: readonly number[] } {
  const { control, phase, cancelAtS, told } = event;
  const { received, started, completed, cancelled, superseded, notApplicable, invalid, expired } = responses;
  const wasTold = (status: number): boolean => told.includes(status);
  if (phase === "over") return { phase, news: [] };
  if (control.fault !== "")
    return { phase: "over", news: [received, control.fault === "invalid" ? invalid : notApplicable] };
  if (cancelAtS !== null && nowS >= cancelAtS)
    return { phase: "over", news: wasTold(superseded) ? [received] : [received, cancelled] };
  if (!book.programs.has(event.program)) return { phase: "over", news: [received] };
  if (nowS >= endOf(event)) {
    const last = wasTold(superseded) ? [] : [wasTold(started) ? completed : expired];
    return { phase: "over", news: [received, ...last] };
  }
  if (rules) return { phase: "active", news: [received, started] };
  const isReplaced = control.status === eventStatus.superseded;
  if (nowS < startOf(event))
    return isReplaced ? { phase: "over", news: [received, superseded] } : { phase, news: [received] };
  // One of its own rank that came later replaces it for good; one of a higher program only while it runs.
  const bosses = Object.keys(control.values).map((mode) => strongest.get(mode as ModeName) ?? null);
  const isForGood =
    isReplaced || bosses.every((boss) => boss !== null && primacyOf(book, boss) === primacyOf(book, event));
  return { phase: isForGood ? "over" : "superseded", news: [received, superseded] };
}

function allInForce(book: EventBook, strongest: ReadonlyMap<ModeName, Event | null>): AllInForce {
  const all: Partial<Record<ModeName, InForce>> = {};
  for (const mode of modeNames) {
    const event = strongest.get(mode) ?? null;
    if (event !== null) {
      const { mrid, values, rampS } = event.control;
      all[mode] = { value: values[mode]!, program: event.program, mrid, rampS, untilS: endOf(event) };
      continue;
    }
    const fallback = fallbackFor(book, (values) => values[mode] !== undefined);
    if (fallback !== null) {
      const [program, value] = fallback;
      all[mode] = { value: value.values[mode]!, program, mrid: "", rampS: Number.NaN, untilS: null };
    }
  }
  return all;
}

/** Default control of the lowest primacy that says something of it. */
function fallbackFor(
  book: EventBook,
  says: (values: ModeValues, control: DefaultControl) => boolean,
): readonly [string, DefaultControl] | null {
  let found: readonly [string, DefaultControl, number] | null = null;
  for (const [href, { primacy, fallback }] of book.programs)
    if (fallback !== null && says(fallback.values, fallback) && (found === null || primacy < found[2]))
      found = [href, fallback, primacy];
  return found === null ? null : [found[0], found[1]];
}

/** Ramp that the server asks for, hundredths of a percent of the greatest power each second; NaN where it asks for none. */
export const gradientOf = (book: EventBook): number =>
  fallbackFor(book, (_, { gradient }) => Number.isFinite(gradient))?.[1].gradient ?? Number.NaN;
