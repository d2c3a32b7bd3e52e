/** Reports and permit against the site as it is configured now. */
import { approvalOf, type Evidence, identityOf, partName, placeText } from "../evidence.ts";
import { kW } from "../figures.ts";
import { type Clash, type ContradictionRow, when } from "./row.ts";

const short = (sha256: string): string => `${sha256.slice(0, 16)}…`;

function edited(evidence: Evidence, which: "certify" | "commissioning"): readonly Clash[] {
  const { file, state, why } = evidence[which];
  return when(state === "edited" || state === "unreadable", () => ({
    sentence: why,
    here: file,
    there: "its signature",
  }));
}

/** Procedures with a row that failed or was refused, whatever their own verdict says. */
function certifyFailed({ certify }: Evidence): readonly Clash[] {
  const isBad = (verdict: string): boolean => verdict === "fail" || verdict === "refused";
  return (certify.report?.procedures ?? []).flatMap(({ title, rows, verdict }) => {
    const row = rows.find((one) => isBad(one.verdict));
    return when(isBad(verdict) || row !== undefined, () => ({
      sentence: `${title}: ${row ? `${row.verdict} (${row.name}, ${row.setting})` : verdict}`,
      here: certify.file,
      there: "what the code asks",
    }));
  });
}

function certifyOther(evidence: Evidence): readonly Clash[] {
  const { certify, settingsSha256, site } = evidence;
  const code = certify.report?.code;
  return when(code !== undefined && code.settingsSha256 !== settingsSha256, () => ({
    sentence: `the report tried ${code!.profile} with settings ${short(code!.settingsSha256)}, the site has ${site.profile.name} with ${short(settingsSha256)}`,
    here: `${certify.file}: code.settingsSha256`,
    there: placeText(evidence, ["site", "gridProfile"]),
  }));
}

function otherVersion(evidence: Evidence, which: "certify" | "commissioning"): readonly Clash[] {
  const { file, report } = evidence[which];
  return when(report !== null && report.version !== evidence.version, () => ({
    sentence: `the report is of Islet ${report!.version}, this is ${evidence.version}`,
    here: `${file}: version`,
    there: "the version that runs",
  }));
}

function commissioned(evidence: Evidence): {
  readonly elsewhere: readonly Clash[];
  readonly older: readonly Clash[];
  readonly failed: readonly Clash[];
} {
  const { commissioning, site, runSha256, file } = evidence;
  const { report } = commissioning;
  const elsewhere = report !== null && report.site !== site.config.site.name;
  return {
    elsewhere: when(elsewhere, () => ({
      sentence: `the report is of ${report!.site}, this is ${site.config.site.name}`,
      here: `${commissioning.file}: site`,
      there: placeText(evidence, ["site", "name"]),
    })),
    older: when(report !== null && !elsewhere && report.configSha256 !== runSha256, () => ({
      sentence: `the report of ${report!.endedAt} tried configuration ${short(report!.configSha256)}, which has changed since to ${short(runSha256)}`,
      here: `${commissioning.file}: configSha256`,
      there: file,
    })),
    failed: (report?.steps ?? []).flatMap(({ title, verdict, findings }) =>
      when(verdict === "fail", () => ({
        sentence: `${title}: ${findings.find((one) => one.verdict === "fail")?.sentence ?? "failed"}`,
        here: commissioning.file,
        there: "the site as configured",
      })),
    ),
  };
}

/** The permit against one setting of the site. */
function permitUnlike(
  evidence: Evidence,
  key: string,
  permitted: string | undefined,
  path: readonly PropertyKey[],
  has: string,
): readonly Clash[] {
  return when(permitted !== undefined && permitted !== has, () => ({
    sentence: `the permit says ${permitted}, the site ${has}`,
    here: `${evidence.permit.file}: ${key}`,
    there: placeText(evidence, path),
  }));
}

function permitUnsound({ permit }: Evidence): readonly Clash[] {
  return when(permit.refusal !== "", () => ({ sentence: permit.refusal, here: permit.file, there: "permit.anchors" }));
}

function permitOver({ permit, nowMs }: Evidence): readonly Clash[] {
  const until = permit.permit?.validUntil ?? "";
  return [
    ...when(until !== "" && Date.parse(until) <= nowMs, () => ({
      sentence: `the permit was valid until ${until}`,
      here: `${permit.file}: validUntil`,
      there: `today, ${new Date(nowMs).toISOString().slice(0, 10)}`,
    })),
    ...when(permit.isRevoked, () => ({
      sentence: "the permit is revoked, or a later one has taken its place",
      here: permit.file,
      there: "the history of permits",
    })),
  ];
}

function permitEquipment(evidence: Evidence): readonly Clash[] {
  const { permit } = evidence.permit;
  const { config } = evidence.site;
  if (permit === null || permit.equipment.length === 0) return [];
  return config.evses.flatMap((_, index): readonly Clash[] => {
    const part = { kind: "evse", index, name: "" } as const;
    const serial = identityOf(evidence, part, "serialNumber");
    const firmware = identityOf(evidence, part, "firmware");
    if (serial === null) return [];
    const covered = permit.equipment.find(({ serialNumber }) => serialNumber === serial.value);
    if (covered === undefined)
      return [
        {
          sentence: `${partName(config, part)}, serial number ${serial.value}, is not covered by the permit`,
          here: serial.place,
          there: `${evidence.permit.file}: equipment`,
        },
      ];
    return when(firmware !== null && !covered.firmware.includes(firmware.value), () => ({
      sentence: `${partName(config, part)} runs ${firmware!.value}, the permit covers ${covered.firmware.join(", ")}`,
      here: firmware!.place,
      there: `${evidence.permit.file}: equipment, ${serial.value}`,
    }));
  });
}

function permitPairs(evidence: Evidence): readonly Clash[] {
  const { pairs } = approvalOf(evidence);
  return (evidence.permit.permit?.pairs ?? []).flatMap(({ evse, vehicle }) => {
    const known = pairs.some(
      (one) =>
        one.vehicle.toUpperCase() === vehicle.toUpperCase() &&
        identityOf(evidence, { kind: "evse", index: one.evse - 1, name: "" }, "serialNumber")?.value === evse,
    );
    return when(!known, () => ({
      sentence: `the permit names EVSE ${evse} with vehicle ${vehicle}, of which the site has no papers`,
      here: `${evidence.permit.file}: pairs`,
      there: placeText(evidence, ["approval", "pairs"]),
    }));
  });
}

function noticeUnlike(evidence: Evidence): readonly Clash[] {
  const notified = evidence.permit.permit?.backupNotified;
  return when(notified !== undefined && !evidence.site.config.site.utilityNotified, () => ({
    sentence: `the permit records the notification of backup on ${notified}, the site says that nobody was told`,
    here: `${evidence.permit.file}: backupNotified`,
    there: placeText(evidence, ["site", "utilityNotified"]),
  }));
}

const permitOf = ({ permit }: Evidence) => permit.permit;
/** Export limits are compared where both sides mean to export. */
const exportOf = (evidence: Evidence): string | undefined => {
  const permit = permitOf(evidence);
  return permit?.serviceMode === "parallel-export" ? kW(permit.exportLimitW) : undefined;
};

export const paperRows: readonly ContradictionRow[] = [
  {
    kind: "certify-report-edited",
    between: ["report of `islet certify`", "its signature"],
    todo: "Take the report as it was signed, or run `islet certify` again.",
    find: (e) => edited(e, "certify"),
  },
  {
    kind: "certify-report-failed",
    between: ["report of `islet certify`", "grid code"],
    todo: "Mend what failed and run `islet certify` again.",
    find: certifyFailed,
  },
  {
    kind: "certify-report-of-another-configuration",
    between: ["report of `islet certify`", "settings of the site"],
    todo: "Run `islet certify --profile` with the site's grid profile.",
    find: certifyOther,
  },
  {
    kind: "certify-report-of-another-version",
    between: ["report of `islet certify`", "version of Islet"],
    todo: "Run `islet certify` with this version.",
    find: (e) => otherVersion(e, "certify"),
  },
  {
    kind: "commissioning-report-edited",
    between: ["commissioning report", "its signature"],
    todo: "Take the report as it was signed, or commission again.",
    find: (e) => edited(e, "commissioning"),
  },
  {
    kind: "commissioning-report-of-another-site",
    between: ["commissioning report", "site"],
    todo: "Name this site's report (approval.commissioningReport).",
    find: (e) => commissioned(e).elsewhere,
  },
  {
    kind: "commissioning-report-older",
    between: ["commissioning report", "configuration"],
    todo: "Run `islet commission` again: the configuration has changed.",
    find: (e) => commissioned(e).older,
  },
  {
    kind: "commissioning-report-failed",
    between: ["commissioning report", "site"],
    todo: "Mend what failed and commission again.",
    find: (e) => commissioned(e).failed,
  },
  {
    kind: "commissioning-report-of-another-version",
    between: ["commissioning report", "version of Islet"],
    todo: "Commission with this version.",
    find: (e) => otherVersion(e, "commissioning"),
  },
  {
    kind: "permit-unsound",
    between: ["permit", "signature of the utility"],
    todo: "Install the permit that the utility signed, and its key in permit.anchors.",
    find: permitUnsound,
  },
  { kind: "permit-expired", between: ["permit", "today"], todo: "Ask the utility for a new one.", find: permitOver },
  {
    kind: "permit-of-another-site",
    between: ["permit", "site"],
    todo: "Ask for a permit for this site, by its name.",
    find: (e) => permitUnlike(e, "site", permitOf(e)?.site, ["site", "name"], e.site.config.site.name),
  },
  {
    kind: "permit-for-another-mode",
    between: ["permit", "service mode"],
    todo: "Set the mode that is granted, or ask for this one.",
    find: (e) =>
      permitUnlike(e, "serviceMode", permitOf(e)?.serviceMode, ["site", "serviceMode"], e.site.config.site.serviceMode),
  },
  {
    kind: "permit-for-another-export-limit",
    between: ["permit", "export limit"],
    todo: "Set the limit that is granted, or ask for this one.",
    find: (e) =>
      permitUnlike(e, "exportLimitW", exportOf(e), ["pcc", "exportLimitW"], kW(e.site.config.pcc.exportLimitW)),
  },
  {
    kind: "permit-for-another-code",
    between: ["permit", "grid profile"],
    todo: "Set the profile that is granted, or ask for this one.",
    find: (e) =>
      permitUnlike(e, "gridProfile", permitOf(e)?.gridProfile, ["site", "gridProfile"], e.site.config.site.gridProfile),
  },
  {
    kind: "permit-for-another-transfer-device",
    between: ["permit", "transfer device"],
    todo: "Ask for a permit that covers this device.",
    find: (e) =>
      permitUnlike(
        e,
        "transferDevice",
        permitOf(e)?.transferDevice,
        ["transferDevice", "kind"],
        e.site.config.transferDevice?.kind ?? "none",
      ),
  },
  {
    kind: "permit-without-the-equipment",
    between: ["permit", "power stages"],
    todo: "Ask for a permit that covers serial number and firmware.",
    find: permitEquipment,
  },
  {
    kind: "permit-pair-without-paper",
    between: ["permit", "pairs of EVSE and vehicle"],
    todo: "Add the pair with its records to approval.pairs.",
    find: permitPairs,
  },
  {
    kind: "notice-unlike-permit",
    between: ["permit", "notification of backup"],
    todo: "Set site.utilityNotified when the letter is in the file.",
    find: noticeUnlike,
  },
];
