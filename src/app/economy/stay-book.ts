/** Stays that have happened: which vehicle was at which charger, with how much it came and with how much it left. */
import { z } from "zod";
import type { ControlReport } from "../control/shared/report.ts";
import type { Documents } from "../store/store.ts";

/** Stays that are kept: 100 chargers for five weeks. */
const staysMax = 4_000;
/** A plug that is out for less was moved, ms. */
const leftMs = 10_000;

const staySchema = z.object({
  evse: z.int(),
  vehicle: z.string().nullable(),
  arrivedAtMs: z.number(),
  /** Null while it is there. */
  leftAtMs: z.number().nullable(),
  /** Wh; null where its charge or capacity is not known. */
  arrivalWh: z.number().nullable(),
  leftWithWh: z.number().nullable(),
  capacityWh: z.number().nullable(),
  maxChargeW: z.number(),
});
export type BookedStay = z.infer<typeof staySchema>;

export interface StayBook {
  look(report: ControlReport, nowMs: number): void;
  /** Stays that overlap [fromMs, toMs), in order of arrival; those under way with what is in the battery now. */
  stays(fromMs: number, toMs: number): readonly BookedStay[];
  readonly sentence: string;
}

const collection = "stays";

export function openStayBook(
  documents: Documents,
  vehicleAt: (evse: number) => string | null,
  maxChargeW: readonly number[],
): StayBook {
  const entries = documents.entries(collection);
  const read = entries.map(({ key, value }) => ({ key, stay: staySchema.safeParse(parseJson(value)) }));
  const all = new Map(read.flatMap(({ key, stay }) => (stay.success ? [[key, stay.data] as const] : [])));
  const present = new Map<number, { key: string; stay: BookedStay; goneSinceMs: number; energyWh: number | null }>();
  for (const [key, stay] of all)
    if (stay.leftAtMs === null)
      present.set(stay.evse, { key, stay, goneSinceMs: Number.NaN, energyWh: stay.leftWithWh });

  const put = (key: string, stay: BookedStay): void => {
    all.set(key, stay);
    documents.atomically(() => {
      documents.put(collection, key, JSON.stringify(stay));
      while (all.size > staysMax) {
        const oldest = all.keys().next().value!;
        all.delete(oldest);
        documents.remove(collection, oldest);
      }
    });
  };

  return {
    look({ stages }, nowMs) {
      stages.forEach(({ vehicleConnected, socPct, capacityWh }, i) => {
        const evse = i + 1;
        const here = present.get(evse);
        const energyWh = finite((socPct / 100) * capacityWh);
        if (vehicleConnected && here === undefined) {
          const stay: BookedStay = {
            evse,
            vehicle: vehicleAt(evse),
            arrivedAtMs: nowMs,
            leftAtMs: null,
            arrivalWh: energyWh,
            leftWithWh: null,
            capacityWh: finite(capacityWh),
            maxChargeW: maxChargeW[i]!,
          };
          const key = `${String(nowMs).padStart(15, "0")}-${evse}`;
          present.set(evse, { key, stay, goneSinceMs: Number.NaN, energyWh });
          put(key, stay);
        } else if (vehicleConnected && here !== undefined) {
          here.goneSinceMs = Number.NaN;
          here.energyWh = energyWh ?? here.energyWh;
          const vehicle = vehicleAt(evse);
          const { stay } = here;
          // Who it is, and what it holds, may be told some seconds after the plug.
          if ((stay.vehicle === null && vehicle !== null) || (stay.arrivalWh === null && energyWh !== null)) {
            here.stay = {
              ...stay,
              vehicle: stay.vehicle ?? vehicle,
              arrivalWh: stay.arrivalWh ?? energyWh,
              capacityWh: stay.capacityWh ?? finite(capacityWh),
            };
            put(here.key, here.stay);
          }
        } else if (here !== undefined) {
          if (Number.isNaN(here.goneSinceMs)) here.goneSinceMs = nowMs;
          if (nowMs - here.goneSinceMs < leftMs) return;
          put(here.key, { ...here.stay, leftAtMs: here.goneSinceMs, leftWithWh: here.energyWh });
          present.delete(evse);
        }
      });
    },
    stays(fromMs, toMs) {
      const now = new Map([...present.values()].map(({ key, energyWh }) => [key, energyWh]));
      return [...all]
        .filter(([, stay]) => stay.arrivedAtMs < toMs && (stay.leftAtMs === null || stay.leftAtMs > fromMs))
        .map(([key, stay]) => (now.has(key) ? { ...stay, leftWithWh: now.get(key)! } : stay));
    },
    sentence:
      all.size < entries.length ? `${entries.length - all.size} stays on record can't be read: they are left out.` : "",
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
