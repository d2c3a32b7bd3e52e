/**
 * What the site could give back or take if its fleet asked now: of each vehicle within its limits, its reserve and its departure,
 * of all within the grid connection. Whatever is not known is not offered.
 */

import type { ShownOffer } from "../../app/links/fleet/told.ts";
import { hourMs } from "../../domain/units.ts";
import type { EvseState, SiteState } from "../state.ts";
import { powerOf } from "./totals.ts";

/** Without departures an offer is looked at again after this, ms. */
const standsMs = 24 * hourMs;
/** Reading of the state of charge and losses, %. */
const marginPct = 2;

export function offerOf(state: SiteState): ShownOffer | null {
  const powersW = state.evses.map(powerOf);
  const isKnown = state.mode.mode === "parallel" && state.pccKnown.state === "live" && state.pccW !== null;
  if (!isKnown || powersW.some((powerW) => powerW === null)) return null;
  const free = state.evses.filter((one) => one.connected && one.fault === null && one.held === null && !one.missed);
  // Vehicles that leave within the hour make no offer for an hour, unless there are no others.
  const leavesSoon = ({ departsAtMs }: EvseState): boolean => departsAtMs !== null && departsAtMs - state.atMs < hourMs;
  const staying = free.filter((one) => !leavesSoon(one));
  const counted = staying.length > 0 ? staying : free;
  const parts = counted.map((one) => partOf(one, state.atMs));
  const sum = (key: keyof (typeof parts)[number]): number => parts.reduce((total, part) => total + part[key], 0);
  const othersW = state.pccW! - powersW.reduce<number>((total, one) => total + (one ?? 0), 0);
  const room = (limitW: number | null, usedW: number): number =>
    limitW === null ? Number.POSITIVE_INFINITY : Math.max(0, limitW - usedW);
  return {
    dischargeW: Math.min(sum("dischargeW"), room(state.exportLimitW, -othersW)),
    chargeW: Math.min(sum("chargeW"), room(state.importLimitW, othersW)),
    dischargeWh: sum("dischargeWh"),
    chargeWh: sum("chargeWh"),
    untilMs: Math.min(
      state.atMs + standsMs,
      ...counted.map(({ departsAtMs }) => departsAtMs ?? Number.POSITIVE_INFINITY),
    ),
  };
}

const nothing = { dischargeW: 0, chargeW: 0, dischargeWh: 0, chargeWh: 0 };

function partOf(evse: EvseState, nowMs: number): typeof nothing {
  const { ratedW, limits, socPct, capacityWh, reservePct, targetPct, departsAtMs } = evse;
  if (socPct === null || capacityWh === null) return nothing;
  const chargeW = Math.max(0, Math.min(ratedW, ...limits.map(({ maxW }) => maxW ?? ratedW)));
  const isRefused = (evse.link?.session?.noDischarge ?? "") !== "";
  const isOpen = evse.canDischarge && evse.dischargeEnabled && !evse.paused && !isRefused;
  const dischargeW = isOpen ? Math.max(0, Math.min(ratedW, ...limits.map(({ minW }) => -(minW ?? -ratedW)))) : 0;
  const wh = (pct: number): number => (Math.max(0, pct) / 100) * capacityWh;
  const aboveReserveWh = wh(socPct - reservePct - marginPct);
  const dischargeWh = Math.min(
    aboveReserveWh,
    spareWh(wh((targetPct ?? 0) - socPct), departsAtMs, chargeW, dischargeW, nowMs),
  );
  return {
    dischargeW: dischargeWh > 0 ? dischargeW : 0,
    chargeW: socPct < 100 ? chargeW : 0,
    dischargeWh,
    chargeWh: wh(100 - socPct),
  };
}

/** What can be given back so that there is still the time to charge it again, and what is missing, before the departure. */
function spareWh(
  missingWh: number,
  departsAtMs: number | null,
  chargeW: number,
  dischargeW: number,
  nowMs: number,
): number {
  if (departsAtMs === null) return Number.POSITIVE_INFINITY;
  if (chargeW <= 0 || dischargeW <= 0) return 0;
  const spareH = (departsAtMs - nowMs) / hourMs - missingWh / chargeW;
  return Math.max(0, spareH / (1 / chargeW + 1 / dischargeW));
}
