/** A small file system of its own that a test can fill and empty. Needs the right to mount; without it tests are skipped and say so. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  close(): void;
}

const sayWhyNot = (): string => {
  if (process.platform !== "linux") return "tmpfs needs Linux";
  if (process.getuid?.() !== 0) return "mounting a tmpfs needs root";
  const folder = mkdtempSync(join(tmpdir(), "islet-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return "";
  } catch {
    return "mounting a tmpfs is not allowed here";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Why there can be none; "" when there can. */
export const noSmallDisk = sayWhyNot();

export function mountSmallDisk(kilobytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "islet-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  const ballast = join(folder, "ballast");
  const close = (): void => {
    process.removeListener("exit", close);
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  // Whatever becomes of the test, nothing stays mounted.
  process.once("exit", close);
  return {
    folder,
    fill() {
      const handle = openSync(ballast, "a");
      // Whole pages first, then the last bytes of the last one.
      for (const size of [4_096, 1]) {
        try {
          for (;;) writeSync(handle, Buffer.alloc(size, 1));
        } catch {
          // Full.
        }
      }
      closeSync(handle);
    },
    free: () => rmSync(ballast, { force: true }),
    close,
  };
}
