/**
 * A disk whose power can go: a file system in a file. What it held at the cut is what had been given to the block device; what
 * only lay in memory is gone. Needs root and loop devices; without them a plain folder, where only the processes end.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync } from "node:fs";
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
  const image = join(work, "live.img");
  mkdirSync(folder, { recursive: true });
  const made = run("truncate", "-s", imageBytes, image) && run("mkfs.ext4", "-q", "-F", image);
  if (!made || !run("mount", "-o", "loop", image, folder)) return plainFolder(work, folder);
  const mount = (file: string): void => {
    if (!run("mount", "-o", "loop", file, folder)) throw new Error(`${file} can't be mounted after the cut.`);
  };
  const unmount = (): void => {
    // What was killed may take a moment to let go.
    for (let n = 0; !run("umount", folder); n++) {
      if (n === triesMax) throw new Error(`${folder} is still in use.`);
      spawnSync("sleep", ["0.1"]);
    }
  };
  const copy = (from: string, to: string): void => {
    if (!run("cp", "--sparse=always", from, to)) throw new Error(`${from} can't be copied.`);
  };
  return {
    losesMemory: true,
    folder,
    keep(name) {
      unmount();
      copy(image, join(work, `${name}.img`));
      mount(image);
    },
    begin(name) {
      unmount();
      copy(join(work, `${name}.img`), image);
      mount(image);
    },
    cut() {
      const after = join(work, "after.img");
      copy(image, after);
      unmount();
      copyFileSync(after, image);
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
