/**
 * What was saved against charging at once: the measured period and the one that would have been are billed by the same code, with
 * each one's own peaks. A vehicle that would have left with less makes the two unequal: what is missing is put on top at the
 * cheapest price. Wear stands beside the bill; a saving may be negative and is then shown so.
 */
import { localDay } from "../domain/calendar.ts";
import { type Bill, billOf, type MeteredQuarter, roundMoney } from "../tariff/bill.ts";
import { type PeakBook, withPeaks } from "../tariff/peaks.ts";
import type { Tariff } from "../tariff/tariff.ts";
import { type AtOnce, chargeAtOnce, type MeasuredStay } from "./at-once.ts";

/** A quarter of an hour as it was measured, Wh, magnitudes. Nothing is filled in: a gap is a quarter that is not in the list. */
export interface MeasuredQuarter extends MeteredQuarter {
  /** By vehicle: into it and out of it, at the charger. */
  readonly vehicles: Readonly<Record<string, { readonly inWh: number; readonly outWh: number }>>;
}

export interface Peaks {
  readonly measured: PeakBook;
  readonly atOnce: PeakBook;
}

export interface SavingsInputs {
  readonly tariff: Tariff;
  /** In order of time, without overlap. */
  readonly quarters: readonly MeasuredQuarter[];
  readonly stays: readonly MeasuredStay[];
  /** First quarter of the stays' slots, ms UTC. */
  readonly startsAtMs: number;
  readonly importLimitW: number;
  /** Peaks of the billing period before these quarters. */
  readonly before: Peaks;
  /** What grid events paid in this time. */
  readonly eventPay: number;
  /** Wear per kWh discharged, where a vehicle has its own price. */
  readonly wearPerKWh: Readonly<Record<string, number>>;
}

export interface VehicleMoney {
  readonly inWh: number;
  readonly outWh: number;
  /** Energy at the price of its quarter: what it drew less what it gave. */
  readonly energy: number;
  readonly wear: number;
  /** The same vehicle, charged at once. */
  readonly energyAtOnce: number;
}

export interface Savings {
  readonly measured: Bill;
  readonly atOnce: Bill;
  readonly wear: number;
  readonly eventPay: number;
  /** Put on the bill at once for energy that it would not have delivered. */
  readonly missing: { readonly wh: number; readonly amount: number };
  /** At once less measured, with wear, events and what is missing. */
  readonly saved: number;
  readonly vehicles: Readonly<Record<string, VehicleMoney>>;
  /** Energy cost that no vehicle has: the building's, less what PV earned. */
  readonly building: number;
  readonly days: readonly DaySavings[];
  readonly peaks: Peaks;
  /** Quarters of the time that were not measured: they are in neither bill. */
  readonly gaps: number;
}

/** A local day: energy of that day, and by how much it raised each period's peak. */
export interface DaySavings {
  readonly day: number;
  readonly energy: number;
  readonly energyAtOnce: number;
  readonly demandRise: number;
  readonly demandRiseAtOnce: number;
  readonly wear: number;
  readonly saved: number;
}

const quarterMs = 15 * 60_000;

export function savingsOf(inputs: SavingsInputs): Savings {
  const { tariff, quarters, startsAtMs, stays, before } = inputs;
  const money = (amount: number): number => roundMoney(amount, tariff.currency);
  const slots = quarters.length === 0 ? 0 : (quarters.at(-1)!.startsAtMs - startsAtMs) / quarterMs + 1;
  const baseW = new Array<number>(slots).fill(0);
  for (const quarter of quarters) baseW[(quarter.startsAtMs - startsAtMs) / quarterMs] = baseWhOf(quarter) * 4;
  const planless = chargeAtOnce(stays, baseW, inputs.importLimitW);
  const others = quarters.map((quarter) => atOnceQuarter(quarter, planless, startsAtMs));
  const measured = billOf(tariff, quarters, before.measured);
  const atOnce = billOf(tariff, others, before.atOnce);
  const missing = missingOf(inputs, planless);
  const vehicles = vehicleMoney(inputs, planless);
  const wear = money(Object.values(vehicles).reduce((sum, vehicle) => sum + vehicle.wear, 0));
  const vehicleEnergy = Object.values(vehicles).reduce((sum, { energy }) => sum + energy, 0);
  return {
    measured,
    atOnce,
    wear,
    eventPay: money(inputs.eventPay),
    missing,
    saved: money(atOnce.total + missing.amount - measured.total - wear + inputs.eventPay),
    vehicles,
    building: money(measured.energy - measured.exported - vehicleEnergy),
    days: daySavings(inputs, others),
    peaks: {
      measured: withPeaks(before.measured, tariff, quarters),
      atOnce: withPeaks(before.atOnce, tariff, others),
    },
    gaps: slots - quarters.length,
  };
}

/** The site without its vehicles, net of PV. */
function baseWhOf({ importWh, exportWh, vehicles }: MeasuredQuarter): number {
  let net = importWh - exportWh;
  for (const { inWh, outWh } of Object.values(vehicles)) net += outWh - inWh;
  return net;
}

function atOnceQuarter(quarter: MeasuredQuarter, { totalW }: AtOnce, startsAtMs: number): MeteredQuarter {
  const t = (quarter.startsAtMs - startsAtMs) / quarterMs;
  const netWh = baseWhOf(quarter) + totalW[t]! / 4;
  return { startsAtMs: quarter.startsAtMs, importWh: Math.max(0, netWh), exportWh: Math.max(0, -netWh) };
}

/** What vehicles would have lacked at their departure, at the cheapest price of the time and the charger's losses. */
function missingOf({ tariff, quarters, stays }: SavingsInputs, planless: AtOnce): Savings["missing"] {
  let wh = 0;
  let acWh = 0;
  stays.forEach(({ leftWithWh, chargeEfficiency }, i) => {
    // A vehicle that gave energy and left with less than it came with would have kept it: less than nothing is missing.
    const lackWh = leftWithWh - planless.leftWithWh[i]!;
    if (Math.abs(lackWh) < 1) return;
    wh += lackWh;
    acWh += lackWh / chargeEfficiency;
  });
  let cheapest = Number.POSITIVE_INFINITY;
  for (const { startsAtMs } of quarters)
    cheapest = Math.min(cheapest, tariff.pricesAt(startsAtMs).importPerKWh ?? Number.POSITIVE_INFINITY);
  const amount = Number.isFinite(cheapest) ? roundMoney((acWh / 1_000) * cheapest, tariff.currency) : 0;
  return { wh, amount };
}

/** The price of a kWh more or less in a quarter: of import where the site imported, else of export. */
function marginalPrice(tariff: Tariff, { startsAtMs, importWh, exportWh }: MeteredQuarter): number {
  const { importPerKWh, exportPerKWh } = tariff.pricesAt(startsAtMs);
  return (importWh >= exportWh ? importPerKWh : exportPerKWh) ?? 0;
}

function vehicleMoney(
  { tariff, quarters, stays, startsAtMs, wearPerKWh }: SavingsInputs,
  planless: AtOnce,
): Record<string, VehicleMoney> {
  const sums: Record<string, { inWh: number; outWh: number; energy: number; energyAtOnce: number }> = {};
  const pricesAtOnce = new Map<number, number>();
  const of = (id: string) => (sums[id] ??= { inWh: 0, outWh: 0, energy: 0, energyAtOnce: 0 });
  for (const quarter of quarters) {
    const price = marginalPrice(tariff, quarter) / 1_000;
    for (const [id, { inWh, outWh }] of Object.entries(quarter.vehicles)) {
      const sum = of(id);
      sum.inWh += inWh;
      sum.outWh += outWh;
      sum.energy += (inWh - outWh) * price;
    }
    const t = (quarter.startsAtMs - startsAtMs) / quarterMs;
    pricesAtOnce.set(t, marginalPrice(tariff, atOnceQuarter(quarter, planless, startsAtMs)) / 4_000);
  }
  stays.forEach(({ vehicleId, arrivalSlot, departureSlot }, i) => {
    const powerW = planless.powerW[i]!;
    for (let t = Math.max(0, arrivalSlot); t < Math.min(powerW.length, departureSlot); t++)
      of(vehicleId).energyAtOnce += powerW[t]! * (pricesAtOnce.get(t) ?? 0);
  });
  return Object.fromEntries(
    Object.entries(sums).map(([id, sum]) => {
      const wear = (sum.outWh / 1_000) * (wearPerKWh[id] ?? tariff.wearPerKWh);
      return [
        id,
        {
          inWh: sum.inWh,
          outWh: sum.outWh,
          energy: roundMoney(sum.energy, tariff.currency),
          energyAtOnce: roundMoney(sum.energyAtOnce, tariff.currency),
          wear: roundMoney(wear, tariff.currency),
        },
      ];
    }),
  );
}

/** Each day's share is the difference of rounded sums up to it, so that days add up to the month to the cent. */
function daySavings(inputs: SavingsInputs, others: readonly MeteredQuarter[]): DaySavings[] {
  const { tariff, quarters, wearPerKWh } = inputs;
  const days = new Map<number, { measured: MeasuredQuarter[]; other: MeteredQuarter[] }>();
  quarters.forEach((quarter, i) => {
    const day = localDay(tariff.zone, quarter.startsAtMs);
    const kept = days.get(day) ?? { measured: [], other: [] };
    kept.measured.push(quarter);
    kept.other.push(others[i]!);
    days.set(day, kept);
  });
  let { measured: book, atOnce: bookAtOnce } = inputs.before;
  const energy = createShares(tariff.currency);
  const energyAtOnce = createShares(tariff.currency);
  const demand = createShares(tariff.currency, demandOf(tariff, book));
  const demandAtOnce = createShares(tariff.currency, demandOf(tariff, bookAtOnce));
  const wear = createShares(tariff.currency);
  return [...days].map(([day, { measured, other }]) => {
    book = withPeaks(book, tariff, measured);
    bookAtOnce = withPeaks(bookAtOnce, tariff, other);
    const share = {
      energy: energy.add(energyCost(tariff, measured)),
      energyAtOnce: energyAtOnce.add(energyCost(tariff, other)),
      demandRise: demand.upTo(demandOf(tariff, book)),
      demandRiseAtOnce: demandAtOnce.upTo(demandOf(tariff, bookAtOnce)),
      wear: wear.add(wearOf(tariff, measured, wearPerKWh)),
    };
    const saved = share.energyAtOnce + share.demandRiseAtOnce - share.energy - share.demandRise - share.wear;
    return { day, ...share, saved: roundMoney(saved, tariff.currency) };
  });
}

/** Parts of a sum that add up to its rounding. */
function createShares(currency: string, startsAt = 0) {
  let sum = startsAt;
  return {
    add(amount: number): number {
      return this.upTo(sum + amount);
    },
    upTo(next: number): number {
      const share = roundMoney(next, currency) - roundMoney(sum, currency);
      sum = next;
      return roundMoney(share, currency);
    },
  };
}

function energyCost(tariff: Tariff, quarters: readonly MeteredQuarter[]): number {
  let sum = 0;
  for (const { startsAtMs, importWh, exportWh } of quarters) {
    const { importPerKWh, exportPerKWh } = tariff.pricesAt(startsAtMs);
    sum += (importWh * (importPerKWh ?? 0) - exportWh * (exportPerKWh ?? 0)) / 1_000;
  }
  return sum;
}

function wearOf(tariff: Tariff, quarters: readonly MeasuredQuarter[], own: SavingsInputs["wearPerKWh"]): number {
  let sum = 0;
  for (const { vehicles } of quarters)
    for (const [id, { outWh }] of Object.entries(vehicles)) sum += (outWh / 1_000) * (own[id] ?? tariff.wearPerKWh);
  return sum;
}

/** All peaks of a book at their price, without ratchets: what its days have raised. */
function demandOf(tariff: Tariff, book: PeakBook): number {
  let sum = 0;
  for (const { id, perKW } of tariff.demand)
    for (const { powerW } of Object.values(book[id] ?? {})) sum += (powerW / 1_000) * perKW;
  return sum;
}
