/** Energy, cost and grid events of the running station, for pages and API. */
import { type GridEvent, stateOf } from "../../app/economy/grid-events.ts";
import type { BookedQuarter } from "../../app/economy/meter-book.ts";
import type { SiteStation } from "../../app/station.ts";
import { localDay, startOfDayMs } from "../../domain/calendar.ts";
import { dateOfDay, dayOfDate } from "../../domain/fleet/timetable.ts";
import { err, ok } from "../../domain/result.ts";
import { kW } from "../view/format.ts";
import { accountOf } from "./account-api.ts";
import type { DayAnswer, EnergyBalance, GridEventsAnswer, MonthAnswer } from "./economy-api.ts";
import type { EconomyPort } from "./economy-port.ts";

const quarterMs = 15 * 60_000;
/** A billing month's first day plus so many is in the next one. */
const daysOfMonthMax = 31;

type Context = Pick<SiteStation, "economy" | "config" | "fleet"> & { readonly now: () => number };

/** What people call a vehicle or a charger by the key of the record. */
const nameOf = ({ fleet }: Context, key: string): string => fleet.vehicles.get(key)?.entry.name ?? key;
const chargerName = ({ config }: Context, evse: number): string => config.evses[evse - 1]?.name ?? `Charger ${evse}`;

export function createStationEconomy(
  station: Pick<SiteStation, "economy" | "config" | "fleet" | "audit" | "account">,
  now: () => number,
): EconomyPort {
  const { economy, audit } = station;
  const { events } = economy;
  const context: Context = { ...station, now };
  return {
    day: (date) => dayOfRecord(context, date),
    month: (date) => monthOfRecord(context, date),
    account: (span) => accountOf(station.account, economy.zone, span, now()),
    events: () => ({
      currency: economy.tariff()?.currency ?? null,
      events: events.all.map((event) => eventAnswer(context, event)),
    }),
    offer(body, person) {
      const made = events.offer(body, person, now());
      if (!made.ok) return err(`Refused: ${made.error}`);
      const what = `Grid event of ${body.programme} entered.`;
      audit({ kind: "setting", actor: person, body: { what, from: "", to: kW(body.askedW), reason: "" } });
      return ok(what);
    },
    answer({ id, committedW }, person) {
      const before = events.get(id)?.committedW ?? null;
      const made = events.answer(id, committedW, person, now());
      if (!made.ok) return err(`Refused: ${made.error}`);
      const what = committedW === 0 ? "Grid event declined." : `Committed to ${kW(committedW)}.`;
      const from = before === null ? "no answer" : kW(before);
      audit({ kind: "setting", actor: person, body: { what: "grid event", from, to: kW(committedW), reason: "" } });
      return ok(what);
    },
  };
}

function vehiclesOf(
  context: Context,
  quarters: readonly BookedQuarter[],
  fromMs: number,
  toMs: number,
): DayAnswer["vehicles"] {
  const { stays } = context.economy;
  const keyOf = (vehicle: string | null, evse: string): string => vehicle ?? chargerName(context, Number(evse));
  const sums = new Map<string, { inWh: number; outWh: number }>();
  for (const { chargers } of quarters)
    for (const [evse, { inWh, outWh, vehicle }] of Object.entries(chargers)) {
      const sum = sums.get(keyOf(vehicle, evse)) ?? { inWh: 0, outWh: 0 };
      sums.set(keyOf(vehicle, evse), { inWh: sum.inWh + inWh, outWh: sum.outWh + outWh });
    }
  const left = new Map<string, { pct: number | null; atMs: number }>();
  for (const { vehicle, evse, leftAtMs, leftWithWh, capacityWh } of stays.stays(fromMs, toMs)) {
    if (leftAtMs === null || leftAtMs < fromMs || leftAtMs >= toMs) continue;
    const pct = leftWithWh !== null && capacityWh !== null && capacityWh > 0 ? (100 * leftWithWh) / capacityWh : null;
    left.set(keyOf(vehicle, String(evse)), { pct, atMs: leftAtMs });
  }
  for (const key of left.keys()) if (!sums.has(key)) sums.set(key, { inWh: 0, outWh: 0 });
  return [...sums]
    .map(([key, { inWh, outWh }]) => ({
      name: nameOf(context, key),
      inWh,
      outWh,
      leftWithPct: left.get(key)?.pct ?? null,
      leftAtMs: left.get(key)?.atMs ?? null,
      energy: null,
      energyAtOnce: null,
      wear: null,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function recordSpan({ economy: { book } }: Context): { recordFrom: string; recordTo: string } | null {
  const { days } = book;
  return days.length === 0 ? null : { recordFrom: dateOfDay(days[0]!), recordTo: dateOfDay(days.at(-1)!) };
}

const dayOf = ({ economy, now }: Context, date: string | undefined): number =>
  date === undefined ? localDay(economy.zone, now()) : dayOfDate(date);

function dayOfRecord(context: Context, date: string | undefined): DayAnswer | null {
  const { economy, config, now } = context;
  const { zone, book, stays } = economy;
  const number = dayOf(context, date);
  const span = recordSpan(context);
  if (!Number.isFinite(number) || span === null) return null;
  const startsAtMs = startOfDayMs(zone, number);
  const endsAtMs = startOfDayMs(zone, number + 1);
  const quarters = book.quarters(startsAtMs, endsAtMs);
  if (quarters.length === 0) return null;
  const until = Math.min(endsAtMs, Math.floor(now() / quarterMs) * quarterMs);
  const money = economy.month(number, now())?.days.find((one) => one.day === number) ?? null;
  const peak = quarters.reduce((best, one) => (one.importWh > best.importWh ? one : best));
  return {
    date: dateOfDay(number),
    startsAtMs,
    endsAtMs,
    currency: economy.tariff()?.currency ?? null,
    ...span,
    quarters: quarters.map(({ startsAtMs: at, importWh, exportWh, pvWh, estimated, chargers }) => ({
      startsAtMs: at,
      importWh,
      exportWh,
      pvWh,
      estimated,
      ...sumOf(chargers),
    })),
    gaps: Math.max(0, (until - startsAtMs) / quarterMs - quarters.length),
    energy: balanceOf(quarters),
    peak: { powerW: peak.importWh * 4, atMs: peak.startsAtMs },
    vehicles: vehiclesOf(context, quarters, startsAtMs, endsAtMs),
    chargers: config.evses.map((_, i) => ({
      name: chargerName(context, i + 1),
      ...sumOf(quarters.flatMap(({ chargers }) => chargers[String(i + 1)] ?? [])),
      pluggedMs: stays
        .stays(startsAtMs, endsAtMs)
        .filter(({ evse }) => evse === i + 1)
        .reduce(
          (sum, { arrivedAtMs, leftAtMs }) =>
            sum + Math.min(endsAtMs, leftAtMs ?? now()) - Math.max(startsAtMs, arrivedAtMs),
          0,
        ),
    })),
    money: money && {
      energy: money.energy,
      energyAtOnce: money.energyAtOnce,
      demandRise: money.demandRise,
      demandRiseAtOnce: money.demandRiseAtOnce,
      wear: money.wear,
      saved: money.saved,
    },
  };
}

function monthOfRecord(context: Context, date: string | undefined): MonthAnswer | null {
  const { economy, now } = context;
  const { zone, book } = economy;
  const number = dayOf(context, date);
  const span = recordSpan(context);
  if (!Number.isFinite(number) || span === null) return null;
  const tariff = economy.tariff();
  const first = tariff?.monthOf(startOfDayMs(zone, number)) ?? dayOfDate(`${dateOfDay(number).slice(0, 8)}01`);
  const after =
    tariff?.monthOf(startOfDayMs(zone, first + daysOfMonthMax)) ??
    dayOfDate(`${dateOfDay(first + daysOfMonthMax).slice(0, 8)}01`);
  const fromMs = startOfDayMs(zone, first);
  const toMs = startOfDayMs(zone, after);
  const quarters = book.quarters(fromMs, toMs);
  if (quarters.length === 0) return null;
  const savings = economy.month(first, now());
  const until = Math.min(toMs, Math.floor(now() / quarterMs) * quarterMs);
  const days = new Map<number, BookedQuarter[]>();
  for (const quarter of quarters) {
    const of = localDay(zone, quarter.startsAtMs);
    days.set(of, [...(days.get(of) ?? []), quarter]);
  }
  const saved = new Map(savings?.days.map((one) => [one.day, one.saved]));
  const money = new Map(Object.entries(savings?.vehicles ?? {}).map(([key, value]) => [nameOf(context, key), value]));
  return {
    from: dateOfDay(first),
    to: dateOfDay(after - 1),
    ...span,
    currency: tariff?.currency ?? null,
    tariff: tariff?.name ?? null,
    energy: balanceOf(quarters),
    gaps: Math.max(0, Math.round((until - quarters[0]!.startsAtMs) / quarterMs) - quarters.length),
    days: [...days].map(([of, list]) => ({
      date: dateOfDay(of),
      energy: balanceOf(list),
      saved: saved.get(of) ?? null,
    })),
    vehicles: vehiclesOf(context, quarters, fromMs, toMs).map((row) => {
      const own = money.get(row.name);
      return own ? { ...row, energy: own.energy, energyAtOnce: own.energyAtOnce, wear: own.wear } : row;
    }),
    money: savings && {
      measured: billOf(savings.measured),
      atOnce: billOf(savings.atOnce),
      wear: savings.wear,
      eventPay: savings.eventPay,
      missingWh: savings.missing.wh,
      missing: savings.missing.amount,
      saved: savings.saved,
      building: savings.building,
    },
  };
}

function eventAnswer({ economy, now }: Context, event: GridEvent): GridEventsAnswer["events"][number] {
  const { answeredBy, enteredBy: _, ...told } = event;
  const baseline = economy.baseline(event);
  const response = economy.response(event);
  const begun = now() >= event.fromMs;
  return {
    ...told,
    answeredBy,
    state: stateOf(event, now()),
    baselineW: baseline ? baseline.quarterW.reduce((a, b) => a + b, 0) / baseline.quarterW.length : null,
    baseline: baseline
      ? `Mean of ${baseline.daysUsed.length} days of the same kind, day-of adjustment ${baseline.factor.toFixed(2)}.`
      : "Not known: fewer than ten days of the same kind are on record.",
    deliveredWh: begun && response ? response.deliveredWh : null,
    committedWh: response?.committedWh ?? null,
    payment: now() >= event.toMs && response ? response.payment : null,
  };
}

type Flow = { readonly inWh: number; readonly outWh: number };

function sumOf(chargers: readonly Flow[] | Readonly<Record<string, Flow>>): { inWh: number; outWh: number } {
  const sum = { inWh: 0, outWh: 0 };
  for (const { inWh, outWh } of Object.values(chargers)) {
    sum.inWh += inWh;
    sum.outWh += outWh;
  }
  return sum;
}

/** What came in met what went out; the building is what is left of both. */
function balanceOf(quarters: readonly BookedQuarter[]): EnergyBalance {
  const sum = { gridWh: 0, pvWh: 0, vehiclesOutWh: 0, buildingWh: 0, vehiclesInWh: 0, exportedWh: 0, unaccountedWh: 0 };
  for (const { importWh, exportWh, pvWh, chargers } of quarters) {
    const { inWh, outWh } = sumOf(chargers);
    sum.gridWh += importWh;
    sum.pvWh += pvWh;
    sum.vehiclesOutWh += outWh;
    sum.vehiclesInWh += inWh;
    sum.exportedWh += exportWh;
    const building = importWh + pvWh + outWh - inWh - exportWh;
    // Less than nothing can't be used: the meters disagree by as much.
    if (building >= 0) sum.buildingWh += building;
    else sum.unaccountedWh += building;
  }
  return sum;
}

const billOf = (bill: {
  readonly energy: number;
  readonly exported: number;
  readonly demand: readonly { id: string; peakW: number; billedW: number; atMs: number | null; amount: number }[];
  readonly total: number;
  readonly unpriced: number;
}) => ({
  energy: bill.energy,
  exported: bill.exported,
  demand: bill.demand.map(({ id, peakW, billedW, atMs, amount }) => ({ id, peakW, billedW, atMs, amount })),
  total: bill.total,
  unpriced: bill.unpriced,
});
