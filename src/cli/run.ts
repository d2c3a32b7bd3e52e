/**
 * `islet run`: the controller of a site, with its page. Ends on SIGINT or SIGTERM, leaving every stage to its watchdog; SIGHUP
 * reads the files again and says what a start would change.
 */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { monotonicMs } from "../app/control/monotonic.ts";
import { createLogs, type Log } from "../app/log.ts";
import { tellServiceManager } from "../app/service-manager.ts";
import { changedSettings } from "../app/site/config-changes.ts";
import { checkSite, type LoadedSite, loadSite } from "../app/site/load-config.ts";
import { lockSite } from "../app/site/site-lock.ts";
import { type SiteStation, startStation } from "../app/station.ts";
import { bundleTransfers } from "../app/update/bundle-transfers.ts";
import { updateRefusal } from "../app/update/may-update.ts";
import { createSelfUpdate } from "../app/update/self-update.ts";
import { type Health, watchTrial } from "../app/update/trial.ts";
import { isletVersion } from "../app/version.ts";
import { complaintText } from "../config/parse.ts";
import { openAccounts } from "../dashboard/access/accounts.ts";
import { chooseServing } from "../dashboard/access/tls.ts";
import { startSiteAlerts } from "../dashboard/alerts/site-alerts.ts";
import { createAlertsPort } from "../dashboard/alerts/test-alert.ts";
import { createAppSource } from "../dashboard/live/app-source.ts";
import { certificateOf } from "../dashboard/live/slow-facts.ts";
import { tryPagePort } from "../dashboard/server/page-port.ts";
import { createDashboard } from "../dashboard/server/server.ts";
import type { SiteState } from "../dashboard/state.ts";
import { shownPage } from "../dashboard/view/for-fleet.ts";
import { contradictionText, siteContradictions, standingContradictions } from "./approval/site-contradictions.ts";
import type { FromController, ToController } from "./controller-messages.ts";

interface RunOptions {
  readonly config: string;
  readonly logJson?: boolean;
  readonly logLevel: string;
  readonly demo?: boolean;
  readonly check?: boolean;
}

/** Ending in order takes at most this long, ms: then the process ends all the same, and every stage by its own watchdog. */
const endMaxMs = 8_000;
/** Message to a parent process that watches over a channel: what a demonstration shows. */
const parentEveryMs = 250;

export function runCommand(program: Command): void {
  program
    .command("run")
    .description("run the controller of a site")
    .requiredOption("--config <file>", "the site's configuration, YAML")
    .option("--log-json", "log JSON lines")
    .addOption(
      new Option("--log-level <level>", "what is logged").choices(["debug", "info", "warn", "error"]).default("info"),
    )
    .option("--demo", "a simulated site: sign everybody on this machine in by itself")
    .action(async (options: RunOptions) => {
      const ended = await run(options);
      process.exitCode = ended ? 1 : 0;
      process.exit();
    });
}

/** Runs until a signal (false) or until nothing is controlled any more (true). */
async function run(options: RunOptions): Promise<boolean> {
  const site = loadSite(options.config);
  const { log, pino } = createLogs(options.logJson ?? false, options.logLevel);
  const { config } = site;
  // Before anything is controlled: a page that can't be served is told at once.
  const serving = chooseServing(config.dashboard, config.stateDir, Date.now());
  let finish: (failed: boolean) => void = () => undefined;
  const finished = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => finish(false));
  process.on("SIGHUP", () => reread(options.config, site, log));
  // From the first moment on: a new version that gets stuck on its way is given up as well.
  let health: () => Health = () => ({ cycles: null, unwell: [] });
  const programFolder = join(import.meta.dirname, "../..");
  const trial = watchTrial(
    programFolder,
    () => health(),
    monotonicMs,
    (sentence, isBack) => {
      log(isBack ? "error" : "info", sentence);
      if (isBack) setTimeout(() => process.exit(1), endMaxMs);
      if (isBack) finish(true);
    },
  );
  const lock = await lockSite(site);
  await tryPagePort(config.dashboard).catch(async (failure: Error) => {
    await lock.release();
    throw failure;
  });
  // With a simulated site, whoever owns it says how installations end.
  let firmwareResult = "Installed";
  const updates = createSelfUpdate({
    programFolder,
    siteFile: options.config,
    refusal: () => updateRefusal(station.report()),
    unwell: () => health().unwell,
    ...bundleTransfers(config),
    restart: (sentence) => {
      log("info", `${sentence} Starting again.`);
      finish(true);
    },
    log,
    nowMs: Date.now,
  });
  const station: SiteStation = await startStation({
    site,
    log,
    installFirmware: ({ path }) => updates.installImage(path),
    noteWaiting: updates.noteWaiting,
    onTrial: updates.onTrial,
    ...(options.demo && process.send !== undefined && { installFirmware: async () => installed(firmwareResult) }),
    onReset: (sentence) => {
      log("info", `${sentence} Starting again.`);
      finish(true);
    },
    onEnd: (sentence) => {
      log("error", sentence);
      finish(true);
    },
  });
  const { tls, note, hostNames } = serving;
  const own = tls === null ? [] : certificateOf("page", tls.cert);
  const { demo = false } = options;
  const contradictions = demo ? [] : standingContradictions(siteContradictions(options.config, site));
  for (const one of contradictions) log("warn", contradictionText(one));
  const alertsPort = createAlertsPort(config, monotonicMs);
  const ports = demo ? {} : { updates, alerts: alertsPort, siteFile: options.config, contradictions };
  const source = createAppSource(station, log, demo, own, ports);
  station.fleetLink?.describe(
    () => {
      const state = source.state();
      return state === null ? null : shownPage(state);
    },
    demo ? null : updates,
  );
  const alerts = startSiteAlerts(config, source, log);
  const accounts = openAccounts(options.demo ? null : join(config.stateDir, "accounts.json"));
  const dashboard = await createDashboard({
    host: config.dashboard.host,
    port: config.dashboard.port,
    onSiteAddresses: config.dashboard.onSiteAddresses,
    language: config.dashboard.language,
    tls,
    hostNames,
    source,
    accounts,
    log: pino,
    demo: options.demo ? { role: "installer" } : null,
    version: isletVersion(),
    alerts: alerts === null ? undefined : () => alerts.counts,
    written: station.written,
  }).catch(async (failure: Error) => {
    // Somebody took the port meanwhile: nothing goes on without its page.
    alerts?.stop();
    source.stop();
    await station.stop();
    await lock.release();
    throw failure;
  });
  for (const line of dashboard.greeting) log("info", line);
  if (note !== null) log("info", note);
  const parent = process.send === undefined ? undefined : setInterval(tellParent, parentEveryMs);
  function tellParent(): void {
    const state = source.state();
    const message: FromController | null = state && { kind: "state", state, url: dashboard.url };
    if (message !== null && process.connected) process.send?.(message);
  }
  process.on("message", (message: ToController) => {
    if (message.kind === "firmware") firmwareResult = message.result;
    if (message.kind !== "card") return;
    const { idToken, type, evses } = message;
    station
      .presentCard({ idToken, type }, evses.length === 1 ? evses[0]! : 0)
      ?.then(({ outcome }) => log("info", `A card was presented: ${outcome}.`, { evses }))
      .catch((failure: Error) => log("error", `A card was presented: ${failure.message}`, { evses }));
  });
  process.once("disconnect", () => finish(false));

  health = () => ({ cycles: station.report()?.site.ticks ?? null, unwell: unwellDevices(source.state()) });
  const manager = tellServiceManager(() => {
    const site = station.report()?.site;
    return { cycles: site?.ticks ?? null, sentence: `${config.site.name}: mode ${site?.mode ?? "unknown"}` };
  }, log);

  const failed = await finished;
  trial?.stop();
  updates.stop();
  alerts?.stop();
  manager.stopping();
  clearInterval(parent);
  source.stop();
  const patience = setTimeout(() => process.exit(failed ? 1 : 0), endMaxMs);
  await Promise.all([dashboard.close(), station.stop()]);
  await lock.release();
  clearTimeout(patience);
  return failed;
}

const unwellDevices = (state: SiteState | null): string[] =>
  state?.health.devices.filter((one) => one.state !== "answers" || one.fault !== null).map(({ name }) => name) ?? [];

/** On SIGHUP: says what of the files would change. Settings never change under a running site; the permit does by itself. */
function reread(file: string, running: LoadedSite, log: Log): void {
  const checked = checkSite(file);
  if (!checked.ok) {
    for (const complaint of checked.error) log("error", complaintText(complaint));
    log(
      "error",
      "The configuration as it is now would be refused at the next start. The site goes on with the one before.",
    );
    return;
  }
  const changed = changedSettings(running, checked.value);
  if (changed.length === 0)
    log("info", "The configuration is what the site runs with. An installed permit needs no signal.");
  else log("warn", `Changed: ${changed.join(", ")}. The site goes on as before: start the controller again to use it.`);
}

function installed(result: string): { rebootNeeded: boolean } {
  if (result !== "Installed" && result !== "InstallRebooting") throw new Error(`The installation ended: ${result}.`);
  return { rebootNeeded: result === "InstallRebooting" };
}
