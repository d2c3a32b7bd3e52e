/** What has been proven: response time, type-test procedures, commissioning, permit. */

import { decidingRow, figure, limitText } from "../../certify/report.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import { promisedRecoveryMs, siteGuarantees } from "../../core/core-config.ts";
import type { Evidence, Paper } from "../evidence.ts";
import { kW, moment, seconds } from "../figures.ts";
import { SheetMaker } from "../sheet.ts";

export function responseSheet(evidence: Evidence): SheetMaker {
  const { config } = evidence.site;
  const { passport, passportFile, file } = evidence;
  const sheet = new SheetMaker(evidence, "response", "Response time").note(
    "The guarantee is computed from the configuration: after a step of the load that takes away all room, how long and how far the limit is exceeded at most. The passport is what operation has measured.",
  );
  if (pccMeteringOf(config) === "none")
    return sheet.fact("Guarantee", "no meter at the PCC: nothing is given back", `${file}: pcc.meter`);
  const { exports, imports } = siteGuarantees(config);
  const origin = `computed from ${file}: pcc.meter, evses[].stage, loop`;
  const row = (name: string, g: typeof exports): readonly string[] => [
    name,
    seconds(g.backMs),
    seconds(g.meterMs),
    seconds(g.commandMs),
    seconds(g.responseMs),
    kW(g.peakW),
    `${g.energyWh.toFixed(1)} Wh`,
  ];
  const rows = [...(exports.peakW > 0 ? [row("export", exports)] : []), row("import", imports)];
  sheet
    .setting("Promised recovery", ["pcc", "inadvertentExport", "responseBoundMs"], seconds(promisedRecoveryMs(config)))
    .fact(
      "Guarantee",
      exports.peakW > 0
        ? `export back under its limit within ${seconds(exports.backMs)}`
        : `import back under its limit within ${seconds(imports.backMs)}`,
      origin,
    )
    .table(
      "Guarantee in its parts",
      origin,
      ["Limit", "Back within", "Meter", "Command", "Stage", "At most beyond", "Energy"],
      rows,
    );
  if (passport === null || passport.count === 0)
    return sheet.lacks(
      "Passport",
      "recoveries measured in operation (none so far)",
      "installer",
      `runs by itself: ${passportFile}`,
    );
  return sheet.fact(
    "Passport",
    `${passport.count} recoveries; half within ${seconds(passport.p50Ms)}, 99 of 100 within ${seconds(passport.p99Ms)}, the longest ${seconds(passport.longestMs)}; ${passport.beyondBoundCount} beyond the promise`,
    `${passportFile}: response-time passport`,
  );
}

/** State, signature and times of a signed report. */
function head<R extends { readonly version: string; readonly startedAt: string; readonly endedAt: string }>(
  sheet: SheetMaker,
  { file, report, key }: Paper<R>,
  ownKey: string,
): void {
  if (report === null) return;
  sheet
    .fact("Report", `${moment(report.startedAt)} to ${moment(report.endedAt)}, Islet ${report.version}`, file)
    .fact(
      "Signature",
      `holds, key ${key}${key === ownKey ? ", this station's own" : ": another than this station's; compare it with the one that is known"}`,
      file,
    );
}

export function certifySheet(evidence: Evidence): SheetMaker {
  const { certify, site } = evidence;
  const sheet = new SheetMaker(evidence, "certify", "Results of the type-test procedures");
  const { report } = certify;
  if (report === null)
    return sheet.lacks(
      "Report",
      "report of the type-test procedures",
      "installer",
      `islet certify --profile ${site.config.site.gridProfile}; looked for ${certify.file}`,
    );
  head(sheet, certify, evidence.stationKey);
  const { code, rig, quick, laboratory, verdict, procedures } = report;
  sheet
    .fact(
      "Code and settings",
      `${code.profile}, settings ${code.settingsSha256.slice(0, 16)}…, the same as the site's`,
      `${certify.file}: code`,
    )
    .fact(
      "Equipment under test",
      `${rig.equipment}; ${kW(rig.ratedW)}, ${rig.nominalFrequencyHz} Hz`,
      `${certify.file}: rig`,
    )
    .fact("Test rig", rig.name, `${certify.file}: rig`)
    .fact("Laboratory", laboratory === "" ? "none" : laboratory, `${certify.file}: laboratory`)
    .fact("Verdict", verdict, `${certify.file}: verdict`);
  if (quick)
    sheet.miss(
      "whole run of the type-test procedures (the report is of a smoke run)",
      "installer",
      `islet certify --profile ${site.config.site.gridProfile}`,
    );
  const left = procedures.filter((one) => one.verdict === "not run");
  if (left.length > 0)
    sheet.miss(
      `procedures that need a laboratory or hands: ${left.map(({ title }) => title).join("; ")}`,
      "manufacturer",
      "islet certify --laboratory FILE",
    );
  return sheet.table(
    "Procedures, each with the row nearest to its limit",
    certify.file,
    ["Clause", "Procedure", "Verdict", "Measured", "Limit"],
    procedures.map((procedure) => {
      const row = decidingRow(procedure);
      return [
        procedure.clause,
        procedure.title,
        procedure.verdict,
        row ? `${row.name}: ${figure(row.measured)} ${row.unit}` : procedure.why,
        row ? limitText(row.low, row.high) : "",
      ];
    }),
  );
}

export function commissioningSheet(evidence: Evidence): SheetMaker {
  const { commissioning, file } = evidence;
  const sheet = new SheetMaker(evidence, "commissioning", "Commissioning");
  const { report } = commissioning;
  if (report === null)
    return sheet.lacks(
      "Report",
      "commissioning report",
      "installer",
      `islet commission ${file}; looked for ${commissioning.file}`,
    );
  head(sheet, commissioning, evidence.stationKey);
  sheet
    .fact(
      "Configuration that was tried",
      `${report.configSha256.slice(0, 16)}…, the same as now`,
      `${commissioning.file}: configSha256`,
    )
    .fact("Verdict", report.verdict, `${commissioning.file}: verdict`);
  const left = report.steps.filter(({ verdict }) => verdict === "not tried");
  if (left.length > 0)
    sheet.miss(
      `steps of commissioning that were not tried: ${left.map(({ title }) => title).join("; ")}`,
      "installer",
      `islet commission ${file}`,
    );
  return sheet.table(
    "Steps",
    commissioning.file,
    ["Step", "Verdict", "Findings"],
    report.steps.map(({ title, verdict, findings }) => [
      title,
      verdict,
      findings
        .slice(0, findingsMax)
        .map(({ device, sentence }) => (sentence.startsWith(device) ? sentence : `${device}: ${sentence}`))
        .join(" "),
    ]),
  );
}

/** Findings of a step that are printed; the report has all. */
const findingsMax = 6;
