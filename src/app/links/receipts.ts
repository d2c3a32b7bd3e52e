/** Receipts by the asker's own ids, so that a message that comes twice is carried out once; and how much one asker may ask. */
import type { Ask, Asker, Receipt } from "./link-port.ts";

/** Ids that are remembered, of all askers; the oldest are forgotten first. */
const idsMax = 20_000;
/** They are remembered at most so long, ms. */
const rememberMs = 24 * 3_600_000;
/** What one asker may ask: so many at once, and so many a second in the long run. */
const burstMax = 2_000;
const perSecond = 1_500;
/** Askers whose pace is remembered. */
const askersMax = 200;

export interface Receipts {
  /** The receipt of an ask that has come before; `reused` where the id was another ask's. */
  before(asker: Asker, ask: Ask, nowMs: number): Receipt | "reused" | null;
  keep(asker: Asker, ask: Ask, receipt: Receipt, nowMs: number): void;
  /** Whether the asker keeps to its pace; counts this one. */
  inPace(asker: Asker, nowMs: number): boolean;
}

export function createReceipts(): Receipts {
  const kept = new Map<string, { readonly text: string; readonly receipt: Receipt; readonly atMs: number }>();
  const paces = new Map<string, { left: number; atMs: number }>();
  const keyOf = ({ link, id }: Asker, ask: Ask): string => `${link}/${id}/${ask.id}`;
  return {
    before(asker, ask, nowMs) {
      if (ask.id === undefined) return null;
      const found = kept.get(keyOf(asker, ask));
      if (found === undefined || nowMs - found.atMs > rememberMs) return null;
      return found.text === textOf(ask) ? { ...found.receipt, repeated: true } : "reused";
    },
    keep(asker, ask, receipt, nowMs) {
      if (ask.id === undefined) return;
      kept.delete(keyOf(asker, ask));
      kept.set(keyOf(asker, ask), { text: textOf(ask), receipt, atMs: nowMs });
      if (kept.size > idsMax) kept.delete(kept.keys().next().value ?? "");
    },
    inPace({ link, id }, nowMs) {
      const key = `${link}/${id}`;
      const pace = paces.get(key) ?? { left: burstMax, atMs: nowMs };
      pace.left = Math.min(burstMax, pace.left + (Math.max(0, nowMs - pace.atMs) / 1_000) * perSecond);
      pace.atMs = nowMs;
      paces.delete(key);
      paces.set(key, pace);
      if (paces.size > askersMax) paces.delete(paces.keys().next().value ?? "");
      if (pace.left < 1) return false;
      pace.left--;
      return true;
    },
  };
}

const textOf = ({ what, evse, value, validS, renewS, failSafeW }: Ask): string =>
  JSON.stringify([what, evse, value, validS, renewS, failSafeW]);
