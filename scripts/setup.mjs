// Installs what the project needs when it is not there yet: plain JavaScript, because it runs before the project's
// own Node.js is installed. Does nothing, quickly and silently, when the install matches the lockfile.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const installed = join(root, "node_modules", ".package-lock.json");
const lockfile = join(root, "package-lock.json");
const runtime = join(root, "node_modules", "node", "bin", "node");

const upToDate =
  existsSync(installed) && existsSync(runtime) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs;

if (!upToDate) {
  process.stderr.write(
    "Islet: installing its dependencies and its own Node.js (npm ci, about a minute the first time) …\n",
  );
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (result.status !== 0) {
    process.stderr.write(
      "Islet: the install failed (see above). Check the network and the disk, then run `npm ci` here and try again.\n",
    );
    process.exit(result.status ?? 1);
  }
  process.stderr.write("Islet: installed.\n");
}
