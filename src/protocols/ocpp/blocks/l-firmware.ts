/**
 * L01, L02: firmware update. Signed images are verified before anything is installed; installation waits for its window
 * and for our own gates: no transaction, neither discharging nor islanded (requirement R40).
 */
import { createVerify, type Verify } from "node:crypto";
import { collectionOf } from "../collection.ts";
import { type Block, type Context, info } from "../context.ts";
import type { Cancel, FilePort, StoredFile } from "../ports.ts";
import type { BootReason, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { isSigned, judgeSigner } from "./l-signature.ts";

const imageMaxBytes = 512 * 1024 * 1024;
const retriesMax = 10;
const gateLookMs = 5_000;

type Status = RequestOf<"FirmwareStatusNotification">["status"];

/** An image on disk, with the hash of what came. */
interface Image {
  file: StoredFile;
  hashed: Verify;
}

interface Update {
  request: RequestOf<"UpdateFirmware">;
  status: Status;
  abort: AbortController;
  timer: Cancel | null;
  /** The installation has begun: nobody may use the station any more. */
  installing: boolean;
}

/** What an update needs to know of the station. */
export interface FirmwareFacts {
  /** Manufacturer roots, PEM: the signing certificate must chain to one of them. */
  roots(): string[];
  /** Why an installation has to wait, or null. */
  blocked(): string | null;
  /** New sessions are refused while an installation waits, unless configured otherwise. */
  pendingChanged(): void;
  reboot(reason: BootReason): void;
}

/** Update of the station's firmware: download, proof of its signature, installation. */
export interface Firmware extends Block {
  trigger(): void;
  /** An update waits to be installed and new transactions must not start. */
  readonly blocksSessions: boolean;
  /** After a restart: tells whether the update has been installed, once that is certain. */
  onBoot(reason: BootReason): void;
}

/** Functional block of firmware; without file access every update is refused. */
export function createFirmware(context: Context, files: FilePort | undefined, facts: FirmwareFacts): Firmware {
  const { session, clock, model } = context;
  const kept = collectionOf<{ requestId: number; version?: string }>(context.store, "firmware");
  let current: Update | null = null;

  const tell = (status: Status, requestId?: number): void =>
    session.tell("FirmwareStatusNotification", {
      status,
      ...(requestId !== undefined && status !== "Idle" && { requestId }),
    });

  function set(update: Update, status: Status): void {
    update.status = status;
    if (current === update) tell(status, update.request.requestId);
  }

  /** Waits until a moment; false when the update was cancelled meanwhile. */
  function until(update: Update, name: string, atMs: number): Promise<boolean> {
    const leftMs = atMs - context.nowMs();
    if (!(leftMs > 0)) return Promise.resolve(current === update);
    return new Promise((resolve) => {
      update.timer = clock.after(name, leftMs, () => resolve(current === update));
      update.abort.signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  async function download(update: Update): Promise<Image | null> {
    const { firmware, retries = 0, retryInterval = 60 } = update.request;
    const atMs = Date.parse(firmware.retrieveDateTime);
    if (atMs > context.nowMs()) set(update, "DownloadScheduled");
    if (!(await until(update, "firmware download", atMs))) return null;
    for (let attempt = 0; attempt <= Math.min(retries, retriesMax); attempt++) {
      if (attempt > 0 && !(await until(update, "firmware retry", context.nowMs() + retryInterval * 1000))) return null;
      set(update, "Downloading");
      try {
        const hashed = createVerify("SHA256");
        const file = await files!.download(firmware.location, {
          maxBytes: imageMaxBytes,
          signal: update.abort.signal,
          onPart: (part) => void hashed.update(part),
        });
        if (current !== update) {
          file.remove();
          return null;
        }
        set(update, "Downloaded");
        return { file, hashed };
      } catch (error) {
        if (current !== update) return null;
        context.log("warn", `Firmware could not be downloaded: ${(error as Error).message}`);
      }
    }
    set(update, "DownloadFailed");
    return null;
  }

  function verified(update: Update, { hashed }: Image): boolean {
    const { signature, signingCertificate } = update.request.firmware;
    if (signature === undefined || signingCertificate === undefined) return true;
    const good = isSigned(hashed, signingCertificate, signature, context.log);
    if (!good) context.securityEvent("InvalidFirmwareSignature");
    set(update, good ? "SignatureVerified" : "InvalidSignature");
    return good;
  }

  async function install(update: Update, image: StoredFile): Promise<void> {
    const { installDateTime } = update.request.firmware;
    const atMs = installDateTime === undefined ? context.nowMs() : Date.parse(installDateTime);
    if (atMs > context.nowMs() || facts.blocked() !== null) set(update, "InstallScheduled");
    facts.pendingChanged();
    if (atMs > context.nowMs()) files!.noteWaiting?.(`it is to be installed at ${installDateTime}`);
    if (!(await until(update, "firmware installation", atMs))) return;
    let said = "";
    for (let why = facts.blocked(); why !== null; why = facts.blocked()) {
      if (why !== said) context.log("info", `Firmware waits to be installed: ${why}`);
      said = why;
      files!.noteWaiting?.(why);
      if (!(await until(update, "firmware gate", context.nowMs() + gateLookMs))) return;
    }
    files!.noteWaiting?.(null);
    // L01: whatever is free becomes unavailable before the installation begins.
    update.installing = true;
    facts.pendingChanged();
    set(update, "Installing");
    const { rebootNeeded, version } = await files!.installFirmware(image, update.abort.signal);
    context.securityEvent("FirmwareUpdated");
    if (!rebootNeeded) return set(update, "Installed");
    const { requestId } = update.request;
    kept.put("installed", { requestId, ...(version !== undefined && { version }) });
    set(update, "InstallRebooting");
    facts.reboot("FirmwareUpdate");
  }

  async function run(update: Update): Promise<void> {
    let image: Image | null = null;
    try {
      image = await download(update);
      if (image && verified(update, image)) await install(update, image.file);
    } catch (error) {
      context.log("error", `Firmware could not be installed: ${(error as Error).message}`);
      set(update, "InstallationFailed");
    } finally {
      image?.file.remove();
      if (current === update) files!.noteWaiting?.(null);
      if (current === update) current = null;
      facts.pendingChanged();
    }
  }

  function start(request: RequestOf<"UpdateFirmware">): ResponseOf<"UpdateFirmware"> {
    const refused = refusalOf(request, files, facts, context);
    if (refused !== null) return refused;
    if (current && (current.status === "Installing" || current.status === "InstallRebooting"))
      return { status: "Rejected", statusInfo: info("UpdateInProgress", "An installation cannot be cancelled.") };
    const canceled = current;
    canceled?.abort.abort();
    canceled?.timer?.();
    const update: Update = { request, status: "Idle", abort: new AbortController(), timer: null, installing: false };
    current = update;
    context.afterAnswer("firmware update", () => void run(update));
    return { status: canceled ? "AcceptedCanceled" : "Accepted" };
  }

  /** What became of an installation that needed a restart: a version on trial may still be given up. */
  function tellOutcome(reason: BootReason): void {
    const done = kept.get("installed");
    if (!done || (done.version === undefined && reason !== "FirmwareUpdate")) return;
    if (files?.onTrial?.()) return void clock.after("firmware trial", gateLookMs, () => tellOutcome(reason));
    kept.remove("installed");
    const stays = done.version === undefined || done.version === context.config.firmwareVersion;
    tell(stays ? "Installed" : "InstallationFailed", done.requestId);
  }

  return {
    handlers: { UpdateFirmware: start },
    trigger: () => (current ? tell(current.status, current.request.requestId) : tell("Idle")),
    get blocksSessions() {
      if (current === null) return false;
      return (
        current.installing ||
        (current.status === "InstallScheduled" &&
          !model.flag("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate"))
      );
    },
    onBoot: tellOutcome,
  };
}

/** Why a request can't be followed, whatever is under way; null where it can. */
function refusalOf(
  { firmware }: RequestOf<"UpdateFirmware">,
  files: FilePort | undefined,
  facts: FirmwareFacts,
  context: Context,
): ResponseOf<"UpdateFirmware"> | null {
  if (!files) return { status: "Rejected", statusInfo: info("NotSupported", "This station installs no firmware.") };
  const wrong = files.judge(firmware.location);
  if (wrong !== null) return { status: "Rejected", statusInfo: info("InvalidURL", wrong) };
  // L01: an image without signature is not accepted where manufacturers' roots are installed.
  if (facts.roots().length > 0 && (firmware.signingCertificate === undefined || firmware.signature === undefined))
    return { status: "Rejected", statusInfo: info("MissingParam", "A signature and its certificate are needed.") };
  if (firmware.signingCertificate !== undefined) {
    const why = judgeSigner(firmware.signingCertificate, facts.roots(), context.nowMs());
    if (why) {
      context.securityEvent("InvalidFirmwareSigningCertificate", why);
      return { status: "InvalidCertificate", statusInfo: info("InvalidCertificate", why) };
    }
  }
  return null;
}
