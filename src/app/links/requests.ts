/**
 * Requests for power that stand, and which of them each EVSE follows: by the rank of the link, one for the EVSE before one for
 * the site, then the newest. What is asked of the site is shared among the vehicles that can do it. A request is a lease; the
 * control thread itself ends it on time, whatever this thread does.
 */
import type { EvseInputs } from "../control/shared/inputs.ts";
import type { Asker, KeptWord } from "./link-port.ts";
import { type LinkId, links } from "./links.table.ts";

export interface Request {
  readonly link: LinkId;
  readonly askerId: string;
  readonly asker: string;
  /** 0: of the site. */
  readonly evse: number;
  readonly powerW: number;
  /** UTC, ms. */
  readonly atMs: number;
  readonly untilMs: number | null;
  /** Monotonic, ms. */
  readonly endsMs: number;
  /** Counts up: of two with the same rank the later one is heeded. */
  readonly order: number;
  readonly isFirm: boolean;
}

/** What an EVSE could do just now, W, magnitudes; 0 without a vehicle. */
export interface Ability {
  chargeW: number;
  dischargeW: number;
}

export interface Requests {
  set(asker: Asker, evse: number, powerW: number, leaseMs: number, atMs: number): Request;
  say(link: LinkId, evse: number, word: KeptWord | null, atMs: number): void;
  release(asker: Asker, evse: number): number;
  /** Ends those whose lease is over, and writes anew what each EVSE follows; returns those that have ended. */
  look(abilities: readonly Ability[] | null): readonly Request[];
  list(): readonly Request[];
  heeded(evse: number): Request | null;
}

/** A share of the site's request that moves by less is the same, W. */
const shareStepW = 10;
/** The backend has no id of its own within its link. */
const theOnlyOne = "";

export function createRequests(
  evses: readonly Pick<EvseInputs, "requestedW" | "requestSource" | "requestUntilMs">[],
  monotonicMs: () => number,
  flush: () => void,
): Requests {
  const standing = new Map<string, Request>();
  const followed: (Request | null)[] = evses.map(() => null);
  let abilities: readonly Ability[] | null = null;
  let order = 0;
  const keyOf = (link: LinkId, id: string, evse: number): string => `${evse}/${link}/${id}`;

  /** Of one EVSE, or of the site: the strongest that is alive. */
  const strongest = (evse: number, nowMs: number): Request | null => {
    let found: Request | null = null;
    for (const request of standing.values())
      if (request.evse === evse && nowMs < request.endsMs && (found === null || isStronger(request, found)))
        found = request;
    return found;
  };

  function apply(): void {
    const nowMs = monotonicMs();
    const whole = strongest(0, nowMs);
    const own = evses.map((_, i) => strongest(i + 1, nowMs));
    const sharing = own.map((request) => whole !== null && (request === null || isStronger(whole, request)));
    const sharesW = whole === null ? null : shares(whole.powerW, own, sharing, abilities);
    let changed = false;
    evses.forEach((input, i) => {
      const request = sharing[i] ? whole : own[i]!;
      const powerW = request === null ? 0 : sharing[i] && sharesW ? sharesW[i]! : request.powerW;
      followed[i] = request;
      const source = request === null ? "none" : request.link === "backend" ? "backend" : "external";
      const untilMs = request?.endsMs ?? Number.NEGATIVE_INFINITY;
      const isSame = source === input.requestSource && untilMs === input.requestUntilMs;
      if (isSame && Math.abs(powerW - input.requestedW) <= (sharing[i] ? shareStepW : 0)) return;
      input.requestedW = powerW;
      input.requestSource = source;
      input.requestUntilMs = untilMs;
      changed = true;
    });
    if (changed) flush();
  }

  return {
    set(asker, evse, powerW, leaseMs, atMs) {
      const request: Request = {
        link: asker.link,
        askerId: asker.id,
        asker: asker.name,
        evse,
        powerW,
        atMs,
        untilMs: atMs + leaseMs,
        endsMs: monotonicMs() + leaseMs,
        order: order++,
        isFirm: true,
      };
      standing.set(keyOf(asker.link, asker.id, evse), request);
      apply();
      return request;
    },
    say(link, evse, word, atMs) {
      const key = keyOf(link, theOnlyOne, evse);
      const isFirm = word !== null && (word.isFirm === true || (evse > 0 && word.requestedW < 0));
      // The top of a limit for the whole station asks nothing of one charger.
      if (word === null || !Number.isFinite(word.requestedW) || (evse === 0 && !isFirm)) standing.delete(key);
      else
        standing.set(key, {
          link,
          askerId: theOnlyOne,
          asker: links[link].name,
          evse,
          powerW: word.requestedW,
          atMs,
          untilMs: null,
          endsMs: word.requestUntilMs,
          order: order++,
          isFirm,
        });
      apply();
    },
    release(asker, evse) {
      const gone = [...standing].filter(
        ([, one]) =>
          one.evse === evse &&
          links[one.link].keptBy === "port" &&
          (asker.isPerson || (one.link === asker.link && one.askerId === asker.id)),
      );
      for (const [key] of gone) standing.delete(key);
      apply();
      return gone.length;
    },
    look(now) {
      abilities = now;
      const nowMs = monotonicMs();
      const ended = [...standing].filter(([, { endsMs }]) => nowMs >= endsMs);
      for (const [key] of ended) standing.delete(key);
      apply();
      return ended.map(([, request]) => request).filter(({ link }) => links[link].keptBy === "port");
    },
    list: () => [...standing.values()],
    heeded: (evse) => followed[evse - 1] ?? null,
  };
}

/** Firm before the top of a limit, then the link's rank, then an EVSE's own before the site's, then the newest. */
function isStronger(a: Request, b: Request): boolean {
  if (a.isFirm !== b.isFirm) return a.isFirm;
  const [rankA, rankB] = [links[a.link].rank, links[b.link].rank];
  if (rankA !== rankB) return rankA < rankB;
  if ((a.evse === 0) !== (b.evse === 0)) return b.evse === 0;
  return a.order > b.order;
}

/**
 * Shares what is asked of the site among the EVSEs that have no stronger request of their own, by what each could do; those
 * with one count towards the whole with theirs.
 */
function shares(
  wholeW: number,
  own: readonly (Request | null)[],
  sharing: readonly boolean[],
  abilities: readonly Ability[] | null,
): readonly number[] {
  const able = (i: number): number => {
    const ability = abilities?.[i];
    return ability === undefined ? 0 : wholeW < 0 ? ability.dischargeW : ability.chargeW;
  };
  let leftW = wholeW;
  let sumW = 0;
  own.forEach((request, i) => {
    if (sharing[i]) sumW += able(i);
    else if (request !== null && able(i) > 0) leftW -= request.powerW;
  });
  // Others do more than all that was asked: the rest does nothing, it does not work against them.
  if (leftW * wholeW <= 0) leftW = 0;
  const share = sumW > 0 ? Math.min(1, Math.abs(leftW) / sumW) : 0;
  return own.map((_, i) => (sharing[i] && able(i) > 0 ? Math.sign(leftW) * share * able(i) : 0));
}
