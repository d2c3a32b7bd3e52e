/**
 * SunSpec meters: 201–204 (whole numbers with scale factors) and 211–214 (floats), for single-phase, split-phase, wye and
 * delta services. The four of a kind have the same points.
 * Point names, types, order and scale factors as in the SunSpec information models (github.com/sunspec/models, 7abdf89).
 */
import type { ModelTable, PointRow } from "./model.ts";

const total = ["", "A", "B", "C"] as const;

/** A total and its three phases: `W WphA WphB WphC`. */
const phases = (name: string, joint: string, type: "int16" | "acc32" | "float32", scale: string | undefined, unit: string): PointRow[] =>
  total.map((phase): PointRow => [phase === "" ? name : `${name}${joint}${phase}`, type, scale, unit]);

const betweenPhases = (prefix: string, type: "int16" | "float32", scale: string | undefined): PointRow[] =>
  ["AB", "BC", "CA"].map((pair): PointRow => [`${prefix}${pair}`, type, scale, "V"]);

const wholeNumberPoints = (lineToLine: string): readonly PointRow[] => [
  ["A", "int16", "A_SF", "A"],
  ...["A", "B", "C"].map((phase): PointRow => [`Aph${phase}`, "int16", "A_SF", "A"]),
  ["A_SF", "sunssf"],
  ...phases("PhV", "ph", "int16", "V_SF", "V"),
  ["PPV", "int16", "V_SF", "V"],
  ...betweenPhases(lineToLine, "int16", "V_SF"),
  ["V_SF", "sunssf"],
  ["Hz", "int16", "Hz_SF", "Hz"],
  ["Hz_SF", "sunssf"],
  ...phases("W", "ph", "int16", "W_SF", "W"),
  ["W_SF", "sunssf"],
  ...phases("VA", "ph", "int16", "VA_SF", "VA"),
  ["VA_SF", "sunssf"],
  ...phases("VAR", "ph", "int16", "VAR_SF", "var"),
  ["VAR_SF", "sunssf"],
  ...phases("PF", "ph", "int16", "PF_SF", "Pct"),
  ["PF_SF", "sunssf"],
  ...phases("TotWhExp", "Ph", "acc32", "TotWh_SF", "Wh"),
  ...phases("TotWhImp", "Ph", "acc32", "TotWh_SF", "Wh"),
  ["TotWh_SF", "sunssf"],
  ...phases("TotVAhExp", "Ph", "acc32", "TotVAh_SF", "VAh"),
  ...phases("TotVAhImp", "Ph", "acc32", "TotVAh_SF", "VAh"),
  ["TotVAh_SF", "sunssf"],
  ...phases("TotVArhImpQ1", "Ph", "acc32", "TotVArh_SF", "varh"),
  ...phases("TotVArhImpQ2", "Ph", "acc32", "TotVArh_SF", "varh"),
  ...phases("TotVArhExpQ3", "Ph", "acc32", "TotVArh_SF", "varh"),
  ...phases("TotVArhExpQ4", "Ph", "acc32", "TotVArh_SF", "varh"),
  ["TotVArh_SF", "sunssf"],
  ["Evt", "bitfield32"],
];

const floatPoints: readonly PointRow[] = [
  ...phases("A", "ph", "float32", undefined, "A"),
  ...phases("PhV", "ph", "float32", undefined, "V"),
  ["PPV", "float32", undefined, "V"],
  ...betweenPhases("PPVph", "float32", undefined),
  ["Hz", "float32", undefined, "Hz"],
  ...phases("W", "ph", "float32", undefined, "W"),
  ...phases("VA", "ph", "float32", undefined, "VA"),
  ...phases("VAR", "ph", "float32", undefined, "var"),
  ...phases("PF", "ph", "float32", undefined, "PF"),
  ...phases("TotWhExp", "Ph", "float32", undefined, "Wh"),
  ...phases("TotWhImp", "Ph", "float32", undefined, "Wh"),
  ...phases("TotVAhExp", "Ph", "float32", undefined, "VAh"),
  ...phases("TotVAhImp", "Ph", "float32", undefined, "VAh"),
  ...phases("TotVArhImpQ1", "ph", "float32", undefined, "varh"),
  ...phases("TotVArhImpQ2", "ph", "float32", undefined, "varh"),
  ...phases("TotVArhExpQ3", "ph", "float32", undefined, "varh"),
  ...phases("TotVArhExpQ4", "ph", "float32", undefined, "varh"),
  ["Evt", "bitfield32"],
];

const kinds = ["ac_meter", "ac_meter_split", "ac_meter_wye", "ac_meter_delta"] as const;

/** Model 201 names its line-to-line voltages PPVphAB, the others PhVphAB. */
export const wholeNumberMeters: readonly ModelTable[] = kinds.map((name, i) => ({
  id: 201 + i,
  name,
  points: wholeNumberPoints(i === 0 ? "PPVph" : "PhVph"),
}));

export const floatMeters: readonly ModelTable[] = kinds.map((name, i) => ({ id: 211 + i, name: `${name}_float`, points: floatPoints }));
