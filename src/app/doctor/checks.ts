/**
 * What is looked at on the machine that a site runs on: each check with its verdict and, where something is wrong, what to do.
 * Nothing is written and nothing is commanded.
 */

import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { basename, dirname, join } from "node:path";
import { dayMs } from "../../domain/units.ts";
import { openPermitStore, refusalText } from "../permits/permit.ts";
import { openWitness } from "../permits/witness.ts";
import { keptFiles } from "../recorder/files/kept-files.ts";
import { incidentsFolder, ticksFolder } from "../recorder/files/recording-store.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { storeFileName } from "../store/durable.ts";
import { readStore } from "../store/read-store.ts";
import { readWrittenDay, writtenSentence } from "../store/write-watch.ts";
import { isletVersion } from "../version.ts";

/** `unknown`: it could not be looked at, which is neither good nor bad. */
export type Verdict = "good" | "look" | "bad" | "unknown";

export interface Finding {
  readonly verdict: Verdict;
  readonly sentence: string;
  /** What a person does about it; empty where nothing is to be done. */
  readonly todo: string;
}

interface Patient {
  readonly site: LoadedSite;
  readonly nowMs: number;
}

interface Check {
  readonly id: string;
  readonly title: string;
  readonly look: (patient: Patient) => Finding;
}

const good = (sentence: string): Finding => ({ verdict: "good", sentence, todo: "" });
const finding = (verdict: Verdict, sentence: string, todo: string): Finding => ({ verdict, sentence, todo });

const expiresSoonDays = 30;
/** Less room than this and the audit log of some months no longer fits, bytes. */
const roomLook = 500_000_000;
const roomBad = 50_000_000;
const memoryLook = 150_000_000;
/** Flash says its age in tenths of its life. */
const wornTenths = 9;
const askMaxMs = 2_000;

/** What a command of the system prints; null when it is not there, fails or takes too long. */
function said(command: string, ...args: string[]): string | null {
  try {
    return execFileSync(command, args, {
      encoding: "utf8",
      timeout: askMaxMs,
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}

/** The nearest folder that exists: what a folder to be made will lie on. */
function existing(folder: string): string {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

function clock({ site, nowMs }: Patient): Finding {
  const { clockFloorMs } = openWitness(site.config.stateDir).read();
  const shown = new Date(nowMs).toISOString().slice(0, 16);
  if (nowMs < clockFloorMs)
    return finding(
      "bad",
      `The clock shows ${shown}Z, which is before ${new Date(clockFloorMs).toISOString().slice(0, 16)}Z, a moment that has been.`,
      "Set the clock. Permits do not count until it is right.",
    );
  const isKept =
    existsSync("/run/systemd/timesync/synchronized") ||
    said("timedatectl", "show", "-p", "NTPSynchronized", "--value") === "yes";
  if (isKept) return good(`The clock shows ${shown}Z and is kept by a time server.`);
  return finding(
    "look",
    `The clock shows ${shown}Z; whether a time server keeps it is not known.`,
    "Compare it with another clock, and give the machine a time server (systemd-timesyncd or chrony).",
  );
}

function realTime(): Finding {
  if (said("chrt", "--fifo", "50", "true") !== null) return good("Real-time priority is granted to whoever runs this.");
  return finding(
    "look",
    "Real-time priority is not granted to whoever runs this: on a busy machine the control loop comes late.",
    "Grant CAP_SYS_NICE to the service (the package's unit does), and install util-linux for chrt.",
  );
}

function disk({ site }: Patient): Finding {
  const folder = existing(site.config.stateDir);
  const { bavail, bsize, blocks } = statfsSync(folder);
  const freeMB = Math.floor((bavail * bsize) / 1e6);
  const sentence = `${freeMB} MB of ${Math.floor((blocks * bsize) / 1e6)} MB are free where the state folder lies (${folder}).`;
  if (bavail * bsize < roomBad) return finding("bad", sentence, "Make room now: what people decide can't be kept.");
  return bavail * bsize < roomLook ? finding("look", sentence, "Make room; the audit log grows.") : good(sentence);
}

function stateFolder({ site }: Patient): Finding {
  const { stateDir } = site.config;
  const folder = existing(stateDir);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return finding(
      "bad",
      `${folder} can't be written by whoever runs this.`,
      "Run it as the service's user, or give that user the folder.",
    );
  }
  if (folder !== stateDir) return good(`The state folder ${stateDir} is made at the first start.`);
  if ((statSync(stateDir).mode & 0o077) !== 0)
    return finding("look", `Others than its owner may read ${stateDir}.`, `chmod 700 ${stateDir}`);
  const owner = statSync(stateDir).uid;
  const foreign = readdirSync(stateDir).filter((name) => statSync(join(stateDir, name)).uid !== owner);
  if (foreign.length > 0)
    return finding(
      "bad",
      `The controller can't use files of another owner in ${stateDir}: ${foreign.slice(0, 5).join(", ")}.`,
      `Give them to the folder's owner: chown -R --reference=${stateDir} ${stateDir}; run commands as the service's user (sudo -u islet islet …).`,
    );
  const damaged = readdirSync(stateDir).filter((name) => /\.damaged-\d+$/.test(name));
  if (damaged.length > 0)
    return finding(
      "look",
      `Damaged files were set aside in ${stateDir}: ${damaged.slice(0, 5).join(", ")}.`,
      "Find out what damaged them (disk, power), keep them as evidence elsewhere, then delete them.",
    );
  return good(`The state folder ${stateDir} is private and can be written.`);
}

/** Flash that tells its age (JEDEC eMMC), in tenths of its expected life. */
function wear(): Finding {
  const ages = listed("/sys/block").flatMap((name) => {
    const text = readOr(`/sys/block/${name}/device/life_time`, "");
    const tenths = Math.max(
      ...text
        .split(/\s+/)
        .map((word) => Number.parseInt(word, 16))
        .filter(Number.isFinite),
      0,
    );
    return tenths > 0 ? [{ name, tenths }] : [];
  });
  if (ages.length === 0) return finding("unknown", "No disk of this machine tells how worn it is.", "");
  const [oldest] = ages.sort((a, b) => b.tenths - a.tenths);
  const sentence = `${oldest!.name} has used about ${oldest!.tenths * 10} % of its life.`;
  return oldest!.tenths >= wornTenths
    ? finding("bad", sentence, "Make a backup (islet backup) and replace the disk or the gateway.")
    : good(sentence);
}

/** What the controller itself has given to the disk. */
function written({ site, nowMs }: Patient): Finding {
  const { stateDir, diskDayMB } = site.config;
  const file = join(stateDir, storeFileName);
  if (!existsSync(file)) return finding("unknown", "Nothing was written yet.", "");
  const store = readStore(file);
  try {
    const day = readWrittenDay(store, nowMs);
    if (day === null) return finding("unknown", "How much the controller writes is not known yet.", "");
    const sentence = writtenSentence(day, diskDayMB);
    return day.total > diskDayMB * 1e6
      ? finding(
          "look",
          sentence,
          "Lengthen the backend's interval of readings (TxUpdatedInterval) or set recorder.dayMB lower; otherwise the disk wears sooner than planned.",
        )
      : good(sentence);
  } finally {
    store.close();
  }
}

/** What the flight recorder has kept; the newest file tells whether it writes. */
function recorder({ site, nowMs }: Patient): Finding {
  const { config } = site;
  if (!config.recorder.enabled) return good("Nothing is recorded: recorder.enabled is false.");
  const ticks = keptFiles(ticksFolder(config.stateDir));
  const incidents = keptFiles(incidentsFolder(config.stateDir));
  const newest = ticks.at(-1);
  if (newest === undefined)
    return finding("unknown", "Nothing is recorded yet.", "Once the controller has run for a minute, look at its log.");
  const megabytes = [...ticks, ...incidents].reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const ageMin = Math.round((nowMs - newest.changedMs) / 60_000);
  const sentence = `The flight recorder holds ${megabytes.toFixed(1)} MB and ${incidents.length} incidents; it last wrote ${ageMin} min ago.`;
  return good(sentence);
}

function memory(): Finding {
  const freeKB = Number(/^MemAvailable:\s+(\d+)/m.exec(readOr("/proc/meminfo", ""))?.[1] ?? Number.NaN);
  if (Number.isNaN(freeKB)) return finding("unknown", "How much memory is free is not known.", "");
  const sentence = `${Math.floor(freeKB / 1_000)} MB of ${Math.floor(totalmem() / 1e6)} MB of memory are free.`;
  return freeKB * 1_000 < memoryLook
    ? finding("look", sentence, "Find out what else runs on this machine.")
    : good(sentence);
}

function permit({ site, nowMs }: Patient): Finding {
  const { permit: held, refusal } = openPermitStore(site.config).inForce([]);
  if (refusal !== undefined)
    return finding("bad", `The permit is refused: ${refusalText(refusal)}`, "See islet permit inspect.");
  if (held === undefined)
    return site.config.site.serviceMode === "load-only"
      ? good("No permit is installed, and none is needed: the site is a load.")
      : finding(
          "look",
          `No permit is installed: the site is a load, though ${site.config.site.serviceMode} is configured.`,
          "Install the utility's permit: islet permit install.",
        );
  const days = Math.floor((Date.parse(held.validUntil) - nowMs) / dayMs);
  const sentence = `The permit ${held.reference} of ${held.utility} is valid until ${held.validUntil.slice(0, 10)}.`;
  if (days < 0) return finding("bad", `${sentence} It has run out.`, "Ask the utility for a new one.");
  return days < expiresSoonDays
    ? finding("look", `${sentence} ${days} days are left.`, "Ask the utility for a new one.")
    : good(sentence);
}

function certificates({ site, nowMs }: Patient): Finding {
  const { dashboard, backend } = site.config;
  const files = [dashboard.certificateFile, backend?.certificateFile, backend?.caFile, backend?.v2gCaFile].filter(
    (file) => file !== undefined,
  );
  if (files.length === 0) return good("No certificate is configured.");
  const wrong: string[] = [];
  let isBad = false;
  for (const file of files) {
    try {
      const days = Math.floor((Date.parse(new X509Certificate(readFileSync(file)).validTo) - nowMs) / dayMs);
      isBad ||= days < 0;
      if (days < expiresSoonDays)
        wrong.push(`${basename(file)} ${days < 0 ? "has run out" : `runs out in ${days} days`}`);
    } catch (failure) {
      isBad = true;
      wrong.push(`${file} can't be read (${(failure as NodeJS.ErrnoException).code ?? "no certificate"})`);
    }
  }
  if (wrong.length === 0) return good(`${files.length} certificates are valid for more than ${expiresSoonDays} days.`);
  return finding(isBad ? "bad" : "look", `${wrong.join("; ")}.`, "Renew them and start the controller again.");
}

function serialLines({ site }: Patient): Finding {
  const lines = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, value] of Object.entries(node))
      if (name === "serial" && typeof value === "string") lines.add(value);
      else walk(value);
  };
  walk(site.config);
  if (lines.size === 0) return good("No serial line is configured.");
  const wrong = [...lines].flatMap((line) => {
    if (!existsSync(line)) return [`${line} is not there`];
    try {
      accessSync(line, constants.R_OK | constants.W_OK);
      return [];
    } catch {
      return [`${line} may not be used by whoever runs this`];
    }
  });
  if (wrong.length === 0) return good(`${lines.size} serial lines are there.`);
  return finding(
    "bad",
    `${wrong.join("; ")}.`,
    "Plug the adapter in; name it by /dev/serial/by-id; put the service's user into the group dialout.",
  );
}

function versions(): Finding {
  const kernel = readOr("/proc/sys/kernel/osrelease", "kernel not known").trim();
  return good(`Islet ${isletVersion()}, Node.js ${process.versions.node}, ${kernel}, ${process.arch}.`);
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}

const checks: readonly Check[] = [
  { id: "versions", title: "Versions", look: versions },
  { id: "clock", title: "Clock", look: clock },
  { id: "real-time", title: "Real-time priority", look: realTime },
  { id: "disk", title: "Room on the disk", look: disk },
  { id: "wear", title: "Wear of the disk", look: wear },
  { id: "written", title: "Written in a day", look: written },
  { id: "state-folder", title: "State folder", look: stateFolder },
  { id: "recorder", title: "Flight recorder", look: recorder },
  { id: "memory", title: "Memory", look: memory },
  { id: "permit", title: "Permit", look: permit },
  { id: "certificates", title: "Certificates", look: certificates },
  { id: "serial-lines", title: "Serial lines", look: serialLines },
];

/** Every check's finding; one that fails itself says so. Made of what the checks need: a site whose files are in order. */
export function examine(patient: Patient): (Finding & { readonly id: string; readonly title: string })[] {
  return checks.map(({ id, title, look }) => {
    try {
      return { id, title, ...look(patient) };
    } catch (failure) {
      const sentence = `It could not be looked at: ${(failure as Error).message}`;
      return { id, title, ...finding("unknown", sentence, "") };
    }
  });
}
