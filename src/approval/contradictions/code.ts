/** The site against the grid code that it names, and its promises against what it can do. */

import { gridSettingRows } from "../../config/grid-profiles.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import { siteGuarantees } from "../../core/core-config.ts";
import { approvalOf, type Evidence, placeText } from "../evidence.ts";
import { currentOfW, rounded, seconds } from "../figures.ts";
import { type Clash, type ContradictionRow, when } from "./row.ts";

/** Ceiling for certified power control systems, s (UL 1741 CRD, as cited in requirement R10). */
const responseCeilingS = 30;

/**
 * Nominal voltages between the conductors of the networks that a code is for, V, and the largest current of a phase that it
 * covers. 230/400 V is the public low-voltage network of Europe, Great Britain, Australia and New Zealand; 16 A is the step
 * from G98 to G99. Common knowledge of the trade, not read in the codes: unconfirmed.
 */
const networks: readonly {
  readonly code: RegExp;
  readonly voltagesV: readonly number[];
  readonly phaseMaxA?: number;
}[] = [
  { code: /^g98/, voltagesV: [230, 400], phaseMaxA: 16 },
  { code: /^(g99|en50549-1|vde-ar-n-4105|as4777)/, voltagesV: [230, 400] },
];

const networkOf = ({ site }: Evidence) => networks.find(({ code }) => code.test(site.profile.base));

function voltage(evidence: Evidence): readonly Clash[] {
  const { site } = evidence.site.config;
  const network = networkOf(evidence);
  const fits = network?.voltagesV.some((voltageV) => Math.abs(site.nominalVoltageV - voltageV) <= 0.05 * voltageV);
  return when(network !== undefined && !fits, () => ({
    sentence: `${evidence.site.profile.code} is for networks of ${network!.voltagesV.join(" or ")} V, the site has ${site.nominalVoltageV} V`,
    here: placeText(evidence, ["site", "nominalVoltageV"]),
    there: placeText(evidence, ["site", "gridProfile"]),
  }));
}

function scope(evidence: Evidence): readonly Clash[] {
  const { site, evses } = evidence.site.config;
  const phaseMaxA = networkOf(evidence)?.phaseMaxA;
  const dischargeW = evses.reduce((sum, evse) => sum + (evse.dischargeEnabled ? evse.maxDischargeW : 0), 0);
  const currentA = currentOfW(site, dischargeW);
  return when(phaseMaxA !== undefined && currentA > phaseMaxA * 1.01, () => ({
    sentence: `${evidence.site.profile.code} covers up to ${phaseMaxA} A a phase, the stages give ${rounded(currentA, 1)} A`,
    here: placeText(evidence, ["evses", 0, "maxDischargeW"]),
    there: placeText(evidence, ["site", "gridProfile"]),
  }));
}

function otherCode(evidence: Evidence): readonly Clash[] {
  const asked = approvalOf(evidence).utility.gridProfile;
  const { profile, config } = evidence.site;
  return when(asked !== undefined && ![config.site.gridProfile, profile.name, profile.base].includes(asked), () => ({
    sentence: `the site runs by ${profile.name} (${profile.code}), the utility asks for ${asked}`,
    here: placeText(evidence, ["site", "gridProfile"]),
    there: placeText(evidence, ["approval", "utility", "gridProfile"]),
  }));
}

function tooSlow(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  if (pccMeteringOf(config) === "none") return [];
  const { exports } = siteGuarantees(config);
  const { responseS } = approvalOf(evidence).utility;
  const allowedS = responseS ?? responseCeilingS;
  return when(exports.peakW > 0 && exports.backMs > 1_000 * allowedS, () => ({
    sentence: `an export beyond the limit ends after up to ${seconds(exports.backMs)} with this meter and these stages, allowed are ${allowedS} s`,
    here: placeText(evidence, ["pcc", "meter", "updateMs"]),
    there:
      responseS === undefined
        ? "ceiling for power control systems (UL 1741 CRD)"
        : placeText(evidence, ["approval", "utility", "responseS"]),
  }));
}

function slowerThanPromised(evidence: Evidence): readonly Clash[] {
  const { passport, passportFile } = evidence;
  return when(passport !== null && passport.count > 0 && passport.beyondBoundCount > 0, () => ({
    sentence: `the site promises ${seconds(passport!.boundMs)}, ${passport!.beyondBoundCount} of ${passport!.count} recoveries took longer, the longest ${seconds(passport!.longestMs)}`,
    here: placeText(evidence, ["pcc", "inadvertentExport", "responseBoundMs"]),
    there: `${passportFile}: response-time passport`,
  }));
}

const mixed = /two codes are not mixed|is not part of/;

/** Complaints about a profile's file name the setting alone. */
const profileSettings = new Set<string>(Object.values(gridSettingRows).flatMap((rows) => rows.map(({ key }) => key)));

export const codeRows: readonly ContradictionRow[] = [
  {
    kind: "two-codes",
    between: ["grid code of the site", "another code"],
    todo: "Decide for one code, with the utility; each setting belongs to it.",
    find: otherCode,
    complaint: ({ complaint }) => mixed.test(complaint),
  },
  {
    kind: "frequency-unlike-code",
    between: ["nominal frequency", "grid code"],
    todo: "Choose the profile for this frequency, or correct site.nominalFrequencyHz.",
    complaint: ({ setting, complaint }) =>
      setting === "site.gridProfile" && complaint.includes("must be a profile for"),
  },
  {
    kind: "settings-outside-code",
    between: ["settings of the site's profile", "range of the code"],
    todo: "Set it within the range.",
    complaint: ({ complaint, setting }) => !mixed.test(complaint) && profileSettings.has(setting),
  },
  {
    kind: "voltage-unlike-code",
    between: ["nominal voltage", "network that the code is for"],
    todo: "Correct the voltage, or choose the code of this network.",
    find: voltage,
  },
  {
    kind: "power-above-code",
    between: ["power of the stages", "what the code covers"],
    todo: "Choose the code for larger plants (G99), or lower the ratings.",
    find: scope,
  },
  {
    kind: "response-slower-than-code",
    between: ["response of meter and stages", "what is asked"],
    todo: "Fit a faster meter or faster stages.",
    find: tooSlow,
  },
  {
    kind: "response-slower-than-promised",
    between: ["promise", "what meter and stages can do, or have done"],
    todo: "Promise what is measured (pcc.inadvertentExport.responseBoundMs), or mend what is slow.",
    find: slowerThanPromised,
    complaint: ({ setting }) => setting === "pcc.inadvertentExport.responseBoundMs",
  },
];
