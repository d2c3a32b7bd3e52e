/** What pages and API ask about energy, cost and grid events; `station-economy.ts` answers from the station. */
import type { z } from "zod";
import type { Result } from "../../domain/result.ts";
import type { AccountAnswer, accountQuery } from "./account-api.ts";
import type { answerBody, DayAnswer, GridEventsAnswer, MonthAnswer, offerBody } from "./economy-api.ts";

export interface EconomyPort {
  /** Null: nothing is on record of that day. Without a date: today. */
  day(date: string | undefined): DayAnswer | null;
  /** Null: nothing is on record of that month. */
  month(date: string | undefined): MonthAnswer | null;
  /** Origin and use of energy; null: there are no such days. */
  account(span: z.output<typeof accountQuery>): AccountAnswer | null;
  events(): GridEventsAnswer;
  /** A sentence of what was done, or of what is wrong. */
  offer(body: z.output<typeof offerBody>, person: string): Result<string>;
  answer(body: z.output<typeof answerBody>, person: string): Result<string>;
}
