/** What a package is made of: the site's files as they were read and checked, before anything is said about them. */
import type { CommissioningReport } from "../app/commissioning/report-html.ts";
import type { FoundDevice } from "../app/commissioning/step.ts";
import type { Permit } from "../app/permits/permit-format.ts";
import type { LoadedSite } from "../app/site/load-config.ts";
import type { CertifyReport } from "../certify/report.ts";
import type { CoveredPart } from "../config/approval-covers.ts";
import type { SettingSpot } from "../config/parse.ts";
import { settingName } from "../config/parse.ts";
import type { ApprovalConfig } from "../config/site/approval.ts";
import type { IdentityConfig } from "../config/site/identity.ts";
import type { SiteConfig } from "../config/site.ts";
import type { PassportReport } from "../core/pcc/response-passport.ts";

/** A signed report of another command. `sound`: its signature fits; `key` names who has signed. */
export interface Paper<R> {
  readonly file: string;
  readonly state: "absent" | "unreadable" | "edited" | "sound";
  readonly why: string;
  readonly report: R | null;
  /** First 16 hexadecimal digits of the public key's SHA-256; empty where there is none. */
  readonly key: string;
}

/** The permit that is installed. */
export interface PermitPaper {
  readonly file: string;
  readonly permit: Permit | null;
  /** Why it is no permit, or signed by nobody whom the site trusts; empty where it is sound or absent. */
  readonly refusal: string;
  /** Whether a trusted key has signed it; false also where the site knows no key. */
  readonly isVerified: boolean;
  readonly isRevoked: boolean;
}

/** Everything that a package says comes from here. */
export interface Evidence {
  /** The configuration's name as it was given. */
  readonly file: string;
  readonly site: LoadedSite;
  readonly find: (path: readonly PropertyKey[]) => SettingSpot;
  readonly configSha256: string;
  /** Of what the controller runs by: the fingerprint that commissioning reports carry. */
  readonly runSha256: string;
  /** Of the settings of the site's grid profile: the fingerprint that reports of `islet certify` carry. */
  readonly settingsSha256: string;
  readonly certify: Paper<CertifyReport>;
  readonly commissioning: Paper<CommissioningReport>;
  readonly permit: PermitPaper;
  /** What operation has measured; null where the site has not run. */
  readonly passport: PassportReport | null;
  readonly passportFile: string;
  /** SHA-256 of the certificates' papers by the names in the configuration; null where one can't be read. */
  readonly papers: ReadonlyMap<string, string | null>;
  /** Names this station's own key as `Paper.key` does; empty where it has none yet. */
  readonly stationKey: string;
  readonly nowMs: number;
  readonly version: string;
}

/** What a site that says nothing of its paper has. */
const noApproval: ApprovalConfig = {
  utility: {},
  service: { breakers: [] },
  certificates: [],
  pairs: [],
};

export const approvalOf = ({ site }: Evidence): ApprovalConfig => site.config.approval ?? noApproval;

/** `depot.yaml:14 pcc.importLimitW`, or that the file does not say it. */
export function placeText({ file, find }: Evidence, path: readonly PropertyKey[]): string {
  const { line, given } = find(path);
  return given ? `${file}:${line} ${settingName(path)}` : `${file}: ${settingName(path)} is not given`;
}

/** Where a part's own settings stand; undefined where it has none. */
export function partPath({ kind, index }: CoveredPart): readonly PropertyKey[] | undefined {
  switch (kind) {
    case "evse":
      return ["evses", index, "stage"];
    case "pv":
      return ["pv", index];
    case "meter":
      return ["pcc", "meter"];
    case "transfer-device":
      return ["transferDevice"];
    case "load-panel":
      return ["loadPanel"];
    case "device":
      return ["devices", index];
    default:
      return undefined;
  }
}

/** The word of a part, as `covers` and commissioning reports have it. */
export function partWord({ kind, index, name }: CoveredPart): string {
  const words = {
    evse: `evse ${index + 1}`,
    pv: `pv ${index + 1}`,
    group: `group ${index + 1}`,
    meter: "pcc.meter",
    "transfer-device": "transferDevice",
    "load-panel": "loadPanel",
    generator: "generator",
    controller: "controller",
    vehicle: `vehicle ${name}`,
    device: name,
  } as const;
  return words[kind];
}

/** What people call a part. */
export function partName({ evses, pv, pcc }: SiteConfig, part: CoveredPart): string {
  const { kind, index, name } = part;
  const names: Partial<Record<CoveredPart["kind"], string>> = {
    evse: evses[index]?.name ?? `EVSE ${index + 1}`,
    pv: pv[index]?.name ?? `PV ${index + 1}`,
    group: pcc.groups[index]?.name ?? "",
    meter: "Meter at the PCC",
    "transfer-device": "Transfer device K1",
    "load-panel": "Load panel",
    generator: "Generator",
    controller: "Controller",
    vehicle: `Vehicle ${name}`,
  };
  return names[kind] ?? name;
}

export type IdentityKey = keyof IdentityConfig;

/** One thing that is known of a device's identity, and where it stands. */
export interface IdentityFact {
  readonly value: string;
  readonly place: string;
}

/** Who a device is: as the configuration says it, or else as it answered at commissioning. */
export function identityOf(evidence: Evidence, part: CoveredPart, key: IdentityKey): IdentityFact | null {
  const path = partPath(part);
  const configured = path && configuredIdentity(evidence.site.config, part)?.[key];
  if (path && configured !== undefined)
    return { value: configured, place: placeText(evidence, [...path, "identity", key]) };
  const found = foundIdentity(evidence, part)?.[key];
  if (!found) return null;
  return { value: found, place: `${evidence.commissioning.file}: devices, ${partWord(part)}` };
}

/** What the configuration says of who a device is. */
export function configuredIdentity(config: SiteConfig, { kind, index }: CoveredPart): IdentityConfig | undefined {
  switch (kind) {
    case "evse":
      return config.evses[index]?.stage.identity;
    case "pv":
      return config.pv[index]?.identity;
    case "meter":
      return config.pcc.meter.identity;
    case "transfer-device":
      return config.transferDevice?.identity;
    case "load-panel":
      return config.loadPanel?.identity;
    case "device":
      return config.devices[index]?.identity;
    default:
      return undefined;
  }
}

/** What a device told at commissioning, where that report may be believed. */
export function foundIdentity({ commissioning }: Evidence, part: CoveredPart): FoundDevice | undefined {
  if (commissioning.state !== "sound" || commissioning.report === null) return undefined;
  const step = commissioning.report.steps.find(({ equipment }) => equipment !== undefined);
  return step?.equipment?.find((one) => one.part === partWord(part));
}

/** Every device of the site that has an identity of its own, in the order of the file. */
export function partsOf(config: SiteConfig): readonly CoveredPart[] {
  const part = (kind: CoveredPart["kind"], index = 0, name = ""): CoveredPart => ({ kind, index, name });
  return [
    ...config.evses.map((_, i) => part("evse", i)),
    part("meter"),
    ...(config.transferDevice === undefined || config.transferDevice.kind === "none" ? [] : [part("transfer-device")]),
    ...(config.loadPanel ? [part("load-panel")] : []),
    ...config.pv.map((_, i) => part("pv", i)),
    ...config.devices.map(({ name }, i) => part("device", i, name)),
  ];
}
