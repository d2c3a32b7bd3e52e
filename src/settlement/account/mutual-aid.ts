/**
 * What a host owes a visiting vehicle's owner (requirement R36): energy given at the price of energy and wear, less energy taken
 * at the price of supply. It is made from the account's rows alone, so that whoever has the rows comes to the same sum.
 */
import { roundMoney } from "../../tariff/bill.ts";
import { sumOf } from "./amounts.ts";
import { unknownName } from "./flows.ts";
import type { AccountEntry, StayNote } from "./row.ts";

/** What both sides have agreed, before the first kWh. */
export interface AidTerms {
  /** The guest's account; its energy is `guest:` with this name. */
  readonly account: string;
  readonly currency: string;
  readonly energyPerKWh: number;
  readonly wearPerKWh: number;
  readonly supplyPerKWh: number;
  /** From the first moment on and before the last, ms. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Least energy with which the vehicle leaves, Wh; 0: nothing was agreed. */
  readonly leastAtLeavingWh: number;
  /** What the host pays for each visit; 0 where the guest bears it. */
  readonly travelPerVisit: number;
}

/** One end of a visit that the account can check. */
export interface Leaving {
  readonly leftAtMs: number;
  /** What it should have held by the account, and what it said, Wh; null where nobody knows. */
  readonly expectedWh: number | null;
  readonly saidWh: number | null;
}

export interface AidStatement {
  readonly account: string;
  readonly currency: string;
  readonly visits: number;
  /** AC, at the charger. */
  readonly givenWh: number;
  readonly takenWh: number;
  /** Of these, what flowed while the site could not tell where it went or came from. */
  readonly unknownWh: number;
  /** What the visits have changed in its battery: taken less given less losses. */
  readonly batteryWh: number;
  readonly forEnergy: number;
  readonly forWear: number;
  readonly forSupply: number;
  readonly forTravel: number;
  /** Positive: the host pays the guest. */
  readonly due: number;
  readonly leavings: readonly Leaving[];
  /** What a person should look at; of a leaving, or of the whole. */
  readonly remarks: readonly { readonly atMs: number | null; readonly sentence: string }[];
}

type Remark = AidStatement["remarks"][number];

/** Its own word on leaving may differ from the account by this share of its capacity. */
const socShare = 0.01;

export const guestName = (account: string): string => `g:${account}`;
export const guestOrigin = (account: string): string => `guest:${account}`;

/** `entries`: rows in order; those outside the agreement's time are left out. */
export function settleAid(terms: AidTerms, entries: readonly AccountEntry[]): AidStatement {
  const guest = guestName(terms.account);
  let givenMWh = 0;
  let takenMWh = 0;
  let unknownMWh = 0;
  let lossMWh = 0;
  const stays: { readonly note: StayNote; readonly balanceMWh: number }[] = [];
  for (const entry of entries) {
    if (entry.fromMs < terms.fromMs || entry.fromMs >= terms.untilMs) continue;
    const out = entry.flows[guest] ?? {};
    const into = sumOf(entry.origins[guest] ?? {});
    for (const note of entry.stays) {
      // Who comes and goes within a quarter-hour changes nothing before and after it.
      const before = takenMWh - givenMWh - lossMWh;
      const within = into - sumOf(out) - (entry.batteryLoss[guest] ?? 0);
      if (note.battery === guest) stays.push({ note, balanceMWh: note.what === "arrived" ? before : before + within });
    }
    givenMWh += sumOf(out);
    takenMWh += into;
    unknownMWh += (out[unknownName] ?? 0) + (entry.flows[unknownName]?.[guest] ?? 0);
    lossMWh += entry.batteryLoss[guest] ?? 0;
  }
  const visits = stays.filter(({ note }) => note.what === "arrived").length;
  const money = (amount: number): number => roundMoney(amount, terms.currency);
  const kWh = (amountMWh: number): number => amountMWh / 1e6;
  const forEnergy = kWh(givenMWh) * terms.energyPerKWh;
  const forWear = kWh(givenMWh) * terms.wearPerKWh;
  const forSupply = kWh(takenMWh) * terms.supplyPerKWh;
  const forTravel = visits * terms.travelPerVisit;
  const { leavings, remarks } = checkLeavings(terms, stays);
  if (unknownMWh > 0)
    remarks.push({
      atMs: null,
      sentence: `${kWh(unknownMWh).toFixed(3)} kWh flowed while the site could not tell where it went or came from; the charger's meter counts.`,
    });
  return {
    account: terms.account,
    currency: terms.currency,
    visits,
    givenWh: givenMWh / 1_000,
    takenWh: takenMWh / 1_000,
    unknownWh: unknownMWh / 1_000,
    batteryWh: (takenMWh - givenMWh - lossMWh) / 1_000,
    forEnergy: money(forEnergy),
    forWear: money(forWear),
    forSupply: money(forSupply),
    forTravel: money(forTravel),
    // Rounded once: the parts are for reading.
    due: money(forEnergy + forWear - forSupply + forTravel),
    leavings,
    remarks,
  };
}

function checkLeavings(
  { leastAtLeavingWh }: AidTerms,
  stays: readonly { readonly note: StayNote; readonly balanceMWh: number }[],
): { readonly leavings: Leaving[]; readonly remarks: Remark[] } {
  const leavings: Leaving[] = [];
  const remarks: Remark[] = [];
  const kWh = (wh: number): string => `${(wh / 1_000).toFixed(2)} kWh`;
  let came: (typeof stays)[number] | null = null;
  for (const stay of stays) {
    const { note } = stay;
    if (note.what === "arrived") {
      came = stay;
      continue;
    }
    const cameWithMWh = came?.note.contentMWh ?? null;
    const expectedWh = cameWithMWh === null ? null : (cameWithMWh + stay.balanceMWh - came!.balanceMWh) / 1_000;
    const saidWh = note.contentMWh === null ? null : note.contentMWh / 1_000;
    leavings.push({ leftAtMs: note.atMs, expectedWh, saidWh });
    const remark = (sentence: string): number => remarks.push({ atMs: note.atMs, sentence });
    const boundWh = note.capacityMWh === null ? null : (socShare * note.capacityMWh) / 1_000;
    if (expectedWh === null || saidWh === null || boundWh === null)
      remark("what it came or left with is not known, so nothing is compared.");
    else if (Math.abs(expectedWh - saidWh) > boundWh)
      remark(`${kWh(saidWh)} by its own word; the account says ${kWh(expectedWh)}.`);
    const left = saidWh ?? expectedWh;
    if (leastAtLeavingWh > 0 && left !== null && left < leastAtLeavingWh)
      remark(`${kWh(left)}; at least ${kWh(leastAtLeavingWh)} were agreed.`);
    came = null;
  }
  return { leavings, remarks };
}
