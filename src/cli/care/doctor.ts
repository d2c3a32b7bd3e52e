/** `islet doctor`: looks at the machine, the site's files and the running controller, and says what to do. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Command } from "commander";
import { auditFileName, openAudit } from "../../app/audit/audit.ts";
import { examine, type Finding } from "../../app/doctor/checks.ts";
import { loadSite } from "../../app/site/load-config.ts";
import type { SiteConfig } from "../../config/site.ts";
import type { SiteState } from "../../dashboard/state.ts";
import { AskedWrongly } from "../asked.ts";
import { type PageOptions, seeController, unwellOf } from "./running-controller.ts";

/** Newest records of the audit log that a bundle carries. */
const auditRecordsMax = 1_000;
/** Bytes of an answer of the controller that a bundle carries. */
const answerBytesMax = 5_000_000;

interface DoctorOptions extends PageOptions {
  readonly config: string;
  readonly bundle?: string;
  readonly json?: true;
}

export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("look at clock, rights, disk, permit, certificates and the running controller, and say what to do")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--url <url>", "address of the controller's page, where it is not the configuration's")
    .option("--token <token>", "read-only API token, to see devices and stalls; ISLET_TOKEN is read as well")
    .option("--bundle <file>", "also write what support needs to see, without secrets, as one gzipped JSON file")
    .option("--json", "print JSON")
    .action((options: DoctorOptions) => doctor(options));
}

type Row = Finding & { readonly id: string; readonly title: string };

async function doctor(options: DoctorOptions): Promise<void> {
  const site = loadSite(options.config);
  if (options.bundle !== undefined && existsSync(options.bundle))
    throw new AskedWrongly(`${options.bundle} exists. Name another file: nothing is overwritten.`);
  const { rows: running, state } = await lookAtController(site.config, options);
  const rows: Row[] = [...examine({ site, nowMs: Date.now() }), ...running];
  if (options.json) print(JSON.stringify({ rows }));
  else {
    const width = Math.max(...rows.map(({ title }) => title.length));
    for (const { verdict, title, sentence, todo } of rows)
      print(
        `${marks[verdict]}  ${title.padEnd(width)}  ${sentence}${todo === "" ? "" : `\n${" ".repeat(width + 6)}→ ${todo}`}`,
      );
  }
  if (options.bundle !== undefined) {
    writeFileSync(options.bundle, bundle(options.config, site.config.stateDir, rows, state), {
      mode: 0o600,
      flag: "wx",
    });
    if (!options.json)
      print(
        `${options.bundle} holds this, the configuration and the audit log without secrets. Read it before you send it: gunzip -c ${options.bundle}`,
      );
  }
  if (rows.some(({ verdict }) => verdict === "bad")) process.exitCode = 1;
}

const marks: Readonly<Record<Finding["verdict"], string>> = { good: "ok ", look: "see", bad: "BAD", unknown: " ? " };

const row = (id: string, title: string, verdict: Finding["verdict"], sentence: string, todo = ""): Row => ({
  id,
  title,
  verdict,
  sentence,
  todo,
});

async function lookAtController(
  config: SiteConfig,
  options: PageOptions,
): Promise<{ rows: Row[]; state: SiteState | null }> {
  const { url, holdsState, health, state, why } = await seeController(config, options);
  const rows = [controllerRow(url, holdsState, health)];
  if (health !== null && state === null)
    rows.push(
      row(
        "devices",
        "Devices, stalls",
        "unknown",
        `Whether they are well is not known: ${why}.`,
        "Make a read-only token on the page and give it as --token.",
      ),
    );
  if (state !== null) rows.push(...stateRows(state));
  return { rows, state };
}

function controllerRow(url: string, holdsState: boolean, health: { readonly ageMs: number | null } | null): Row {
  const said = (verdict: Finding["verdict"], sentence: string, todo: string): Row =>
    row("controller", "Controller", verdict, sentence, todo);
  if (health === null && holdsState)
    return said(
      "look",
      `It runs (it holds the state folder), but its page does not answer at ${url}.`,
      "Give the page's address as --url; if no page answers anywhere, look at the controller's log.",
    );
  if (health === null)
    return said(
      "look",
      `No controller answers at ${url}, and none holds the state folder.`,
      "Start it: systemctl start islet, or islet run. Its log says why it ended: journalctl -u islet.",
    );
  const { ageMs } = health;
  return ageMs !== null && ageMs < 2_000
    ? said("good", `It runs, its values are ${Math.round(ageMs)} ms old.`, "")
    : said(
        "bad",
        `It answers, but its values are ${ageMs === null ? "missing" : `${(ageMs / 1_000).toFixed(1)} s old`}.`,
        "Look at its log; start it again while the site is no island.",
      );
}

function stateRows(seen: SiteState): Row[] {
  const { devices, loop, owed } = seen.health;
  const unwell = unwellOf(seen);
  return [
    unwell.length === 0
      ? row("devices", "Devices", "good", `All ${devices.length} answer.`)
      : row(
          "devices",
          "Devices",
          "bad",
          unwell.map(({ name, state, fault }) => `${name}: ${fault?.sentence ?? state}`).join(" "),
          "Each sentence says what to check; islet explain has the figures.",
        ),
    loop.stalls === 0
      ? row("stalls", "Stalls", "good", "The control loop has not stood still since its start.")
      : row(
          "stalls",
          "Stalls",
          "look",
          `The control loop stood still ${loop.stalls} times, ${Math.round(loop.stallLongestMs)} ms at most.`,
          "Look for other work on this machine; see Real-time priority.",
        ),
    owed.length === 0
      ? row("owed", "Owed to the disk", "good", "Nothing.")
      : row("owed", "Owed to the disk", "bad", owed.join(" "), "Make room, or replace the disk."),
  ];
}

/** A line of a configuration that holds a secret keeps its name. */
const withoutSecrets = (text: string): string =>
  text
    .replace(/^(\s*[\w-]*(?:password|secret|token|key)\w*\s*:\s*).+$/gim, "$1…")
    .replace(/(\w+:\/\/)[^/\s@]+@/g, "$1…@")
    .replace(/((?:password|secret|token)\w*\s*:\s*)[^,}\n]+/gi, "$1…");

function bundle(siteFile: string, stateDir: string, rows: readonly Row[], state: SiteState | null): Buffer {
  const audit: unknown[] = [];
  try {
    const log = openAudit({ path: join(stateDir, auditFileName), now: Date.now, readOnly: true });
    audit.push(...log.latest(auditRecordsMax));
    log.close();
  } catch {
    // None yet, or damaged: the rows say so.
  }
  const configuration = withoutSecrets(readFileSync(siteFile, "utf8"));
  const seen = state === null ? null : JSON.stringify(state).length > answerBytesMax ? "too long" : state;
  return gzipSync(
    JSON.stringify({ madeAt: new Date().toISOString(), rows, configuration, audit, state: seen }, null, 1),
  );
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
