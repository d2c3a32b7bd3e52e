/** Devices against their certificates, each other, the service and what the utility asks of the meter. */
import { type CoveredPart, coveredParts } from "../../config/approval-covers.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { ApprovalConfig } from "../../config/site/approval.ts";
import {
  approvalOf,
  configuredIdentity,
  type Evidence,
  foundIdentity,
  identityOf,
  partName,
  partPath,
  partsOf,
  partWord,
  placeText,
} from "../evidence.ts";
import { isAbove, kVA, kW } from "../figures.ts";
import { type Clash, type ContradictionRow, when } from "./row.ts";

type Certificate = ApprovalConfig["certificates"][number];

interface Covered {
  readonly certificate: Certificate;
  readonly path: readonly PropertyKey[];
  readonly part: CoveredPart;
}

/** Each certificate with each part that it covers. */
function coveredBy(evidence: Evidence): readonly Covered[] {
  return approvalOf(evidence).certificates.flatMap((certificate, i) =>
    certificate.covers.flatMap((word) =>
      coveredParts(evidence.site.config, word).map((part) => ({
        certificate,
        part,
        path: ["approval", "certificates", i],
      })),
    ),
  );
}

/** Where a device's place is shared by its connectors, so is its serial number. */
function placeOf({ site }: Evidence, part: CoveredPart): string {
  const path = partPath(part);
  const device = path?.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step],
    site.config,
  );
  const { host, port, serial, unitId } = (device ?? {}) as {
    host?: string;
    port?: number;
    serial?: string;
    unitId?: number;
  };
  return `${serial ?? `${host}:${port}`} ${unitId}`;
}

function aboveCertificate(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  return coveredBy(evidence).flatMap(({ certificate, path, part }) => {
    if (part.kind !== "evse") return [];
    const { maxChargeW, maxDischargeW, stage } = config.evses[part.index]!;
    const rows = [
      {
        key: "maxChargeW",
        rated: "ratedChargeW",
        has: maxChargeW,
        may: certificate.ratedChargeW,
        at: ["maxChargeW"],
        unit: kW,
      },
      {
        key: "maxDischargeW",
        rated: "ratedDischargeW",
        has: maxDischargeW,
        may: certificate.ratedDischargeW,
        at: ["maxDischargeW"],
        unit: kW,
      },
      {
        key: "ratedVA",
        rated: "ratedVA",
        has: stage.ratedVA ?? 0,
        may: certificate.ratedVA,
        at: ["stage", "ratedVA"],
        unit: kVA,
      },
    ];
    return rows.flatMap(({ rated, has, may, at, unit }) =>
      when(may !== undefined && isAbove(has, may), () => ({
        sentence: `${partName(config, part)} is set to ${unit(has)}, ${certificate.record} certifies ${unit(may!)}`,
        here: placeText(evidence, ["evses", part.index, ...at]),
        there: placeText(evidence, [...path, rated]),
      })),
    );
  });
}

const sameWord = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

function otherDevice(evidence: Evidence): readonly Clash[] {
  return coveredBy(evidence).flatMap(({ certificate, path, part }) =>
    (["manufacturer", "model"] as const).flatMap((key) => {
      const fact = identityOf(evidence, part, key);
      const stated = certificate[key];
      return when(fact !== null && stated !== undefined && !sameWord(fact.value, stated), () => ({
        sentence: `${partName(evidence.site.config, part)} is ${fact!.value}, ${certificate.record} is for ${stated}`,
        here: fact!.place,
        there: placeText(evidence, [...path, key]),
      }));
    }),
  );
}

function otherFirmware(evidence: Evidence): readonly Clash[] {
  return coveredBy(evidence).flatMap(({ certificate, path, part }) => {
    const fact = identityOf(evidence, part, "firmware");
    const { firmware } = certificate;
    return when(fact !== null && firmware.length > 0 && !firmware.includes(fact.value), () => ({
      sentence: `${partName(evidence.site.config, part)} runs ${fact!.value}, ${certificate.record} examined ${firmware.join(", ")}`,
      here: fact!.place,
      there: placeText(evidence, [...path, "firmware"]),
    }));
  });
}

function expired(evidence: Evidence): readonly Clash[] {
  const today = new Date(evidence.nowMs).toISOString().slice(0, 10);
  return approvalOf(evidence).certificates.flatMap(({ record, expiresOn }, i) =>
    when(expiresOn !== undefined && expiresOn < today, () => ({
      sentence: `${record} held until ${expiresOn}`,
      here: placeText(evidence, ["approval", "certificates", i, "expiresOn"]),
      there: `today, ${today}`,
    })),
  );
}

/** A stage that may feed in parallel at a site with certificates of stages, none of which examined anti-islanding for it. */
function noAntiIslanding(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const covered = coveredBy(evidence).filter(({ part }) => part.kind === "evse");
  if (!config.site.serviceMode.startsWith("parallel") || covered.length === 0) return [];
  return config.evses.flatMap(({ dischargeEnabled }, index) => {
    const own = covered.filter(({ part }) => part.index === index);
    const name = partName(config, { kind: "evse", index, name: "" });
    const records = own.map(({ certificate }) => certificate.record).join(", ");
    const why =
      own.length === 0 ? "no certificate covers it" : `none of its certificates (${records}) examined anti-islanding`;
    return when(dischargeEnabled && !own.some(({ certificate }) => certificate.antiIslanding), () => ({
      sentence: `${name} may give power in parallel, and ${why}`,
      here: placeText(evidence, ["evses", index, "dischargeEnabled"]),
      there: placeText(evidence, own[0] ? [...own[0].path, "antiIslanding"] : ["approval", "certificates"]),
    }));
  });
}

/** Service against certificate: one setting of each. */
function unlikeService(evidence: Evidence, key: "voltageV" | "frequencyHz" | "phases"): readonly Clash[] {
  const { site, evses } = evidence.site.config;
  const settingOf = { voltageV: "nominalVoltageV", frequencyHz: "nominalFrequencyHz", phases: "phases" } as const;
  const unit = { voltageV: " V", frequencyHz: " Hz", phases: "-phase" }[key];
  return coveredBy(evidence).flatMap(({ certificate, path, part }) => {
    const stated = certificate[key];
    const isWhole = part.kind !== "evse" || evses[part.index]!.phase === "all";
    const has = site[settingOf[key]];
    const differs = key === "voltageV" ? Math.abs(Number(stated) - Number(has)) > 0.05 * Number(has) : stated !== has;
    return when(
      stated !== undefined && differs && isWhole && part.kind !== "vehicle" && part.kind !== "controller",
      () => ({
        sentence: `${partName(evidence.site.config, part)} is certified for ${stated}${unit} (${certificate.record}), the service has ${has}${unit}`,
        here: placeText(evidence, ["site", settingOf[key]]),
        there: placeText(evidence, [...path, key]),
      }),
    );
  });
}

/** Phases of EVSEs that the service does not have. */
function foreignPhases(evidence: Evidence): readonly Clash[] {
  const { site, evses } = evidence.site.config;
  const has = { single: ["all", "a"], split: ["all", "a", "b"], three: ["all", "a", "b", "c"] }[site.phases];
  return evses.flatMap(({ phase, vehicleLink }, index) => {
    const outlet = vehicleLink?.connector === "ac3" && site.phases !== "three";
    return [
      ...when(!has.includes(phase), () => ({
        sentence: `an EVSE on phase ${phase} of a ${site.phases}-phase service`,
        here: placeText(evidence, ["evses", index, "phase"]),
        there: placeText(evidence, ["site", "phases"]),
      })),
      ...when(outlet, () => ({
        sentence: `a three-phase outlet on a ${site.phases}-phase service`,
        here: placeText(evidence, ["evses", index, "vehicleLink", "connector"]),
        there: placeText(evidence, ["site", "phases"]),
      })),
    ];
  });
}

function serialTwice(evidence: Evidence): readonly Clash[] {
  const seen = new Map<string, { readonly place: string; readonly at: string; readonly word: string }>();
  return partsOf(evidence.site.config).flatMap((part) => {
    const fact = identityOf(evidence, part, "serialNumber");
    if (fact === null) return [];
    const key = `${(identityOf(evidence, part, "manufacturer")?.value ?? "").toLowerCase()} ${fact.value.trim().toLowerCase()}`;
    const other = seen.get(key);
    const at = placeOf(evidence, part);
    if (other === undefined) seen.set(key, { place: fact.place, at, word: partWord(part) });
    return when(other !== undefined && other.at !== at, () => ({
      sentence: `serial number ${fact.value} is ${other!.word} and ${partWord(part)}`,
      here: fact.place,
      there: other!.place,
    }));
  });
}

function unlikeFound(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  return partsOf(config).flatMap((part) => {
    const configured = configuredIdentity(config, part);
    const found = foundIdentity(evidence, part);
    if (configured === undefined || found === undefined) return [];
    return (["manufacturer", "model", "serialNumber", "firmware"] as const).flatMap((key) =>
      when(configured[key] !== undefined && found[key] !== "" && configured[key] !== found[key], () => ({
        sentence: `${partName(config, part)} is ${configured[key]} by the configuration, and answered as ${found[key]}`,
        here: placeText(evidence, [...partPath(part)!, "identity", key]),
        there: `${evidence.commissioning.file}: devices, ${partWord(part)}`,
      })),
    );
  });
}

function papersGone(evidence: Evidence): readonly Clash[] {
  return approvalOf(evidence).certificates.flatMap(({ record, file }, i) =>
    when(file !== undefined && evidence.papers.get(file) === null, () => ({
      sentence: `the paper of ${record} is not there`,
      here: placeText(evidence, ["approval", "certificates", i, "file"]),
      there: file!,
    })),
  );
}

function meterTooCoarse(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const { accuracyClassPct } = config.pcc.meter;
  const { meterClassPct } = approvalOf(evidence).utility;
  if (pccMeteringOf(config) === "none") return [];
  const here = placeText(evidence, ["pcc", "meter", "accuracyClassPct"]);
  return [
    ...when(meterClassPct !== undefined && accuracyClassPct > meterClassPct, () => ({
      sentence: `a meter of class ${accuracyClassPct} %, the utility asks for ${meterClassPct} %`,
      here,
      there: placeText(evidence, ["approval", "utility", "meterClassPct"]),
    })),
    ...coveredBy(evidence).flatMap(({ certificate, path, part }) =>
      when(part.kind === "meter" && (certificate.accuracyClassPct ?? 0) > accuracyClassPct, () => ({
        sentence: `the meter counts as class ${accuracyClassPct} %, ${certificate.record} certifies ${certificate.accuracyClassPct} %`,
        here,
        there: placeText(evidence, [...path, "accuracyClassPct"]),
      })),
    ),
  ];
}

function meterTooSlow(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const { meter, reversePower } = config.pcc;
  const { meterIntervalMs } = approvalOf(evidence).utility;
  if (pccMeteringOf(config) === "none") return [];
  const seesMs = Math.max(meter.updateMs, meter.windowMs ?? 0) + meter.latencyMs;
  const here = placeText(evidence, ["pcc", "meter", "updateMs"]);
  return [
    ...when(meterIntervalMs !== undefined && meter.updateMs > meterIntervalMs, () => ({
      sentence: `a sample each ${meter.updateMs} ms, the utility asks for one each ${meterIntervalMs} ms`,
      here,
      there: placeText(evidence, ["approval", "utility", "meterIntervalMs"]),
    })),
    ...when(reversePower !== undefined && seesMs > 1_000 * reversePower.delayS, () => ({
      sentence: `a sample of the meter takes up to ${seesMs} ms, the relay function is to trip after ${reversePower!.delayS} s`,
      here,
      there: placeText(evidence, ["pcc", "reversePower", "delayS"]),
    })),
  ];
}

/** A relay function that is finer than what the meter can tell. */
function relayTooFine(evidence: Evidence): readonly Clash[] {
  const { meter, reversePower } = evidence.site.config.pcc;
  const doubtW = Math.max(meter.resolutionW, meter.offsetW);
  return (["reverseMarginW", "minimumImportW"] as const).flatMap((key) => {
    const marginW = reversePower?.[key];
    return when(marginW !== undefined && marginW < doubtW, () => ({
      sentence: `a relay function at ${marginW} W with a meter that is sure to ${doubtW} W`,
      here: placeText(evidence, ["pcc", "reversePower", key]),
      there: placeText(evidence, ["pcc", "meter", meter.offsetW > meter.resolutionW ? "offsetW" : "resolutionW"]),
    }));
  });
}

const isAc = (connector: string | undefined): boolean => connector === "ac1" || connector === "ac3";

/** An EVSE for AC vehicles that may discharge, and no vehicle whose inverter was examined with it. */
function acWithoutPair(evidence: Evidence): readonly Clash[] {
  const { evses } = evidence.site.config;
  const { pairs } = approvalOf(evidence);
  return evses.flatMap(({ vehicleLink, dischargeEnabled }, index) =>
    when(dischargeEnabled && isAc(vehicleLink?.connector) && !pairs.some(({ evse }) => evse === index + 1), () => ({
      sentence: "discharging is enabled for AC vehicles, whose own inverters would feed, and no vehicle is named",
      here: placeText(evidence, ["evses", index, "dischargeEnabled"]),
      there: placeText(evidence, ["approval", "pairs"]),
    })),
  );
}

/** Both records of a pair must be among the certificates, and cover what they are for. */
function pairWithoutPaper(evidence: Evidence): readonly Clash[] {
  const covered = coveredBy(evidence);
  return approvalOf(evidence).pairs.flatMap(({ evse, vehicle, evseRecord, vehicleRecord }, i) => {
    const has = (record: string, fits: (part: CoveredPart) => boolean): boolean =>
      covered.some(({ certificate, part }) => certificate.record === record && fits(part));
    const evseHas = has(evseRecord, ({ kind, index }) => kind === "evse" && index === evse - 1);
    const vehicleHas = has(vehicleRecord, ({ kind, name }) => kind === "vehicle" && name === vehicle.toUpperCase());
    const clash = (record: string, who: string, key: string): Clash => ({
      sentence: `the pair of EVSE ${evse} and vehicle ${vehicle} rests on record ${record}, which no certificate of ${who} has`,
      here: placeText(evidence, ["approval", "pairs", i, key]),
      there: placeText(evidence, ["approval", "certificates"]),
    });
    return [
      ...when(!evseHas, () => clash(evseRecord, `EVSE ${evse}`, "evseRecord")),
      ...when(!vehicleHas, () => clash(vehicleRecord, `vehicle ${vehicle}`, "vehicleRecord")),
    ];
  });
}

export const equipmentRows: readonly ContradictionRow[] = [
  {
    kind: "rating-above-certificate",
    between: ["rating of an EVSE", "its certificate"],
    todo: "Lower the rating, or name the certificate that covers it.",
    find: aboveCertificate,
    complaint: ({ setting }) => /^evses\[\d+\]\.stage\.ratedVA$/.test(setting),
  },
  {
    kind: "certificate-of-another-device",
    between: ["who a device is", "its certificate"],
    todo: "Name the certificate of this model, or correct the identity.",
    find: otherDevice,
  },
  {
    kind: "certificate-of-another-firmware",
    between: ["firmware of a device", "its certificate"],
    todo: "Install the firmware that was examined, or have the maker extend the certificate.",
    find: otherFirmware,
  },
  {
    kind: "certificate-expired",
    between: ["last day of a certificate", "today"],
    todo: "Ask the manufacturer for the certificate in force.",
    find: expired,
  },
  {
    kind: "no-anti-islanding",
    between: ["parallel operation", "certificates of the power stage"],
    todo: "Name the certificate that examined it (UL 1741 and the like), or switch dischargeEnabled off.",
    find: noAntiIslanding,
  },
  {
    kind: "voltage-unlike-certificate",
    between: ["nominal voltage", "certificate"],
    todo: "Correct the voltage, or take equipment for it.",
    find: (e) => unlikeService(e, "voltageV"),
  },
  {
    kind: "frequency-unlike-certificate",
    between: ["nominal frequency", "certificate"],
    todo: "Correct the frequency, or take equipment for it.",
    find: (e) => unlikeService(e, "frequencyHz"),
  },
  {
    kind: "phases-unlike-certificate",
    between: ["kind of service", "certificate"],
    todo: "Correct site.phases, or take equipment for it.",
    find: (e) => unlikeService(e, "phases"),
  },
  {
    kind: "phases-do-not-match",
    between: ["phase of an EVSE", "kind of service"],
    todo: "Correct the phase, or site.phases.",
    find: foreignPhases,
    complaint: ({ setting, complaint }) => setting.endsWith("gridForming") && complaint.includes("on all phases"),
  },
  {
    kind: "serial-number-twice",
    between: ["serial number of a device", "that of another"],
    todo: "Read both type plates and correct the identity.",
    find: serialTwice,
  },
  {
    kind: "identity-unlike-commissioning",
    between: ["identity in the configuration", "what answered at commissioning"],
    todo: "Correct the identity, or find out who changed the device, and commission again.",
    find: unlikeFound,
  },
  {
    kind: "paper-not-there",
    between: ["certificate", "its file"],
    todo: "Put the file beside the configuration, or leave `file` out.",
    find: papersGone,
  },
  {
    kind: "meter-less-accurate",
    between: ["class of the meter", "what is asked or certified"],
    todo: "Fit a better meter, or correct accuracyClassPct.",
    find: meterTooCoarse,
  },
  {
    kind: "meter-slower",
    between: ["pace of the meter", "what is asked or rests on it"],
    todo: "Fit a faster meter, or agree on a longer time with the utility.",
    find: meterTooSlow,
  },
  {
    kind: "relay-finer-than-meter",
    between: ["relay function at the PCC", "resolution of the meter"],
    todo: "Fit a finer meter, or a wider margin.",
    find: relayTooFine,
  },
  {
    kind: "ac-discharge-without-pair",
    between: ["discharging of AC vehicles", "pairs of EVSE and vehicle"],
    todo: "Name the vehicles with their records in approval.pairs, or switch dischargeEnabled off.",
    find: acWithoutPair,
  },
  {
    kind: "pair-without-paper",
    between: ["pair of EVSE and vehicle", "certificates"],
    todo: "Add the certificates (UL 1741 SC, SAE J3072) to approval.certificates, or take the pair out.",
    find: pairWithoutPaper,
  },
];
