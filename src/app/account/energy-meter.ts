/**
 * What one meter counts, for the account: live power gives the shape, and the meter's own register the amount. Over a silence the
 * register alone tells how much, and nobody when. A register that falls, leaps or is another meter's starts anew where it is; one
 * that reached its end goes on.
 */
import { hourMs } from "../../domain/units.ts";
import { wrapWh } from "../store/wrapped-register.ts";

/** Growth that is believed beyond what the rating gives, Wh: registers of coarse resolution step. */
const stepWh = 1_100;
const ratingMargin = 1.5;
/** Power and register may be apart by this, and by one step of the register, mWh. */
const apartMWh = 2_000;

export interface MeterReading {
  readonly powerW: number;
  /** NaN where the meter has no registers. */
  readonly importWh: number;
  readonly exportWh: number;
}

/** Energies, mWh; import is taken from the site's point of view of that meter, export given. */
export interface Counted {
  importMWh: number;
  exportMWh: number;
}

/** What must outlive a restart. */
export interface KeptSide {
  /** Where the register was when last looked at, Wh; null where it has none. */
  readonly registerWh: number | null;
  /** What power has counted that the register had not yet shown, mWh. */
  readonly aheadMWh: number;
}
export type KeptMeter = readonly [importSide: KeptSide, exportSide: KeptSide];

const neverSeen: KeptSide = { registerWh: null, aheadMWh: 0 };

export interface EnergyMeter {
  /**
   * One look at a live meter. `lastedMs`: how long its power is taken to have held; 0 where that is not known, as after a silence.
   * `sinceMs`: time since the meter was live last, by which a register's growth is judged. It waits for `settle`.
   */
  look(reading: MeterReading, lastedMs: number, sinceMs: number): void;
  /**
   * What waits is of a time of which all meters have told (`known`), or of one of which nobody knows enough (`unknown`); where this
   * meter itself fell silent it is not known to have flowed (`dropped`): its register will tell, where it has one.
   */
  settle(as: "known" | "unknown" | "dropped"): void;
  /** Ends a short time: what was counted in it, in whole mWh. */
  take(): { readonly known: Counted; readonly unknown: Counted };
  readonly kept: KeptMeter;
  /** What happened to the register since the last call, for people; "" for nothing. */
  remark(): string;
}

interface Side {
  known: number;
  unknown: number;
  /** Register when counting from it began, and what was counted since, Wh and mWh. */
  baseWh: number;
  countedMWh: number;
  lastWh: number;
  /** Largest growth between two looks of late, mWh. */
  stepMWh: number;
}

const createSide = ({ registerWh, aheadMWh }: KeptSide): Side => ({
  known: 0,
  unknown: 0,
  baseWh: registerWh ?? Number.NaN,
  countedMWh: aheadMWh,
  lastWh: registerWh ?? Number.NaN,
  stepMWh: 0,
});

/** `kept`: from before a restart; undefined at the first. */
export function createEnergyMeter(name: string, ratedW: number, kept: KeptMeter | undefined): EnergyMeter {
  const ins = createSide(kept?.[0] ?? neverSeen);
  const outs = createSide(kept?.[1] ?? neverSeen);
  const sides: readonly Side[] = [ins, outs];
  let remark = "";
  /** Counted and not settled yet, mWh, import positive: noise about nothing is neither import nor export. */
  let waiting = 0;

  function follow(side: Side, nowWh: number, sinceMs: number, afterSilence: boolean): void {
    if (!Number.isFinite(nowWh)) return;
    const mostWh = Number.isFinite(ratedW) ? (ratedW * ratingMargin * Math.max(0, sinceMs)) / hourMs + stepWh : 1e12;
    const before = side.lastWh;
    side.lastWh = nowWh;
    if (Number.isNaN(before)) {
      side.baseWh = nowWh;
      side.countedMWh = 0;
      return;
    }
    const spanWh = nowWh < before ? wrapWh(before, nowWh, mostWh - stepWh) : 0;
    const grownWh = nowWh - before + spanWh;
    if (grownWh < 0 || grownWh > mostWh) {
      const how = grownWh < 0 ? "fell" : "leapt";
      remark = `${name}: its register ${how} from ${before.toFixed(0)} to ${nowWh.toFixed(0)} Wh: replaced, reset or misread. It counts from there; what it may have counted in between is in nothing.`;
      side.baseWh = nowWh;
      side.countedMWh = 0;
      return;
    }
    if (spanWh > 0) remark = `${name}: its register reached its end and began anew; the account goes on.`;
    side.baseWh -= spanWh;
    if (afterSilence) {
      const uncounted = Math.max(0, (nowWh - side.baseWh) * 1_000 - side.countedMWh);
      side.unknown += uncounted;
      side.baseWh = nowWh;
      side.countedMWh = 0;
    } else side.stepMWh = Math.max(side.stepMWh, grownWh * 1_000);
  }

  /** What the register counted and power did not, or the other way round. */
  function discipline(side: Side): void {
    const apart = (side.lastWh - side.baseWh) * 1_000 - side.countedMWh;
    const bound = apartMWh + 2 * side.stepMWh;
    side.stepMWh = 0;
    if (!(Math.abs(apart) > bound)) return;
    const wanted = apart - Math.sign(apart) * bound;
    // In a time of which nothing is known, neither is this.
    const which = side.known === 0 && side.unknown > 0 ? "unknown" : "known";
    const done = Math.max(wanted, -side[which]);
    side[which] += done;
    side.countedMWh += done;
  }

  return {
    look(reading, lastedMs, sinceMs) {
      waiting += (reading.powerW * lastedMs) / 3_600;
      follow(ins, reading.importWh, sinceMs, lastedMs === 0);
      follow(outs, reading.exportWh, sinceMs, lastedMs === 0);
    },
    settle(as) {
      const side = waiting > 0 ? ins : outs;
      if (as !== "dropped") {
        side[as] += Math.abs(waiting);
        side.countedMWh += Math.abs(waiting);
      }
      waiting = 0;
    },
    take() {
      for (const side of sides) discipline(side);
      return {
        known: { importMWh: whole(ins, "known"), exportMWh: whole(outs, "known") },
        unknown: { importMWh: whole(ins, "unknown"), exportMWh: whole(outs, "unknown") },
      };
    },
    get kept(): KeptMeter {
      const keptOf = ({ lastWh, baseWh, countedMWh }: Side): KeptSide =>
        Number.isNaN(lastWh)
          ? neverSeen
          : { registerWh: lastWh, aheadMWh: Math.round(countedMWh - (lastWh - baseWh) * 1_000) };
      return [keptOf(ins), keptOf(outs)];
    },
    remark() {
      const said = remark;
      remark = "";
      return said;
    },
  };
}

function whole(side: Side, which: "known" | "unknown"): number {
  const amount = Math.floor(side[which]);
  side[which] -= amount;
  return amount;
}
