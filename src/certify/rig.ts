/**
 * What a test rig can do: a grid source, instruments and the equipment under test behind one port. The simulator is one; a grid
 * simulator with a power analyser is another (`docs/certify.md`). Powers are of the rating and positive where they are
 * injected, as in the codes; times are seconds.
 */
import type { GridSettings } from "../config/grid-profiles.ts";

/**
 * What only some rigs can do beyond a grid source of one voltage: a procedure that needs one of these is not run on the others.
 * `load`: load and generation beside the equipment, and an instrument at the common connection. `phases`: each phase by itself.
 * `signals`: the utility's contacts and a person's reset. `cuts`: meter and links are cut, the controller is started anew.
 * `calendar`: the equipment's clock and local time. `island`: a resonant load. `coupling`: two live sides of a transfer device.
 * `chain`: the controller's figures of its own measuring chain.
 */
export const abilities = ["load", "phases", "signals", "cuts", "calendar", "island", "coupling", "chain"] as const;
/** What comes with a client on the equipment's registers, beside the rig: `registers`, and `stranger` from another address. */
const registerAbilities = ["registers", "stranger"] as const;
/** What no rig has. */
const handAbilities = ["hands"] as const;
export type Ability = (typeof abilities)[number] | (typeof registerAbilities)[number] | (typeof handAbilities)[number];

/** In words, for a procedure that can't be run. */
export const abilityWords: Readonly<Record<Ability, string>> = {
  load: "a load and a source beside the equipment, with an instrument at the common connection",
  phases: "a grid source that sets each phase by itself",
  signals: "somebody or something that works the utility's contacts and the reset",
  cuts: "somebody or something that cuts meter and links, and starts the controller anew",
  calendar: "equipment whose clock can be set",
  island: "a resonant load behind a breaker",
  coupling: "a second live side that the transfer device closes onto",
  chain: "equipment that tells what it has found of its own measuring chain",
  registers: "the equipment's SunSpec registers: `--registers HOST:PORT` names where they are served",
  stranger: "a second address of this machine that may not write there: `--stranger ADDRESS` names it",
  hands: "hands on the equipment: each role tries to change a setting on its own page",
};

/** SunSpec registers of the equipment, as a client from outside reads and writes them; values in their points' units. */
export interface RegisterClient {
  /** Whose they are, by its common model. */
  readonly identity: string;
  /** The device serves the model, and the point in it. */
  has(model: number, point: string): boolean;
  /** Value of a point now; NaN where it is not implemented. */
  read(model: number, point: string): Promise<number>;
  /** 0 where it was taken, else the code of the exception that refused it; -1 where no answer came. */
  write(model: number, point: string, value: number): Promise<number>;
  nowS(): number;
  waitS(durationS: number): Promise<void>;
}

/** The contacts at the equipment, as a utility and a person on site work them. */
export interface Signals {
  /** The utility's permissive signal is there. */
  readonly permissive: boolean;
  readonly transferTrip: boolean;
  /** The breaker between the connection and the utility is closed. */
  readonly upstreamClosed: boolean;
  /** An independent relay's contact says that it has tripped. */
  readonly relayTripped: boolean;
  /** A person has pressed stop at the charger. */
  readonly stopped: boolean;
  /** A person on site resets what has latched. */
  readonly reset: boolean;
}

/** What is cut: the meter silent, its values standing still, its current transformers reversed, the link to the power stage. */
export type Cut = "none" | "meter-silent" | "meter-frozen" | "meter-reversed" | "stage-link";

/** What the equipment's site is configured for, of its power rating; what is not named is wide open. */
export interface SiteTerms {
  readonly exportLimitPu?: number;
  readonly importLimitPu?: number;
  readonly controlMode?: "unrestricted" | "import-only" | "export-only" | "no-exchange";
  /** Relay functions: import below this trips while power is given; export beyond the limit by this trips. */
  readonly minimumImportPu?: number;
  readonly reverseMarginPu?: number;
  readonly relayDelayS?: number;
  /** Export limit by month and hour of local time, twelve rows of 24. */
  readonly profilePu?: readonly (readonly number[])[];
  /** The equipment's clock when the first segment begins, UTC ms, and its time zone. */
  readonly clockMs?: number;
  readonly timeZone?: string;
}

/** What the grid source and the equipment are told at the beginning of a stretch of time. What is not named stays as it was. */
export interface Segment {
  readonly forS: number;
  /** Of nominal, all phases. */
  readonly voltagePu?: number;
  /** Each phase by itself; ability `phases`. A later `voltagePu` sets all again. */
  readonly phaseVoltagePu?: readonly [number, number, number];
  readonly frequencyHz?: number;
  /** Voltage and frequency move linearly within this time; 0 is a step. */
  readonly rampS?: number;
  readonly phaseJumpDeg?: number;
  /** Active power asked for, of the rating in its direction; negative charges. */
  readonly requestPu?: number;
  /** The utility's permission to be in service. */
  readonly permit?: boolean;
  /** Settings that change from here on. */
  readonly settings?: Partial<GridSettings>;
  /** Load beside the equipment, of its power rating; negative is a source there. Ability `load`. */
  readonly loadPu?: number;
  /** The utility's main is open or closed; ability `load`. */
  readonly mainClosed?: boolean;
  /** Contacts that change; ability `signals`. */
  readonly signals?: Partial<Signals>;
  /** What is cut from here on; ability `cuts`. */
  readonly cut?: Cut;
  /** The controller dies, and another starts after this time, s; ability `cuts`. */
  readonly restartAfterS?: number;
}

/** One run: settings in force before it begins, and whether it begins out of service (de-energized before). */
export interface Play {
  readonly settings: Readonly<GridSettings>;
  readonly segments: readonly Segment[];
  readonly cold?: boolean;
  readonly site?: SiteTerms;
}

/** Samples at a constant distance, the first at the beginning of the first segment. */
export interface Recording {
  readonly stepS: number;
  readonly voltagePu: Float64Array;
  readonly frequencyHz: Float64Array;
  /** Injected, of the power rating. */
  readonly activePu: Float64Array;
  /** Injected, of the apparent-power rating. */
  readonly reactivePu: Float64Array;
  /** Given at the common connection, of the power rating; negative is taken. Only with the ability `load`. */
  readonly exchangePu?: Float64Array;
}

/** A resonant load behind a breaker that opens: of the power that flows, with the quality factor of its circuit. */
export interface ResonantLoad {
  readonly qualityFactor: number;
  /** Inductive beyond capacitive power, of the active power. */
  readonly reactiveMismatch: number;
  readonly powerPu: number;
  readonly settings: Partial<GridSettings>;
  /** False: the equipment's own methods are off, so that the rig can show that the island holds without them. */
  readonly withMethods: boolean;
}

/** How the two sides of the transfer device stand when it is told to return. */
export interface TwoSides {
  readonly voltagePu: number;
  readonly frequencyHz: number;
  /** How long it is watched, s. */
  readonly forS: number;
}

/** Differences between the two sides at the moment at which the contacts touched, or null if they did not. */
export type Touch = { readonly differencePu: number; readonly slipHz: number; readonly angleDeg: number } | null;

/** What equipment has found of the chain from a setpoint to the meter. */
export interface ChainFigures {
  readonly name: string;
  readonly unit: string;
  /** As the rig knows it to be, and how far the equipment may be off. */
  readonly truth: number;
  readonly toleranceAbove: number;
  readonly toleranceBelow: number;
  readonly found: number;
}

/** Largest error of an instrument, in the unit of what it measures; power of the rating. */
export interface Accuracy {
  readonly voltagePu: number;
  readonly frequencyHz: number;
  readonly activePu: number;
  readonly reactivePu: number;
  readonly timeS: number;
}

export type Measured = keyof Accuracy;

/** What a rig says of itself. */
export interface RigFacts {
  readonly name: string;
  readonly equipment: string;
  /** Whose registers are read and written; undefined where none are. */
  readonly registers?: string;
  readonly seed: number;
  readonly nominalFrequencyHz: number;
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly instruments: Accuracy;
  /** The response that the equipment promises after a step of the load, s; undefined where it promises none. */
  readonly promisedRecoveryS?: number;
  /** What it can do beyond a grid source of one voltage; nothing where it is not named. */
  readonly abilities?: readonly Ability[];
}

export interface Rig {
  readonly facts: RigFacts;
  play(play: Play): Promise<Recording>;
  /** How long an island on a resonant load lives, s; Infinity if it still does after ten seconds. Ability `island`. */
  island?(load: ResonantLoad): Promise<number>;
  /** Returns from an island to a grid that stands so. Ability `coupling`. */
  couple?(sides: TwoSides): Promise<Touch>;
  /** Ability `chain`. */
  chain?(): Promise<readonly ChainFigures[]>;
  /** Ability `registers`. */
  readonly registers?: RegisterClient;
  /** A write from an address that may not: the answer as of `RegisterClient.write`. Ability `stranger`. */
  strangerWrites?(model: number, point: string, value: number): Promise<number>;
}

/** An island that lives longer than this is not looked at any more, s. */
export const islandWatchedS = 10;

/** Samples of one recording, so that nothing runs without end: 3 h at 20 ms. */
export const samplesMax = 540_000;

export const playS = ({ segments }: Play): number => segments.reduce((sum, { forS }) => sum + forS, 0);
