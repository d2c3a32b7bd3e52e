/**
 * What the modes in force ask of the port: limits as caps, de-energized as no power at all and no parallel service, setpoints as
 * requests. Pure. Powers of the port are positive from the grid to the vehicle; the server's setpoints are positive towards it.
 */
import type { DerFigures } from "../../../protocols/csip/bodies.ts";
import type { AllInForce, InForce } from "../../../protocols/csip/events.ts";
import type { AskName } from "../asks.table.ts";

export const capNames = [
  "exportLimitW",
  "importLimitW",
  "dischargeLimitW",
  "chargeLimitW",
  "parallelService",
] as const satisfies AskName[];
export type CapName = (typeof capNames)[number];

export interface Wanted {
  readonly value: number;
  /** Whose word it is, for people. */
  readonly by: string;
  /** Time over which the control wants the change spread, s; NaN where it says none. */
  readonly rampS: number;
  readonly untilS: number | null;
}
export interface AllWanted {
  readonly caps: Readonly<Partial<Record<CapName, Wanted>>>;
  /** Power of all chargers together. */
  readonly powerW: Wanted | null;
}

export interface FailSafe {
  readonly exportLimitW?: number | undefined;
  readonly importLimitW?: number | undefined;
}

/** `failSafe`: of a server that is lost; null while it is there. */
export function wantedOf(inForce: AllInForce, figures: DerFigures, failSafe: FailSafe | null): AllWanted {
  const { maxChargeW, maxDischargeW } = figures;
  const ratedW = Math.max(maxChargeW, maxDischargeW);
  const caps: Partial<Record<CapName, Wanted>> = {};
  const cap = (name: CapName, said: InForce | undefined, wattsOf = (value: number) => value): void => {
    if (said === undefined) return;
    const value = Math.max(0, wattsOf(said.value));
    const known = caps[name];
    if (known === undefined || value < known.value)
      caps[name] = { value, by: nameOf(said), rampS: said.rampS, untilS: said.untilS };
  };
  cap("exportLimitW", inForce.expLimW);
  cap("importLimitW", inForce.impLimW);
  cap("dischargeLimitW", inForce.genLimW);
  cap("dischargeLimitW", inForce.maxLimPct, (percent) => (percent / 100) * ratedW);
  cap("chargeLimitW", inForce.loadLimW);
  for (const said of [inForce.energize, inForce.connect])
    if (said?.value === 0) {
      // Without a ramp: it is a switch.
      const off = { ...said, rampS: 0 };
      for (const name of ["parallelService", "dischargeLimitW", "chargeLimitW"] as const) cap(name, off);
    }
  for (const name of ["exportLimitW", "importLimitW"] as const)
    if (failSafe?.[name] !== undefined && caps[name] === undefined)
      caps[name] = { value: failSafe[name], by: "CSIP, fail-safe while the server is lost", rampS: 0, untilS: null };
  return { caps, powerW: powerOf(inForce, figures) };
}

/** The setpoint of most weight: of the storage, of the devices in watts, as a share of what they are rated for. */
function powerOf({ storageTargetW, targetW, fixedPct }: AllInForce, figures: DerFigures): Wanted | null {
  const { maxChargeW, maxDischargeW } = figures;
  const said = storageTargetW ?? targetW ?? fixedPct;
  if (said === undefined) return null;
  const isShare = said === fixedPct;
  const givenW = isShare ? (said.value / 100) * (said.value > 0 ? maxDischargeW : maxChargeW) : said.value;
  const value = Math.min(maxChargeW, Math.max(-maxDischargeW, -givenW)) + 0;
  return { value, by: nameOf(said), rampS: said.rampS, untilS: said.untilS };
}

const nameOf = ({ mrid, program }: InForce): string =>
  (mrid === "" ? `CSIP, default control of ${program}` : `CSIP, control ${mrid} of ${program}`).slice(0, 80);
