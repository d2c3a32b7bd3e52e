/**
 * The one port through which links ask. What is asked gets a receipt at once: in force, waiting behind somebody else, or
 * refused with a reason and the first step to take. What becomes of it later goes back on the same link as a notice. Caps
 * fail closed and outlive a restart; requests lapse with their lease and with the process. The permit stands above all.
 *
 * Powers are watts, positive from the grid to the vehicle; limits are magnitudes. Moments are ms UTC.
 */
import type { ControlReport } from "../control/shared/report.ts";
import type { AskName, Right } from "./asks.table.ts";
import type { LinkId } from "./links.table.ts";

/** Who asks. */
export interface Asker {
  readonly link: LinkId;
  /** Stable within its link: what it has asked is found by it, so that it alone replaces its caps. */
  readonly id: string;
  /** For people: "token Home", "ann". */
  readonly name: string;
  readonly rights: readonly Right[];
  /** A person may take back what anybody has asked; a system only its own. */
  readonly isPerson: boolean;
}

/** One thing asked for. */
export interface Ask {
  readonly what: AskName;
  /** EVSE from 1; 0 for the site. */
  readonly evse: number;
  readonly value: number | string;
  /** Of a request: its lease. Of a cap: the end that the asker gives it; without, it holds until it is replaced. */
  readonly validS?: number | undefined;
  /** Of a cap that its asker renews: not renewed for so long, `failSafeW` holds instead until it is renewed. */
  readonly renewS?: number | undefined;
  readonly failSafeW?: number | undefined;
  /** The asker's own name of this message: a second one with it changes nothing and gets the same receipt. */
  readonly id?: string | undefined;
  readonly reason?: string | undefined;
}

/** What the asker is told at once. */
export interface Receipt {
  readonly id: string;
  readonly accepted: boolean;
  /** `waiting`: heard, and something stands above it for now. */
  readonly state: "in-force" | "waiting" | "released" | "refused";
  /** Stable key of why it waits or is refused; "" while it is in force. */
  readonly reason: string;
  readonly sentence: string;
  /** First step to take; "" where there is nothing to do. */
  readonly todo: string;
  /** When it ends by itself; null where it does not. */
  readonly untilMs: number | null;
  /** The same message had come before: nothing was done again. */
  readonly repeated: boolean;
}

/** Something asked that stands now. */
export interface Standing {
  readonly link: LinkId;
  /** `id` of the asker, and its name for people. */
  readonly askerId: string;
  readonly asker: string;
  readonly kind: "request" | "cap";
  readonly what: AskName;
  readonly evse: number;
  readonly value: number;
  readonly atMs: number;
  readonly untilMs: number | null;
  /** `fail-safe`: it was to be renewed and was not, so that its fail-safe value holds. */
  readonly state: "in-force" | "waiting" | "limited" | "fail-safe";
  /** What the chargers do of a request just now, W; NaN where nobody knows. */
  readonly givenW: number;
  readonly reason: string;
  readonly sentence: string;
  readonly todo: string;
}

/** What has become of something asked, told to its link. */
export interface Notice {
  /** `id` of the asker. */
  readonly askerId: string;
  readonly what: AskName;
  readonly evse: number;
  readonly event: "in-force" | "limited" | "waiting" | "lapsed" | "fail-safe" | "replaced";
  readonly givenW: number;
  readonly reason: string;
  readonly sentence: string;
  readonly todo: string;
}

/**
 * The word of a link that keeps its own records (`keptBy: "link"`): cap and request of one EVSE or (0) the site. `isFirm`: the
 * request is a setpoint and outranks those of lower links; otherwise it is the top of a limit and yields to any setpoint
 * within it. A request below zero is always firm.
 */
export interface KeptWord {
  readonly minW: number;
  readonly maxW: number;
  readonly requestedW: number;
  /** Monotonic, ms. */
  readonly requestUntilMs: number;
  readonly isFirm?: boolean;
}

export interface LinkPort {
  /** In force or refused when it returns; a cap is on disk, or owed to a disk that refuses. */
  ask(asker: Asker, ask: Ask): Receipt;
  /** Takes back what this asker has asked; a person takes back what everybody has. */
  release(asker: Asker, what: AskName, evse: number, id?: string): Receipt;
  /** What a link that keeps its own records says now; null: it is known that nothing applies. */
  say(link: "backend", evse: number, word: KeptWord | null): void;
  /** All that stands, requests first, the one that is heeded before those that wait. */
  standing(): readonly Standing[];
  /** Whose request an EVSE follows; null while it follows nobody's. */
  heeded(evse: number): Pick<Standing, "link" | "asker" | "untilMs"> | null;
  /** Whose cap is the tightest here; "" where there is none. */
  tightest(what: AskName, evse: number): string;
  /** Notices of one link. Returns how to stop. */
  follow(link: LinkId, listener: (notice: Notice) => void): () => void;
  /** How many asks were carried out, refused, and met again. */
  readonly counts: Readonly<Record<"done" | "refused" | "repeated", number>>;
  /** To be called often: ends leases, shares what is asked of the site, tells what has become of requests. */
  look(report: ControlReport): void;
  /** What could not be read at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
}
