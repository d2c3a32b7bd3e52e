/**
 * A dispatch: a power over many sites for some time. It plans, watches, corrects and tells who has not delivered and why; it reads
 * no clock and sends nothing: what is to be told to sites comes back from `step`. What each site really does stays with the site,
 * so that nothing in here could take one beyond its permit, its reserve or a departure.
 */
import { hourMs } from "../../src/domain/units.ts";
import { correct, createRoom, type Division, divide, type GroupLimit } from "./allocation.ts";
import {
  askableW,
  beginMs,
  createMember,
  expectedW,
  judge,
  type Member,
  type MemberBefore,
  type Offer,
  type OutReason,
  takenUp,
  takeOut,
  unheardW,
} from "./member.ts";

export interface DispatchRequest {
  /** Positive from the grid to the vehicles; negative: back to the grid. */
  readonly targetW: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly limits: readonly GroupLimit[];
}

/** What a site is to be asked for from now on; `valueW` null: nothing any more. Signed as the request is. */
export interface DispatchChange {
  readonly site: string;
  readonly valueW: number | null;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What has become of it so far. Signed as the request is. */
export interface DispatchProgress {
  /** What all sites deliver that were heard; what they are expected to deliver once they have followed, W. */
  readonly measuredW: number;
  readonly expectedW: number;
  /** What could be asked for in addition, W. */
  readonly spareW: number;
  readonly deliveredWh: number;
  readonly asked: number;
  readonly out: Readonly<Partial<Record<OutReason, number>>>;
}

export interface Dispatch {
  /** One more site takes part. */
  join(site: string): void;
  offer(site: string, offer: Offer): void;
  /** What its chargers do, W, signed. */
  hear(site: string, powerW: number, nowMs: number): void;
  /** It has refused its lease, or ended it before its time. */
  lose(site: string, why: "refused" | "ended", nowMs: number): void;
  step(nowMs: number): readonly DispatchChange[];
  readonly members: readonly Member[];
  progress(nowMs: number): DispatchProgress;
}

/** What another has done before this one took it up. */
export interface Before {
  of(site: string): MemberBefore | undefined;
  /** Signed as the request is, until `atMs`, when it is taken up. */
  readonly deliveredWh: number;
  readonly atMs: number;
}

/** Sites are asked so long before it begins, ms: who refuses is replaced before then. */
export const leadMs = 60_000;
/** A site is asked for so long at a time, and again so long before that ends, ms: one that nobody reaches ends by itself. */
const leaseMs = 600_000;
const renewMs = 240_000;
/** Renewals are spread over so many steps of this, ms. */
const spread = 60;
const spreadMs = 3_000;
/** What is less than this share of the target is not corrected. */
const deadbandShare = 0.001;
/** Energy that is owed is made good by at most this share of the target. */
const catchUpShare = 0.005;
/** Sites whose request is changed in one step; a site is left alone for this long after a change, ms. */
const changesMax = 2_000;
const restMs = 25_000;
/** A power that was told is that of now for so long, ms: until it counts as silent; a site that is asked no more goes back within so long. */
const heardMaxMs = 30_000;
const goBackMs = 10_000;
/** A site of which no power was told for so long is counted by its last one, ms. */
const countAfterMs = 10_000;

export function createDispatch(
  request: DispatchRequest,
  sites: readonly string[],
  before: Before = { of: () => undefined, deliveredWh: 0, atMs: Number.NEGATIVE_INFINITY },
): Dispatch {
  const { fromMs, untilMs, limits } = request;
  const sign = request.targetW < 0 ? -1 : 1;
  const targetW = Math.abs(request.targetW);
  const members = sites.map((site) => takenUp(createMember(site), before.of(site), sign, before.atMs));
  const bySite = new Map(members.map((member) => [member.site, member]));
  const countFromMs = Math.max(before.atMs, fromMs);

  const leftH = (nowMs: number): number => (untilMs - Math.max(nowMs, fromMs)) / hourMs;
  const sum = (of: (member: Member) => number): number => members.reduce((total, member) => total + of(member), 0);
  /** What it delivers now as far as it is heard: while it is asked, and as it goes back after that. */
  const measuredOf = (member: Member, nowMs: number): number => {
    const { measuredW, askedW, heardMs, changedMs, out } = member;
    if (out === "silent") return unheardW(member, nowMs);
    const isHeard = Number.isFinite(measuredW) && nowMs - heardMs < heardMaxMs;
    return isHeard && (askedW > 0 || nowMs - changedMs < goBackMs) ? measuredW : 0;
  };

  /** Asks; what is nothing worth asking for ends what was asked. */
  function ask(index: number, valueW: number, nowMs: number, changes: DispatchChange[]): void {
    const member = members[index]!;
    count(member, measuredOf(member, nowMs), nowMs);
    const beginsMs = Math.max(nowMs, beginMs(member, fromMs));
    const until = Math.min(untilMs, member.offer.untilMs, beginsMs + leaseMs - (index % spread) * spreadMs);
    if (valueW !== member.askedW) member.changedMs = nowMs;
    member.askedW = valueW;
    member.untilMs = valueW > 0 ? until : 0;
    const value = valueW > 0 ? sign * Math.round(valueW) : null;
    changes.push({ site: member.site, valueW: value, fromMs: beginsMs, untilMs: until });
  }
  function askAll(division: Division, nowMs: number, changes: DispatchChange[]): void {
    for (const [i, valueW] of division) ask(i, valueW, nowMs, changes);
  }

  /** Hours within the dispatch since what a site has delivered was counted last. */
  const uncountedH = ({ countedMs }: Member, nowMs: number): number =>
    Math.max(0, Math.min(nowMs, untilMs) - Math.max(countedMs, countFromMs)) / hourMs;
  function count(member: Member, powerW: number, nowMs: number): void {
    member.deliveredWh += powerW * uncountedH(member, nowMs);
    member.countedMs = Math.max(member.countedMs, nowMs);
  }
  const deliveredWh = (nowMs: number): number =>
    sign * before.deliveredWh + sum((one) => one.deliveredWh + measuredOf(one, nowMs) * uncountedH(one, nowMs));
  function countUnheard(nowMs: number): void {
    for (const one of members) if (nowMs - one.countedMs >= countAfterMs) count(one, measuredOf(one, nowMs), nowMs);
  }

  /** What is out, or offers less than it is asked for, is asked for no more than that. */
  function tighten(nowMs: number, changes: DispatchChange[]): void {
    members.forEach((member, i) => {
      judge(member, fromMs, nowMs);
      if (member.askedW === 0) return;
      const mostW = member.out === "" ? askableW(member, leftH(nowMs), nowMs) : 0;
      if (mostW === 0 && member.out === "") takeOut(member, "no-offer", nowMs);
      if (member.askedW > mostW * 1.01) ask(i, mostW, nowMs, changes);
      else if (member.untilMs < Math.min(untilMs, member.offer.untilMs) && member.untilMs - nowMs < renewMs)
        ask(i, member.askedW, nowMs, changes);
    });
  }

  function needW(nowMs: number): number {
    const owedWh = (targetW * Math.max(0, nowMs - fromMs)) / hourMs - deliveredWh(nowMs);
    const makeGoodW = nowMs <= fromMs ? 0 : owedWh / Math.max(leftH(nowMs), 1 / 60);
    const extraW = Math.max(-catchUpShare * targetW, Math.min(catchUpShare * targetW, makeGoodW));
    return targetW + extraW - sum((one) => expectedW(one, fromMs, nowMs));
  }

  return {
    members,
    join(site) {
      if (bySite.has(site)) return;
      const member = takenUp(createMember(site), before.of(site), sign, before.atMs);
      members.push(member);
      bySite.set(site, member);
    },
    offer(site, offer) {
      const member = bySite.get(site);
      if (member === undefined) return;
      member.offer = offer;
      if (member.out === "no-offer" && offer.powerW > 0 && offer.energyWh > 0) member.out = "";
    },
    hear(site, powerW, nowMs) {
      const member = bySite.get(site);
      if (member === undefined) return;
      const isAsked = member.askedW > 0 || nowMs - member.changedMs < goBackMs;
      // Between two powers that were told it went from the one to the other.
      const isKnown = Number.isFinite(member.measuredW) && nowMs - member.heardMs < heardMaxMs;
      const meanW = isKnown ? (member.measuredW + powerW * sign) / 2 : powerW * sign;
      count(member, isAsked ? meanW : 0, nowMs);
      member.measuredW = powerW * sign;
      member.heardMs = nowMs;
    },
    lose(site, why, nowMs) {
      const member = bySite.get(site);
      if (member !== undefined && member.out !== why) takeOut(member, why, nowMs);
    },
    step(nowMs) {
      const changes: DispatchChange[] = [];
      countUnheard(nowMs);
      if (nowMs < fromMs - leadMs || nowMs >= untilMs) return changes;
      tighten(nowMs, changes);
      if (members.every(({ askedW }) => askedW === 0)) {
        askAll(divide(targetW, members, limits, leftH(nowMs), nowMs), nowMs, changes);
        return changes;
      }
      const needed = needW(nowMs);
      if (Math.abs(needed) <= targetW * deadbandShare) return changes;
      const mayChange = ({ out, changedMs }: Member): boolean =>
        out === "" && (nowMs < fromMs || nowMs - changedMs >= restMs);
      askAll(correct(needed, members, limits, leftH(nowMs), nowMs, mayChange, changesMax), nowMs, changes);
      return changes;
    },
    progress(nowMs) {
      const out: Partial<Record<OutReason, number>> = {};
      for (const one of members) if (one.out !== "") out[one.out] = (out[one.out] ?? 0) + 1;
      const room = createRoom(limits, members);
      return {
        measuredW: sign * sum((one) => measuredOf(one, nowMs)),
        expectedW: sign * sum((one) => expectedW(one, fromMs, nowMs)),
        spareW: sum((one) =>
          one.out === ""
            ? Math.max(0, Math.min(askableW(one, leftH(nowMs), nowMs) - one.askedW, room.of(one.site)))
            : 0,
        ),
        deliveredWh: sign * deliveredWh(nowMs),
        asked: members.filter(({ askedW }) => askedW > 0).length,
        out,
      };
    },
  };
}
