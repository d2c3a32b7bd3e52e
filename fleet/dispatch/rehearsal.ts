/**
 * A dispatch in virtual time, over light sites that drop out, refuse and deliver less than they were asked for, each as the seed
 * says: how close the whole comes to its target, and whether any site went beyond its permit, its reserve or a departure.
 */

import { minuteMs } from "../../src/domain/units.ts";
import {
  createLightVehicles,
  type LightFault,
  type LightVehicles,
  noFault,
  offersOf,
  stepVehicles,
} from "../demo/light-vehicles.ts";
import { randomOf } from "../demo/random.ts";
import { createDispatch } from "./controller.ts";
import { noOffer } from "./member.ts";

export interface RehearsalOptions {
  readonly sites: number;
  readonly targetW: number;
  readonly seed: number;
  readonly minutes?: number;
}

export interface Rehearsal {
  readonly sites: number;
  readonly targetMW: number;
  /** What all sites offered as it began, MW. */
  readonly offeredMW: number;
  /** Largest departure of a one-minute mean from 90 s on, and of the energy, %. */
  readonly worstMinutePct: number;
  readonly energyPct: number;
  /** Until the mean of the last minute was within 1 % for the first time, s. */
  readonly within1PctAfterS: number;
  /** Leases that were given, and the most in one step. */
  readonly leases: number;
  readonly mostInAStep: number;
  readonly out: Readonly<Record<string, number>>;
  /** Steps of a site beyond its permit, reserve or departure, and requests beyond what it offered. */
  readonly outside: {
    readonly permit: number;
    readonly reserve: number;
    readonly departure: number;
    readonly offer: number;
  };
}

interface Site {
  readonly site: string;
  readonly vehicles: LightVehicles;
  readonly fault: LightFault;
  readonly exportLimitW: number;
  readonly importLimitW: number;
  buildingW: number;
  asked: { readonly valueW: number; readonly fromMs: number; readonly untilMs: number } | null;
  offeredW: number;
}

const stepMs = 1_000;
/** A site tells its power this often while it is asked for one, its offer each minute; an order takes so long, ms. */
const tellEveryMs = 5_000;
const offerEveryMs = 60_000;
const wayMs = 1_000;
/** Measurement and rounding, W and Wh. */
const slack = 1;

/** Five of a hundred drop out (half of them dead, half silent), three refuse, ten deliver 85 %. */
export function faultOf(random: () => number, fromMs: number, untilMs: number): LightFault {
  const which = random();
  const whenMs = fromMs + random() * (untilMs - fromMs);
  if (which < 0.025) return { ...noFault, deadFromMs: whenMs };
  if (which < 0.05) return { ...noFault, silentFromMs: whenMs };
  if (which < 0.08) return { ...noFault, refuses: true };
  return which < 0.18 ? { ...noFault, gain: 0.85 } : noFault;
}

export function rehearse({ sites: count, targetW, seed, minutes = 60 }: RehearsalOptions): Rehearsal {
  const random = randomOf(seed);
  const beginMs = 0;
  const fromMs = 2 * minuteMs;
  const untilMs = fromMs + minutes * minuteMs;
  const sites = Array.from({ length: count }, (_, i): Site => {
    const vehicles = createLightVehicles(i, 4, beginMs);
    return {
      ...{ site: `light-${String(i + 1).padStart(5, "0")}`, vehicles, fault: faultOf(random, fromMs, untilMs) },
      ...{ exportLimitW: 6_000 + (i % 4) * 2_000, importLimitW: 60_000, buildingW: 3_000 + (i % 5) * 1_000 },
      ...{ asked: null, offeredW: 0 },
    };
  });
  const byName = new Map(sites.map((one) => [one.site, one]));
  const dispatch = createDispatch({ targetW, fromMs, untilMs, limits: [] }, [...byName.keys()]);
  const outside = { permit: 0, reserve: 0, departure: 0, offer: 0 };
  const onTheWay: { readonly atMs: number; readonly run: () => void }[] = [];
  const perStepW: number[] = [];
  let offeredW = 0;
  let leases = 0;
  let mostInAStep = 0;

  const tell = (one: Site, i: number, nowMs: number): void => {
    if (nowMs >= one.fault.silentFromMs) return;
    if ((nowMs + i * 997) % offerEveryMs < stepMs || nowMs === beginMs) {
      const isDead = nowMs >= one.fault.deadFromMs;
      const importRoomW = one.importLimitW - one.buildingW;
      const { dischargeW, dischargeWh, chargeW, chargeWh, untilMs, rampMs } = offersOf(
        one.vehicles,
        roomOf(one),
        importRoomW,
        nowMs,
      );
      const offer =
        targetW < 0
          ? { powerW: dischargeW, energyWh: dischargeWh, untilMs, rampMs }
          : { powerW: chargeW, energyWh: chargeWh, untilMs, rampMs };
      one.offeredW = isDead ? 0 : offer.powerW;
      dispatch.offer(one.site, isDead ? noOffer : offer);
      dispatch.hear(one.site, one.vehicles.powerW, nowMs);
    } else if (one.asked !== null && (nowMs + i * 997) % tellEveryMs < stepMs)
      dispatch.hear(one.site, one.vehicles.powerW, nowMs);
  };
  const move = (one: Site, i: number, nowMs: number): void => {
    const { vehicles } = one;
    if (one.asked !== null && nowMs > one.asked.untilMs) one.asked = null;
    const noise = Math.sin(nowMs / 90_000 + i * 7);
    one.buildingW = (3_000 + (i % 5) * 1_000) * (1 + 0.1 * noise);
    const isAsked = one.asked !== null && nowMs >= one.asked.fromMs;
    const hasLeft = nowMs > vehicles.departMs;
    const before = vehicles.energyWh;
    if (hasLeft) vehicles.powerW = 0;
    else
      stepVehicles(
        vehicles,
        {
          askedW: isAsked ? one.asked!.valueW : null,
          ...{ ownW: 800, exportRoomW: roomOf(one), importRoomW: one.importLimitW - one.buildingW, fault: one.fault },
        },
        nowMs - stepMs,
        nowMs,
      );
    if (-(one.buildingW + vehicles.powerW) > one.exportLimitW + slack) outside.permit++;
    if (vehicles.energyWh < before && vehicles.energyWh < vehicles.reserveWh - slack) outside.reserve++;
    if (
      !hasLeft &&
      nowMs + stepMs > vehicles.departMs &&
      vehicles.energyWh < vehicles.departWh - slack &&
      nowMs < one.fault.deadFromMs
    )
      outside.departure++;
  };

  for (let nowMs = beginMs; nowMs < untilMs + 5 * minuteMs; nowMs += stepMs) {
    while (onTheWay.length > 0 && onTheWay[0]!.atMs <= nowMs) onTheWay.shift()!.run();
    let totalW = 0;
    sites.forEach((one, i) => {
      move(one, i, nowMs);
      tell(one, i, nowMs);
      // What a site does that was not asked is its own; a silent one counts for as long as it is asked.
      if (one.asked !== null && nowMs >= one.asked.fromMs && nowMs <= one.asked.untilMs) totalW += one.vehicles.powerW;
    });
    if (nowMs === fromMs - stepMs) offeredW = sites.reduce((sum, one) => sum + one.offeredW, 0);
    if (nowMs >= fromMs && nowMs < untilMs) perStepW.push(totalW);
    if (nowMs % tellEveryMs !== 0) continue;
    const changes = dispatch.step(nowMs);
    leases += changes.filter(({ valueW }) => valueW !== null).length;
    mostInAStep = Math.max(mostInAStep, changes.length);
    for (const { site, valueW, ...when } of changes) {
      const one = byName.get(site)!;
      if (valueW !== null && Math.abs(valueW) > one.offeredW * 1.01 + slack) outside.offer++;
      onTheWay.push({
        atMs: nowMs + wayMs,
        run() {
          if (nowMs >= one.fault.silentFromMs) return;
          one.asked = valueW === null ? null : { valueW, ...when };
          if (valueW !== null && one.fault.refuses) {
            one.asked = null;
            dispatch.lose(site, "refused", nowMs + wayMs);
          }
        },
      });
    }
  }
  return {
    ...{ sites: count, targetMW: targetW / 1e6, offeredMW: round(offeredW / 1e6) },
    ...judged(perStepW, targetW),
    ...{ leases, mostInAStep, out: dispatch.progress(untilMs).out, outside },
  };
}

const roomOf = ({ exportLimitW, buildingW }: Site): number => exportLimitW + buildingW;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Means of each minute that ends 150 s or later after the start, energy, and when it was within 1 % first. */
function judged(perStepW: readonly number[], targetW: number) {
  const perMinute = minuteMs / stepMs;
  const offBy = (valueW: number): number => Math.abs(valueW / targetW - 1) * 100;
  let sum = 0;
  let worst = 0;
  let first = Number.POSITIVE_INFINITY;
  let total = 0;
  perStepW.forEach((powerW, i) => {
    total += powerW;
    sum += powerW - (i >= perMinute ? perStepW[i - perMinute]! : 0);
    if (i + 1 < perMinute) return;
    const off = offBy(sum / perMinute);
    if (off <= 1) first = Math.min(first, ((i + 1) * stepMs) / 1_000);
    // From 90 s on: the first such minute begins at 30 s.
    if ((i + 1) * stepMs >= 90_000) worst = Math.max(worst, off);
  });
  return {
    ...{ worstMinutePct: round(worst), energyPct: round((total / perStepW.length / targetW - 1) * 100) },
    within1PctAfterS: first,
  };
}
