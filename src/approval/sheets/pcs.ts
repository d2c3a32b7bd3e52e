/**
 * The sheet of the power control system (PCS): what NEC 705.13 (in newer editions 750) and permit applications such as SolarAPP+
 * ask of one, from the site's settings. Types and words are those of the UL 1741 CRD for power control systems, as cited in
 * requirement R9.
 */
import { coveredParts } from "../../config/approval-covers.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import { approvalOf, type Evidence } from "../evidence.ts";
import { amps, currentOfW, kW, kWAndA, powerOfA } from "../figures.ts";
import { SheetMaker } from "../sheet.ts";

const types = {
  unrestricted: "unrestricted: stored energy may flow both ways within the limits",
  "import-only": "import only: stored energy never flows to the grid",
  "export-only": "export only: the grid never charges the storage",
  "no-exchange": "no exchange: stored energy stays on the site",
} as const;

/** What the protective limit does, in the words of permit applications. */
function functions({ site }: Evidence): string {
  const { pcc, site: service } = site.config;
  const isLimiting = service.serviceMode !== "parallel-export" || pcc.exportLimitW > 0;
  return [
    isLimiting ? "power export limiting (PEL)" : "",
    "power import limiting",
    pcc.groups.length > 0 || pcc.conductorLimitW < 100_000_000 ? "busbar and conductor overload control (BBOC)" : "",
  ]
    .filter(Boolean)
    .join(", ");
}

export function pcsSheet(evidence: Evidence): SheetMaker {
  const { config } = evidence.site;
  const { site, pcc, evses, pv } = config;
  const { certificates, service } = approvalOf(evidence);
  const conductor = evidence.find(["pcc", "conductorLimitW"]);
  const own = certificates.findIndex(({ covers }) =>
    covers.some((word) => coveredParts(config, word)[0]?.kind === "controller"),
  );
  const dischargeW = evses.reduce((sum, evse) => sum + (evse.dischargeEnabled ? evse.maxDischargeW : 0), 0);
  const sourceA = currentOfW(site, dischargeW + pv.reduce((sum, { ratedW }) => sum + ratedW, 0));
  const sheet = new SheetMaker(evidence, "pcs", "Power control system (NEC 705.13)")
    .fact("Manufacturer and model", `Islet ${evidence.version}`, "package.json of the controller")
    .setting("Type", ["pcc", "powerControlMode"], types[pcc.powerControlMode])
    .fact("Functions", functions(evidence), `${evidence.file}: site.serviceMode, pcc`)
    .setting("Import limit", ["pcc", "importLimitW"], kWAndA(site, pcc.importLimitW))
    .setting("Export limit", ["pcc", "exportLimitW"], kWAndA(site, pcc.exportLimitW));
  if (own >= 0)
    sheet.setting(
      "Certificate",
      ["approval", "certificates", own, "record"],
      `${certificates[own]!.standard}, ${certificates[own]!.record}`,
    );
  if (conductor.given)
    sheet.setting(
      "Controlled limit of busbar and conductors",
      ["pcc", "conductorLimitW"],
      kWAndA(site, pcc.conductorLimitW),
    );
  else
    sheet.lacks(
      "Controlled limit of busbar and conductors",
      "protective limit of busbar and conductors",
      "installer",
      `pcc.conductorLimitW in ${evidence.file}`,
    );
  const { mainBreakerA, busbarA } = service;
  const sums =
    mainBreakerA === undefined || busbarA === undefined
      ? "main breaker or busbar is not given"
      : `${amps(mainBreakerA + 1.25 * sourceA)} of ${amps(1.2 * busbarA)}`;
  return sheet
    .fact("Continuous current of all sources", amps(sourceA), `${evidence.file}: evses, pv`)
    .fact(
      "Main breaker and 125 % of the sources, of 120 % of the busbar",
      sums,
      `${evidence.file}: approval.service, evses, pv`,
    )
    .fact(
      "Busbar carries",
      busbarA === undefined ? "not given" : kW(powerOfA(site, busbarA)),
      `${evidence.file}: approval.service.busbarA`,
    )
    .setting("Monitored conductors", ["pcc", "meter"], monitored(evidence))
    .setting(
      "Accuracy of the meter",
      ["pcc", "meter", "accuracyClassPct"],
      `class ${pcc.meter.accuracyClassPct} %; limits are kept by so much less, and by ${pcc.meter.offsetW} W`,
    )
    .fact(
      "Meter stale, frozen or implausible",
      `discharging 0 within 2 s, import at ${pcc.fallbackImportLimitW === undefined ? "its standard fallback" : kW(pcc.fallbackImportLimitW)}`,
      `${evidence.file}: pcc.fallbackImportLimitW; requirement R15`,
    )
    .setting(
      "Controller silent",
      ["loop", "watchdogS"],
      `each power stage goes to zero by its own watchdog within ${config.loop.watchdogS} s`,
    )
    .fact(
      "Who may change limits, type and code",
      "the installer, in the configuration, logged; operators and backends may only tighten",
      "requirement R8",
    )
    .table(
      "Inadvertent export: record and alarms",
      ["pcc", "inadvertentExport"],
      ["Counts from", "Alarm above", "Alarm when longer than"],
      [
        [
          `${pcc.inadvertentExport.countFromS} s`,
          `${pcc.inadvertentExport.alarmCount} within ${pcc.inadvertentExport.alarmWindowH} h`,
          `${pcc.inadvertentExport.alarmLongS} s`,
        ],
      ],
    );
}

function monitored({ site }: Evidence): string {
  const { pcc } = site.config;
  switch (pccMeteringOf(site.config)) {
    case "none":
      return "none: no meter, the chargers keep a sum of their own and give nothing back";
    case "sum":
      return `sum of ${pcc.meter.sumOf.map(({ device, sign }) => `${sign === "minus" ? "−" : "+"} ${device}`).join(" ")}, each ${pcc.meter.updateMs} ms`;
    case "meter":
      return `one meter at the PCC (${pcc.meter.map}), a sample each ${pcc.meter.updateMs} ms, ${pcc.meter.proven ? "sign and place proven at commissioning" : "not proven yet: power stays small"}`;
  }
}
