/** `islet doctor`: looks at the machine, the site's files and the running controller, and says what to do. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Command } from "commander";
import { auditFileName, openAudit } from "../../app/audit/audit.ts";
import { examine, type Finding } from "../../app/doctor/checks.ts";
import { loadSite } from "../../app/site/load-config.ts";
import type { SiteState } from "../../dashboard/state.ts";
import { AskedWrongly } from "../asked.ts";

const askMaxMs = 3_000;
/** Newest records of the audit log that a bundle carries. */
const auditRecordsMax = 1_000;
/** Bytes of an answer of the controller that a bundle carries. */
const answerBytesMax = 5_000_000;

interface DoctorOptions {
  readonly config: string;
  readonly url: string;
  readonly token?: string;
  readonly bundle?: string;
  readonly json?: true;
}

export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("look at clock, rights, disk, permit, certificates and the running controller, and say what to do")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--url <url>", "address of the controller's page", "http://127.0.0.1:8080")
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
  const { rows: running, state } = await lookAtController(options);
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

async function lookAtController(options: DoctorOptions): Promise<{ rows: Row[]; state: SiteState | null }> {
  const row = (id: string, title: string, verdict: Finding["verdict"], sentence: string, todo = ""): Row => ({
    id,
    title,
    verdict,
    sentence,
    todo,
  });
  const ask = async (path: string, headers: Record<string, string> = {}): Promise<Response | null> =>
    fetch(new URL(path, options.url), { headers, signal: AbortSignal.timeout(askMaxMs) }).catch(() => null);
  if (!URL.canParse(options.url))
    throw new AskedWrongly(`${options.url} is no address; it is like http://127.0.0.1:8080`);
  const answer = await ask("/healthz");
  const health = answer?.ok ? ((await answer.json()) as { ageMs: number | null }) : null;
  if (health === null)
    return {
      rows: [
        row(
          "controller",
          "Controller",
          "look",
          `No controller answers at ${options.url}.`,
          "Start it: systemctl start islet, or islet run. Its log says why it ended: journalctl -u islet.",
        ),
      ],
      state: null,
    };
  const rows = [
    health.ageMs !== null && health.ageMs < 2_000
      ? row("controller", "Controller", "good", `It runs, its values are ${Math.round(health.ageMs)} ms old.`)
      : row(
          "controller",
          "Controller",
          "bad",
          `It answers, but its values are ${health.ageMs === null ? "missing" : `${(health.ageMs / 1_000).toFixed(1)} s old`}.`,
          "Look at its log; start it again while the site is no island.",
        ),
  ];
  const token = options.token ?? process.env["ISLET_TOKEN"];
  const state = token === undefined ? null : await ask("/api/v1/state", { authorization: `Bearer ${token}` });
  if (state === null || !state.ok) {
    const why =
      token === undefined
        ? "They are shown to a token only."
        : `The token was refused (${state?.status ?? "no answer"}).`;
    return {
      rows: [
        ...rows,
        row("devices", "Devices, stalls", "unknown", why, "Make a read-only token on the page and give it as --token."),
      ],
      state: null,
    };
  }
  const seen = (await state.json()) as SiteState;
  const { devices, loop, owed } = seen.health;
  const unwell = devices.filter(({ state, fault }) => state !== "answers" || fault !== null);
  rows.push(
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
  );
  return { rows, state: seen };
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
