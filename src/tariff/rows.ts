/** Rows of a tariff over the clock: which one holds when, and where two contradict each other or none holds. */
import type { TariffWhen } from "../config/site/tariff.ts";
import { type DayKind, dayKinds } from "../domain/calendar.ts";

const quartersOfDay = 96;
const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] as const;
const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
const kindNames: Readonly<Record<DayKind, string>> = {
  workday: "work days",
  saturday: "Saturdays",
  sunday: "Sundays and holidays",
};

const onKind: Readonly<Record<TariffWhen["days"], readonly DayKind[]>> = {
  all: dayKinds,
  workdays: ["workday"],
  weekends: ["saturday", "sunday"],
  saturdays: ["saturday"],
  sundays: ["sunday"],
};

/** For each month, kind of day and quarter the index of its row; −1 where none holds. */
export interface Clock {
  readonly rowAt: (month: number, kind: DayKind, quarter: number) => number;
  /** What is wrong, each in a sentence, at most one for each pair of rows; `at`: which row says so. */
  readonly mistakes: readonly { readonly at: number; readonly sentence: string }[];
  /** The first time without a row; "" where there is none. */
  readonly gap: string;
}

/**
 * Lays the rows over the clock. A row that says nothing of when holds at all other times. Two others that hold at the same time
 * contradict each other if `differs` says so.
 */
export function overClock<T extends TariffWhen>(rows: readonly T[], differs: (a: T, b: T) => boolean): Clock {
  const table = new Int16Array(months.length * dayKinds.length * quartersOfDay).fill(-1);
  const index = (month: number, kind: DayKind, quarter: number): number =>
    ((month - 1) * dayKinds.length + dayKinds.indexOf(kind)) * quartersOfDay + quarter;
  const mistakes: { at: number; sentence: string }[] = [];
  const told = new Set<string>();
  const otherwise = rows.flatMap((row, i) => (saysNoTime(row) ? i : []));
  for (const extra of otherwise.slice(1))
    mistakes.push({
      at: extra,
      sentence: `says nothing of when, as row ${otherwise[0]! + 1}: only one can hold at all other times`,
    });
  rows.forEach((row, i) => {
    if (saysNoTime(row)) return;
    for (const month of row.months ?? months)
      for (const kind of onKind[row.days])
        for (let q = 0; q < quartersOfDay; q++) {
          if (!holdsAt(row, q)) continue;
          const at = index(month, kind, q);
          const other = table[at]!;
          if (other < 0) table[at] = i;
          else if (differs(rows[other]!, row) && !told.has(`${other} ${i}`)) {
            told.add(`${other} ${i}`);
            mistakes.push({ at: i, sentence: `contradicts row ${other + 1}: both hold ${timeName(month, kind, q)}` });
          }
        }
  });
  let gap = "";
  for (const month of months)
    for (const kind of dayKinds)
      for (let q = 0; q < quartersOfDay; q++) {
        const at = index(month, kind, q);
        if (table[at]! >= 0) continue;
        if (otherwise[0] !== undefined) table[at] = otherwise[0];
        else gap ||= timeName(month, kind, q);
      }
  return { rowAt: (month, kind, quarter) => table[index(month, kind, quarter)]!, mistakes, gap };
}

/** Whether a row holds in a month, on such a day, at that quarter. A row without a time of its own holds always. */
export const holds = (row: TariffWhen, month: number, kind: DayKind, quarter: number): boolean =>
  (row.months === undefined || row.months.includes(month)) && onKind[row.days].includes(kind) && holdsAt(row, quarter);

const saysNoTime = ({ months, days, from, to }: TariffWhen): boolean =>
  months === undefined && days === "all" && from === "00:00" && to === "24:00";

const quarterOf = (time: string): number => Number(time.slice(0, 2)) * 4 + Number(time.slice(3)) / 15;

function holdsAt({ from, to }: TariffWhen, quarter: number): boolean {
  const first = quarterOf(from);
  const end = quarterOf(to);
  return first < end ? quarter >= first && quarter < end : quarter >= first || quarter < end;
}

const timeName = (month: number, kind: DayKind, quarter: number): string => {
  const minutes = quarter * 15;
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return `on ${kindNames[kind]} in ${monthNames[month - 1]} at ${clock}`;
};
