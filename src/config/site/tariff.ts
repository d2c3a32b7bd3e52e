/** Settings of the tariff: what energy and peaks cost. Taxes and fixed fees are the bill's; no setting limits a power. */
import { z } from "zod";
import { dayOfDate } from "../../domain/calendar.ts";
import { choiceOr, group, httpsAddress, integer, integerOr, number, numberOr, text } from "../setting.ts";

/** Most rows of prices, of demand charges, and most holidays. */
const rowsMax = 60;
const demandMax = 8;
const holidaysMax = 400;

/** Kinds of day of a row. A holiday is like a Sunday. */
const tariffDays = ["all", "workdays", "weekends", "saturdays", "sundays"] as const;

const time = (sentence: string) =>
  text({ sentence, maxLength: 5, pattern: /^(([01]\d|2[0-3]):(00|15|30|45)|24:00)$/, example: "16:00" });

const date = (sentence: string) =>
  z
    .string({ error: "must be a date, for example 2026-07-04" })
    .refine((value) => dayOfDate(value) !== undefined, "must be a date of the calendar, for example 2026-07-04")
    .meta({ sentence, example: "2026-07-04" });

/** When a row holds. */
const when = {
  months: z
    .array(integer({ sentence: "A month in which it holds, 1 to 12.", min: 1, max: 12 }))
    .min(1, "must name at least one month")
    .max(12, "must name at most twelve months")
    .optional(),
  days: choiceOr("all", tariffDays, { sentence: "Days on which it holds. A holiday is like a Sunday." }),
  from: time("From this time of the local day on.").default("00:00"),
  to: time("Until this time; earlier than `from`: across midnight.").default("24:00"),
};

const priceRow = group(
  {
    ...when,
    perKWh: number({ sentence: "Price of a kWh, before taxes.", unit: "currency/kWh", min: -10, max: 100 }),
  },
  "A price and when it holds. A row that says nothing of when is the price of all other times.",
);

const demandRow = group(
  {
    id: text({ sentence: "What the bill calls it.", maxLength: 60, example: "Summer on-peak demand" }),
    ...when,
    perKW: number({
      sentence: "Price of a kW of the period's highest import.",
      unit: "currency/kW",
      min: 0,
      max: 1_000,
    }),
    per: choiceOr("month", ["month", "day"], { sentence: "The period whose highest import counts." }),
    averageMinutes: choiceOr("15", ["15", "30"], {
      sentence: "Time over which the meter averages, minutes, in quotes.",
    }),
    ratchetPct: numberOr(0, {
      sentence: "A month is billed for at least this share of the highest of the months before; 0: no ratchet.",
      unit: "%",
      min: 0,
      max: 100,
    }),
    ratchetMonths: integerOr(11, { sentence: "How many months before count.", min: 1, max: 23 }),
  },
  "A demand charge.",
);

const dayAheadSettings = group(
  {
    file: text({
      sentence: "File of prices by moment, beside the configuration; read again when it changes.",
      maxLength: 300,
      example: "prices.csv",
    }).optional(),
    url: httpsAddress("prices").optional().meta({ sentence: "Address of the prices, https." }),
    caFile: text({
      sentence: "Authorities whose certificates the address may show, PEM; without it those of the system.",
      maxLength: 300,
    }).optional(),
    everyMinutes: integerOr(30, { sentence: "How often it is read.", unit: "min", min: 5, max: 1_440 }),
    maxPerKWh: numberOr(5, {
      sentence: "A price above this, or below it with a minus, refuses the series.",
      unit: "currency/kWh",
      min: 0.01,
      max: 100,
    }),
    addPerKWh: numberOr(0, {
      sentence: "What is paid on top of the price, such as network fees.",
      unit: "currency/kWh",
      min: -10,
      max: 100,
    }),
    exportAddPerKWh: number({
      sentence: "What is added to the price for export; without it export has its own rows.",
      unit: "currency/kWh",
      min: -10,
      max: 100,
    }).optional(),
  },
  "Prices by moment, as a market tells them a day ahead. They stand for the rows while they reach.",
);

const rows = <T extends z.ZodType>(row: T, most: number, word: string) =>
  z.array(row, { error: `must be a list of ${word}` }).max(most, `must list at most ${most} ${word}`);

export const tariffSettings = group(
  {
    name: text({ sentence: "What the tariff is called.", maxLength: 80, example: "TOU-EV-8" }),
    currency: text({ sentence: "ISO 4217 code.", maxLength: 3, pattern: /^[A-Z]{3}$/, example: "USD" }),
    validFrom: date("First day on which it holds.").optional(),
    validUntil: date("Last day; after it prices are not known.").optional(),
    holidays: z.array(date("A holiday.")).max(holidaysMax, `must list at most ${holidaysMax} days`).default([]),
    energy: rows(priceRow, rowsMax, "prices").default([]),
    export: rows(priceRow, rowsMax, "prices").default([]),
    demand: rows(demandRow, demandMax, "demand charges").default([]),
    billingDay: integerOr(1, { sentence: "Day of the month on which a billing month begins.", min: 1, max: 28 }),
    wearPerKWh: numberOr(0.05, {
      sentence: "Wear of a vehicle's battery for a kWh discharged, where the vehicle has none of its own.",
      unit: "currency/kWh",
      min: 0,
      max: 10,
    }),
    dayAhead: dayAheadSettings.optional(),
  },
  "What energy costs. Without it energy and peaks are shown, and no costs.",
);

export type TariffSettings = z.infer<typeof tariffSettings>;
/** When a row of a tariff holds. */
export type TariffWhen = Pick<TariffSettings["energy"][number], "months" | "days" | "from" | "to">;
