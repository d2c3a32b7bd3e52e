/**
 * The versions of Islet on a machine and which of them runs. In the root folder: `versions/NAME`, the links `current` and
 * `former`, and while a new one is on trial `trial.json`. Every change is one rename, so that a power cut at any moment leaves
 * one whole version running: the former one or the new one.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { syncFolder, writeWhole } from "../store/files.ts";

/** Names of versions that are kept: the running one, the former one, and one more. */
const keptMax = 3;

const trialSchema = z.strictObject({
  /** The version on trial and the one to return to. */
  name: z.string().max(100),
  former: z.string().max(100),
  sinceMs: z.number(),
  /** Devices that were not well before it. */
  unwell: z.array(z.string().max(200)).max(1_000).nullable(),
});
export type Trial = z.infer<typeof trialSchema>;

export interface Versions {
  readonly root: string;
  /** Names as the folders are called, newest first by name. */
  all(): string[];
  current(): string | null;
  former(): string | null;
  trial(): Trial | null;
  /** Where a new version is unpacked, out of everybody's way. */
  incoming(): string;
  /** A version that was unpacked whole gets its name. */
  add(folder: string, name: string): void;
  /** From now on this one is started; with a trial, it must prove itself. */
  switchTo(name: string, trial: Trial | null): void;
  /** The version on trial stays. */
  confirm(): void;
  /** Back to the former version, whatever is on trial. Returns its name; null where there is none. */
  rollBack(): string | null;
}

const trialFile = "trial.json";
const attemptsFile = "attempts";

export function openVersions(root: string): Versions {
  const at = (...path: string[]): string => join(root, ...path);
  const linked = (name: string): string | null => {
    try {
      return basename(readlinkSync(at(name)));
    } catch {
      return null;
    }
  };
  const link = (name: string, target: string): void => {
    rmSync(at(`${name}.new`), { force: true });
    symlinkSync(join("versions", target), at(`${name}.new`));
    renameSync(at(`${name}.new`), at(name));
  };
  const all = (): string[] =>
    existsSync(at("versions"))
      ? readdirSync(at("versions"))
          .filter((name) => !name.startsWith(".") && lstatSync(at("versions", name)).isDirectory())
          .sort()
          .reverse()
      : [];
  const trial = (): Trial | null => {
    try {
      return trialSchema.parse(JSON.parse(readFileSync(at(trialFile), "utf8")));
    } catch {
      return null;
    }
  };
  const forgetTrial = (): void => {
    for (const name of [trialFile, attemptsFile]) rmSync(at(name), { force: true });
    syncFolder(root);
  };
  /** The oldest go, never one that a link names. */
  const tidy = (): void => {
    const needed = new Set([linked("current"), linked("former")]);
    for (const name of all().slice(keptMax)) if (!needed.has(name)) rmSync(at("versions", name), { recursive: true });
  };
  return {
    root,
    all,
    current: () => linked("current"),
    former: () => linked("former"),
    trial,
    incoming() {
      mkdirSync(at("versions"), { recursive: true });
      const folder = at("versions", ".incoming");
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      return folder;
    },
    add(folder, name) {
      rmSync(at("versions", name), { recursive: true, force: true });
      renameSync(folder, at("versions", name));
      syncFolder(at("versions"));
    },
    switchTo(name, newTrial) {
      const before = linked("current");
      rmSync(at(attemptsFile), { force: true });
      // The trial first: a start between the two finds the former version, and a trial that is not about it.
      if (newTrial !== null) writeWhole(at(trialFile), JSON.stringify(newTrial));
      if (before !== null && before !== name) link("former", before);
      link("current", name);
      syncFolder(root);
      if (newTrial === null) forgetTrial();
      tidy();
    },
    confirm: forgetTrial,
    rollBack() {
      const tried = trial();
      const former = tried !== null && tried.name === linked("current") ? tried.former : linked("former");
      if (former === null || !existsSync(at("versions", former))) return null;
      const failed = linked("current");
      link("current", former);
      if (failed !== null && failed !== former) link("former", failed);
      syncFolder(root);
      forgetTrial();
      return former;
    },
  };
}
