/** Why one setpoint is what it is: the request, each limit with its distance, the setpoint and its lease. */
import { limitSourceNames } from "../../domain/limit-sources.ts";
import { decimal, type Label, label, phrase, reasonName, reasonSentence, t } from "../language/language.ts";
import type { EvseState, LimitState, SiteState } from "../state.ts";
import {
  beforeText,
  bindingLimit,
  boundOf,
  doingOf,
  requestSourceNames,
  requestsDischarge,
  type SocView,
  socView,
} from "./chargers.ts";
import { directionOfVehicle, duration, idleW, kW, kWh, nb, pct, type Words } from "./format.ts";
import { powerOf, type Totals } from "./totals.ts";

export interface ChainRow {
  readonly name: string;
  readonly source: string;
  /** "24.0 kW", or "no limit" in this direction. */
  readonly bound: string;
  readonly binds: boolean;
  /** "binds" or "8.0 kW spare". */
  readonly distance: string;
  /** 0 … 1 of the rating, for the track; null without a bound. */
  readonly fraction: number | null;
}
export interface WhyView {
  readonly evse: number;
  readonly title: string;
  readonly connected: boolean;
  readonly big: string;
  readonly because: string;
  readonly callout: { readonly warn: boolean; readonly text: string } | null;
  readonly soc: SocView | null;
  readonly facts: readonly (readonly [string, string])[];
  readonly heading: string;
  readonly request: string;
  readonly requestSource: string;
  readonly chain: readonly ChainRow[];
  readonly setpoint: string;
  readonly setpointFraction: number;
  readonly lease: string;
}

export function whyView(state: SiteState, evse: EvseState, totals: Totals, words: Words): WhyView {
  const discharge = requestsDischarge(evse);
  const powerW = powerOf(evse);
  const doing = doingOf(state, evse, totals);
  const fault = evse.fault ? words.event(evse.fault.key, evse.fault.values) : null;
  const binding = bindingLimit(evse);
  const heard = evse.known.state === "live";
  const oneWay = evse.connected && !evse.canDischarge && !isUndecided(evse);
  return {
    evse: evse.evse,
    title: t`Charger ${evse.evse}${evse.vehicle && evse.connected ? `, ${evse.vehicle}` : ""}`,
    connected: evse.connected,
    big: powerW !== null && Math.abs(powerW) > idleW ? `${doing} ${kW(powerW)}` : doing,
    because: !evse.connected
      ? words.say("empty.vehicles")
      : fault
        ? fault.sentence
        : !heard
          ? `${beforeText(evse)}.`
          : binding
            ? sentenceOf(binding)
            : "",
    callout: fault
      ? { warn: true, text: fault.todo || fault.cause }
      : oneWay
        ? { warn: false, text: words.say("why.oneWay") }
        : evse.connected && !evse.dischargeEnabled
          ? { warn: false, text: words.say("why.notEnabled") }
          : null,
    soc: socView(evse, words),
    facts: factsOf(evse, words),
    heading: discharge
      ? t`Why this setpoint: the request, then each limit to discharge`
      : t`Why this setpoint: the request, then each limit to charge`,
    request:
      Math.abs(evse.requestedW) <= idleW
        ? t`Request: ${decimal(0, 1)}${nb}kW`
        : discharge
          ? t`Request: discharge ${kW(evse.requestedW)}`
          : t`Request: charge ${kW(evse.requestedW)}`,
    requestSource: `${requestSourceNames[evse.requestSource]}${evse.requestedBy && evse.requestSource === "external" ? `: ${evse.requestedBy}` : ""}${evse.requestSource === "plan" && evse.planSentence !== null ? `: ${phrase(evse.planSentence)}` : ""}`,
    chain: chainOf(evse, discharge),
    setpoint: Math.abs(evse.setpointW) > idleW ? `${directionOfVehicle(evse.setpointW)} ${kW(evse.setpointW)}` : kW(0),
    setpointFraction: Math.min(1, Math.abs(evse.setpointW) / Math.max(1, evse.ratedW)),
    lease: !heard
      ? t`Lease: not known; the power stage does not answer`
      : evse.leaseExpiresMs === null || evse.leaseExpiresMs <= 0
        ? t`Lease: none is running`
        : t`Lease: expires in ${decimal(evse.leaseExpiresMs / 1000, 1)}${nb}s unless renewed`,
  };
}

/**
 * The limits in this direction; one that bounds only the other says nothing about this setpoint. What the vehicle says comes
 * through its power stage: while that is silent, the vehicle's silence is none of its own.
 */
function chainOf(evse: EvseState, discharge: boolean): ChainRow[] {
  const heard = evse.known.state === "live";
  const rows = evse.limits
    .filter((limit) => limit.binds || boundOf(limit, discharge) !== null)
    .filter((limit) => heard || limit.reason !== "vehicle-stale")
    .map((limit) => chainRow(limit, evse, discharge));
  const isSame = (a: ChainRow, b: ChainRow): boolean =>
    a.name === b.name && a.source === b.source && a.bound === b.bound;
  const shown = rows.filter(
    (row, i) => row.binds || !rows.some((other, j) => j !== i && isSame(row, other) && (other.binds || j < i)),
  );
  if (heard || shown.some(({ binds }) => binds)) return shown;
  const least = shown.findIndex(({ fraction }) => fraction === 0);
  return shown.map((row, i) => (i === least ? { ...row, binds: true, distance: t`binds` } : row));
}

const sentenceOf = (limit: LimitState): string => reasonSentence(limit.reason);

function chainRow(limit: LimitState, evse: EvseState, discharge: boolean): ChainRow {
  const bound = boundOf(limit, discharge);
  const spareW = limit.headroomW ?? (bound === null ? null : Math.max(0, bound - Math.abs(evse.setpointW)));
  const age = limit.ageMs === null ? "" : t`, ${duration(limit.ageMs)} old`;
  return {
    name: reasonName(limit.reason),
    source: `${limit.by ?? phrase(limitSourceNames[limit.source])}${age}`,
    bound: bound === null ? t`No limit` : kW(bound),
    binds: limit.binds,
    distance: limit.binds ? t`binds` : spareW === null ? "" : t`${kW(spareW)} spare`,
    fraction: bound === null ? null : Math.min(1, bound / Math.max(1, evse.ratedW)),
  };
}

/** Steps of a session as a person reads them. */
const stepNames: Readonly<Record<string, Label>> = {
  idle: label("Negotiates"),
  cableCheck: label("Cable check"),
  precharge: label("Precharge"),
  energy: label("Energy may flow"),
  stopped: label("Stopped"),
};

/** Where the controller itself speaks with the vehicle: who it is, how far it is, and why nothing is taken out of it. */
export function sessionFacts({ link }: EvseState, words: Words): (readonly [string, string])[] {
  if (link == null) return [];
  const { session, last, listens, sentence } = link;
  const before: (readonly [string, string])[] =
    last == null ? [] : [[t`Last session, ${words.hm(last.atMs)}`, `${whoOf(last)}. ${phrase(last.sentence)}`]];
  if (!listens) return [[t`Does not listen for vehicles`, phrase(sentence)], ...before];
  if (session === null) return [[t`No session`, t`Listens on ${phrase(sentence)}`], ...before];
  const { phase, bidirectional, noDischarge, waits } = session;
  const facts: (readonly [string, string])[] = [[whoOf(session), String(stepNames[phase] ?? phase)]];
  if (waits) facts.push([t`Waits for`, phrase(waits)]);
  if (noDischarge !== "") facts.push([t`Charges only`, phrase(noDischarge)]);
  else facts.push([t`Directions`, bidirectional ? t`Both` : t`Not agreed on yet`]);
  return [...facts, ...before];
}

/** In a session that is still being negotiated nobody knows yet whether the vehicle gives something back. */
const isUndecided = ({ link }: EvseState): boolean =>
  link?.session != null && !link.session.bidirectional && link.session.noDischarge === "";

const whoOf = ({ protocol, vehicle }: { protocol: string; vehicle: string }): string =>
  vehicle === "" ? protocol : `${protocol}, ${vehicle}`;

function factsOf(evse: EvseState, words: Words): (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [];
  if (!evse.connected) return facts;
  if (evse.socPct !== null && evse.capacityWh !== null)
    facts.push([
      t`Above the reserve of ${pct(evse.reservePct)}`,
      kWh((Math.max(0, evse.socPct - evse.reservePct) / 100) * evse.capacityWh),
    ]);
  if (evse.departsAtMs !== null && evse.targetPct !== null) {
    const reached = evse.socPct !== null && evse.socPct >= evse.targetPct;
    const forecast = evse.missed
      ? t`Missed`
      : evse.fault
        ? t`Not while stopped`
        : reached
          ? t`Reached`
          : evse.forecastPct === null
            ? t`No forecast`
            : t`Forecast ${pct(evse.forecastPct)}`;
    facts.push([t`Leaves ${words.hm(evse.departsAtMs)}, target ${pct(evse.targetPct)}`, forecast]);
  }
  facts.push(...sessionFacts(evse, words));
  return facts;
}
