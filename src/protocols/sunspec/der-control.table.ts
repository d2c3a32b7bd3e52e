/**
 * SunSpec models that tell a power stage what to do: 703 enter service, 704 setpoints, 715 control.
 * Point names, types, order and scale factors as in the SunSpec information models (github.com/sunspec/models, 7abdf89).
 */
import type { ModelTable } from "./model.ts";

export const enterService: ModelTable = {
  id: 703,
  name: "DEREnterService",
  points: [
    ["ES",          "enum16", undefined, undefined, "RW"],
    ["ESVHi",       "uint16", "V_SF", "Pct", "RW"],
    ["ESVLo",       "uint16", "V_SF", "Pct", "RW"],
    ["ESHzHi",      "uint32", "Hz_SF", "Hz", "RW"],
    ["ESHzLo",      "uint32", "Hz_SF", "Hz", "RW"],
    ["ESDlyTms",    "uint32", undefined, "Secs", "RW"],
    ["ESRndTms",    "uint32", undefined, "Secs", "RW"],
    ["ESRmpTms",    "uint32", undefined, "Secs", "RW"],
    ["ESDlyRemTms", "uint32", undefined, "Secs"],
    ["V_SF",        "sunssf"],
    ["Hz_SF",       "sunssf"],
  ],
};

export const controlAc: ModelTable = {
  id: 704,
  name: "DERCtlAC",
  points: [
    ["PFWInjEna",         "enum16", undefined, undefined, "RW"],
    ["PFWInjEnaRvrt",     "enum16", undefined, undefined, "RW"],
    ["PFWInjRvrtTms",     "uint32", undefined, "Secs", "RW"],
    ["PFWInjRvrtRem",     "uint32", undefined, "Secs"],
    ["PFWAbsEna",         "enum16", undefined, undefined, "RW"],
    ["PFWAbsEnaRvrt",     "enum16", undefined, undefined, "RW"],
    ["PFWAbsRvrtTms",     "uint32", undefined, "Secs", "RW"],
    ["PFWAbsRvrtRem",     "uint32", undefined, "Secs"],
    ["WMaxLimPctEna",     "enum16", undefined, undefined, "RW"],
    ["WMaxLimPct",        "uint16", "WMaxLimPct_SF", "Pct", "RW"],
    ["WMaxLimPctRvrt",    "uint16", "WMaxLimPct_SF", "Pct", "RW"],
    ["WMaxLimPctEnaRvrt", "enum16", undefined, undefined, "RW"],
    ["WMaxLimPctRvrtTms", "uint32", undefined, "Secs", "RW"],
    ["WMaxLimPctRvrtRem", "uint32", undefined, "Secs"],
    ["WSetEna",           "enum16", undefined, undefined, "RW"],
    ["WSetMod",           "enum16", undefined, undefined, "RW"],
    ["WSet",              "int32",  "WSet_SF", "W", "RW"],
    ["WSetRvrt",          "int32",  "WSet_SF", "W", "RW"],
    ["WSetPct",           "int16",  "WSetPct_SF", "Pct", "RW"],
    ["WSetPctRvrt",       "int16",  "WSetPct_SF", "Pct", "RW"],
    ["WSetEnaRvrt",       "enum16", undefined, undefined, "RW"],
    ["WSetRvrtTms",       "uint32", undefined, "Secs", "RW"],
    ["WSetRvrtRem",       "uint32", undefined, "Secs"],
    ["VarSetEna",         "enum16", undefined, undefined, "RW"],
    ["VarSetMod",         "enum16", undefined, undefined, "RW"],
    ["VarSetPri",         "enum16", undefined, undefined, "RW"],
    ["VarSet",            "int32",  "VarSet_SF", "Var", "RW"],
    ["VarSetRvrt",        "int32",  "VarSet_SF", "Var", "RW"],
    ["VarSetPct",         "int16",  "VarSetPct_SF", "Pct", "RW"],
    ["VarSetPctRvrt",     "int16",  "VarSetPct_SF", "Pct", "RW"],
    ["VarSetEnaRvrt",     "enum16", undefined, undefined, "RW"],
    ["VarSetRvrtTms",     "uint32", undefined, "Secs", "RW"],
    ["VarSetRvrtRem",     "uint32", undefined, "Secs"],
    ["WRmp",              "uint16", undefined, "%Max/Sec", "RW"],
    ["WRmpRef",           "enum16", undefined, undefined, "RW"],
    ["VarRmp",            "uint16", undefined, "%Max/Sec", "RW"],
    ["AntiIslEna",        "enum16", undefined, undefined, "RW"],
    ["PF_SF",             "sunssf"],
    ["WMaxLimPct_SF",     "sunssf"],
    ["WSet_SF",           "sunssf"],
    ["WSetPct_SF",        "sunssf"],
    ["VarSet_SF",         "sunssf"],
    ["VarSetPct_SF",      "sunssf"],
  ],
  groups: [
    {
      name: "PFWInj",
      points: [
        ["PF",  "uint16", "PF_SF", undefined, "RW"],
        ["Ext", "enum16", undefined, undefined, "RW"],
      ],
    },
    {
      name: "PFWInjRvrt",
      points: [
        ["PF",  "uint16", "PF_SF", undefined, "RW"],
        ["Ext", "enum16", undefined, undefined, "RW"],
      ],
    },
    {
      name: "PFWAbs",
      points: [
        ["PF",  "uint16", "PF_SF", undefined, "RW"],
        ["Ext", "enum16", undefined, undefined, "RW"],
      ],
    },
    {
      name: "PFWAbsRvrt",
      points: [
        ["PF",  "uint16", "PF_SF", undefined, "RW"],
        ["Ext", "enum16", undefined, undefined, "RW"],
      ],
    },
  ],
};

export const control: ModelTable = {
  id: 715,
  name: "DERCtl",
  points: [
    ["LocRemCtl",    "enum16"],
    ["DERHb",        "uint32"],
    ["ControllerHb", "uint32", undefined, undefined, "RW"],
    ["AlarmReset",   "uint16", undefined, undefined, "RW"],
    ["OpCtl",        "enum16", undefined, undefined, "RW"],
  ],
};
