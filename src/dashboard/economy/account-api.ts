/**
 * The energy account in the JSON API: origin and use of a time by local days. Energies are whole mWh, by source, sink and origin as the
 * rows have them; what nobody measured is `unknown`, and quarter-hours without a row are counted.
 */
import { z } from "zod";
import type { EnergyAccount } from "../../app/account/account.ts";
import { claimWord, remarksOf } from "../../app/account/words.ts";
import { dayOfDate, localDay, startOfDayMs } from "../../domain/calendar.ts";
import { dateOfDay } from "../../domain/fleet/timetable.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { type ApiRoute, refused } from "../server/api-route.ts";

/** Days of one answer: what a controller that has other things to do adds up at once. `islet account` has no such bound. */
const daysMax = 3;

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date such as 2026-07-13");
export const accountQuery = z.object({ from: date.optional(), to: date.optional() });
const amounts = z.record(z.string(), z.number().int());
const byName = z.record(z.string(), amounts);
const claim = z.object({
  holds: z.boolean(),
  againstMWh: z.number().int(),
  quartersCount: z.number().int(),
  sentence: z.string(),
});

const accountAnswer = z.object({
  /** First and last local day. */
  from: date,
  to: date,
  fromMs: z.number(),
  toMs: z.number(),
  /** Quarter-hours of that time, those with a row, those of them that close. */
  quarters: z.number().int(),
  rows: z.number().int(),
  closing: z.number().int(),
  /** By source, then by sink; and by sink, then by origin. */
  flows: byName,
  origins: byName,
  batteryLoss: amounts,
  unknownMs: z.number(),
  unknownMWh: z.number().int(),
  estimatedMWh: z.number().int(),
  closurePpm: z.number().int(),
  closes: z.boolean(),
  noGridCharging: claim,
  noBatteryExport: claim,
  exportMWh: z.number().int(),
  eligibleExportMWh: z.number().int(),
  /** What a person should know of it. */
  remarks: z.array(z.string()),
  guests: z.array(
    z.object({
      account: z.string(),
      host: z.string(),
      guest: z.string(),
      currency: z.string(),
      visits: z.number().int(),
      givenWh: z.number(),
      takenWh: z.number(),
      /** Positive: the host owes the guest. */
      due: z.number(),
      remarks: z.array(z.string()),
    }),
  ),
});
export type AccountAnswer = z.input<typeof accountAnswer>;

export const accountRoutes = [
  {
    id: "energyAccount",
    method: "GET",
    path: "/api/v1/energy/account",
    access: "viewer",
    summary: "Origin and use of energy from one local day to another, both included; today without dates.",
    query: accountQuery,
    answers: { "200": { description: "The account.", schema: accountAnswer }, "400": refused, "404": refused },
  },
] as const satisfies readonly ApiRoute[];

/** Null: there are no such days. */
export function accountOf(
  account: EnergyAccount,
  zone: ZoneOffsets,
  { from, to }: z.output<typeof accountQuery>,
  nowMs: number,
): AccountAnswer | null {
  const first = dayOf(from ?? to, zone, nowMs);
  const last = dayOf(to ?? from, zone, nowMs);
  if (first === undefined || last === undefined || last < first || last - first >= daysMax) return null;
  const fromMs = startOfDayMs(zone, first);
  const toMs = startOfDayMs(zone, last + 1);
  const statement = account.statement(fromMs, toMs);
  const { noGridCharging, noBatteryExport, missing: _missing, missingCount: _count, ...sums } = statement;
  return {
    ...sums,
    flows: copyOf(sums.flows),
    origins: copyOf(sums.origins),
    from: dateOfDay(first),
    to: dateOfDay(last),
    noGridCharging: { ...noGridCharging, sentence: claimWord("No grid charging", noGridCharging, zone) },
    noBatteryExport: { ...noBatteryExport, sentence: claimWord("No battery export", noBatteryExport, zone) },
    remarks: remarksOf(statement),
    guests: account.bills(fromMs, toMs).map(({ agreement, remarks, ...bill }) => ({
      account: bill.account,
      host: agreement.hostName,
      guest: agreement.guestName,
      currency: bill.currency,
      visits: bill.visits,
      givenWh: bill.givenWh,
      takenWh: bill.takenWh,
      due: bill.due,
      remarks: remarks.map(({ sentence }) => sentence),
    })),
  };
}

const dayOf = (text: string | undefined, zone: ZoneOffsets, nowMs: number): number | undefined =>
  text === undefined ? localDay(zone, nowMs) : dayOfDate(text);

const copyOf = (amountsBy: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  Object.fromEntries(Object.entries(amountsBy).map(([name, of]) => [name, { ...of }]));
