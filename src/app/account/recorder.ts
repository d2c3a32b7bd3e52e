/**
 * Keeps the energy account of a running site: looks at the report of the controller several times a second, attributes what flowed
 * each minute, writes a row each quarter of an hour, and keeps what must outlive a restart every five minutes. A time in which a meter
 * was silent, or the controller did not run, stays unknown.
 */
import type { SiteConfig } from "../../config/site.ts";
import type { VehicleEntry } from "../../domain/fleet/vehicles.ts";
import { addTo, sumOf } from "../../settlement/account/amounts.ts";
import type { AttributionRule, Batteries } from "../../settlement/account/attribute.ts";
import { guestName, guestOrigin } from "../../settlement/account/mutual-aid.ts";
import type { Efficiency, Pool } from "../../settlement/account/pools.ts";
import { meterStepMWh, type StayNote } from "../../settlement/account/row.ts";
import type { AccountBook } from "./account-book.ts";
import { type AccountHead, type AccountRow, sealRow } from "./chain.ts";
import { type Counted, createEnergyMeter, type EnergyMeter } from "./energy-meter.ts";
import {
  addKnown,
  addUnknown,
  addWhy,
  beginQuarter,
  type Counts,
  entryOf,
  keepQuarter,
  type RunningQuarter,
  resumeQuarter,
} from "./running-quarter.ts";
import { type MeterView, meterName, pccMeter, pvMeter, type SiteView } from "./site-view.ts";

/** Flows are attributed over this time, ms: in a longer one, what came after would pay for what went before. */
const attributeEveryMs = 60_000;
/** What is counted is at most this old on disk, ms: a power cut costs so much, and it is unknown then. */
const keepEveryMs = 5 * 60_000;
/** A power is taken to have held between two looks for so long; longer, as far as the next, it is estimated; longer still, unknown. */
const heldMaxMs = 1_000;
const bridgedMaxMs = 3_000;
/** Import and export of the same time shorter than this are netted, as meters do, ms. */
const netMs = 1_000;
/** A plug that is out for less was moved, ms. */
const leftMs = 10_000;
/** A wall clock that moves otherwise than time by more than this was set, ms. */
const clockSetMs = 5_000;
/** Vehicles that come and leave within a quarter-hour; those beyond are counted and not noted. */
const staysMax = 200;
/** Meters stand in one list: the PCC, PV, and then the chargers. */
const chargersFrom = 2;
/** PV that gave less than this share of its rating when it fell silent is asleep, as inverters are at night. */
const asleepShare = 0.01;

/** Who is at a charger. */
export interface PlaceView {
  /** Account of a guest's agreement. */
  readonly account: string | null;
  readonly vehicle: Pick<VehicleEntry, "id" | "chargeEfficiencyPct" | "dischargeEfficiencyPct"> | null;
}

export interface RecorderOptions {
  readonly config: SiteConfig;
  readonly book: AccountBook;
  /** Where the chain goes on. */
  readonly head: AccountHead;
  /** Null while nobody knows: so soon after a start. */
  readonly placeAt: (evse: number, nowMs: number) => PlaceView | null;
  /** A row is on record: it is to be anchored. */
  readonly onRow: (row: AccountRow) => void;
}

interface Place {
  battery: string | null;
  goneSinceMs: number;
  /** As last told while it was there, mWh. */
  contentMWh: number | null;
  capacityMWh: number | null;
}
type OpenNote = { -readonly [K in keyof StayNote]: StayNote[K] };

/** The account of one site, being kept. */
export class AccountRecorder {
  readonly #options: RecorderOptions;
  readonly #rule: AttributionRule;
  readonly #pvRatedW: number;
  readonly #pools: Map<string, Pool>;
  readonly #places: readonly Place[];
  readonly #names: readonly string[];
  readonly #meters: readonly EnergyMeter[];
  readonly #lastLiveMs: number[];
  #head: AccountHead;
  #coveredToMs: number;
  #running: RunningQuarter | null;
  #lastMs = Number.NaN;
  #lastWallMs = Number.NaN;
  #savedWallMs: number;
  /** Time that waits, and up to when all meters have told, monotonic, ms. */
  #waitingMs = 0;
  #settledAtMs = Number.NEGATIVE_INFINITY;
  #minute = Number.NaN;
  #islanded = false;
  #pvAsleep: boolean;
  readonly #batteries: Batteries = {
    pool: (battery) => this.#pool(battery),
    efficiency: (battery) => this.#efficiency(battery),
  };

  constructor(options: RecorderOptions) {
    const { config, book } = options;
    const { state } = book;
    this.#options = options;
    this.#rule = { flows: config.account.flows, pools: config.account.batteries };
    this.#pvRatedW = config.pv.reduce((sum, { ratedW }) => sum + ratedW, 0);
    this.#pools = new Map(Object.entries(structuredClone(state?.pools ?? {})));
    this.#places = config.evses.map((_, i) => ({
      battery: state?.places[i] ?? null,
      goneSinceMs: Number.NaN,
      contentMWh: null,
      capacityMWh: null,
    }));
    this.#names = [pccMeter, pvMeter, ...config.evses.map((_, i) => meterName(config, i))];
    const ratedW = (index: number): number => {
      const evse = config.evses[index - chargersFrom];
      return evse === undefined ? Number.POSITIVE_INFINITY : Math.max(evse.maxChargeW, evse.maxDischargeW);
    };
    this.#meters = this.#names.map((name, i) => createEnergyMeter(name, ratedW(i), state?.meters[name]));
    this.#lastLiveMs = this.#names.map(() => Number.NaN);
    this.#head = options.head;
    this.#coveredToMs = state?.head.toMs ?? Number.NEGATIVE_INFINITY;
    this.#running = state?.running ? resumeQuarter(state.running) : null;
    this.#savedWallMs = state?.savedAtMs ?? Number.NaN;
    this.#pvAsleep = state?.pvAsleep ?? false;
  }

  /** One look at the site, several times a second. `nowMs`: wall clock, UTC. */
  look(view: SiteView, nowMs: number): void {
    const isFirst = Number.isNaN(this.#lastMs);
    const lastedMs = isFirst ? Number.NaN : view.atMs - this.#lastMs;
    if (lastedMs <= 0) return;
    const quarter = this.#turn(nowMs, lastedMs);
    this.#lastMs = view.atMs;
    this.#lastWallMs = nowMs;
    const minute = Math.floor(nowMs / attributeEveryMs);
    if (minute !== this.#minute || view.islanded !== this.#islanded) this.#attribute(quarter);
    this.#minute = minute;
    this.#islanded = view.islanded;
    this.#lookAtPlaces(quarter, view, nowMs);
    this.#count(quarter, view, lastedMs);
    const sinceKeptMs = nowMs - this.#savedWallMs;
    if (sinceKeptMs >= keepEveryMs || !(sinceKeptMs >= 0)) {
      this.#attribute(quarter);
      this.#keep(null);
    }
  }

  /** Keeps the quarter-hour under way: the site stops in order. */
  stop(): void {
    if (this.#running === null || Number.isNaN(this.#lastMs)) return;
    this.#attribute(this.#running);
    this.#keep(null);
  }

  /** The quarter-hour that a look belongs to; those that have ended become rows, and a clock that was set is told. */
  #turn(nowMs: number, lastedMs: number): RunningQuarter {
    const isFirst = Number.isNaN(lastedMs);
    const stood = isFirst && Number.isFinite(this.#savedWallMs) ? notRunning(this.#savedWallMs, nowMs) : "";
    if (this.#running !== null && nowMs >= this.#running.toMs) {
      if (stood !== "") addWhy(this.#running, stood);
      this.#attribute(this.#running);
      this.#close(this.#running);
    }
    this.#running ??= beginQuarter(nowMs, this.#coveredToMs);
    if (stood !== "") addWhy(this.#running, stood);
    const setMs = isFirst ? 0 : nowMs - this.#lastWallMs - lastedMs;
    if (Math.abs(setMs) > clockSetMs) addWhy(this.#running, clockSet(setMs));
    return this.#running;
  }

  #close(quarter: RunningQuarter): void {
    const { config, onRow } = this.#options;
    const pools = Object.fromEntries([...this.#pools].map(([battery, { content }]) => [battery, { ...content }]));
    const resolutionMWh = meterStepMWh * this.#lastLiveMs.filter((atMs) => !Number.isNaN(atMs)).length;
    const entry = entryOf(quarter, this.#rule, { registersWh: this.#registers(), pools, resolutionMWh });
    const row = sealRow(this.#head, config.site.name, entry);
    this.#head = row;
    this.#coveredToMs = row.toMs;
    this.#running = null;
    this.#keep(row);
    onRow(row);
  }

  #keep(row: AccountRow | null): void {
    const { sequence, hash } = this.#head;
    const running = this.#running;
    if (!Number.isNaN(this.#lastWallMs)) this.#savedWallMs = this.#lastWallMs;
    this.#options.book.keep(
      {
        head: { sequence, hash, toMs: Number.isFinite(this.#coveredToMs) ? this.#coveredToMs : null },
        savedAtMs: this.#savedWallMs,
        pools: Object.fromEntries(this.#pools),
        places: this.#places.map(({ battery }) => battery),
        meters: Object.fromEntries(this.#names.map((name, i) => [name, [...this.#meters[i]!.kept]])),
        running: running === null ? null : keepQuarter(running),
        pvAsleep: this.#pvAsleep,
      },
      row,
    );
  }

  #registers(): Record<string, number> {
    const found: Record<string, number> = {};
    this.#names.forEach((name, i) => {
      const [ins, outs] = this.#meters[i]!.kept;
      if (ins.registerWh !== null) found[`${name} import`] = ins.registerWh;
      if (outs.registerWh !== null) found[`${name} export`] = outs.registerWh;
    });
    return found;
  }

  /**
   * One look's energies. They wait until every meter has told of a later moment: what a meter said last before it fell silent is
   * not known to have held.
   */
  #count(quarter: RunningQuarter, view: SiteView, lastedMs: number): void {
    if (view.pv?.live) this.#pvAsleep = view.pv.reading.powerW <= asleepShare * this.#pvRatedW;
    const views = [view.pcc, view.pv, ...view.evses];
    const counts = views.filter((one) => one !== null && !(one === view.pv && !one.live && this.#pvAsleep));
    const silent = counts.filter((one) => one?.live !== true);
    const held = lastedMs <= bridgedMaxMs;
    if (!Number.isNaN(lastedMs)) this.#waitingMs += lastedMs;
    views.forEach((one, i) => {
      if (!one?.live) return;
      const before = this.#lastLiveMs[i]!;
      this.#lastLiveMs[i] = view.atMs;
      const sinceMs = Number.isNaN(before) ? this.#sinceKept() : view.atMs - before;
      // After a silence its power is not known to have held.
      this.#meters[i]!.look(one.reading, held && sinceMs <= bridgedMaxMs ? lastedMs : 0, sinceMs);
    });
    if (held && lastedMs > heldMaxMs) quarter.estimatedMWh += energyOf(views, lastedMs);
    if (!held || silent.length > 0) {
      if (!held && this.#waitingMs > 0) addSilence(quarter, "The controller", this.#waitingMs);
      for (const one of silent) addSilence(quarter, one!.name, this.#waitingMs);
      this.#settle(views.map((one) => (one?.live === false ? "dropped" : "unknown")));
    } else if (this.#waitingMs >= netMs && counts.every((one) => one!.readAtMs > this.#settledAtMs)) {
      if (view.islanded) quarter.islandMs += this.#waitingMs;
      else quarter.parallelMs += this.#waitingMs;
      this.#settle(views.map(() => "known"));
      this.#settledAtMs = view.atMs;
    }
  }

  #settle(as: readonly Parameters<EnergyMeter["settle"]>[0][]): void {
    this.#meters.forEach((meter, i) => {
      meter.settle(as[i]!);
    });
    this.#waitingMs = 0;
  }

  /** Time since what was kept before a restart, by which a register's growth is judged; without end where nobody knows. */
  #sinceKept(): number {
    const { state } = this.#options.book;
    return state === null ? Number.POSITIVE_INFINITY : Math.max(0, this.#lastWallMs - state.savedAtMs);
  }

  /** Ends a short time: what was counted goes where it belongs. */
  #attribute(quarter: RunningQuarter): void {
    const known = emptyCounts();
    const unknown = emptyCounts();
    this.#meters.forEach((meter, i) => {
      const counted = meter.take();
      for (const [counts, of] of [
        [known, counted.known],
        [unknown, counted.unknown],
      ] as const)
        this.#put(counts, i, of);
      const remark = meter.remark();
      if (remark !== "") addWhy(quarter, remark);
    });
    addKnown(quarter, known, this.#islanded, this.#rule, this.#batteries);
    addUnknown(quarter, unknown, this.#rule, this.#batteries);
  }

  #put(counts: OpenCounts, meter: number, { importMWh, exportMWh }: Counted): void {
    if (meter < chargersFrom) {
      if (this.#names[meter] === pvMeter) counts.pvMWh += importMWh;
      else {
        counts.importMWh += importMWh;
        counts.exportMWh += exportMWh;
      }
      return;
    }
    const index = meter - chargersFrom;
    const { battery } = this.#places[index]!;
    // What a charger takes without a vehicle is the building's.
    if (battery !== null) addTo(counts.charged, battery, importMWh);
    addTo(counts.discharged, battery ?? strangerAt(index), exportMWh);
  }

  /** Vehicles that have come, left, or told who they are. */
  #lookAtPlaces(quarter: RunningQuarter, view: SiteView, nowMs: number): void {
    view.evses.forEach((evse, i) => {
      if (!evse.live) return;
      const place = this.#places[i]!;
      if (evse.connected) {
        place.goneSinceMs = Number.NaN;
        this.#learnContent(quarter, place, mWhOf(evse.contentWh), mWhOf(evse.capacityWh));
      } else if (Number.isNaN(place.goneSinceMs)) place.goneSinceMs = view.atMs;
      const battery = evse.connected ? this.#batteryAt(i, nowMs) : null;
      if (battery === place.battery || (battery === null && view.atMs - place.goneSinceMs < leftMs)) return;
      this.#attribute(quarter);
      const { contentMWh, capacityMWh } = place;
      const note = { evse: i + 1, atMs: Math.round(nowMs), contentMWh, capacityMWh };
      const before = place.battery;
      place.battery = battery;
      if (before !== null) {
        addStay(quarter, { ...note, battery: before, what: "left" });
        if (!this.#places.some((other) => other.battery === before)) this.#pools.delete(before);
      }
      if (battery !== null) {
        addStay(quarter, { ...note, battery, what: "arrived" });
        const brought = broughtBy(battery);
        const shared = this.#places.some((other) => other !== place && other.battery === battery);
        const content = shared ? this.#pool(battery).content : {};
        addTo(content, brought, contentMWh ?? 0);
        this.#pools.set(battery, { content, brought });
      } else place.contentMWh = place.capacityMWh = null;
    });
  }

  /** What is in a battery may be told some time after the plug. */
  #learnContent(quarter: RunningQuarter, place: Place, contentMWh: number | null, capacityMWh: number | null): void {
    if (contentMWh === null) return;
    const wasUnknown = place.contentMWh === null;
    place.contentMWh = contentMWh;
    place.capacityMWh = capacityMWh;
    const { battery } = place;
    if (!wasUnknown || battery === null) return;
    const note = quarter.stays.findLast((one): boolean => one.battery === battery && one.what === "arrived") as
      | OpenNote
      | undefined;
    if (note === undefined || note.contentMWh !== null) return;
    const pool = this.#pool(battery);
    const broughtMWh = Math.max(0, contentMWh - sumOf(pool.content));
    note.contentMWh = broughtMWh;
    note.capacityMWh = capacityMWh;
    addTo(pool.content, pool.brought, broughtMWh);
  }

  #batteryAt(index: number, nowMs: number): string {
    const here = this.#options.placeAt(index + 1, nowMs);
    if (here === null) return this.#places[index]!.battery ?? strangerAt(index);
    const { account, vehicle } = here;
    if (account !== null) return guestName(account);
    return vehicle === null ? strangerAt(index) : `v:${vehicle.id}`;
  }

  #pool(battery: string): Pool {
    let pool = this.#pools.get(battery);
    if (pool === undefined) {
      pool = { content: {}, brought: broughtBy(battery) };
      this.#pools.set(battery, pool);
    }
    return pool;
  }

  #efficiency(battery: string): Efficiency {
    const { config, placeAt } = this.#options;
    const place = this.#places.findIndex((one) => one.battery === battery);
    const vehicle = place < 0 ? null : placeAt(place + 1, this.#lastWallMs)?.vehicle;
    const { chargeEfficiencyPct, dischargeEfficiencyPct } = config.account;
    return {
      charge: (vehicle?.chargeEfficiencyPct ?? chargeEfficiencyPct) / 100,
      discharge: (vehicle?.dischargeEfficiencyPct ?? dischargeEfficiencyPct) / 100,
    };
  }
}

const strangerAt = (index: number): string => `v:charger ${index + 1}`;
const broughtBy = (battery: string): string => (battery.startsWith("g:") ? guestOrigin(battery.slice(2)) : "unknown");
const mWhOf = (wh: number): number | null => (Number.isFinite(wh) && wh >= 0 ? Math.round(wh * 1_000) : null);
type OpenCounts = { -readonly [K in keyof Counts]: Counts[K] };
const emptyCounts = (): OpenCounts => ({
  importMWh: 0,
  exportMWh: 0,
  pvMWh: 0,
  charged: {},
  discharged: {},
});

function addSilence(quarter: RunningQuarter, name: string, ms: number): void {
  quarter.silentMs.set(name, (quarter.silentMs.get(name) ?? 0) + ms);
}

const notRunning = (fromMs: number, toMs: number): string =>
  `The controller did not run, or had kept nothing yet, from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}: what the chargers counted in that time is unknown by its origin and use.`;

function clockSet(setMs: number): string {
  const by = `${Math.round(Math.abs(setMs) / 1_000)} s`;
  return setMs < 0
    ? `The clock was set back by ${by}: what flowed until it was as late again stands in this row.`
    : `The clock was set forward by ${by}: a quarter-hour that it leapt over has no row.`;
}

function addStay(quarter: RunningQuarter, note: StayNote): void {
  if (quarter.stays.length < staysMax) quarter.stays.push(note);
}

/** What all meters of a view count in a time, mWh. */
function energyOf(views: readonly (MeterView | null)[], ms: number): number {
  let powerW = 0;
  for (const view of views) powerW += Math.abs(view?.reading.powerW ?? 0) || 0;
  return (powerW * ms) / 3_600;
}
