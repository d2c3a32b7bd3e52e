/** Archives with the same bytes each time: sorted names, one time for all, nobody's user and group. */
import { basename, dirname } from "node:path";
import { run } from "./shell.ts";

const sameEachTime = (timeS: number): string[] => [
  "--sort=name",
  `--mtime=@${timeS}`,
  "--owner=0",
  "--group=0",
  "--numeric-owner",
  "--format=gnu",
];

/** A folder as .tar.gz, the folder itself included. */
export function makeArchive(folder: string, file: string, timeS: number): void {
  run(
    "tar",
    [...sameEachTime(timeS), "--use-compress-program=gzip -n -6", "-cf", file, "-C", dirname(folder), basename(folder)],
    dirname(folder),
  );
}

/** A tree with its DEBIAN folder as .deb. */
export function makeDebianPackage(tree: string, file: string, timeS: number): void {
  run("find", [tree, "-exec", "touch", "-h", "-d", `@${timeS}`, "{}", "+"], dirname(tree));
  run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", tree, file], dirname(tree), {
    env: { SOURCE_DATE_EPOCH: String(timeS) },
  });
}
