/** First sheets: who and where, and how the site runs. */
import { approvalOf, type Evidence } from "../evidence.ts";
import { amps, kVA, kW, kWAndA, powerOfA } from "../figures.ts";
import { SheetMaker } from "../sheet.ts";

/** What each service mode means, for a reader who has never seen one (requirement R1). */
const modeWords = {
  "load-only": "a load; nothing is ever given back and no island is formed",
  "non-parallel-backup": "a load while the grid is there; feeds its own loads only when cut off from the grid by K1",
  "parallel-non-export": "in parallel with the grid without exporting",
  "parallel-export": "in parallel with the grid, exporting up to the limit",
} as const;

export function partiesSheet(evidence: Evidence): SheetMaker {
  const { site } = evidence.site.config;
  const { owner, address, installer, installerLicense, utility, service } = approvalOf(evidence);
  const own = ["approval"];
  const util = ["approval", "utility"];
  const panel = ["approval", "service"];
  const sheet = new SheetMaker(evidence, "parties", "Site and parties")
    .setting("Site", ["site", "name"], site.name)
    .asked("Owner", [...own, "owner"], owner, "owner", "who owns the site")
    .asked("Address", [...own, "address"], address, "owner", "address of the site")
    .asked("Installer", [...own, "installer"], installer, "installer", "who has built it")
    .asked(
      "Installer's license",
      [...own, "installerLicense"],
      installerLicense,
      "installer",
      "the installer's license",
    )
    .asked("Utility", [...util, "name"], utility.name, "owner", "name of the utility")
    .asked("Application", [...util, "application"], utility.application, "utility", "number of the application")
    .asked("Account or meter number", [...util, "account"], utility.account, "owner", "account or meter number")
    .setting("Nominal voltage", ["site", "nominalVoltageV"], `${site.nominalVoltageV} V`)
    .setting("Nominal frequency", ["site", "nominalFrequencyHz"], `${site.nominalFrequencyHz} Hz`)
    .setting("Kind of service", ["site", "phases"], `${site.phases}-phase`);
  const va = utility.transformerVA;
  const { mainBreakerA, busbarA, faultCurrentA, disconnect } = service;
  const carries = (currentA: number | undefined): string | undefined =>
    currentA === undefined ? undefined : `${amps(currentA)} (${kW(powerOfA(site, currentA))})`;
  return sheet
    .asked(
      "Service transformer",
      [...util, "transformerVA"],
      va === undefined ? va : kVA(va),
      "utility",
      "rating of the service transformer",
    )
    .asked("Main breaker", [...panel, "mainBreakerA"], carries(mainBreakerA), "installer", "rating of the main breaker")
    .asked("Main busbar", [...panel, "busbarA"], carries(busbarA), "installer", "rating of the main busbar")
    .asked(
      "Available fault current",
      [...panel, "faultCurrentA"],
      faultCurrentA === undefined ? undefined : amps(faultCurrentA),
      "utility",
      "available fault current at the service",
    )
    .asked("Lockable disconnect", [...panel, "disconnect"], disconnect, "installer", "place of the lockable disconnect")
    .table(
      "Breakers below the main one",
      ["approval", "service", "breakers"],
      ["Breaker", "Feeds", "Rating"],
      service.breakers.map(({ name, covers, ratedA }) => [name, covers.join(", "), amps(ratedA)]),
    );
}

export function operationSheet(evidence: Evidence): SheetMaker {
  const { site, pcc, evses, pv, tiers, allocation } = evidence.site.config;
  const { generationProfile } = evidence.site;
  const charge = evses.reduce((sum, { maxChargeW }) => sum + maxChargeW, 0);
  const discharge = evses.reduce((sum, evse) => sum + (evse.dischargeEnabled ? evse.maxDischargeW : 0), 0);
  const phaseText = (powerW: number | undefined): string =>
    powerW === undefined ? "no limit of a single phase" : kW(powerW);
  const sheet = new SheetMaker(evidence, "operation", "Operating mode and limits")
    .setting("Service mode", ["site", "serviceMode"], `${site.serviceMode}: ${modeWords[site.serviceMode]}`)
    .setting("Import limit at the PCC", ["pcc", "importLimitW"], kWAndA(site, pcc.importLimitW))
    .setting("Export limit at the PCC", ["pcc", "exportLimitW"], kWAndA(site, pcc.exportLimitW))
    .setting("Import limit of a phase", ["pcc", "phaseImportLimitW"], phaseText(pcc.phaseImportLimitW))
    .setting("Export limit of a phase", ["pcc", "phaseExportLimitW"], phaseText(pcc.phaseExportLimitW))
    .setting(
      "Power stages",
      ["evses"],
      `${evses.length}; charging ${kW(charge)}, discharging (where enabled) ${kW(discharge)} together`,
    )
    .setting("Sharing between them", ["allocation"], allocation)
    .setting(
      "PV",
      ["pv"],
      pv.length === 0
        ? "none behind the controller"
        : `${pv.length}, ${kW(pv.reduce((sum, { ratedW }) => sum + ratedW, 0))} together`,
    )
    .setting(
      "Limited Generation Profile",
      ["pcc", "generationProfile"],
      generationProfile === null
        ? "none"
        : `288 values, from ${kW(generationProfile.smallestW)} to ${kW(Math.max(...generationProfile.valuesW))}, in ${site.timeZone}`,
    )
    .setting(
      "Grid operator's contact for less load",
      ["pcc", "reduction"],
      pcc.reduction === undefined
        ? "none"
        : `at most ${kW(pcc.reduction.chargeLimitW)} for all chargers together, within 3 s; an unread contact counts as asked`,
    )
    .table(
      "Limits of feeders, buses and transformers (protective)",
      ["pcc", "groups"],
      ["Name", "Protects", "EVSEs", "Charging", "Discharging"],
      pcc.groups.map(({ name, kind, evses: fed, chargeLimitW, dischargeLimitW }) => [
        name,
        kind,
        fed.join(", "),
        kW(chargeLimitW),
        kW(dischargeLimitW),
      ]),
    )
    .table(
      "Loads behind K1, most important first",
      ["tiers"],
      ["Tier", "Load", "Inrush", "May be shed"],
      tiers.map(({ name, loadW, inrushFactor, sheddable }) => [
        name,
        kW(loadW),
        `${inrushFactor} times`,
        sheddable ? "yes" : "no",
      ]),
    );
  if (generationProfile === null) return sheet;
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const row = (month: number): readonly string[] => [
    String(month + 1),
    ...hours.map((hour) => String(Math.round(generationProfile.valuesW[24 * month + hour]! / 1_000))),
  ];
  return sheet.table(
    "Limited Generation Profile, kW by month and hour",
    ["pcc", "generationProfile"],
    ["Month", ...hours.map(String)],
    Array.from({ length: 12 }, (_, month) => row(month)),
  );
}
