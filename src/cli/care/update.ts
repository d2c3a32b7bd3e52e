/** `islet update`: signed versions beside each other, one of them running, and the way back. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { loadSite } from "../../app/site/load-config.ts";
import { installVersion } from "../../app/update/install.ts";
import { rootOf } from "../../app/update/trial.ts";
import { openVersions } from "../../app/update/versions.ts";
import type { SiteConfig } from "../../config/site.ts";
import { isIslanded, isWithoutGrid } from "../../domain/modes.ts";
import { AskedWrongly } from "../asked.ts";
import { type PageOptions, seeController, unwellOf } from "./running-controller.ts";

const program = resolve(import.meta.dirname, "../../..");

interface RootOption {
  readonly root?: string;
  readonly json?: true;
}
interface InstallOptions extends RootOption, PageOptions {
  readonly config?: string;
  readonly older?: true;
  readonly stopped?: true;
  readonly restart?: string;
}

export function updateCommand(command: Command): void {
  const update = command
    .command("update")
    .description("install a signed version beside the running one, see which runs, or go back");
  const rooted = (one: Command): Command =>
    one
      .option("--root <folder>", "where the versions lie; by default where this one does")
      .option("--json", "print JSON");

  rooted(update.command("install"))
    .description("verify a signed version and let the next start use it; it returns to the former one unless it works")
    .argument("<bundle>", "the signed version, a .update file")
    .option(
      "--config <file>",
      "the site's configuration, which the new version must take; only a first version goes without",
    )
    .option("--url <url>", "address of the running controller's page, where it is not the configuration's")
    .option("--token <token>", "read-only API token, to see that the site is idle; ISLET_TOKEN is read as well")
    .option("--older", "also a version that is not newer")
    .option("--restart <command>", "run this afterwards, for example: systemctl restart islet")
    .action((bundle: string, options: InstallOptions) => install(bundle, options));

  rooted(update.command("status"))
    .description("say which version runs, which one before it, and whether one is on trial")
    .action((options: RootOption) => status(options));

  rooted(update.command("rollback"))
    .description("let the next start use the former version")
    .option("--restart <command>", "run this afterwards, for example: systemctl restart islet")
    .action((options: RootOption & { restart?: string }) => rollback(options));
}

async function install(bundle: string, options: InstallOptions): Promise<void> {
  const root = rootFrom(options);
  if (!existsSync(bundle)) throw new Error(`${bundle} is not there.`);
  const { current } = statusOf(root);
  if (current !== null && options.config === undefined)
    throw new AskedWrongly(
      "Name the site's configuration (--config): the new version must take it, and its site must be idle.",
    );
  const siteFile = options.config === undefined ? null : resolve(options.config);
  const unwell = siteFile === null ? null : await unwellWhileIdle(loadSite(siteFile).config, options);
  const olderToo = options.older ?? false;
  const installed = await installVersion({ bundle, root, siteFile, olderToo, unwell, nowMs: Date.now() });
  if (!installed.ok) throw new Error(installed.error);
  const { name, version, signedBy, former } = installed.value;
  if (options.json) print(JSON.stringify({ ...installed.value, root }));
  else {
    print(`Islet ${version} (${name}, signed by ${signedBy}) is used from the next start on.`);
    if (former !== null)
      print(`It is on trial: unless it works within a minute of its start, ${former} is started again.`);
    if (options.restart === undefined)
      print("Now start the controller again, while the site is no island: systemctl restart islet");
  }
  restart(options.restart);
}

/**
 * Devices that are not well now; null where no controller runs. A site that discharges or is an island is not updated, nor one
 * whose controller runs and does not show what it does.
 */
async function unwellWhileIdle(config: SiteConfig, options: PageOptions): Promise<string[] | null> {
  const { holdsState, health, state, why } = await seeController(config, options);
  if (!holdsState && health === null) return null;
  if (state === null)
    throw new Error(
      `a controller runs, and whether its site is idle can't be seen (${why}): give its page's address and a read-only token (--url, --token), or stop it first`,
    );
  const { mode, evses } = state;
  if (isIslanded(mode.mode) || isWithoutGrid(mode.mode))
    throw new Error(`the site is in mode ${mode.mode}: it is updated once the grid is back`);
  const discharging = evses.filter(({ setpointW }) => setpointW < 0).map(({ evse }) => evse);
  if (discharging.length > 0)
    throw new Error(`EVSE ${discharging.join(", ")} discharges: the site is updated while nothing does`);
  return unwellOf(state).map(({ name }) => name);
}

function status(options: RootOption): void {
  const seen = statusOf(rootFrom(options));
  if (options.json) {
    print(JSON.stringify(seen));
    return;
  }
  const { current, former, trial, all } = seen;
  print(`Running from the next start on: ${current ?? "none"}`);
  print(`Before it: ${former ?? "none"}`);
  if (trial !== null && trial.name === current)
    print(`On trial since ${new Date(trial.sinceMs).toISOString()}; without success ${trial.former} returns.`);
  print(`Kept: ${all.join(", ") || "none"}`);
}

function rollback(options: RootOption & { restart?: string }): void {
  const versions = openVersions(rootFrom(options));
  const back = versions.rollBack();
  if (back === null) throw new Error("there is no former version to go back to");
  if (options.json) print(JSON.stringify({ current: back }));
  else print(`${back} is used from the next start on.`);
  restart(options.restart);
}

function statusOf(root: string) {
  const versions = openVersions(root);
  const [current, former, trial, all] = [versions.current(), versions.former(), versions.trial(), versions.all()];
  return { root, current, former, trial, all };
}

function rootFrom({ root }: RootOption): string {
  const found = root ?? rootOf(program);
  if (found === null)
    throw new AskedWrongly(
      "This Islet does not lie in a folder of versions: name one with --root, for example /opt/islet.",
    );
  if (!existsSync(join(found, "anchors")))
    throw new AskedWrongly(
      `${found} has no folder "anchors" with the public keys (PEM) that may sign versions: make it first.`,
    );
  return resolve(found);
}

function restart(command: string | undefined): void {
  if (command === undefined) return;
  const { status: code, error } = spawnSync("sh", ["-c", command], { stdio: "inherit" });
  if (code !== 0)
    throw new Error(`the version is in place, but "${command}" failed (${error?.message ?? `exit code ${code}`})`);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
