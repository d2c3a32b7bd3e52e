/** The package as data: sheets in their order, what is missing, what was looked for and not found. */

import type { Permit } from "../app/permits/permit-format.ts";
import { contradictionRows } from "./contradictions.table.ts";
import type { Evidence } from "./evidence.ts";
import { oneLineSvg } from "./one-line.ts";
import { permitDraft, permitSheet } from "./permit-draft.ts";
import type { Missing, Sheet } from "./sheet.ts";
import { equipmentSheet } from "./sheets/equipment.ts";
import { pcsSheet } from "./sheets/pcs.ts";
import { certifySheet, commissioningSheet, responseSheet } from "./sheets/proofs.ts";
import { protectionSheet } from "./sheets/protection.ts";
import { settingsCsv, settingsSheet } from "./sheets/settings.ts";
import { operationSheet, partiesSheet } from "./sheets/site.ts";

/** What is signed. */
export interface ApprovalPackage {
  readonly kind: "islet approval";
  readonly version: string;
  readonly madeAt: string;
  readonly site: string;
  readonly config: string;
  /** Of the configuration's text, and of what the controller runs by. */
  readonly configSha256: string;
  readonly runSha256: string;
  readonly sheets: readonly Sheet[];
  readonly missing: readonly Missing[];
  /** Kinds of contradictions that were looked for; a package exists only where none was found. */
  readonly lookedFor: readonly string[];
}

/** The package with the files that lie beside it. */
export interface MadePackage {
  readonly data: ApprovalPackage;
  readonly oneLine: string;
  readonly settings: { readonly name: string; readonly csv: string };
  readonly draft: Permit | null;
}

/** `permitId` names the draft; the same site has the same. */
export function makePackage(evidence: Evidence, permitId: string): MadePackage {
  const draft = permitDraft(evidence, permitId);
  const makers = [
    partiesSheet(evidence),
    operationSheet(evidence),
    pcsSheet(evidence),
    equipmentSheet(evidence),
    protectionSheet(evidence),
    responseSheet(evidence),
    settingsSheet(evidence),
    certifySheet(evidence),
    commissioningSheet(evidence),
    permitSheet(evidence, draft),
  ];
  const { site, version, nowMs, file, configSha256, runSha256 } = evidence;
  return {
    data: {
      kind: "islet approval",
      version,
      madeAt: new Date(nowMs).toISOString(),
      site: site.config.site.name,
      config: file,
      configSha256,
      runSha256,
      sheets: makers.map((maker) => maker.done()),
      missing: makers.flatMap(({ missing }) => missing),
      lookedFor: contradictionRows.map(({ between }) => `${between[0]} against ${between[1]}`),
    },
    oneLine: oneLineSvg(evidence),
    settings: { name: `settings-${site.profile.name.replaceAll(/[^\w.-]/g, "_")}.csv`, csv: settingsCsv(evidence) },
    draft: draft.draft,
  };
}
