/** What single kinds of vehicles need otherwise than the rest: data (`config/vehicles/`), applied when a vehicle has said who it is. */

export interface VehicleQuirks {
  /** Discharging limits go out below zero. */
  readonly negativeDischargeLimits: boolean;
  /** The meter's discharged energy is not sent. */
  readonly withoutDischargedMeter: boolean;
  /** Offered while nothing is free, W; nothing flows all the same. */
  readonly leastOfferW: number;
  /** It charges on while it renegotiates. */
  readonly keepsPowerInRenegotiation: boolean;
  /** Less is offered as nothing, A. */
  readonly minimumCurrentA: number;
  /** It is asked to stop and does not: cut off after so long, s. */
  readonly stopPatienceS: number;
}

/** Every vehicle that no row names. */
export const usualVehicle: VehicleQuirks = {
  negativeDischargeLimits: false,
  withoutDischargedMeter: false,
  leastOfferW: 0,
  keepsPowerInRenegotiation: false,
  minimumCurrentA: 0,
  stopPatienceS: 10,
};

/** A kind of vehicle, by the beginnings of its identifiers. */
export interface QuirkRow {
  readonly vehicle: string;
  readonly source: string;
  readonly evccid: readonly string[];
  readonly quirks: Partial<VehicleQuirks>;
}

const plain = (id: string): string => id.replace(/[^0-9a-z]/gi, "").toUpperCase();

/** The row whose beginning fits this identifier longest; separators and case don't count. */
export function rowOf(rows: readonly QuirkRow[], vehicleId: string): QuirkRow | undefined {
  const id = plain(vehicleId);
  let best: QuirkRow | undefined;
  let length = 0;
  for (const row of rows)
    for (const beginning of row.evccid) {
      const one = plain(beginning);
      if (one.length <= length || !id.startsWith(one)) continue;
      best = row;
      length = one.length;
    }
  return best;
}
