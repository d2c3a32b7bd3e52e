/**
 * The procedures of a certification in the order of their clauses, as the public type-test scripts for IEEE 1547.1-2020
 * (svp_1547.1), the interconnection toolkit BATRIES and Rule 21 name them. What needs hands or a laboratory says so.
 */
import type { Procedure } from "./procedure.ts";
import { droopCases } from "./procedures/frequency-functions.ts";
import { constantVarCases, powerFactorCases, wattVarCases } from "./procedures/power-functions.ts";
import { reconnectCases, tripCases } from "./procedures/trips.ts";
import { voltVarCases, voltWattCases } from "./procedures/voltage-functions.ts";

export const procedures: readonly Procedure[] = [
  { id: "ov-trip", title: "Over-voltage trip", clause: "5.4.2", cases: tripCases("ov") },
  { id: "uv-trip", title: "Under-voltage trip", clause: "5.4.3", cases: tripCases("uv") },
  { id: "of-trip", title: "Over-frequency trip", clause: "5.5.1", cases: tripCases("of") },
  { id: "uf-trip", title: "Under-frequency trip", clause: "5.5.2", cases: tripCases("uf") },
  { id: "reconnect", title: "Return after a trip", clause: "5.6", cases: reconnectCases },
  { id: "integrity", title: "Interconnection integrity", clause: "5.8", needs: "a laboratory: surges, dielectric and interference tests of the hardware" },
  { id: "constant-power-factor", title: "Constant power factor", clause: "5.14.3", cases: powerFactorCases },
  { id: "volt-var", title: "Volt-var", clause: "5.14.4", cases: voltVarCases },
  { id: "constant-var", title: "Constant reactive power", clause: "5.14.7", cases: constantVarCases },
  { id: "watt-var", title: "Watt-var", clause: "5.14.8", cases: wattVarCases },
  { id: "volt-watt", title: "Volt-watt", clause: "5.14.9", cases: voltWattCases },
  { id: "droop-above", title: "Frequency-droop above nominal", clause: "5.15.2", cases: droopCases("above") },
  { id: "droop-below", title: "Frequency-droop below nominal", clause: "5.15.3", cases: droopCases("below") },
];
