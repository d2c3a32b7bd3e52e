/** Divides power over sites: at first the same share of what each can be asked for, later by as few changes as do. */
import { askableW, type Member } from "./member.ts";

/** A limit of several sites together: a feeder, a substation. A site may be under several. */
export interface GroupLimit {
  readonly name: string;
  /** In the direction of the dispatch, W. */
  readonly limitW: number;
  readonly sites: readonly string[];
}

/**
 * Sites are asked for more or less by at most this share of their offer at once: none carries a correction alone. Where more is
 * missing than that, each is asked for the same share of what it has left.
 */
const correctionShare = 0.25;
/** A change by less than this is none, W. */
const worthW = 50;

/** Limits by site, and what each leaves. */
export interface Room {
  /** What may be added at a site, W. */
  of(site: string): number;
  take(site: string, powerW: number): void;
}

export function createRoom(limits: readonly GroupLimit[], members: readonly Member[]): Room {
  const bySite = new Map<string, { leftW: number }[]>();
  for (const { limitW, sites } of limits) {
    const node = { leftW: limitW };
    for (const site of sites) bySite.set(site, [...(bySite.get(site) ?? []), node]);
  }
  const none: readonly { leftW: number }[] = [];
  const room: Room = {
    of(site) {
      let leftW = Number.POSITIVE_INFINITY;
      for (const node of bySite.get(site) ?? none) leftW = Math.min(leftW, node.leftW);
      return Math.max(0, leftW);
    },
    take(site, powerW) {
      for (const node of bySite.get(site) ?? none) node.leftW -= powerW;
    },
  };
  for (const { site, askedW } of members) room.take(site, askedW);
  return room;
}

/** What each is to be asked for, by its place in `members`; those that are not in it stay as they are. */
export type Division = ReadonlyMap<number, number>;

/**
 * The same share of what each can be asked for, so that they give `wantedW` together as far as they are trusted; where a limit
 * leaves less, the others give more.
 */
export function divide(
  wantedW: number,
  members: readonly Member[],
  limits: readonly GroupLimit[],
  leftH: number,
  nowMs: number,
): Division {
  const division = new Map<number, number>();
  // Each round raises the share for those whom nothing binds; ten get within a thousandth of what there is.
  let share = 0;
  for (let round = 0; round < 10; round++) {
    let givenW = 0;
    let freeW = 0;
    const room = createRoom(limits, []);
    members.forEach((member, i) => {
      if (member.out !== "") return;
      const mostW = askableW(member, leftH, nowMs);
      const askedW = Math.min(share * mostW, room.of(member.site));
      room.take(member.site, askedW);
      if (askedW >= worthW) division.set(i, askedW);
      else division.delete(i);
      givenW += askedW * member.trust;
      if (askedW < mostW && room.of(member.site) > 0) freeW += mostW * member.trust;
    });
    if (freeW <= 0 || Math.abs(wantedW - givenW) < wantedW * 1e-3) break;
    share = Math.min(1, Math.max(0, share + (wantedW - givenW) / freeW));
  }
  return division;
}

/** Adds `needW` (or takes it away where negative) at the sites that carry the least (the most) of what they can, a part at each. */
export function correct(
  needW: number,
  members: readonly Member[],
  limits: readonly GroupLimit[],
  leftH: number,
  nowMs: number,
  mayChange: (member: Member) => boolean,
  changesMax: number,
): Division {
  const division = new Map<number, number>();
  const room = createRoom(limits, members);
  const isMore = needW > 0;
  const load = members.map((member) => member.askedW / Math.max(1, askableW(member, leftH, nowMs)));
  const order = members
    .map((_, i) => i)
    .filter((i) => mayChange(members[i]!) && (isMore ? load[i]! < 1 : load[i]! > 0))
    .sort((a, b) => (isMore ? load[a]! - load[b]! : load[b]! - load[a]!));
  let openW = Math.abs(needW);
  const left = (i: number): number => {
    const member = members[i]!;
    return isMore ? askableW(member, leftH, nowMs) - member.askedW : member.askedW;
  };
  const leftW = order.reduce((sum, i) => sum + Math.max(0, left(i)) * members[i]!.trust, 0);
  const share = leftW > 0 ? Math.min(1, openW / leftW) : 0;
  for (const i of order) {
    if (openW <= worthW || division.size >= changesMax) break;
    const member = members[i]!;
    const mostW = askableW(member, leftH, nowMs);
    const stepW = Math.min(openW / member.trust, Math.max(mostW * correctionShare, left(i) * share));
    const changeW = isMore
      ? Math.min(stepW, mostW - member.askedW, room.of(member.site))
      : Math.min(stepW, member.askedW);
    if (changeW < worthW) continue;
    const signedW = isMore ? changeW : -changeW;
    room.take(member.site, signedW);
    division.set(i, member.askedW + signedW);
    openW -= changeW * member.trust;
  }
  return division;
}
