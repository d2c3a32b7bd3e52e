/**
 * A disk whose power can go: a file system in a file. What it held at the cut is what had been given to the block device; what
 * only lay in memory is gone. Needs root and loop devices; without them a plain folder, where only the processes end.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const imageBytes = "24M";
const triesMax = 100;

export interface CutDisk {
  /** What is not in memory alone is lost too: a block device of its own. */
  readonly losesMemory: boolean;
  /** Where it is mounted. */
  readonly folder: string;
  /** Keeps what is there now, whole, under a name. */
  keep(name: string): void;
  /** Begins anew from what was kept. */
  begin(name: string): void;
  /** The power goes and comes back. */
  cut(): void;
  remove(): void;
}

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

export function openDisk(work: string): CutDisk {
  const folder = join(work, "disk");
  mkdirSync(folder, { recursive: true });
  // Each image has a name of its own: a loop device that lingers on would show what an older one held.
  let images = 0;
  const next = (): string => join(work, `image-${++images}.img`);
  let live = next();
  const made = run("truncate", "-s", imageBytes, live) && run("mkfs.ext4", "-q", "-F", live);
  if (!made || !run("mount", "-o", "loop", live, folder)) return plainFolder(work, folder);
  const copy = (from: string, to: string): void => {
    if (!run("cp", "--sparse=always", from, to)) throw new Error(`${from} can't be copied.`);
  };
  const unmount = (): void => {
    // What was killed may take a moment to let go.
    for (let n = 0; !run("umount", folder); n++) {
      if (n === triesMax) throw new Error(`${folder} is still in use.`);
      spawnSync("sleep", ["0.1"]);
    }
  };
  const mount = (image: string): void => {
    if (!run("mount", "-o", "loop", image, folder)) throw new Error(`${image} can't be mounted.`);
    live = image;
  };
  const kept = (name: string): string => join(work, `${name}.img`);
  return {
    losesMemory: true,
    folder,
    keep(name) {
      unmount();
      copy(live, kept(name));
      mount(live);
    },
    begin(name) {
      unmount();
      rmSync(live);
      const image = next();
      copy(kept(name), image);
      mount(image);
    },
    cut() {
      const image = next();
      copy(live, image);
      unmount();
      rmSync(live);
      mount(image);
    },
    remove() {
      run("umount", folder);
      rmSync(work, { recursive: true, force: true });
    },
  };
}

const plainFolder = (work: string, folder: string): CutDisk => ({
  losesMemory: false,
  folder,
  keep: (name) => cpSync(folder, join(work, name), { recursive: true, verbatimSymlinks: true }),
  begin(name) {
    rmSync(folder, { recursive: true, force: true });
    cpSync(join(work, name), folder, { recursive: true, verbatimSymlinks: true });
  },
  cut: () => undefined,
  remove: () => rmSync(work, { recursive: true, force: true }),
});
