/** The equipment, and the certificates that cover it: the fields by which an authority's equipment list is searched. */
import { type CoveredPart, coveredParts } from "../../config/approval-covers.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { SiteConfig } from "../../config/site.ts";
import { transferPartsOf } from "../../config/transfer-parts.ts";
import {
  approvalOf,
  type Evidence,
  type IdentityKey,
  identityOf,
  partName,
  partPath,
  partsOf,
  placeText,
} from "../evidence.ts";
import { kVA, kW } from "../figures.ts";
import { notGiven, SheetMaker } from "../sheet.ts";

/** What the device is rated for, from its own settings. */
function ratingOf({ evses, pv, pcc, transferDevice, devices }: SiteConfig, { kind, index }: CoveredPart): string {
  switch (kind) {
    case "evse": {
      const { maxChargeW, maxDischargeW, stage } = evses[index]!;
      const va = stage.ratedVA ?? Math.max(maxChargeW, maxDischargeW);
      return `+${kW(maxChargeW)} / −${kW(maxDischargeW)}, ${kVA(va)}`;
    }
    case "pv":
      return kW(pv[index]!.ratedW);
    case "meter":
      return `class ${pcc.meter.accuracyClassPct} %, ${pcc.meter.updateMs} ms`;
    case "transfer-device":
      return `${transferDevice!.kind}, ${transferDevice!.travelMs} ms`;
    case "device":
      return devices[index]!.kind === "io" ? "I/O module" : "meter";
    default:
      return "";
  }
}

const identityColumns: readonly (readonly [IdentityKey, string])[] = [
  ["manufacturer", "Manufacturer"],
  ["model", "Model"],
  ["serialNumber", "Serial number"],
  ["firmware", "Firmware"],
];

/** Devices that speak for themselves: a K1 made of parts and a meter that is a sum are none. */
function devicesOf(config: SiteConfig): readonly CoveredPart[] {
  return partsOf(config).filter(({ kind }) => {
    if (kind === "meter") return pccMeteringOf(config) === "meter";
    if (kind === "load-panel") return !isSameDevice(config);
    return kind !== "transfer-device" || transferPartsOf(config) === undefined;
  });
}

/** The panel may be the device that is K1. */
const isSameDevice = ({ loadPanel, transferDevice }: SiteConfig): boolean =>
  loadPanel?.host === transferDevice?.host &&
  loadPanel?.port === transferDevice?.port &&
  loadPanel?.serial === transferDevice?.serial &&
  loadPanel?.unitId === transferDevice?.unitId;

/** `EVSE 1 to 20` in place of twenty names. */
function together(names: readonly string[]): string {
  return names.length > 4 ? `${names.length}: ${names[0]} to ${names.at(-1)}` : names.join(", ");
}

export function equipmentSheet(evidence: Evidence): SheetMaker {
  const { config } = evidence.site;
  const { certificates, pairs } = approvalOf(evidence);
  const sheet = new SheetMaker(evidence, "equipment", "Equipment and certificates").note(
    "Identities come from the configuration (`identity`) or, where it does not say them, from what answered at commissioning. Certificates are listed by the fields by which the equipment lists of authorities (in California the V2G Equipment List) are searched.",
  );
  const devices = devicesOf(config);
  const unknown = new Map<IdentityKey, string[]>();
  const rows = devices.map((part) => {
    const isModule = part.kind === "device" && config.devices[part.index]!.kind === "io";
    const cells = identityColumns.map(([key]) => {
      const fact = identityOf(evidence, part, key);
      if (fact === null && !isModule) unknown.set(key, [...(unknown.get(key) ?? []), partName(config, part)]);
      return (
        fact?.value ??
        (isModule
          ? "tells nothing of itself"
          : notGiven(key === "serialNumber" || key === "firmware" ? "installer" : "manufacturer"))
      );
    });
    return [partName(config, part), ...cells, ratingOf(config, part), identityPlaces(evidence, part)];
  });
  sheet.table(
    "Devices",
    "each in its last column",
    ["Device", ...identityColumns.map(([, title]) => title), "Rating", "Origin"],
    rows,
  );
  for (const [key, title] of identityColumns) {
    const names = unknown.get(key);
    if (names === undefined) continue;
    const who = key === "serialNumber" || key === "firmware" ? "installer" : "manufacturer";
    sheet.miss(
      `${title.toLowerCase()} of ${together(names)}`,
      who,
      "identity of the device in the configuration, or `islet commission`",
    );
  }
  sheet.table(
    "Certificates",
    ["approval", "certificates"],
    ["Standard", "Record", "Laboratory", "Manufacturer, model", "Firmware", "Ratings", "Covers", "Issued, until"],
    certificates.map((one) => [
      one.standard +
        (one.antiIslanding ? ", anti-islanding" : "") +
        (one.closedTransition ? ", closed transition" : ""),
      one.record,
      one.laboratory ?? notGiven("manufacturer"),
      [one.manufacturer, one.model].filter(Boolean).join(" ") || notGiven("manufacturer"),
      one.firmware.join(", ") || (isOfStage(config, one) ? notGiven("manufacturer") : "–"),
      ratingsText(one) || (isOfStage(config, one) ? notGiven("manufacturer") : "–"),
      one.covers.join(", "),
      [one.issuedOn ?? "–", one.expiresOn ?? "–"].join(", "),
    ]),
  );
  sheet.table(
    "Papers of the certificates, in this package",
    ["approval", "certificates"],
    ["Record", "File", "SHA-256"],
    certificates.flatMap(({ record, file }) =>
      file === undefined ? [] : [[record, file, evidence.papers.get(file) ?? "not there"]],
    ),
  );
  sheet.table(
    "Pairs of EVSE and vehicle (AC, the vehicle's own inverter feeds)",
    ["approval", "pairs"],
    ["EVSE", "Vehicle (EVCCID)", "EVSE's record", "Vehicle's record"],
    pairs.map(({ evse, vehicle, evseRecord, vehicleRecord }) => [
      config.evses[evse - 1]?.name ?? String(evse),
      vehicle,
      evseRecord,
      vehicleRecord,
    ]),
  );
  for (const [i, one] of certificates.entries()) {
    const lacking = lackingOf(config, one);
    if (lacking.length > 0)
      sheet.miss(
        `${lacking.join("; ")} of certificate ${one.record}`,
        "manufacturer",
        `approval.certificates[${i}] in ${evidence.file}`,
      );
  }
  return missingCertificates(evidence, sheet, devices);
}

/** Where a device's identity stands: the group in the configuration, and the report for what that leaves out. */
function identityPlaces(evidence: Evidence, part: CoveredPart): string {
  const facts = identityColumns.flatMap(([key]) => identityOf(evidence, part, key)?.place ?? []);
  const configured = facts.some((place) => place.startsWith(`${evidence.file}:`));
  const others = facts.filter((place) => !place.startsWith(`${evidence.file}:`));
  return [...(configured ? [placeText(evidence, [...partPath(part)!, "identity"])] : []), ...new Set(others)].join(
    "; ",
  );
}

function ratingsText(one: Certificate): string {
  const { ratedChargeW, ratedDischargeW, ratedVA, voltageV, frequencyHz, phases, accuracyClassPct } = one;
  const parts = [
    ratedChargeW === undefined ? "" : `+${kW(ratedChargeW)}`,
    ratedDischargeW === undefined ? "" : `−${kW(ratedDischargeW)}`,
    ratedVA === undefined ? "" : kVA(ratedVA),
    voltageV === undefined ? "" : `${voltageV} V`,
    frequencyHz === undefined ? "" : `${frequencyHz} Hz`,
    phases === undefined ? "" : `${phases}-phase`,
    accuracyClassPct === undefined ? "" : `class ${accuracyClassPct} %`,
  ].filter((part) => part !== "");
  return parts.join(", ");
}

type Certificate = ReturnType<typeof approvalOf>["certificates"][number];

const isOfStage = (config: SiteConfig, { covers }: Certificate): boolean =>
  covers.some((word) => coveredParts(config, word).some(({ kind }) => kind === "evse"));

/** What a certificate should say and does not; of a stage more than of another device. */
function lackingOf(config: SiteConfig, one: Certificate): readonly string[] {
  const ofStage = isOfStage(config, one);
  const noService = one.voltageV === undefined || one.frequencyHz === undefined || one.phases === undefined;
  const rows: readonly (readonly [string, boolean])[] = [
    ["laboratory", one.laboratory === undefined],
    ["manufacturer and model", one.manufacturer === undefined || one.model === undefined],
    ["day of issue", one.issuedOn === undefined],
    ["firmware", ofStage && one.firmware.length === 0],
    ["ratings", ofStage && (one.ratedChargeW === undefined || one.ratedDischargeW === undefined)],
    ["voltage, frequency, phases", ofStage && noService],
  ];
  return rows.flatMap(([what, lacks]) => (lacks ? [what] : []));
}

/** Of a stage that gives power the inverter's certificate, of K1 its listing, of the controller that of a power control system. */
function missingCertificates(evidence: Evidence, sheet: SheetMaker, devices: readonly CoveredPart[]): SheetMaker {
  const { config } = evidence.site;
  const { certificates } = approvalOf(evidence);
  const covered = certificates.flatMap(({ covers }) => covers.flatMap((word) => coveredParts(config, word)));
  const isCovered = (kind: CoveredPart["kind"], index: number): boolean =>
    covered.some((one) => one.kind === kind && one.index === index);
  const bare = devices.filter(({ kind, index }) => kind === "evse" && !isCovered(kind, index));
  const how = `approval.certificates in ${evidence.file}`;
  if (bare.length > 0) {
    const needs = config.site.serviceMode.startsWith("parallel")
      ? "certificate of the inverter with anti-islanding (UL 1741 SB, VDE-AR-N 4105 and the like)"
      : "certificate of the power stage";
    sheet.miss(`${needs}: ${together(bare.map((part) => partName(config, part)))}`, "manufacturer", how);
  }
  const islands = config.transferDevice !== undefined && config.transferDevice.kind !== "none";
  if (islands && !isCovered("transfer-device", 0))
    sheet.miss("listing of the transfer device (UL 1008 and the like)", "manufacturer", how);
  const exports = config.site.serviceMode.startsWith("parallel");
  if (exports && !isCovered("controller", 0))
    sheet.miss(
      "certificate of the power control system (UL 1741 CRD for PCS, UL 3141): Islet has none",
      "manufacturer",
      how,
    );
  const pathless = devices.filter(
    (part) => part.kind === "pv" && !isCovered("pv", part.index) && partPath(part) !== undefined,
  );
  if (pathless.length > 0)
    sheet.miss(`certificate of ${together(pathless.map((part) => partName(config, part)))}`, "manufacturer", how);
  return sheet;
}
