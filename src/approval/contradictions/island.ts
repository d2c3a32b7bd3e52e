/** What an island rests on: a device that parts the site from the grid, its proof, and the bond. */

import { coveredParts } from "../../config/approval-covers.ts";
import { transferPartsOf } from "../../config/transfer-parts.ts";
import { approvalOf, type Evidence, placeText } from "../evidence.ts";
import { type Clash, type ContradictionRow, when } from "./row.ts";

const islands = ({ site }: Evidence): boolean =>
  site.config.transferDevice !== undefined && site.config.transferDevice.kind !== "none";

function withoutDevice(evidence: Evidence): readonly Clash[] {
  const forming = evidence.site.config.evses.findIndex(({ gridForming }) => gridForming);
  return when(forming >= 0 && !islands(evidence), () => ({
    sentence: "a stage is listed for forming an island, and nothing parts the site from the grid",
    here: placeText(evidence, ["evses", forming, "gridForming"]),
    there: placeText(evidence, ["transferDevice", "kind"]),
  }));
}

function withoutProof(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  const parts = transferPartsOf(config);
  const claims = config.site.serviceMode === "non-parallel-backup" || config.site.utilityNotified;
  return when(parts !== undefined && !parts.contacts.mirror && claims, () => ({
    sentence: "the utility is told of backup behind a K1 whose contacts do not prove that its poles are open",
    here: placeText(evidence, ["transferDevice", "contacts", "mirror"]),
    there: placeText(evidence, ["site", "utilityNotified"]),
  }));
}

function bonds(evidence: Evidence): { readonly missing: readonly Clash[]; readonly twice: readonly Clash[] } {
  const { bonding } = evidence.site.config;
  const { grounding } = approvalOf(evidence);
  const at = (key: string): string => placeText(evidence, ["approval", "grounding", key]);
  const there = placeText(evidence, ["bonding"]);
  if (!islands(evidence) || grounding === undefined) return { missing: [], twice: [] };
  const { neutral, bond } = grounding;
  return {
    missing: [
      ...when(neutral === "switched" && bond === "service", () => ({
        sentence:
          "K1 switches the neutral: the island is a separately derived source, and its only bond is at the service, from which it is cut off",
        here: at("neutral"),
        there: at("bond"),
      })),
      ...when(bond === "switched" && bonding === undefined, () => ({
        sentence: "the bond is said to be switched, and no bond is configured",
        here: at("bond"),
        there,
      })),
    ],
    twice: [
      ...when(neutral === "solid" && (bonding !== undefined || bond !== "service"), () => ({
        sentence: "the neutral goes through to the service's bond, and a second bond would lie beside it",
        here: at("neutral"),
        there: bonding !== undefined ? there : at("bond"),
      })),
      ...when(neutral === "switched" && bond === "source" && bonding !== undefined, () => ({
        sentence: "a bond that stands for good at the source, and a switched one beside it",
        here: at("bond"),
        there,
      })),
    ],
  };
}

function closedUnlisted(evidence: Evidence): readonly Clash[] {
  const { config } = evidence.site;
  if (config.transferDevice?.kind !== "microgrid-interconnect") return [];
  const own = approvalOf(evidence).certificates.flatMap((certificate, i) =>
    certificate.covers.some((word) => coveredParts(config, word)[0]?.kind === "transfer-device")
      ? [{ certificate, i }]
      : [],
  );
  const first = own[0];
  return when(first !== undefined && !own.some(({ certificate }) => certificate.closedTransition), () => ({
    sentence: `K1 is to close in synchronism, and ${first!.certificate.record} does not list it for closed transition`,
    here: placeText(evidence, ["transferDevice", "kind"]),
    there: placeText(evidence, ["approval", "certificates", first!.i, "closedTransition"]),
  }));
}

export const islandRows: readonly ContradictionRow[] = [
  {
    kind: "island-without-transfer-device",
    between: ["island operation", "transfer device"],
    todo: "Describe the transfer device, or take gridForming and the backup mode away.",
    find: withoutDevice,
    complaint: ({ setting, complaint }) => setting === "site.serviceMode" && complaint.includes("transferDevice"),
  },
  {
    kind: "transfer-device-without-proof",
    between: ["island operation", "proof that K1 is open"],
    todo: "Fit a mirror contact (transferDevice.contacts.mirror), or a device that tells both contacts.",
    find: withoutProof,
    complaint: ({ setting }) => setting.startsWith("transferDevice.contacts"),
  },
  {
    kind: "bond-missing",
    between: ["separately derived source", "bond between neutral and ground"],
    todo: "Configure `bonding`, or state where the bond at the source is.",
    find: (e) => bonds(e).missing,
  },
  {
    kind: "bond-twice",
    between: ["neutral", "second bond"],
    todo: "Take one bond away; which one is the designer's to decide.",
    find: (e) => bonds(e).twice,
  },
  {
    kind: "closed-transition-unlisted",
    between: ["closed transition", "certificate of K1"],
    todo: "Set open-transition, or name the listing (UL 1008 and the like).",
    find: closedUnlisted,
  },
];
