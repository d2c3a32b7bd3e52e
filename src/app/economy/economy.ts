/**
 * What energy costs and saves at this site: its record of what flowed, its tariff, its forecasts and its grid events, for the planner
 * and for people. Nothing here limits a power.
 */

import type { SiteConfig } from "../../config/site.ts";
import { dayOfDate, kindOfDay, localDay, startOfDayMs } from "../../domain/calendar.ts";
import { tableZone, type ZoneOffsets } from "../../domain/time-zone.ts";
import { hourMs } from "../../domain/units.ts";
import { parseFeed } from "../../forecast/feed.ts";
import type { PlanningEvent } from "../../planning/problem.ts";
import type { MeasuredStay } from "../../settlement/at-once.ts";
import { type Baseline, type BaselineDay, baselineOf, tenOfTen } from "../../settlement/baseline.ts";
import { type Response, responseOf } from "../../settlement/response.ts";
import { type MeasuredQuarter, type Savings, savingsOf } from "../../settlement/savings.ts";
import { type TariffHorizon, tariffHorizon } from "../../tariff/horizon.ts";
import { type PeakBook, withPeaks } from "../../tariff/peaks.ts";
import { createTariff, type Tariff } from "../../tariff/tariff.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Log } from "../log.ts";
import type { Documents } from "../store/store.ts";
import { createForecaster, type SiteForecasts } from "./forecasts.ts";
import { type GridEvent, type GridEvents, openGridEvents, stateOf } from "./grid-events.ts";
import { type UsualArrival, usualArrivals } from "./habits.ts";
import { type BookedQuarter, dayPowers, type MeterBook, openMeterBook } from "./meter-book.ts";
import { startPriceFeed } from "./price-feed.ts";
import { type SeriesFeed, startSeriesFeed } from "./series-feed.ts";
import { type BookedStay, openStayBook, type StayBook } from "./stay-book.ts";
import { openToldPrices, type ToldPriceBook } from "./told-prices.ts";

const quarterMs = 15 * 60_000;
/** From the charger to the battery, where nothing better is known; both losses together. */
const chargeEfficiency = 0.9;
/** Billing months that are kept worked out; a month's first day plus so many is in the next one. */
const monthsKept = 3;
const daysOfMonthMax = 31;
/** Baselines look back over so many days. */
const baselineDaysMax = 60;

/** A forecast from elsewhere that has more than this is in the wrong unit, W; PV by its rating. */
const feedMaxW = 1e8;
const overRated = 1.3;

export interface Economy {
  readonly zone: ZoneOffsets;
  readonly book: MeterBook;
  readonly stays: StayBook;
  readonly events: GridEvents;
  readonly prices: Pick<SeriesFeed, "readAtMs" | "failure"> | null;
  /** Prices that a connected system tells. */
  readonly told: Pick<ToldPriceBook, "tell" | "version">;
  /** Null where the site has no tariff: energy and peaks are shown, and no costs. */
  tariff(): Tariff | null;
  /** To be called often. */
  look(report: ControlReport, nowMs: number): void;
  forecasts(nowMs: number, startsAtMs: number, quarters: number): SiteForecasts;
  /** When a vehicle, by its id, usually comes today and tomorrow; empty where too little is known. */
  arrivals(vehicle: string, nowMs: number): readonly UsualArrival[];
  /** Prices and demand charges for a plan; null without a tariff. */
  horizon(startsAtMs: number, quarters: number): TariffHorizon | null;
  /** Commitments within a plan's horizon. One without a baseline is left out: there is nothing to deliver against. */
  commitments(nowMs: number, startsAtMs: number, quarters: number): readonly PlanningEvent[];
  baseline(event: Pick<GridEvent, "fromMs" | "toMs">): Baseline | null;
  response(event: GridEvent): Response | null;
  /** Bill, savings and shares of the billing month in which a local day lies; null without a tariff or a record. */
  month(day: number, nowMs: number): Savings | null;
  stop(): void;
}

export interface EconomyOptions {
  readonly config: SiteConfig;
  readonly documents: Documents;
  readonly log: Log;
  readonly now: () => number;
  readonly vehicleAt: (evse: number) => string | null;
  /** Of vehicles that have their own price of wear, by id. */
  readonly wearPerKWh: () => Readonly<Record<string, number>>;
}

export function createEconomy(options: EconomyOptions): Economy {
  const { config, documents, log, vehicleAt } = options;
  const zone = zoneOf(config);
  const book = openMeterBook(documents, zone, vehicleAt);
  const mostW = config.evses.map(({ maxChargeW }) => maxChargeW);
  const stays = openStayBook(documents, vehicleAt, mostW);
  for (const { sentence } of [book, stays]) if (sentence !== "") log("warn", sentence);
  const events = openGridEvents(documents);
  const feed = startFeed(options);
  const settings = config.tariff;
  const told = openToldPrices(documents, settings);
  let tariff = settings === undefined ? null : createTariff(settings, zone, [], told.prices);
  let tariffPoints: SeriesFeed["points"] = [];
  const tariffNow = (): Tariff | null => {
    if (tariff !== null && feed !== null && feed.points !== tariffPoints) {
      tariffPoints = feed.points;
      tariff = tariff.withDayAhead(tariffPoints);
    }
    return tariff;
  };
  const holidays = new Set([
    ...(tariff?.holidays ?? []),
    ...config.daysOff.flatMap(({ date }) => dayOfDate(date) ?? []),
  ]);
  const pvRatedW = config.pv.reduce((sum, { ratedW }) => sum + ratedW, 0);
  const loadFeed = startForecastFeed("Forecast values of the load", config.planning.loadForecast, feedMaxW, options);
  const pvMaxW = pvRatedW > 0 ? overRated * pvRatedW : feedMaxW;
  const pvFeed = startForecastFeed("Forecast values of PV", config.planning.pvForecast, pvMaxW, options);
  const forecaster = createForecaster(book, { zone, holidays }, pvRatedW, {
    load: () => loadFeed?.points ?? [],
    pv: () => pvFeed?.points ?? [],
  });

  const baseline = (event: Pick<GridEvent, "fromMs" | "toMs">): Baseline | null => {
    const day = localDay(zone, event.fromMs);
    const kind = kindOfDay(day, holidays);
    const eventDays = new Set(
      events.all
        .filter(({ committedW }) => committedW !== null && committedW > 0)
        .map(({ fromMs }) => localDay(zone, fromMs)),
    );
    const like = book.days
      .filter((one) => one < day && one >= day - baselineDaysMax && kindOfDay(one, holidays) === kind)
      .map((one) => baselineDay(book, zone, one, eventDays.has(one)));
    const startMs = startOfDayMs(zone, day);
    const from = (event.fromMs - startMs) / quarterMs;
    return baselineOf(
      tenOfTen,
      like,
      baselineDay(book, zone, day, false),
      from,
      from + (event.toMs - event.fromMs) / quarterMs,
    );
  };

  const peaks = createPeaks(book);
  /** Months that were worked out, until another quarter is in the record. */
  const months = new Map<number, { readonly version: string; readonly savings: Savings | null }>();
  const month = (day: number, nowMs: number): Savings | null => {
    const known = tariffNow();
    if (known === null) return null;
    const first = known.monthOf(startOfDayMs(zone, day));
    const version = `${book.version} ${events.version} ${Math.floor(nowMs / quarterMs)} ${tariffPoints.length} ${told.version}`;
    const kept = months.get(first);
    if (kept?.version === version) return kept.savings;
    const savings = settle(known, first, nowMs);
    months.set(first, { version, savings });
    if (months.size > monthsKept) months.delete(months.keys().next().value!);
    return savings;
  };

  const settle = (known: Tariff, first: number, nowMs: number): Savings | null => {
    const fromMs = startOfDayMs(zone, first);
    const next = known.monthOf(startOfDayMs(zone, first + daysOfMonthMax));
    const toMs = Math.min(startOfDayMs(zone, next), Math.floor(nowMs / quarterMs) * quarterMs);
    const quarters = book.quarters(fromMs, toMs).map(measuredOf);
    if (quarters.length === 0) return null;
    // What earlier months have set by a ratchet counts for both.
    const before = peaks(known, fromMs);
    return savingsOf({
      tariff: known,
      quarters,
      stays: stays.stays(fromMs, toMs).flatMap((stay) => settledStay(stay, fromMs, toMs)),
      startsAtMs: fromMs,
      importLimitW: config.pcc.importLimitW,
      before: { measured: before, atOnce: before },
      eventPay: events.all
        .filter((event) => event.fromMs >= fromMs && event.toMs <= toMs)
        .reduce((sum, event) => sum + (response(event)?.payment ?? 0), 0),
      wearPerKWh: options.wearPerKWh(),
    });
  };

  const response = (event: GridEvent): Response | null => {
    const { committedW } = event;
    if (committedW === null || committedW === 0) return null;
    const expected = baseline(event);
    if (expected === null) return null;
    const measured = new Map(
      book.quarters(event.fromMs, event.toMs).map((quarter) => [quarter.startsAtMs, netW(quarter)]),
    );
    return responseOf(
      { ...event, currency: settings?.currency ?? "USD", committedW, paysBeyond: false, countedBy: "quarters" },
      expected.quarterW,
      expected.quarterW.map((_, i) => measured.get(event.fromMs + i * quarterMs) ?? null),
    );
  };

  return {
    zone,
    book,
    stays,
    events,
    prices: feed,
    told,
    tariff: tariffNow,
    look(report, nowMs) {
      book.look(report, nowMs);
      stays.look(report, nowMs);
    },
    forecasts: (nowMs, startsAtMs, quarters) => forecaster.at(nowMs, startsAtMs, quarters),
    arrivals: (vehicle, nowMs) => usualArrivals(stays, { zone, holidays }, vehicle, nowMs),
    horizon(startsAtMs, quarters) {
      const known = tariffNow();
      if (known === null) return null;
      return tariffHorizon(known, peaks(known, Number.POSITIVE_INFINITY), startsAtMs, quarters);
    },
    commitments(nowMs, startsAtMs, quarters) {
      return events.all.flatMap((event) => {
        const state = stateOf(event, nowMs);
        const fromSlot = Math.max(0, (event.fromMs - startsAtMs) / quarterMs);
        const toSlot = Math.min(quarters, (event.toMs - startsAtMs) / quarterMs);
        const expected = state === "committed" || state === "running" ? baseline(event) : null;
        if (expected === null || toSlot <= fromSlot) return [];
        const skipped = fromSlot - (event.fromMs - startsAtMs) / quarterMs;
        const { id, committedW, payPerKWh, penaltyPerKWh } = event;
        const baselineW = expected.quarterW.slice(skipped, skipped + toSlot - fromSlot);
        return [{ id, fromSlot, toSlot, baselineW, committedW: committedW ?? 0, payPerKWh, penaltyPerKWh }];
      });
    },
    baseline,
    response,
    month,
    stop() {
      for (const one of [feed, loadFeed, pvFeed]) one?.stop();
      book.stop();
    },
  };
}

function zoneOf({ site }: SiteConfig): ZoneOffsets {
  const zone = tableZone(site.timeZone);
  // A configuration with another zone is refused before.
  if (!zone.ok) throw new Error(zone.error);
  return zone.value;
}

function startForecastFeed(
  what: string,
  source: SiteConfig["planning"]["pvForecast"],
  maxW: number,
  { log, now }: EconomyOptions,
): SeriesFeed | null {
  return source === undefined ? null : startSeriesFeed(what, source, (text) => parseFeed(text, maxW), log, now);
}

function startFeed({ config, log, now }: EconomyOptions): SeriesFeed | null {
  const dayAhead = config.tariff?.dayAhead;
  return dayAhead ? startPriceFeed({ ...dayAhead, currency: config.tariff!.currency }, log, now) : null;
}

const netW = ({ importWh, exportWh }: BookedQuarter): number => (importWh - exportWh) * 4;

function baselineDay(book: MeterBook, zone: ZoneOffsets, day: number, leftOut: boolean): BaselineDay {
  const { quarterW } = dayPowers(book, zone, day, netW);
  return { day, leftOut, clockW: quarterW.map((powerW) => powerW ?? Number.NaN) };
}

/** Chargers with a vehicle that nobody knows count by their place. */
const keyOf = (vehicle: string | null, evse: number | string): string => vehicle ?? `charger ${evse}`;

function measuredOf({ startsAtMs, importWh, exportWh, chargers }: BookedQuarter): MeasuredQuarter {
  const vehicles: Record<string, { inWh: number; outWh: number }> = {};
  for (const [evse, { inWh, outWh, vehicle }] of Object.entries(chargers)) {
    const key = keyOf(vehicle, evse);
    const before = vehicles[key] ?? { inWh: 0, outWh: 0 };
    vehicles[key] = { inWh: before.inWh + inWh, outWh: before.outWh + outWh };
  }
  return { startsAtMs, importWh, exportWh, vehicles };
}

/**
 * A stay in the settlement's terms; one whose energy is not known can't be compared, and is left out. Who came before the time would
 * have charged since then.
 */
function settledStay(stay: BookedStay, fromMs: number, toMs: number): MeasuredStay[] {
  const { arrivalWh, leftWithWh, capacityWh, evse, vehicle, arrivedAtMs, leftAtMs, maxChargeW } = stay;
  if (arrivalWh === null || leftWithWh === null || capacityWh === null) return [];
  const slotOf = (atMs: number): number => Math.round((atMs - fromMs) / quarterMs);
  const beforeH = Math.max(0, fromMs - arrivedAtMs) / hourMs;
  const chargedWh = Math.min(Math.max(0, leftWithWh - arrivalWh), beforeH * maxChargeW * chargeEfficiency);
  return [
    {
      vehicleId: keyOf(vehicle, evse),
      evseId: String(evse),
      arrivalSlot: Math.max(0, slotOf(arrivedAtMs)),
      departureSlot: slotOf(Math.min(toMs, leftAtMs ?? toMs)),
      arrivalWh: arrivalWh + chargedWh,
      leftWithWh,
      capacityWh,
      maxChargeW,
      chargeEfficiency,
      taperFromWh: capacityWh,
      taperFullW: maxChargeW,
    },
  ];
}

/** Peaks of the record before a moment; the whole record is looked at once, then what has come since. */
function createPeaks(book: MeterBook): (tariff: Tariff, untilMs: number) => PeakBook {
  let all: PeakBook = {};
  let upToMs = Number.NEGATIVE_INFINITY;
  let version = -1;
  return (tariff, untilMs) => {
    if (Number.isFinite(untilMs))
      return withPeaks(
        {},
        tariff,
        everything(book).filter(({ startsAtMs }) => startsAtMs < untilMs),
      );
    if (version === book.version) return all;
    version = book.version;
    // The last half hour may have been without its other half.
    const fresh = everything(book).filter(({ startsAtMs }) => startsAtMs >= upToMs - quarterMs);
    all = withPeaks(all, tariff, fresh);
    upToMs = fresh.at(-1)?.startsAtMs ?? upToMs;
    return all;
  };
}

const everything = (book: MeterBook): readonly BookedQuarter[] =>
  book.quarters(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
