/**
 * Carries out what is wanted through the one port, and takes it back when it is wanted no more. A word is asked once: what a person
 * has taken back since stays so until the VTN says something else, except in programmes whose events are binding. A limit has the
 * end that its interval has; a request is a lease that is renewed, and not beyond the time for which a silent VTN is believed.
 */
import type { AskName, Right } from "../asks.table.ts";
import type { Asker, LinkPort, Receipt } from "../link-port.ts";
import type { Memory } from "./memory.ts";
import type { Wanted } from "./wanted.ts";

/** Leases of requests, s, and when they are renewed. */
const leaseMaxS = 900;
const renewShare = 0.5;
/** What was refused is asked again after this long, ms. */
const againMs = 10_000;
/** The end of a limit lies at most this far ahead; beyond, it is open. */
const endMaxS = 366 * 86_400;

interface Asked {
  readonly wanted: Wanted;
  readonly atMs: number;
  /** When the lease of a request is over; Infinity of a limit. */
  readonly leaseMs: number;
  readonly receipt: Receipt;
}

export interface CarryOut {
  /** `isCurrent`: the VTN was heard, so that what it does not want is taken back, though it was asked before a restart. */
  update(wanted: readonly Wanted[], nowMs: number, believedUntilMs: number, isCurrent: boolean): void;
  /** What the port said of it; null where it was not asked. */
  receiptOf(wanted: Wanted): Receipt | null;
  /** Events that people have opted out of, as things are. */
  isOptedOut(wanted: Wanted): boolean;
}

export function createCarryOut(
  links: Pick<LinkPort, "ask" | "release" | "standing">,
  rights: readonly Right[],
  memory: Memory,
  told: (sentence: string) => void,
): CarryOut {
  const asked = new Map<string, Asked>();
  const keyOf = ({ what, evse }: { what: AskName; evse: number }): string => `${what}/${evse}`;
  const wordOf = (wanted: Wanted): string => `${keyOf(wanted)}/${wanted.eventId}/${wanted.modified}`;
  const isSetting = (what: AskName): boolean => what === "targetPct";
  const askerOf = (program: string): Asker => ({
    ...{ link: "openadr", id: "vtn", name: `OpenADR ${program}`.slice(0, 80), rights, isPerson: false },
  });
  const isOptedOut = (wanted: Wanted): boolean => memory.marks.optedOut.includes(wordOf(wanted));

  function ask(wanted: Wanted, nowMs: number, believedUntilMs: number): void {
    const { what, evse, value, untilMs, program, eventId } = wanted;
    const leftS = Math.ceil((untilMs - nowMs) / 1_000);
    const believedS = Math.floor((believedUntilMs - nowMs) / 1_000);
    const isRequest = what === "powerW";
    const leaseS = Math.min(leaseMaxS, leftS, believedS);
    if (isRequest && leaseS < 1) return;
    const validS = isRequest ? leaseS : isSetting(what) || leftS > endMaxS ? undefined : Math.max(1, leftS);
    const receipt = links.ask(askerOf(program), { what, evse, value, validS, reason: `event ${eventId}` });
    asked.set(keyOf(wanted), { wanted, atMs: nowMs, leaseMs: isRequest ? nowMs + leaseS * 1_000 : Infinity, receipt });
  }

  /** A person has taken it back: it was in force, its time is not over, and it stands no more. */
  function findOptOuts(nowMs: number): void {
    const standing = new Set(links.standing().flatMap((one) => (one.link === "openadr" ? [keyOf(one)] : [])));
    for (const [key, { wanted, receipt, leaseMs, atMs }] of asked) {
      if (!receipt.accepted || isSetting(wanted.what) || standing.has(key) || isOptedOut(wanted)) continue;
      if (nowMs >= leaseMs - 1_000 || nowMs >= wanted.untilMs - 1_000 || nowMs - atMs < 100) continue;
      if (wanted.isBinding) {
        told(
          `Programme ${wanted.program} lets nobody opt out: what event ${wanted.eventId} asks is asked again. A charger can be stopped on the page.`,
        );
        asked.delete(key);
        continue;
      }
      memory.marks.optedOut.push(wordOf(wanted));
      memory.mark();
      told(
        `A person has taken back what event ${wanted.eventId} of ${wanted.program} asks: it stays so until the VTN changes it.`,
      );
    }
  }

  return {
    update(wanted, nowMs, believedUntilMs, isCurrent) {
      findOptOuts(nowMs);
      const wantedKeys = new Set(wanted.map(keyOf));
      for (const one of wanted) {
        const before = asked.get(keyOf(one));
        const isSame =
          before !== undefined &&
          before.wanted.value === one.value &&
          wordOf(before.wanted) === wordOf(one) &&
          before.wanted.untilMs === one.untilMs;
        if (isOptedOut(one)) continue;
        if (isSetting(one.what)) {
          if (memory.marks.settings.includes(wordOf(one))) continue;
          if (isSame && nowMs - before.atMs < againMs) continue;
          ask(one, nowMs, believedUntilMs);
          if (asked.get(keyOf(one))?.receipt.accepted) {
            memory.marks.settings.push(wordOf(one));
            memory.mark();
          }
          continue;
        }
        const isDue =
          before !== undefined &&
          (before.receipt.accepted
            ? nowMs > before.atMs + (before.leaseMs - before.atMs) * renewShare
            : nowMs - before.atMs >= againMs);
        if (!isSame || isDue) ask(one, nowMs, believedUntilMs);
      }
      for (const [key, { wanted: gone, receipt }] of asked) {
        if (wantedKeys.has(key)) continue;
        asked.delete(key);
        if (receipt.accepted && !isSetting(gone.what) && stands(gone.what, gone.evse))
          links.release(askerOf(gone.program), gone.what, gone.evse);
      }
      if (!isCurrent) return;
      for (const { link, what, evse } of links.standing())
        if (link === "openadr" && !wantedKeys.has(keyOf({ what, evse }))) links.release(askerOf(""), what, evse);
    },
    receiptOf(wanted) {
      const found = asked.get(keyOf(wanted));
      return found !== undefined && wordOf(found.wanted) === wordOf(wanted) ? found.receipt : null;
    },
    isOptedOut,
  };

  function stands(what: AskName, evse: number): boolean {
    return links.standing().some((one) => one.link === "openadr" && one.what === what && one.evse === evse);
  }
}
