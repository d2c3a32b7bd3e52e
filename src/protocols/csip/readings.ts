/**
 * What is measured, as mirror usage points: one for the site at the connection point, one for the devices. Powers as the
 * standard counts them at either: positive from the grid.
 */
import { createHash } from "node:crypto";
import type { Tag } from "./xml.ts";

export interface ReadingRow {
  readonly point: "site" | "der";
  readonly name: string;
  /** Unit of measure, and flow direction (1 forward), of the standard's lists. */
  readonly uom: number;
  readonly digits: number;
  readonly kind: number;
  /** A value of a moment; the others are means over their interval. */
  readonly isSample?: boolean;
}

/** Kinds of readings, of the standard's list. */
const energy = 12;
const power = 37;

export const readingRows = {
  siteW: { point: "site", name: "Site active power", uom: 38, digits: 0, kind: power },
  siteVar: { point: "site", name: "Site reactive power", uom: 63, digits: 0, kind: power },
  siteV: { point: "site", name: "Site voltage", uom: 29, digits: 1, kind: power },
  derW: { point: "der", name: "DER active power", uom: 38, digits: 0, kind: power },
  derVar: { point: "der", name: "DER reactive power", uom: 63, digits: 0, kind: power },
  derWh: { point: "der", name: "DER stored energy", uom: 72, digits: 0, kind: energy, isSample: true },
} as const satisfies Record<string, ReadingRow>;
export type ReadingName = keyof typeof readingRows;
const isSample = (name: ReadingName): boolean => (readingRows[name] as ReadingRow).isSample === true;
export const readingNames = Object.keys(readingRows) as ReadingName[];

/** Roles of a usage point: bits 0 mirror, 1 premises, 2 vehicle, 3 DER, 6 submeter. */
const roles = { site: "0003", der: "0049" } as const;
/** Data qualifiers: of a moment, and a mean. */
const sample = 0;
const average = 2;

/**
 * Name of a usage point or reading: the same after every restart, so that a server has each once. It ends with the private
 * enterprise number of whoever gives the names, as CSIP-AUS has it: eight decimal digits.
 */
export const mridOf = ({ lfdi, pen }: Namer, what: string): string =>
  createHash("sha256").update(`${lfdi}/${what}`).digest("hex").slice(0, 24).toUpperCase() +
  String(pen).padStart(8, "0");

export interface Namer {
  readonly lfdi: string;
  /** Private enterprise number, 0 for none. */
  readonly pen: number;
}

const minuteS = 60;
/**
 * Where an interval that is posted now ends, and when the next one is due, s of the server. Rates of whole minutes have intervals
 * that begin and end on the minute.
 */
export function readingInterval(serverS: number, rateS: number): { readonly toS: number; readonly nextS: number } {
  const stepS = rateS % minuteS === 0 ? minuteS : 1;
  return { toS: Math.floor(serverS / stepS) * stepS, nextS: (Math.floor(serverS / rateS) + 1) * rateS };
}

export const usagePointBody = (namer: Namer, point: "site" | "der", names: readonly ReadingName[]): Tag => [
  "MirrorUsagePoint",
  [
    ["mRID", mridOf(namer, point)],
    ["description", point === "site" ? "Site" : "DER"],
    ["roleFlags", roles[point]],
    ["serviceCategoryKind", 0],
    ["status", 1],
    ["deviceLFDI", namer.lfdi],
    ...names
      .filter((name) => readingRows[name].point === point)
      .map((name): Tag => {
        const row = readingRows[name];
        return [
          "MirrorMeterReading",
          [
            ["mRID", mridOf(namer, name)],
            ["description", row.name],
            [
              "ReadingType",
              [
                ["commodity", 1],
                ["dataQualifier", isSample(name) ? sample : average],
                ["flowDirection", 1],
                ["kind", row.kind],
                ["powerOfTenMultiplier", row.digits === 0 ? 0 : -row.digits],
                ["uom", row.uom],
              ],
            ],
          ],
        ];
      }),
  ],
];

/** `fromS`, `toS`: the interval of a mean; a sample is of `toS`. */
export const readingBody = (namer: Namer, name: ReadingName, value: number, fromS: number, toS: number): Tag => [
  "MirrorMeterReading",
  [
    ["mRID", mridOf(namer, name)],
    ["description", readingRows[name].name],
    [
      "Reading",
      [
        [
          "timePeriod",
          [
            ["duration", isSample(name) ? 0 : Math.max(1, toS - fromS)],
            ["start", isSample(name) ? toS : fromS],
          ],
        ],
        ["value", Math.round(value * 10 ** readingRows[name].digits)],
      ],
    ],
  ],
];
