/**
 * The permission to operate at the site: installed, in force, revoked. A verified permit becomes `PermitFacts`; the core
 * judges dates, revocation and service in every cycle. Anyone may revoke (that only tightens). A revoked permit does not return
 * as long as one of the memories is left: the state folder, the audit log, the witness beside the state folder.
 */
import { mkdirSync, readFileSync, renameSync, statSync, watch } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import { clockStepBackMaxMs } from "../../core/modes/authority.ts";
import type { PermitFacts } from "../../core/snapshot.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { setAside, writeWhole } from "../store/files.ts";
import {
  type Permit,
  parsePermit,
  permitBytesMax,
  type Refusal,
  type SignedPermit,
  type TrustAnchor,
  trustAnchor,
  verifySignature,
} from "./permit-format.ts";
import { emptyHistory, historySchema, joinHistories, type PermitHistory } from "./permit-history.ts";
import { permitRefusals } from "./permit-refusals.table.ts";
import { openWitness } from "./witness.ts";

/** A power stage as it answered at start. */
export interface FoundEquipment {
  readonly serialNumber: string;
  readonly firmware: string;
}

/** What the permit must fit. */
export interface PermitSite {
  readonly name: string;
  readonly gridProfile: string;
  readonly transferDevice: NonNullable<SiteConfig["transferDevice"]>["kind"];
}

export const permitSite = (config: SiteConfig): PermitSite => ({
  name: config.site.name,
  gridProfile: config.site.gridProfile,
  transferDevice: config.transferDevice?.kind ?? "none",
});

/** No permit: the site is a load and nothing else. */
const noPermitFacts: Readonly<PermitFacts> = {
  mode: "load-only",
  validFromMs: Number.NaN,
  validUntilMs: Number.NaN,
  revoked: false,
  exportLimitW: 0,
  equipmentMatches: false,
  backupNotified: false,
};

/** A refusal as a person reads it: what is wrong, what was found, what to do. */
export function refusalText({ reason, detail }: Refusal): string {
  const { sentence, todo } = permitRefusals[reason];
  return `${sentence}${detail === "" ? "" : ` (${detail})`} ${todo}`;
}

/** Reads trust anchors. Throws a sentence that names the file that can't be used. */
export function loadAnchors(files: readonly string[]): TrustAnchor[] {
  return files.map((file) => {
    let pem: string;
    try {
      pem = readFileSync(file, "utf8");
    } catch (failure) {
      throw new Error(
        `The trust anchor ${file} can't be read (${(failure as NodeJS.ErrnoException).code}). Correct permit.anchors.`,
      );
    }
    return trustAnchor(file, pem);
  });
}

/** Signature, site, profile and device: what does not change with time. */
export function verifyPermit(
  text: string,
  anchors: readonly TrustAnchor[],
  site: PermitSite,
): Result<SignedPermit, Refusal> {
  const parsed = parsePermit(text);
  if (!parsed.ok) return parsed;
  if (anchors.length === 0) return err({ reason: "no-anchor", detail: "" });
  const signer = verifySignature(parsed.value, anchors);
  if (!signer.ok) return signer;
  const { permit } = parsed.value;
  if (permit.site !== site.name)
    return err({ reason: "other-site", detail: `for ${permit.site}, this is ${site.name}` });
  if (permit.gridProfile !== undefined && permit.gridProfile !== site.gridProfile)
    return err({ reason: "grid-profile", detail: `${permit.gridProfile}, configured is ${site.gridProfile}` });
  if (permit.transferDevice !== undefined && permit.transferDevice !== site.transferDevice)
    return err({ reason: "transfer-device", detail: `${permit.transferDevice}, configured is ${site.transferDevice}` });
  return parsed;
}

/** What of the found equipment the permit does not cover, each as a sentence. Every stage must be covered (R6). */
function uncoveredEquipment(permit: Permit, found: readonly FoundEquipment[]): string[] {
  const complaints: string[] = [];
  for (const { serialNumber, firmware } of found) {
    const covered = permit.equipment.find((item) => item.serialNumber === serialNumber);
    if (!covered) complaints.push(`Stage ${serialNumber} is not covered by the permit.`);
    else if (!covered.firmware.includes(firmware))
      complaints.push(`Firmware ${firmware} of stage ${serialNumber} is not covered (${covered.firmware.join(", ")}).`);
  }
  return complaints;
}

const permitFacts = (permit: Permit, revoked: boolean, found: readonly FoundEquipment[]): PermitFacts => ({
  mode: permit.serviceMode,
  validFromMs: Date.parse(permit.validFrom),
  validUntilMs: Date.parse(permit.validUntil),
  revoked,
  exportLimitW: permit.exportLimitW,
  equipmentMatches: found.length > 0 && uncoveredEquipment(permit, found).length === 0,
  backupNotified: permit.backupNotified !== undefined,
});

/** What is installed, as the service and the command line see it. */
export interface PermitInForce {
  readonly facts: PermitFacts;
  /** The permit, when a file is there and its signature holds. */
  readonly permit: Permit | undefined;
  readonly refusal: Refusal | undefined;
  readonly uncovered: readonly string[];
}

export interface PermitStore {
  /** The installed permit judged against what was found; never throws. */
  inForce(found: readonly FoundEquipment[]): PermitInForce;
  /** Verifies and installs. `nowMs`, `clockFloorMs`: wall clock and the latest moment in durable records, ms UTC. */
  install(
    text: string,
    nowMs: number,
    options?: { inAdvance?: boolean; clockFloorMs?: number },
  ): Result<Permit, Refusal>;
  /** Revokes the installed permit. False when there is none. */
  revoke(reason: string, nowMs: number): Permit | undefined;
  /** Calls `changed` whenever the permit or its revocation has changed on disk; returns how to stop. */
  watch(changed: () => void): () => void;
}

/** Where a permit is installed when the configuration does not say. */
const permitFileName = "permit.json";
const historyFileName = "permit-history.json";
/** A change on disk is noticed by this at the latest, ms, also where the file system tells nobody. */
const watchEveryMs = 500;

/** Where the site's permit lies. */
export const permitFile = ({ permit, stateDir }: SiteConfig): string => permit.file ?? join(stateDir, permitFileName);

/**
 * The permit of one site. `file` comes from the configuration, else it lies in the state folder. What was ever installed or
 * revoked is remembered in the state folder, in the witness beside it and in the audit log (`audited`); the store itself never
 * forgets while it is open.
 */
export function openPermitStore(config: SiteConfig, audited: PermitHistory = emptyHistory): PermitStore {
  const site = permitSite(config);
  const file = permitFile(config);
  const historyFile = join(config.stateDir, historyFileName);
  const witness = openWitness(config.stateDir);
  let known = audited;

  /** Everything that is known. Refused when the record is damaged and nothing else remembers. */
  const history = (): Result<PermitHistory, Refusal> => {
    const { permits } = witness.read();
    known = joinHistories(joinHistories(known, permits), revokedAside(file));
    const text = readBounded(historyFile);
    if (text === undefined) return ok(known);
    try {
      known = joinHistories(known, historySchema.parse(JSON.parse(text)));
      return ok(known);
    } catch {
      if (isRemembered(known)) return ok(known);
      return err({ reason: "unreadable", detail: `${historyFile} is damaged` });
    }
  };

  function permitInPlace(): string | undefined {
    const text = readBounded(file);
    const parsed = text === undefined ? undefined : parsePermit(text);
    return parsed?.ok ? parsed.value.permit.id : undefined;
  }

  /** Keeps what is known, everywhere. Throws when the state folder refuses. */
  function keep(news: PermitHistory): void {
    known = joinHistories(known, news);
    try {
      witness.add({ permits: known });
    } catch {
      // Beside the state folder nothing may be written: then only an older state folder as a whole is not found out.
    }
    if (isDamaged(historyFile)) setAside(historyFile);
    writeWhole(historyFile, JSON.stringify(known));
  }

  return {
    inForce(found) {
      const refused = (refusal: Refusal | undefined): PermitInForce => ({
        facts: { ...noPermitFacts },
        permit: undefined,
        refusal,
        uncovered: [],
      });
      let anchors: TrustAnchor[];
      try {
        anchors = loadAnchors(config.permit.anchors);
      } catch (failure) {
        return refused({ reason: "no-anchor", detail: (failure as Error).message });
      }
      const text = readBounded(file);
      if (text === undefined) return refused(undefined);
      const verified = verifyPermit(text, anchors, site);
      if (!verified.ok) return refused(verified.error);
      const past = history();
      if (!past.ok) return refused(past.error);
      const { permit } = verified.value;
      const revocation = past.value.revoked.find(({ id }) => id === permit.id);
      const superseded = (past.value.serials[permit.reference] ?? 0) > permit.serial;
      const uncovered = uncoveredEquipment(permit, found);
      const refusal: Refusal | undefined = revocation
        ? { reason: "revoked", detail: revocation.reason }
        : superseded
          ? { reason: "doubled", detail: `serial ${permit.serial}` }
          : uncovered.length > 0
            ? { reason: "equipment", detail: uncovered[0]! }
            : undefined;
      return {
        facts: permitFacts(permit, revocation !== undefined || superseded, found),
        permit,
        refusal,
        uncovered,
      };
    },

    install(text, nowMs, { inAdvance = false, clockFloorMs = Number.NEGATIVE_INFINITY } = {}) {
      const verified = verifyPermit(text, loadAnchors(config.permit.anchors), site);
      if (!verified.ok) return verified;
      const { permit } = verified.value;
      if (nowMs < clockFloorMs - clockStepBackMaxMs)
        return err({ reason: "clock-set-back", detail: `${iso(nowMs)}, the log knows ${iso(clockFloorMs)}` });
      if (nowMs >= Date.parse(permit.validUntil)) return err({ reason: "expired", detail: `on ${permit.validUntil}` });
      if (nowMs < Date.parse(permit.validFrom) && !inAdvance)
        return err({ reason: "not-yet-valid", detail: `from ${permit.validFrom}` });
      const past = history();
      if (!past.ok) return past;
      const { serials, installed, revoked } = past.value;
      if (revoked.some(({ id }) => id === permit.id)) return err({ reason: "revoked", detail: permit.id });
      const highest = serials[permit.reference] ?? 0;
      // The newest one may be put back in its place; anything older, and another of the same serial, may not.
      const again = installed.includes(permit.id) && highest === permit.serial && permitInPlace() !== permit.id;
      if (!again && (installed.includes(permit.id) || highest >= permit.serial))
        return err({ reason: "doubled", detail: `${permit.reference}, serial ${permit.serial}` });
      keep({ serials: { [permit.reference]: permit.serial }, installed: [permit.id], revoked: [] });
      writeWhole(file, `${JSON.stringify(verified.value, null, 2)}\n`);
      return ok(permit);
    },

    revoke(reason, nowMs) {
      const text = readBounded(file);
      const parsed = text === undefined ? undefined : parsePermit(text);
      if (!parsed?.ok) return undefined;
      const { permit } = parsed.value;
      history();
      try {
        keep({ ...emptyHistory, revoked: [{ id: permit.id, at: iso(nowMs), reason: reason.slice(0, 500) }] });
      } catch {
        // A full disk has no room for the record, but a name can change: the permit is out of force, and its file says why.
        renameSync(file, asideName(file));
      }
      return permit;
    },

    watch(changed) {
      const signature = (): string => `${stamp(file)} ${stamp(historyFile)}`;
      let last = signature();
      const look = (): void => {
        const now = signature();
        if (now === last) return;
        last = now;
        changed();
      };
      mkdirSync(dirname(file), { recursive: true });
      mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
      const names = new Set([basename(file), historyFileName]);
      const watchers = [...new Set([dirname(file), config.stateDir])].map((folder) =>
        watch(folder, (_, name) => {
          if (name === null || names.has(name)) look();
        }),
      );
      for (const watcher of watchers) watcher.on("error", () => {});
      const timer = setInterval(look, watchEveryMs);
      timer.unref();
      for (const watcher of watchers) watcher.unref();
      return () => {
        clearInterval(timer);
        for (const watcher of watchers) watcher.close();
      };
    },
  };
}

/** Where a permit goes that was revoked while nothing could be written. */
const asideName = (file: string): string => `${file}.revoked`;

/** What such a file says. */
function revokedAside(file: string): PermitHistory {
  const text = readBounded(asideName(file));
  const parsed = text === undefined ? undefined : parsePermit(text);
  if (!parsed?.ok) return emptyHistory;
  const { id } = parsed.value.permit;
  return { ...emptyHistory, revoked: [{ id, at: "unknown", reason: "revoked while the disk was full" }] };
}

const isRemembered = ({ installed, revoked }: PermitHistory): boolean => installed.length + revoked.length > 0;

function isDamaged(historyFile: string): boolean {
  const text = readBounded(historyFile);
  if (text === undefined) return false;
  try {
    return !historySchema.safeParse(JSON.parse(text)).success;
  } catch {
    return true;
  }
}

const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : "unknown");

function stamp(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return "none";
  }
}

/** The text of a file of bounded size; undefined when there is none. A file that is too large reads as damaged text. */
function readBounded(file: string): string | undefined {
  try {
    if (statSync(file).size > 4 * permitBytesMax) return "too large";
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
