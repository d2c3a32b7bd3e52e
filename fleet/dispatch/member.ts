/** A site that takes part in a dispatch: what it offers, what it is asked for, what it delivers, and why it is out where it is. */

/** Why a site does not take part (any more). Stable: they stand in the log and in the proof. */
export const outReasons = {
  "": "",
  "no-offer": "It offers nothing now, or its offer has ended.",
  refused: "It has refused its lease.",
  ended: "It has ended its lease before its time.",
  silent: "Nothing was heard of it for too long: what it delivers is unknown.",
  "not-delivering": "It delivers less than half of what it was asked for.",
} as const;
export type OutReason = keyof typeof outReasons;

/** What a site can give in the direction that is asked for, within its permit, its reserve and its departures. */
export interface Offer {
  /** Magnitude, W. */
  readonly powerW: number;
  /** What it can give within an hour, Wh. */
  readonly energyWh: number;
  /** Until when, ms: a departure ends it. */
  readonly untilMs: number;
  /** How long it takes to follow, ms: it begins so much sooner, to be there when the dispatch begins. */
  readonly rampMs: number;
}
export const noOffer: Offer = { powerW: 0, energyWh: 0, untilMs: 0, rampMs: 0 };

/** All powers in the direction of the dispatch, W: what is asked for is never negative. */
export interface Member {
  readonly site: string;
  offer: Offer;
  /** What it was asked for; 0: nothing. */
  askedW: number;
  /** Until when it was asked, ms. */
  untilMs: number;
  /** When what it is asked for was changed last, ms. */
  changedMs: number;
  /** What its chargers do; NaN before it was heard. */
  measuredW: number;
  heardMs: number;
  /** What it has delivered since the dispatch began, Wh, and until when that is counted, ms. */
  deliveredWh: number;
  countedMs: number;
  /** Learnt: what it delivers of what it is asked for. */
  trust: number;
  out: OutReason;
  outMs: number;
  /** What it was giving when it fell silent, and until when it was asked to. */
  unheard: { readonly powerW: number; readonly untilMs: number };
  /** Since when it delivers less than half, ms; infinite while it does not. */
  lowMs: number;
}

/** A site that is new delivers so much of what it is asked for, until it is known better. */
const trustAtFirst = 0.97;
const trustMin = 0.5;
const trustMax = 1;
/** How much of what is new goes into the trust with each look. */
const trustGain = 0.2;
/** A site has so long to follow what it was asked for, ms; until then it is expected to. */
const settleMs = 25_000;
/** A site that says nothing for so long is not counted on, ms: it tells its power each 5 s while it is asked for one. */
const silentMs = 20_000;
/** It goes on until its lease ends, where only its link is broken: half of it is expected until then. */
const silentShare = 0.5;
/** One whose offer ends within this is replaced, ms. */
const leaveMs = 10_000;
/** Less than this share for so long is no delivery, ms. */
const lowShare = 0.5;
const lowMaxMs = 10_000;
/** A site that was out may be asked again after this, ms; one that was silent as soon as it speaks. */
const againMs = 900_000;

export const createMember = (site: string): Member => ({
  site,
  offer: noOffer,
  ...{ askedW: 0, untilMs: 0, changedMs: Number.NEGATIVE_INFINITY },
  ...{ measuredW: Number.NaN, heardMs: Number.NEGATIVE_INFINITY },
  ...{ deliveredWh: 0, countedMs: Number.NEGATIVE_INFINITY },
  trust: trustAtFirst,
  unheard: { powerW: 0, untilMs: 0 },
  ...{ out: "", outMs: 0, lowMs: Number.POSITIVE_INFINITY },
});

/** What is known of a site from before; powers signed as the request is. */
export interface MemberBefore {
  readonly trust: number;
  readonly askedW: number;
  readonly untilMs: number;
  readonly out: string;
}

/** The same member with what is known of it; it has the time to be heard from then on. */
export function takenUp(member: Member, before: MemberBefore | undefined, sign: number, nowMs: number): Member {
  if (before === undefined) return member;
  const out = before.out in outReasons ? (before.out as OutReason) : "";
  return Object.assign(member, {
    ...before,
    out,
    outMs: nowMs,
    askedW: Math.max(0, before.askedW * sign),
    changedMs: nowMs,
  });
}

/** What it can be asked for at most, when the dispatch ends after so many hours, W. */
export function askableW({ offer }: Member, leftH: number, nowMs: number): number {
  const offeredH = (offer.untilMs - nowMs) / 3_600_000;
  if (offer.untilMs - nowMs < leaveMs) return 0;
  return Math.max(0, Math.min(offer.powerW, offer.energyWh / Math.min(1, offeredH, Math.max(leftH, 1 / 60))));
}

/** When a site begins to follow what it was asked for, ms, in a dispatch that begins at `fromMs`. */
export const beginMs = ({ offer }: Member, fromMs: number): number => fromMs - offer.rampMs;

/** Whether it has had the time to follow, and was heard. */
const isSettled = (member: Member, fromMs: number, nowMs: number): boolean =>
  nowMs - Math.max(member.changedMs, beginMs(member, fromMs)) >= settleMs && Number.isFinite(member.measuredW);

/** What a silent site may still be giving, W: nobody knows; its lease ends it. */
export const unheardW = ({ out, unheard }: Member, nowMs: number): number =>
  out === "silent" && nowMs < unheard.untilMs ? unheard.powerW * silentShare : 0;

/** What it will be delivering once it has followed, W. */
export function expectedW(member: Member, fromMs: number, nowMs: number): number {
  if (member.out === "silent") return unheardW(member, nowMs);
  if (member.out !== "" || member.askedW === 0) return 0;
  return isSettled(member, fromMs, nowMs) ? member.measuredW : member.askedW * member.trust;
}

/** Looks at what a site delivers: learns from it, or takes it out. */
export function judge(member: Member, fromMs: number, nowMs: number): void {
  if (member.out !== "") {
    const isBack = member.out === "silent" && nowMs - member.heardMs < silentMs;
    if (isBack || nowMs - member.outMs > againMs) member.out = "";
    return;
  }
  const fromOwnMs = beginMs(member, fromMs);
  if (member.askedW === 0 || nowMs < fromOwnMs) return;
  if (nowMs - Math.max(member.heardMs, member.changedMs, fromOwnMs) > silentMs) takeOut(member, "silent", nowMs);
  if (!isSettled(member, fromMs, nowMs)) return;
  const share = member.measuredW / member.askedW;
  if (share >= lowShare) {
    member.lowMs = Number.POSITIVE_INFINITY;
    member.trust += (Math.min(trustMax, Math.max(trustMin, share)) - member.trust) * trustGain;
    return;
  }
  member.lowMs = Math.min(member.lowMs, nowMs);
  if (nowMs - member.lowMs >= lowMaxMs) takeOut(member, "not-delivering", nowMs);
}

export function takeOut(member: Member, out: Exclude<OutReason, "">, nowMs: number): void {
  member.out = out;
  if (out === "silent") member.unheard = { powerW: member.measuredW || 0, untilMs: member.untilMs };
  member.outMs = nowMs;
  member.lowMs = Number.POSITIVE_INFINITY;
}
