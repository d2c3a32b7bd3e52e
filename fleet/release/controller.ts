/**
 * A release over many sites: who gets it now, whether a ring has proven itself, and when it is stopped. Judged by what the sites
 * say: their own word of the release, and the state that they tell. It reads no clock and sends nothing; each site installs when
 * its own state allows it, and an island waits.
 */
import type { ReleaseState } from "../../src/protocols/fleet/payloads.ts";
import { lastRing } from "./rings.ts";

/** A site as it was when the release was offered to it, or as it is now. */
export interface SiteHealth {
  readonly heardMs: number;
  readonly mode: string;
  readonly level: string;
}

export interface ReleaseSite {
  readonly site: string;
  readonly ring: number;
  /** What it was told. */
  readonly action: "" | "install" | "return" | "none";
  readonly offeredMs: number;
  /** Its last word of this release, and when it was given; "" before the first. */
  readonly word: ReleaseState | "";
  readonly wordMs: number;
  readonly sentence: string;
  readonly before: SiteHealth | null;
  readonly now: SiteHealth | null;
  /** An event of the kind "critical" since it runs the version. */
  readonly critical: string;
}

export type ReleasePhase = "running" | "stopped" | "done";

/** What is decided: sites to tell, and how the release goes on. */
export interface ReleaseStep {
  readonly tell: readonly { readonly site: string; readonly action: "install" | "return" | "none" }[];
  readonly ring: number;
  readonly phase: ReleasePhase;
  /** Why it stands where it stands. */
  readonly sentence: string;
}

export interface ReleaseRun {
  readonly ring: number;
  readonly phase: ReleasePhase;
  readonly soakMs: number;
  /** Sites that are told in a minute at most. */
  readonly perMinute: number;
  readonly sentence: string;
}

/** A site that has begun and says nothing for so long has failed, ms: restart and trial take a minute or two. */
const silentMs = 600_000;
/** Of a ring so much may fail. */
const toleratedShare = 0.01;
/** A ring of so many sites may have one that fails: not every failure is the version's. */
const oneFrom = 20;
/** A ring is through when so much of those that take part has proven itself; those that wait for so long, ms, may go on waiting. */
const provenShare = 0.8;
const waitMaxMs = 86_400_000;

export type Standing = "idle" | "waits" | "updates" | "soaks" | "good" | "bad" | "apart";
/** Modes in which a site does not know where it stands. */
const lost = ["unknown", "noFeedback"];

/** Where a site stands, and why it is bad. `unsafe`: something that must not happen anywhere again. */
export function judge(
  one: ReleaseSite,
  soakMs: number,
  nowMs: number,
): { readonly is: Standing; readonly why: string; readonly unsafe: boolean } {
  const is = (standing: Standing, why = "", unsafe = false) => ({ is: standing, why, unsafe });
  if (one.action === "") return is("idle");
  switch (one.word) {
    case "":
    case "waiting":
    case "fetching":
      return is("waits", one.sentence);
    case "refused":
    case "withdrawn":
      return is("apart", one.sentence);
    case "failed":
    case "returned":
      // Of one that was told to go back that is what it was told.
      return one.action === "return" ? is("apart", one.sentence) : is("bad", one.sentence);
    case "returning":
      return is("updates");
    default:
  }
  const { before, now, critical } = one;
  if (critical !== "") return is("bad", critical, true);
  if (one.word !== "stays")
    return nowMs - one.wordMs > silentMs ? is("bad", "It has begun and was not heard of since.") : is("updates");
  if (now === null || nowMs - now.heardMs > silentMs) return is("bad", "It is silent since it runs the version.");
  // A state from before its restart says nothing of the version.
  if (now.heardMs > one.wordMs) {
    if (lost.includes(now.mode) && !lost.includes(before?.mode ?? ""))
      return is("bad", `It is in mode ${now.mode} since it runs the version.`);
    if (now.level === "critical" && before?.level !== "critical")
      return is("bad", "It needs somebody at once since it runs the version.");
  }
  return nowMs - one.wordMs >= soakMs && now.heardMs - one.wordMs > 0 ? is("good") : is("soaks");
}

export function decide(run: ReleaseRun, sites: readonly ReleaseSite[], toldLately: number, nowMs: number): ReleaseStep {
  const judged = sites.map((one) => ({ one, ...judge(one, run.soakMs, nowMs) }));
  const room = Math.max(0, run.perMinute - toldLately);
  if (run.phase === "stopped") {
    const tell = judged.flatMap(({ one }) => {
      if (one.action !== "install") return [];
      const action = one.word === "" || one.word === "waiting" || one.word === "fetching" ? "none" : "return";
      return [{ site: one.site, action } as const];
    });
    return { tell, ring: run.ring, phase: "stopped", sentence: run.sentence };
  }
  if (run.phase === "done") return { tell: [], ring: run.ring, phase: "done", sentence: run.sentence };
  const stop = stopOf(judged, run.ring);
  if (stop !== "") return decide({ ...run, phase: "stopped", sentence: stop }, sites, toldLately, nowMs);
  const own = judged.filter(({ one }) => one.ring === run.ring);
  const part = own.filter(({ one, is }) => is !== "apart" && !(is === "waits" && nowMs - one.offeredMs > waitMaxMs));
  const count = (standing: Standing): number => own.filter(({ is }) => is === standing).length;
  const isThrough =
    count("idle") + count("updates") + count("soaks") === 0 && count("good") >= provenShare * part.length;
  if (isThrough) {
    if (run.ring < lastRing) return decide({ ...run, ring: run.ring + 1, sentence: "" }, sites, toldLately, nowMs);
    const isOver = judged.every(({ is }) => is !== "waits");
    if (isOver) return { tell: [], ring: run.ring, phase: "done", sentence: "All sites that take part have it." };
  }
  const tell = own.flatMap(({ one, is }) => (is === "idle" ? [{ site: one.site, action: "install" } as const] : []));
  return { tell: tell.slice(0, room), ring: run.ring, phase: "running", sentence: "" };
}

type Judged = { readonly one: ReleaseSite } & ReturnType<typeof judge>;

/** Why it must be stopped; "" when it need not. */
function stopOf(judged: readonly Judged[], ring: number): string {
  const unsafe = judged.find((one) => one.unsafe);
  if (unsafe !== undefined) return `Stopped: ${unsafe.one.site}: ${unsafe.why}`;
  for (let of = 0; of <= ring; of++) {
    const own = judged.filter(({ one }) => one.ring === of);
    const bad = own.filter(({ is }) => is === "bad");
    const tolerated = Math.max(own.length >= oneFrom ? 1 : 0, Math.floor(own.length * toleratedShare));
    if (bad.length > tolerated)
      return `Stopped in ring ${of}: ${bad.length} of ${own.length} sites failed, first ${bad[0]!.one.site}: ${bad[0]!.why}`;
  }
  return "";
}
