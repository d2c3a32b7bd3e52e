/**
 * SunSpec models with curves: 705 volt-var, 706 volt-watt, 707–710 trip, 711 frequency droop, 712 watt-var. Curve 1 mirrors
 * what is active and is read-only; the others are written and then adopted.
 * Point names, types, order and scale factors as in the SunSpec information models (github.com/sunspec/models, 7abdf89).
 */
import type { GroupTable, ModelTable, PointRow } from "./model.ts";

const adoption: readonly PointRow[] = [
  ["Ena",         "enum16", undefined, undefined, "RW"],
  ["AdptCrvReq",  "uint16", undefined, undefined, "RW"],
  ["AdptCrvRslt", "enum16"],
  ["NPt",         "uint16"],
];

const reversion: readonly PointRow[] = [
  ["NCrv",    "uint16"],
  ["RvrtTms", "uint32", undefined, "Secs", "RW"],
  ["RvrtRem", "uint32", undefined, "Secs"],
  ["RvrtCrv", "uint16", undefined, undefined, "RW"],
];

export const voltVar: ModelTable = {
  id: 705,
  name: "DERVoltVar",
  points: [
    ...adoption,
    ...reversion,
    ["V_SF",       "sunssf"],
    ["DeptRef_SF", "sunssf"],
    ["RspTms_SF",  "sunssf"],
  ],
  groups: [
    {
      name: "Crv",
      count: "NCrv",
      points: [
        ["ActPt",       "uint16", undefined,   undefined, "RW"],
        ["DeptRef",     "enum16", undefined,   undefined, "RW"],
        ["Pri",         "enum16", undefined,   undefined, "RW"],
        ["VRef",        "uint16", "V_SF",      "VNomPct", "RW"],
        ["VRefAuto",    "uint16", "V_SF",      "VNomPct"],
        ["VRefAutoEna", "enum16", undefined,   undefined, "RW"],
        ["VRefAutoTms", "uint16", undefined,   "Secs",    "RW"],
        ["RspTms",      "uint32", "RspTms_SF", "Secs",    "RW"],
        ["ReadOnly",    "enum16"],
      ],
      groups: [
        {
          name: "Pt",
          count: "NPt",
          points: [
            ["V",   "uint16", "V_SF",       "VNomPct", "RW"],
            ["Var", "int16",  "DeptRef_SF", "DeptRef", "RW"],
          ],
        },
      ],
    },
  ],
};

export const voltWatt: ModelTable = {
  id: 706,
  name: "DERVoltWatt",
  points: [
    ...adoption,
    ...reversion,
    ["V_SF",       "sunssf"],
    ["DeptRef_SF", "sunssf"],
    ["RspTms_SF",  "sunssf"],
  ],
  groups: [
    {
      name: "Crv",
      count: "NCrv",
      points: [
        ["ActPt",    "uint16", undefined,   undefined, "RW"],
        ["DeptRef",  "enum16", undefined,   undefined, "RW"],
        ["RspTms",   "uint32", "RspTms_SF", "Secs",    "RW"],
        ["ReadOnly", "enum16"],
      ],
      groups: [
        {
          name: "Pt",
          count: "NPt",
          points: [
            ["V", "uint16", "V_SF",       "VNomPct", "RW"],
            ["W", "int16",  "DeptRef_SF", "DeptRef", "RW"],
          ],
        },
      ],
    },
  ],
};

export const wattVar: ModelTable = {
  id: 712,
  name: "DERWattVar",
  points: [
    ...adoption,
    ...reversion,
    ["W_SF",       "sunssf"],
    ["DeptRef_SF", "sunssf"],
  ],
  groups: [
    {
      name: "Crv",
      count: "NCrv",
      points: [
        ["ActPt",    "uint16", undefined, undefined, "RW"],
        ["DeptRef",  "enum16", undefined, undefined, "RW"],
        ["Pri",      "enum16", undefined, undefined, "RW"],
        ["ReadOnly", "enum16"],
      ],
      groups: [
        {
          name: "Pt",
          count: "NPt",
          points: [
            ["W",   "int16", "W_SF",       "WMaxPct", "RW"],
            ["Var", "int16", "DeptRef_SF", "VarPct",  "RW"],
          ],
        },
      ],
    },
  ],
};

export const frequencyDroop: ModelTable = {
  id: 711,
  name: "DERFreqDroop",
  points: [
    ["Ena",         "enum16", undefined, undefined, "RW"],
    ["AdptCtlReq",  "uint16", undefined, undefined, "RW"],
    ["AdptCtlRslt", "enum16"],
    ["NCtl",        "uint16"],
    ["RvrtTms",     "uint32", undefined, "Secs", "RW"],
    ["RvrtRem",     "uint32", undefined, "Secs"],
    ["RvrtCtl",     "uint16", undefined, undefined, "RW"],
    ["Db_SF",       "sunssf"],
    ["K_SF",        "sunssf"],
    ["RspTms_SF",   "sunssf"],
  ],
  groups: [
    {
      name: "Ctl",
      count: "NCtl",
      points: [
        ["DbOf",     "uint32", "Db_SF",     "Hz",      "RW"],
        ["DbUf",     "uint32", "Db_SF",     "Hz",      "RW"],
        ["KOf",      "uint16", "K_SF",      undefined, "RW"],
        ["KUf",      "uint16", "K_SF",      undefined, "RW"],
        ["RspTms",   "uint32", "RspTms_SF", "Secs",    "RW"],
        ["PMin",     "int16",  undefined,   "Pct",     "RW"],
        ["ReadOnly", "enum16"],
      ],
    },
  ],
};

/** The three regions of a trip model, in the order of their registers. */
export const tripRegions = ["MustTrip", "MayTrip", "MomCess"] as const;

function tripModel(id: number, name: string, quantity: PointRow): ModelTable {
  const region = (regionName: string): GroupTable => ({
    name: regionName,
    points: [["ActPt", "uint16", undefined, undefined, "RW"]],
    groups: [{ name: "Pt", count: "NPt", points: [quantity, ["Tms", "uint32", "Tms_SF", "Secs", "RW"]] }],
  });
  return {
    id,
    name,
    points: [...adoption, ["NCrvSet", "uint16"], [quantity[2] as string, "sunssf"], ["Tms_SF", "sunssf"]],
    groups: [{ name: "Crv", count: "NCrvSet", points: [["ReadOnly", "enum16"]], groups: tripRegions.map(region) }],
  };
}

const volts: PointRow = ["V", "uint16", "V_SF", "VNomPct", "RW"];
const hertz: PointRow = ["Hz", "uint32", "Hz_SF", "Hz", "RW"];

export const lowVoltageTrip    = tripModel(707, "DERTripLV", volts);
export const highVoltageTrip   = tripModel(708, "DERTripHV", volts);
export const lowFrequencyTrip  = tripModel(709, "DERTripLF", hertz);
export const highFrequencyTrip = tripModel(710, "DERTripHF", hertz);
