/**
 * The procedures of a certification in the order of their clauses, as the public type-test scripts for IEEE 1547.1-2020
 * (svp_1547.1), the interconnection toolkit BATRIES and Rule 21 name them. What needs hands or a laboratory says so.
 */
import type { GridProfile } from "../config/grid-profiles.ts";
import { unsourcedRideThrough } from "../config/ride-through.ts";
import type { Procedure } from "./procedure.ts";
import { generationProfileCases } from "./procedures/calendar.ts";
import { droopCases } from "./procedures/frequency-functions.ts";
import { interoperabilityCases } from "./procedures/interoperability.ts";
import { synchronisationCases, unintentionalIslandCases } from "./procedures/islands.ts";
import { powerLimitCases, priorityCases } from "./procedures/limits.ts";
import { measuringChainCases } from "./procedures/measuring-chain.ts";
import { openPhaseCases, unbalancedVoltVarCases } from "./procedures/phases.ts";
import { lossCases, powerControlCases, reversePowerCases, siteTrialCases } from "./procedures/power-control.ts";
import { constantVarCases, powerFactorCases, wattVarCases } from "./procedures/power-functions.ts";
import {
  frequencyRideThroughCases,
  phaseJumpCases,
  rocofCases,
  voltageRideThroughCases,
} from "./procedures/ride-through-cases.ts";
import { enterRampCases, enterServiceCases, permitCases } from "./procedures/service.ts";
import { settingsAccessCases } from "./procedures/settings-access.ts";
import { ceaseInputCases, permissiveCases } from "./procedures/signals.ts";
import { reconnectCases, tripCases } from "./procedures/trips.ts";
import { voltVarCases, voltVarReferenceCases, voltWattCases } from "./procedures/voltage-functions.ts";

const unsourced = ({ code, rideThrough }: GridProfile): string => unsourcedRideThrough(code, rideThrough);

export const procedures: readonly Procedure[] = [
  { id: "ov-trip",                    title: "Over-voltage trip",                         clause: "5.4.2",  cases: tripCases("ov") },
  { id: "uv-trip",                    title: "Under-voltage trip",                        clause: "5.4.3",  cases: tripCases("uv") },
  { id: "low-voltage-ride-through",   title: "Low-voltage ride-through",                  clause: "5.4.4",  cases: voltageRideThroughCases("low"), without: unsourced },
  { id: "high-voltage-ride-through",  title: "High-voltage ride-through",                 clause: "5.4.6",  cases: voltageRideThroughCases("high"), without: unsourced },
  { id: "of-trip",                    title: "Over-frequency trip",                       clause: "5.5.1",  cases: tripCases("of") },
  { id: "uf-trip",                    title: "Under-frequency trip",                      clause: "5.5.2",  cases: tripCases("uf") },
  { id: "frequency-ride-through",     title: "Low- and high-frequency ride-through",      clause: "5.5.3",  cases: frequencyRideThroughCases, without: unsourced },
  { id: "rocof-ride-through",         title: "Rate of change of frequency ride-through",  clause: "5.5.5",  cases: rocofCases },
  { id: "phase-jump-ride-through",    title: "Phase-angle change ride-through",           clause: "5.5.6",  cases: phaseJumpCases },
  { id: "enter-service",              title: "Enter service: criteria and delay",         clause: "5.6",    cases: enterServiceCases },
  { id: "enter-service-ramp",         title: "Enter service: ramp",                       clause: "5.6",    cases: enterRampCases },
  { id: "reconnect",                  title: "Return after a trip",                       clause: "5.6",    cases: reconnectCases },
  { id: "permit-service",             title: "Permit service off",                        clause: "6.7",    cases: permitCases },
  { id: "synchronisation",            title: "Synchronisation",                           clause: "5.7",    cases: synchronisationCases },
  { id: "integrity",                  title: "Interconnection integrity",                 clause: "5.8",    needs: "a laboratory: surges, dielectric and interference tests of the hardware" },
  { id: "unintentional-island",       title: "Unintentional island",                      clause: "5.10.2", cases: unintentionalIslandCases },
  { id: "permissive-signal",          title: "Permissive signal and hardware input",      clause: "5.10.3", cases: permissiveCases },
  { id: "reverse-power",              title: "Reverse power and minimum import",          clause: "5.10.5", cases: reversePowerCases },
  { id: "open-phase",                 title: "Open phase",                                clause: "5.11",   cases: openPhaseCases },
  { id: "limit-active-power",         title: "Limit of active power",                     clause: "5.13",   cases: powerLimitCases },
  { id: "constant-power-factor",      title: "Constant power factor",                     clause: "5.14.3", cases: powerFactorCases },
  { id: "volt-var",                   title: "Volt-var",                                  clause: "5.14.4", cases: voltVarCases },
  { id: "volt-var-reference",         title: "Volt-var with autonomous reference",        clause: "5.14.5", cases: voltVarReferenceCases },
  { id: "volt-var-unbalanced",        title: "Volt-var with unbalanced voltages",         clause: "5.14.6", cases: unbalancedVoltVarCases },
  { id: "constant-var",               title: "Constant reactive power",                   clause: "5.14.7", cases: constantVarCases },
  { id: "watt-var",                   title: "Watt-var",                                  clause: "5.14.8", cases: wattVarCases },
  { id: "volt-watt",                  title: "Volt-watt",                                 clause: "5.14.9", cases: voltWattCases },
  { id: "droop-above",                title: "Frequency-droop above nominal",             clause: "5.15.2", cases: droopCases("above") },
  { id: "droop-below",                title: "Frequency-droop below nominal",             clause: "5.15.3", cases: droopCases("below") },
  { id: "priority",                   title: "Prioritisation",                            clause: "5.16",   cases: priorityCases },
  { id: "over-voltage-transients",    title: "Over-voltage by ground fault or lost load", clause: "5.17",   needs: "a laboratory: transients of the hardware" },
  { id: "interoperability",           title: "Nameplate, settings, monitoring",           clause: "6.4",    cases: interoperabilityCases },
  { id: "export-limit",               title: "Power control: export and import limits",   clause: "",       cases: powerControlCases },
  { id: "loss-of-measurement",        title: "Power control: loss of measurement or path", clause: "",      cases: lossCases },
  { id: "settings-access",            title: "Power control: access to settings",         clause: "",       cases: settingsAccessCases },
  { id: "measuring-chain",            title: "Identification of the measuring chain",     clause: "",       cases: measuringChainCases },
  { id: "rule21-site-trial",                    title: "Rule 21 trial on site: non-export, inadvertent export", clause: "", cases: siteTrialCases },
  { id: "generation-profile",         title: "Limited Generation Profile over a year",    clause: "",       cases: generationProfileCases },
  { id: "cease-inputs",               title: "Cease button, transfer trip, latches",      clause: "",       cases: ceaseInputCases },
];
