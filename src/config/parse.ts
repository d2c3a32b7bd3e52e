/**
 * From a YAML text to a `SiteConfig`, or to every complaint at once: file, line, setting, the value found and what is
 * allowed. Nothing is energized on a configuration that has a complaint.
 */
import { isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { err, ok, type Result } from "../domain/result.ts";
import { approvalComplaints } from "./approval-covers.ts";
import { lineOf } from "./device-names.ts";
import { issueSentence } from "./issue-words.ts";
import { pccMeterComplaints } from "./pcc-meter.ts";
import { pccMeteringOf } from "./pcc-metering.ts";
import { isMended, repair, valueAt } from "./repair.ts";
import { fleetChecks } from "./site/fleet.ts";
import { lineSettings, type ModbusPlace, placeComplaints } from "./site/modbus.ts";
import { vehicleLinkComplaints } from "./site/vehicle-link.ts";
import { type SiteConfig, siteSettings } from "./site.ts";
import { partComplaints, wholeTransferDevice } from "./transfer-parts.ts";
import { readYaml } from "./yaml-text.ts";

/** Largest configuration text accepted, bytes: a site of 100 EVSEs takes about 30 kB. */
const configBytesMax = 1_000_000;

/** One mistake in a configuration file: where it stands, what was found, what would be right. */
export interface ConfigComplaint {
  readonly file: string;
  readonly line: number;
  /** Dotted path, for example `evses[3].stage.port`. */
  readonly setting: string;
  /** The value found, as JSON, shortened. */
  readonly found: string;
  readonly complaint: string;
}

/** One line for a person: `depot.yaml:12: evses[0].stage.port is 99999: must be a whole number from 1 to 65535`. */
export function complaintText({ file, line, setting, found, complaint }: ConfigComplaint): string {
  return `${file}:${line}: ${setting || "the file"}${found === "" ? "" : ` is ${found}`}: ${complaint}`;
}

/** Reads a site's configuration (YAML text). Every mistake is reported at once, each with its line; nothing is guessed. */
export function parseSiteConfig(source: string, file: string): Result<SiteConfig, readonly ConfigComplaint[]> {
  const { config, complaints } = examineSiteConfig(source, file);
  return complaints.length === 0 && config !== null ? ok(config) : err(complaints);
}

/** A configuration with everything that is wrong with it. */
export interface Examined {
  /** What was read; with mistakes in it, made whole so that what it refers to can be looked at. Null where it can't be. */
  readonly config: SiteConfig | null;
  readonly complaints: readonly ConfigComplaint[];
  /** Whether what is said about a setting is about something that was put in for a mistake. */
  isMended(path: readonly PropertyKey[]): boolean;
  /** Where a setting of `config` stands in the text: one inverter may be written without its list. */
  asWritten(path: readonly PropertyKey[]): readonly PropertyKey[];
}

const unreadable = (complaints: readonly ConfigComplaint[]): Examined => ({
  config: null,
  complaints,
  isMended: () => false,
  asWritten: (path) => path,
});

/** Everything that the text alone tells. */
export function examineSiteConfig(source: string, file: string): Examined {
  const nowhere = { file, line: 1, setting: "", found: "" };
  if (source.length > configBytesMax)
    return unreadable([{ ...nowhere, complaint: `must be at most ${configBytesMax} bytes long` }]);
  const read = readYaml(source);
  if (!read.ok) return unreadable(read.error.map(({ line, message }) => ({ ...nowhere, line, complaint: message })));
  const { lineOf } = read.value;
  const { raw, asWritten } = withPvListed(read.value.value);
  const toPerson = ({ path, complaint }: Complaint): ConfigComplaint => ({
    file,
    line: lineOf(asWritten(path)),
    setting: settingName(asWritten(path)),
    found: foundText(valueAt(raw, path)),
    complaint,
  });
  const parsed = siteSettings.safeParse(raw ?? {});
  if (parsed.success)
    return {
      config: parsed.data,
      complaints: crossChecks(parsed.data).map(toPerson),
      isMended: () => false,
      asWritten,
    };
  const own = parsed.error.issues.flatMap((issue) => issueComplaints(issue, raw));
  const repaired = repair(siteSettings, raw);
  const mended = (path: readonly PropertyKey[]): boolean => repaired !== null && isMended(path, repaired.places);
  const further = repaired === null ? [] : crossChecks(repaired.value).filter(({ path }) => !mended(path));
  const complaints = [...own, ...further].map(toPerson);
  return { config: repaired?.value ?? null, complaints, isMended: mended, asWritten };
}

/** PV may be one group as well as a list of them: made a list, with the way back to what the person wrote. */
function withPvListed(raw: unknown): {
  raw: unknown;
  asWritten: (path: readonly PropertyKey[]) => readonly PropertyKey[];
} {
  const pv = valueAt(raw, ["pv"]);
  if (typeof pv !== "object" || pv === null || Array.isArray(pv)) return { raw, asWritten: (path) => path };
  return {
    raw: { ...(raw as object), pv: [pv] },
    asWritten: (path) => (path[0] === "pv" ? ["pv", ...path.slice(2)] : path),
  };
}

/** Where a setting stands in a configuration's text: its line, or that of the nearest group around it; whether it is given. */
export interface SettingSpot {
  readonly line: number;
  readonly given: boolean;
}

/** Finds settings in a configuration's text, which is read once. PV may be written without its list. */
export function settingFinder(source: string): (path: readonly PropertyKey[]) => SettingSpot {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const pvIsOne = isMap(document.get("pv"));
  return (asRead) => {
    const path = pvIsOne && asRead[0] === "pv" ? ["pv", ...asRead.slice(2)] : asRead;
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return { line: lines.linePos(node.range[0]).line, given: depth === path.length };
    }
    return { line: 1, given: false };
  };
}

/** Line of a setting in a configuration's text, or of the nearest group around it; 1 when nothing is there. */
export const lineOfSetting = (source: string, path: readonly PropertyKey[]): number => settingFinder(source)(path).line;

/** A site with two grid connections, or with two buses of their own. */
const oneConnection =
  "is not possible: a controller has one grid connection and one transfer device. Run one controller for each, each with its own devices, permit and state folder, and give each its share of what they have in common (pcc.importLimitW, or a limit of the backend). Several meters of one connection are summed with pcc.meter.sumOf";

/** A stationary battery: the smallest form that is honest about who commands it. */
const batteryIsNoSetting =
  "is not a setting. A battery with a controller of its own is left alone: list its meter in devices, where it is watched. One that this controller is to command is a charger whose vehicle never leaves: an entry of evses with its inverter as stage, its limits as maxChargeW and maxDischargeW, and its lowest state of charge as reservePct";

/** Settings that people look for and that are not there, and what to do instead. */
const soughtSettings: Readonly<Record<string, string>> = {
  battery: batteryIsNoSetting,
  batteries: batteryIsNoSetting,
  pccs: oneConnection,
  transferDevices: oneConnection,
};

/** Settings that earlier versions had, and what to do with them; each has a line in docs/upgrade.md. */
export const retiredSettings: Readonly<Record<string, string>> = {
  "pcc.meter.noisePct": "was a setting of 0.1: the noise is learnt now. Remove the line",
};

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly complaint: string;
}

function issueComplaints(issue: z.core.$ZodIssue, raw: unknown): Complaint[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const name = settingName(path);
      return {
        path,
        complaint: retiredSettings[name] ?? soughtSettings[name] ?? "is not a setting here; check its spelling",
      };
    });
  }
  const missing = valueAt(raw, issue.path) === undefined;
  const isList = Array.isArray(valueAt(raw, issue.path));
  if (isList && ["pcc", "transferDevice"].includes(settingName(issue.path)))
    return [{ path: issue.path, complaint: `as a list ${oneConnection}` }];
  const message = issueSentence(issue);
  return [{ path: issue.path, complaint: missing ? `is missing: ${message}` : message }];
}

/** Every device of the site that is spoken to, with the path of its settings. */
export function devicesOf(config: SiteConfig): { path: PropertyKey[]; device: ModbusPlace }[] {
  const { pcc, devices, evses, loadPanel, pv } = config;
  const transferDevice = wholeTransferDevice(config);
  return [
    ...(pccMeteringOf(config) === "meter" ? [{ path: ["pcc", "meter"], device: pcc.meter }] : []),
    ...devices.map((device, index) => ({ path: ["devices", index], device })),
    ...evses.map(({ stage }, index) => ({ path: ["evses", index, "stage"], device: stage })),
    ...(transferDevice !== undefined ? [{ path: ["transferDevice"], device: transferDevice }] : []),
    ...(loadPanel ? [{ path: ["loadPanel"], device: loadPanel }] : []),
    ...pv.map((device, index) => ({ path: ["pv", index], device })),
  ];
}

/** Each device is reached one way, and what shares a line agrees on how the line is set up. */
function placeChecks(config: SiteConfig): Complaint[] {
  const complaints: Complaint[] = [];
  const lines = new Map<string, { name: string; settings: string }>();
  for (const { path, device } of devicesOf(config)) {
    for (const { setting, complaint } of placeComplaints(device))
      complaints.push({ path: [...path, setting], complaint });
    const line = lineOf(device);
    const settings = lineSettings(device);
    const other = lines.get(line);
    if (other === undefined) lines.set(line, { name: settingName(path), settings });
    else if (other.settings !== settings) {
      complaints.push({ path, complaint: `shares ${line} with ${other.name}, which sets it to ${other.settings}` });
    }
  }
  return complaints;
}

/** Rules of the PV that is held back beside the grid. */
function curtailComplaints({ pcc, pv }: SiteConfig): Complaint[] {
  if (!pcc.curtailPv || pv.some(({ curtail }) => curtail === "command")) return [];
  return [
    {
      path: ["pcc", "curtailPv"],
      complaint: "needs PV that takes commands: an entry of pv with `curtail: command`",
    },
  ];
}

function pvComplaints({ pv, transferDevice }: SiteConfig): Complaint[] {
  const islands = transferDevice !== undefined && transferDevice.kind !== "none";
  const first = pv.find(({ curtail }) => curtail !== "none")?.curtail;
  return pv.flatMap(({ curtail }, i) => {
    const path = ["pv", i, "curtail"];
    if (curtail === "none")
      return islands
        ? [
            {
              path,
              complaint:
                "must not be behind a K1: an island has to hold its PV back. PV on the grid's side is watched as a meter of devices",
            },
          ]
        : [];
    return curtail === first
      ? []
      : [{ path, complaint: `must be ${first} like the PV before it: an island holds all of its PV back in one way` }];
  });
}

/** What one setting demands of another. */
function crossChecks(config: SiteConfig): Complaint[] {
  const complaints: Complaint[] = [
    ...placeChecks(config),
    ...fleetChecks(config.vehicles, config.routes),
    ...partComplaints(config),
    ...pccMeterComplaints(config),
    ...pvComplaints(config),
    ...curtailComplaints(config),
    ...approvalComplaints(config),
  ];
  const islands = config.site.serviceMode === "non-parallel-backup";
  if (islands && (config.transferDevice === undefined || config.transferDevice.kind === "none")) {
    complaints.push({
      path: ["site", "serviceMode"],
      complaint: "needs a transferDevice that can isolate the site from the grid",
    });
  }
  if (islands && !config.evses.some((evse) => evse.gridForming)) {
    complaints.push({ path: ["evses"], complaint: "at least one must be gridForming for non-parallel-backup" });
  }
  config.evses.forEach((evse, index) => {
    if (evse.minPowerW > evse.maxChargeW) {
      complaints.push({
        path: ["evses", index, "minPowerW"],
        complaint: `must not be above maxChargeW, ${evse.maxChargeW} W`,
      });
    }
    if (evse.stage.map !== "sunspec" && evse.stage.gridFunctions === "stage" && evse.dischargeEnabled) {
      complaints.push({
        path: ["evses", index, "stage", "map"],
        complaint:
          "has no grid functions that can be read back: set gridFunctions to controller, or dischargeEnabled to false",
      });
    }
    const largestW = Math.max(evse.maxChargeW, evse.maxDischargeW);
    if (evse.stage.ratedVA !== undefined && evse.stage.ratedVA < largestW) {
      complaints.push({ path: ["evses", index, "stage", "ratedVA"], complaint: `must not be below ${largestW} W` });
    }
    if (evse.gridForming && evse.phase !== "all" && config.site.phases !== "single") {
      complaints.push({
        path: ["evses", index, "gridForming"],
        complaint: `needs a stage on all phases: one on phase ${evse.phase} can't form the island of a ${config.site.phases}-phase site, whose other phases, angle between them and neutral would be nobody's`,
      });
    }
    if (evse.dischargeEnabled && evse.maxDischargeW === 0) {
      complaints.push({ path: ["evses", index, "dischargeEnabled"], complaint: "needs maxDischargeW above 0 W" });
    }
  });
  for (const { index, setting, complaint } of vehicleLinkComplaints(config.evses.map(({ vehicleLink }) => vehicleLink)))
    complaints.push({ path: ["evses", index, "vehicleLink", setting], complaint });
  config.pcc.groups.forEach(({ evses, kind }, index) => {
    const unknown = evses.find((evse) => evse > config.evses.length);
    if (unknown !== undefined) {
      complaints.push({
        path: ["pcc", "groups", index, "evses", evses.indexOf(unknown)],
        complaint: `is no EVSE of this site, which has 1 to ${config.evses.length}`,
      });
    }
    if (new Set(evses).size < evses.length) {
      complaints.push({ path: ["pcc", "groups", index, "evses"], complaint: `names an EVSE of the ${kind} twice` });
    }
  });
  try {
    new Intl.DateTimeFormat("en", { timeZone: config.site.timeZone });
  } catch {
    complaints.push({
      path: ["site", "timeZone"],
      complaint: "must be an IANA time zone, for example America/Los_Angeles",
    });
  }
  return complaints;
}

/** `evses[0].stage.port`. */
export function settingName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const step of path) name += typeof step === "number" ? `[${step}]` : `${name === "" ? "" : "."}${String(step)}`;
  return name;
}

function foundText(value: unknown): string {
  if (value === undefined) return "";
  const json = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}
