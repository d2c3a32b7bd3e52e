/** The draft of the permit that the utility completes and signs with `islet permit sign`, from the site's own files. */

import { permitSite } from "../app/permits/permit.ts";
import { checkPermit, type Permit } from "../app/permits/permit-format.ts";
import { dayMs } from "../domain/units.ts";
import { approvalOf, type Evidence, identityOf } from "./evidence.ts";
import { kW, moment } from "./figures.ts";
import { SheetMaker } from "./sheet.ts";

/** How long a draft asks for; the utility decides. */
const draftDays = 365;

/** A draft, or why there is none. */
export interface PermitDraft {
  readonly draft: Permit | null;
  readonly why: string;
}

/** The same site gives the same draft: its identifier follows from what it asks for. `id`: made of a fingerprint. */
export function permitDraft(evidence: Evidence, id: string): PermitDraft {
  const { config } = evidence.site;
  const { utility, pairs, certificates } = approvalOf(evidence);
  const from = new Date(evidence.nowMs);
  from.setUTCHours(0, 0, 0, 0);
  const lacking: string[] = [];
  const part = (index: number) => ({ kind: "evse", index, name: "" }) as const;
  const equipment = config.evses.flatMap(({ name }, index) => {
    const serialNumber = identityOf(evidence, part(index), "serialNumber")?.value;
    const firmware = identityOf(evidence, part(index), "firmware")?.value;
    if (serialNumber === undefined || firmware === undefined) {
      lacking.push(name ?? `EVSE ${index + 1}`);
      return [];
    }
    const model = identityOf(evidence, part(index), "model")?.value;
    const certificate = certificates.find(
      ({ covers, antiIslanding }) =>
        antiIslanding && (covers.includes("evses") || covers.includes(`evse ${index + 1}`)),
    )?.record;
    return [{ serialNumber, firmware: [firmware], ...(model && { model }), ...(certificate && { certificate }) }];
  });
  const isParallel = config.site.serviceMode.startsWith("parallel");
  if (isParallel && lacking.length > 0)
    return {
      draft: null,
      why: `serial number and firmware of ${lacking.length} of ${config.evses.length} power stages are not known`,
    };
  const { name, gridProfile, transferDevice } = permitSite(config);
  const named = pairs.flatMap(({ evse, vehicle, evseRecord, vehicleRecord }) => {
    const serial = identityOf(evidence, part(evse - 1), "serialNumber")?.value;
    return serial === undefined
      ? []
      : [{ evse: serial, vehicle, evseCertificate: evseRecord, vehicleCertificate: vehicleRecord }];
  });
  const checked = checkPermit({
    id,
    serial: (evidence.permit.permit?.serial ?? 0) + 1,
    utility: utility.name ?? "(utility)",
    reference: utility.application ?? "(reference)",
    site: name,
    serviceMode: config.site.serviceMode,
    exportLimitW: config.site.serviceMode === "parallel-export" ? config.pcc.exportLimitW : 0,
    gridProfile,
    transferDevice,
    validFrom: from.toISOString(),
    validUntil: new Date(from.getTime() + draftDays * dayMs).toISOString(),
    equipment,
    ...(isParallel && named.length > 0 && { pairs: named }),
  });
  return checked.ok ? { draft: checked.value, why: "" } : { draft: null, why: checked.error.detail };
}

export function permitSheet(evidence: Evidence, { draft, why }: PermitDraft): SheetMaker {
  const { permit, file, site } = evidence;
  const sheet = new SheetMaker(evidence, "permit", "Permit");
  if (permit.permit === null)
    sheet.lacks("Installed permit", "permit, signed", "utility", `islet permit install, looked for ${permit.file}`);
  else {
    const { utility, reference, serial, validUntil, serviceMode, exportLimitW } = permit.permit;
    sheet
      .fact(
        "Installed permit",
        `${utility}, ${reference}, serial ${serial}: ${serviceMode}${exportLimitW > 0 ? `, ${kW(exportLimitW)}` : ""}, until ${moment(validUntil)}`,
        permit.file,
      )
      .fact(
        "Its signature",
        permit.isVerified ? "holds, by a key of permit.anchors" : "not judged: permit.anchors names no key",
        permit.file,
      );
    if (!permit.isVerified)
      sheet.miss("public key by which permits are signed", "utility", `permit.anchors in ${file}`);
  }
  if (draft === null) {
    sheet.lacks(
      "Draft",
      `draft of the permit: ${why}`,
      "installer",
      `evses[].stage.identity in ${file}, or \`islet commission\``,
    );
    return sheet;
  }
  const origin = `${file}: site, pcc, evses, approval`;
  return sheet
    .fact("Draft", `permit-draft.json: the utility completes and signs it (islet permit sign)`, origin)
    .fact(
      "Asks for",
      `${draft.serviceMode}${draft.exportLimitW > 0 ? `, exporting up to ${kW(draft.exportLimitW)}` : ""}, ${site.config.site.gridProfile}, transfer device ${draft.transferDevice}`,
      origin,
    )
    .fact("From, until", `${moment(draft.validFrom)} to ${moment(draft.validUntil)}`, "today; the utility decides")
    .fact(
      "Covers",
      draft.equipment.length === 0
        ? "no power stage by its serial number"
        : draft.equipment.map(({ serialNumber, firmware }) => `${serialNumber} (${firmware.join(", ")})`).join("; "),
      `identity of each power stage`,
    );
}
