/** Limits against what conductors, breakers, transformer and service mode allow. */
import type { SiteConfig } from "../../config/site.ts";
import { approvalOf, type Evidence, placeText } from "../evidence.ts";
import { amps, isAbove, kVA, kW, kWAndA, phaseVoltageV, powerOfA } from "../figures.ts";
import { aboveBreakers } from "./breakers.ts";
import { type Clash, type ContradictionRow, when } from "./row.ts";

/** Sum of the sources' breakers and the main one against the busbar; continuous current of a source (NEC 705.12). */
const busbarShare = 1.2;
const continuousShare = 1.25;

const sumOf = ({ evses }: SiteConfig, key: "maxChargeW" | "maxDischargeW"): number =>
  evses.reduce((sum, evse) => sum + evse[key], 0);
/** What may be given back at once where discharging is enabled. */
const dischargeOf = ({ evses }: SiteConfig): number =>
  evses.reduce((sum, { dischargeEnabled, maxDischargeW }) => sum + (dischargeEnabled ? maxDischargeW : 0), 0);

const mainBreaker = ["approval", "service", "mainBreakerA"];
const busbar = ["approval", "service", "busbarA"];

/** A limit of the connection against the main breaker. */
function aboveMain(evidence: Evidence, key: "importLimitW" | "exportLimitW"): readonly Clash[] {
  const { site, pcc } = evidence.site.config;
  const { mainBreakerA } = approvalOf(evidence).service;
  if (mainBreakerA === undefined) return [];
  return when(isAbove(pcc[key], powerOfA(site, mainBreakerA)), () => ({
    sentence: `${kWAndA(site, pcc[key])} against a main breaker of ${amps(mainBreakerA)} (${kW(powerOfA(site, mainBreakerA))})`,
    here: placeText(evidence, ["pcc", key]),
    there: placeText(evidence, mainBreaker),
  }));
}

function stagesAboveMain(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const { site, pcc } = config;
  const { mainBreakerA } = approvalOf(evidence).service;
  if (mainBreakerA === undefined) return [];
  const breakerW = powerOfA(site, mainBreakerA);
  const sumW = Math.max(sumOf(config, "maxChargeW"), sumOf(config, "maxDischargeW"));
  return when(isAbove(sumW, breakerW) && isAbove(pcc.conductorLimitW, breakerW), () => ({
    sentence: `power stages of ${kWAndA(site, sumW)} together behind a main breaker of ${amps(mainBreakerA)}, and no protective limit at or below it`,
    here: placeText(evidence, ["pcc", "conductorLimitW"]),
    there: placeText(evidence, mainBreaker),
  }));
}

function sourcesAboveBusbar(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const { site, pcc } = config;
  const { mainBreakerA, busbarA } = approvalOf(evidence).service;
  if (mainBreakerA === undefined || busbarA === undefined || !site.serviceMode.startsWith("parallel")) return [];
  const sourceA =
    (continuousShare * (dischargeOf(config) + config.pv.reduce((sum, { ratedW }) => sum + ratedW, 0))) /
    powerOfA(site, 1);
  const isFull = isAbove(mainBreakerA + sourceA, busbarShare * busbarA);
  return when(isFull && isAbove(pcc.conductorLimitW, powerOfA(site, busbarA)), () => ({
    sentence: `main breaker ${amps(mainBreakerA)} and sources of ${amps(sourceA)} (125 %) are above 120 % of a busbar of ${amps(busbarA)}, and no protective limit holds it`,
    here: placeText(evidence, ["pcc", "conductorLimitW"]),
    there: placeText(evidence, busbar),
  }));
}

function conductorAboveBusbar(evidence: Evidence): readonly Clash[] {
  const { site, pcc } = evidence.site.config;
  const { busbarA } = approvalOf(evidence).service;
  if (busbarA === undefined || !evidence.find(["pcc", "conductorLimitW"]).given) return [];
  return when(isAbove(pcc.conductorLimitW, powerOfA(site, busbarA)), () => ({
    sentence: `a protective limit of ${kWAndA(site, pcc.conductorLimitW)} for a busbar of ${amps(busbarA)}`,
    here: placeText(evidence, ["pcc", "conductorLimitW"]),
    there: placeText(evidence, busbar),
  }));
}

function phaseAboveMain(evidence: Evidence): readonly Clash[] {
  const { site, pcc } = evidence.site.config;
  const { mainBreakerA } = approvalOf(evidence).service;
  if (mainBreakerA === undefined) return [];
  const phaseW = phaseVoltageV(site) * mainBreakerA;
  return (["phaseImportLimitW", "phaseExportLimitW"] as const).flatMap((key) =>
    when(isAbove(pcc[key] ?? 0, phaseW), () => ({
      sentence: `${kW(pcc[key]!)} on one phase, which a main breaker of ${amps(mainBreakerA)} carries ${kW(phaseW)} of`,
      here: placeText(evidence, ["pcc", key]),
      there: placeText(evidence, mainBreaker),
    })),
  );
}

function aboveTransformer(evidence: Evidence): readonly Clash[] {
  const { pcc } = evidence.site.config;
  const { transformerVA } = approvalOf(evidence).utility;
  if (transformerVA === undefined) return [];
  return (["importLimitW", "exportLimitW"] as const).flatMap((key) =>
    when(isAbove(pcc[key], transformerVA), () => ({
      sentence: `${kW(pcc[key])} through a service transformer of ${kVA(transformerVA)}`,
      here: placeText(evidence, ["pcc", key]),
      there: placeText(evidence, ["approval", "utility", "transformerVA"]),
    })),
  );
}

function aboveUtility(evidence: Evidence): readonly Clash[] {
  const { pcc } = evidence.site.config;
  const { exportLimitW } = approvalOf(evidence).utility;
  if (exportLimitW === undefined) return [];
  return when(isAbove(pcc.exportLimitW, exportLimitW), () => ({
    sentence: `the site may export ${kW(pcc.exportLimitW)}, the utility allows ${kW(exportLimitW)}`,
    here: placeText(evidence, ["pcc", "exportLimitW"]),
    there: placeText(evidence, ["approval", "utility", "exportLimitW"]),
  }));
}

/** An hour of the Limited Generation Profile that promises more than the site may ever export. */
function profileAboveLimit(evidence: Evidence): readonly Clash[] {
  const { generationProfile, config } = evidence.site;
  const largestW = generationProfile === null ? 0 : Math.max(...generationProfile.valuesW);
  return when(isAbove(largestW, config.pcc.exportLimitW), () => ({
    sentence: `the Limited Generation Profile goes up to ${kW(largestW)}, the export limit is ${kW(config.pcc.exportLimitW)}`,
    here: placeText(evidence, ["pcc", "generationProfile"]),
    there: placeText(evidence, ["pcc", "exportLimitW"]),
  }));
}

/** What the service mode, the power-control mode and the switches of the EVSEs say about giving power. */
function modes(evidence: Evidence): {
  readonly exports: readonly Clash[];
  readonly control: readonly Clash[];
  readonly discharge: readonly Clash[];
} {
  const { site, pcc, pv, evses } = evidence.site.config;
  const mode = placeText(evidence, ["site", "serviceMode"]);
  const stored = ["import-only", "no-exchange"].includes(pcc.powerControlMode);
  const discharging = evses.findIndex(({ dischargeEnabled }) => dischargeEnabled);
  return {
    exports: when(pcc.exportLimitW > 0 && site.serviceMode !== "parallel-export", () => ({
      sentence: `an export of ${kW(pcc.exportLimitW)} at a site whose service mode is ${site.serviceMode}`,
      here: placeText(evidence, ["pcc", "exportLimitW"]),
      there: mode,
    })),
    control: when(stored && site.serviceMode === "parallel-export" && pcc.exportLimitW > 0 && pv.length === 0, () => ({
      sentence: `power control ${pcc.powerControlMode} keeps stored energy from the grid, and there is nothing else that the ${kW(pcc.exportLimitW)} could come from`,
      here: placeText(evidence, ["pcc", "powerControlMode"]),
      there: mode,
    })),
    discharge: when(site.serviceMode === "load-only" && discharging >= 0, () => ({
      sentence: "discharging is enabled at a site that is a load only",
      here: placeText(evidence, ["evses", discharging, "dischargeEnabled"]),
      there: mode,
    })),
  };
}

function tiersAboveForming(evidence: Evidence): readonly Clash[] {
  const { tiers, evses, transferDevice } = evidence.site.config;
  if (transferDevice === undefined || transferDevice.kind === "none") return [];
  const forming = evses.filter(({ gridForming }) => gridForming);
  const formingW = forming.reduce((sum, { maxDischargeW }) => sum + maxDischargeW, 0);
  const keptW = tiers.reduce((sum, { loadW, sheddable }) => sum + (sheddable ? 0 : loadW), 0);
  return when(forming.length > 0 && isAbove(keptW, formingW), () => ({
    sentence: `tiers that are never shed take ${kW(keptW)}, the stages that form the island give ${kW(formingW)}`,
    here: placeText(evidence, ["tiers"]),
    there: placeText(evidence, ["evses", evses.findIndex(({ gridForming }) => gridForming), "maxDischargeW"]),
  }));
}

export const limitRows: readonly ContradictionRow[] = [
  {
    kind: "import-above-main-breaker",
    between: ["import limit", "main breaker"],
    todo: "Lower the limit, or correct the breaker.",
    find: (e) => aboveMain(e, "importLimitW"),
  },
  {
    kind: "export-above-main-breaker",
    between: ["export limit", "main breaker"],
    todo: "Lower the limit, or correct the breaker.",
    find: (e) => aboveMain(e, "exportLimitW"),
  },
  {
    kind: "stages-above-main-breaker",
    between: ["sum of the power stages", "main breaker"],
    todo: "Set pcc.conductorLimitW to what the breaker carries, or less.",
    find: stagesAboveMain,
  },
  {
    kind: "sources-above-busbar",
    between: ["main breaker and sources (120 % rule)", "busbar"],
    todo: "Set pcc.conductorLimitW to what the busbar carries, or less (NEC 705.13).",
    find: sourcesAboveBusbar,
  },
  {
    kind: "conductor-limit-above-busbar",
    between: ["protective limit", "busbar"],
    todo: "Lower pcc.conductorLimitW.",
    find: conductorAboveBusbar,
  },
  {
    kind: "part-above-its-breaker",
    between: ["rating or limit of a part", "its breaker"],
    todo: "Lower the rating or the group's limit, or correct the breaker.",
    find: aboveBreakers,
  },
  {
    kind: "phase-limit-above-main-breaker",
    between: ["limit of a phase", "main breaker"],
    todo: "Lower the limit of the phase.",
    find: phaseAboveMain,
  },
  {
    kind: "limit-above-transformer",
    between: ["limit of the connection", "service transformer"],
    todo: "Lower the limit, or ask the utility for the rating.",
    find: aboveTransformer,
  },
  {
    kind: "export-above-utility",
    between: ["export limit", "what the utility allows"],
    todo: "Lower pcc.exportLimitW.",
    find: aboveUtility,
  },
  {
    kind: "export-without-mode",
    between: ["export limit", "service mode"],
    todo: "Set the limit to 0, or apply for parallel-export.",
    find: (e) => modes(e).exports,
  },
  {
    kind: "profile-above-export-limit",
    between: ["Limited Generation Profile", "export limit"],
    todo: "Set the limit to the profile's largest hour, or take the profile that was granted.",
    find: profileAboveLimit,
  },
  {
    kind: "export-against-power-control",
    between: ["power-control mode", "service mode"],
    todo: "Choose export-only or unrestricted, or a mode without export.",
    find: (e) => modes(e).control,
  },
  {
    kind: "discharge-without-mode",
    between: ["discharging enabled", "service mode"],
    todo: "Switch dischargeEnabled off, or apply for another mode.",
    find: (e) => modes(e).discharge,
  },
  {
    kind: "tiers-above-forming",
    between: ["load that is never shed", "stages that form the island"],
    todo: "Make a tier sheddable, or let another stage form.",
    find: tiersAboveForming,
  },
];
