/** When a state is worth making: at once when something has turned that a person should see, and at leisure otherwise. */
import type { SiteReport } from "../../app/control/shared/report.ts";

/** A state is made at leisure this often, ms. */
export const stateEveryMs = 250;
/** A step of the power at the PCC is shown at once as well, share of the import limit; a ramp is then shown at leisure. */
const stepShare = 0.01;

/** Compares reports with what has been shown. */
export interface Attention {
  /** Whether something has changed that a person should see at once. */
  turned(site: SiteReport, monotonicMs: number): boolean;
  /** Whether the power at the PCC has made a step. */
  stepped(site: SiteReport, monotonicMs: number): boolean;
  /** This is what people see now. */
  shown(site: SiteReport): void;
  /** When something last turned, monotonic ms. */
  readonly turnedMs: number;
}

/** Nothing has been shown yet. */
export function createAttention(importLimitW: number): Attention {
  const shown = { mode: "", gridGood: false, contacts: "", meterQuality: -1, pccW: Number.NaN, steppedMs: 0 };
  let turnedMs = Number.NEGATIVE_INFINITY;
  return {
    turned({ mode, gridGood, contactNo, contactNc, meterQuality }, monotonicMs) {
      const contacts = `${contactNo}${contactNc}`;
      if (
        mode === shown.mode &&
        gridGood === shown.gridGood &&
        contacts === shown.contacts &&
        meterQuality === shown.meterQuality
      )
        return false;
      Object.assign(shown, { mode, gridGood, contacts, meterQuality });
      turnedMs = monotonicMs;
      return true;
    },
    stepped({ pccW }, monotonicMs) {
      if (!(Math.abs(pccW - shown.pccW) > stepShare * importLimitW)) return false;
      if (monotonicMs - shown.steppedMs < stateEveryMs) return false;
      shown.steppedMs = monotonicMs;
      return true;
    },
    shown({ pccW }) {
      shown.pccW = pccW;
    },
    get turnedMs() {
      return turnedMs;
    },
  };
}
