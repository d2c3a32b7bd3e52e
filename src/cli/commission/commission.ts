/**
 * `islet commission`: proves a site before it works. It takes the site as `islet run` does (one controller for one site), and
 * everything that moves goes through the same core with the same limits: charging only, and nothing beyond the permit. It
 * serves no page and no backend meanwhile, so that nobody else asks for anything.
 */
import { userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { auditFileName, openAudit } from "../../app/audit/audit.ts";
import { adoptMeasured, measuredBy } from "../../app/commissioning/adopt.ts";
import { Nudger } from "../../app/commissioning/nudger.ts";
import { type Progress, readProgress, writeProgress } from "../../app/commissioning/progress.ts";
import { reportFile, writeReport } from "../../app/commissioning/report.ts";
import type { CommissioningReport } from "../../app/commissioning/report-html.ts";
import { runStep } from "../../app/commissioning/run-step.ts";
import type { Step } from "../../app/commissioning/step.ts";
import { steps } from "../../app/commissioning/steps.ts";
import { createLogs } from "../../app/log.ts";
import { type LoadedSite, loadSite } from "../../app/site/load-config.ts";
import { lockSite } from "../../app/site/site-lock.ts";
import { startStation } from "../../app/station.ts";
import type { SiteConfig } from "../../config/site.ts";
import { AskedWrongly } from "../asked.ts";

interface CommissionOptions {
  readonly yes?: true;
  readonly json?: true;
  readonly again?: true;
  readonly list?: true;
  readonly adopt?: true;
  readonly verbose?: true;
  readonly step: readonly string[];
  readonly out?: string;
}

export function commissionCommand(program: Command): void {
  program
    .command("commission")
    .description("prove a site before it works: devices, wiring, dynamics, limits, K1, watchdogs; with a signed report")
    .argument("<config>", "the site's configuration, YAML")
    .option("--yes", "take every step without asking, except those that need hands: for simulated sites")
    .option("--step <name>", "only this step; repeat for several", (one: string, all: string[]) => [...all, one], [])
    .option("--again", "forget what was done before; without it a commissioning goes on where it stood")
    .option("--adopt", "write what was measured into the site file, its comments kept; at a terminal it asks otherwise")
    .option("--list", "say what would be done, and do nothing")
    .option("--out <file>", "the report, HTML; otherwise commissioning.html in the state folder")
    .option("--verbose", "what the controller says, on standard error")
    .option("--json", "print JSON")
    .action(async (file: string, options: CommissionOptions) => {
      const site = loadSite(file);
      const unknown = options.step.find((name) => !steps.some(({ id }) => id === name));
      if (unknown !== undefined)
        throw new AskedWrongly(`there is no step ${unknown}; the steps are ${steps.map(({ id }) => id).join(", ")}`);
      const mine = steps.filter((step) => step.applies(site));
      if (options.list) {
        for (const step of mine) process.stdout.write(`${step.id}: ${step.title}\n    It ${step.does(site)}.\n`);
        return;
      }
      if (!options.yes && !process.stdin.isTTY)
        throw new AskedWrongly("each step asks before it does something: run this at a terminal, or with --yes");
      process.exitCode = await commission(file, site, mine, options);
      process.exit();
    });
}

/** The site in this process's care, and how to let go of it. */
interface Held {
  readonly nudger: Nudger;
  release(): Promise<void>;
}

/**
 * Takes the site, as `islet run` would, and starts its controller without its backend: nobody else asks for anything
 * meanwhile. Throws a sentence where another controller runs.
 */
async function holdSite(site: LoadedSite, verbose: boolean): Promise<Held> {
  const { backend: _, ...config } = site.config;
  const alone = { ...site, config } as LoadedSite;
  const lock = await lockSite(alone);
  const station = await startStation({
    site: alone,
    log: verbose ? createLogs(false, "info").log : () => undefined,
    onReset: () => undefined,
    onEnd: (sentence) => nudger.cancel(sentence),
  });
  const nudger = new Nudger(station);
  return {
    nudger,
    async release() {
      await nudger.finish();
      await station.stop();
      await lock.release();
    },
  };
}

/** Does what is left to do; the exit code. */
async function commission(
  file: string,
  site: LoadedSite,
  mine: readonly Step[],
  options: CommissionOptions,
): Promise<0 | 1> {
  const { config } = site;
  const before = readProgress(config);
  let progress: Progress = options.again ? { ...before, startedAtMs: Date.now(), results: [] } : before;
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  const left = mine.filter(({ id }) =>
    options.step.length > 0 ? options.step.includes(id) : !progress.results.some(({ step }) => step === id),
  );
  if (left.length < mine.length && options.step.length === 0)
    say(`${mine.length - left.length} of ${mine.length} steps are done; --again does them anew.`);
  let held: Held | undefined;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    say("Ending; the steps that are done are kept.");
    held?.nudger.cancel("stopped by hand");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    for (const step of left) {
      if (stopped) break;
      if (!(await agreed(step, site, options))) continue;
      held ??= await holdSite(site, options.verbose ?? false);
      const askHands = (request: string): Promise<boolean | null> => hands(request, options);
      const result = await runStep(step, { site, nudger: held.nudger, say, askHands });
      if (stopped) break;
      progress = { ...progress, results: [...progress.results.filter(({ step: id }) => id !== step.id), result] };
      writeProgress(config, progress);
      say(`${step.title}: ${result.verdict}.`);
    }
  } finally {
    await held?.release();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, stop);
  }
  const code = finish(config, progress, mine, options);
  return stopped ? code : await adopt(file, site, progress, options, code);
}

/** What was measured goes into the site file where a person says so. A site whose figures could not be written is not done. */
async function adopt(
  file: string,
  site: LoadedSite,
  progress: Progress,
  { adopt: asked, yes, json }: CommissionOptions,
  code: 0 | 1,
): Promise<0 | 1> {
  const { settings, refused } = measuredBy(progress);
  for (const sentence of refused) process.stderr.write(`Not to be written into the site file: ${sentence}\n`);
  if (settings.length === 0) return code;
  const list = settings.map(({ setting, to }) => `${setting}: ${to}`).join(", ");
  const wanted =
    asked === true ||
    (yes !== true &&
      json !== true &&
      (await askedAtTerminal(`Write what was measured into ${file} (${list})? [y/N] `)));
  if (!wanted) return code;
  const { ok, sentence } = adoptMeasured(file, site, progress, new Date());
  process.stderr.write(
    ok
      ? `Written: ${sentence}. Run \`islet commission ${file}\` again: what depends on it is measured anew.\n`
      : `Not written: ${sentence}.\n`,
  );
  return 1;
}

async function agreed(step: Step, site: LoadedSite, { yes }: CommissionOptions): Promise<boolean> {
  const what = `${step.title}: it ${step.does(site)}.`;
  if (yes) {
    process.stderr.write(`${what}\n`);
    return true;
  }
  return await askedAtTerminal(`${what}\nGo on? [y/N] `);
}

async function hands(request: string, { yes }: CommissionOptions): Promise<boolean | null> {
  if (yes || !process.stdin.isTTY) return null;
  return await askedAtTerminal(`${request} [y/N] `);
}

async function askedAtTerminal(question: string): Promise<boolean> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(question);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Writes and signs the report, notes it in the audit log, and says what is to mend. */
function finish(config: SiteConfig, progress: Progress, mine: readonly Step[], options: CommissionOptions): 0 | 1 {
  const file = options.out ?? reportFile(config);
  const { report, signature, record } = writeReport(config, progress, mine, { file, by: userInfo().username });
  const audit = openAudit({ path: join(config.stateDir, auditFileName), now: Date.now });
  audit.append(record);
  audit.close();
  if (options.json) {
    const short = report.steps.map(({ looks, ...rest }) => ({ ...rest, looks: looks.length }));
    process.stdout.write(`${JSON.stringify({ ...report, steps: short, file, signature })}\n`);
  } else process.stdout.write(reportText(report, file));
  const isWhole = options.step.length > 0 || report.steps.length === mine.length;
  return report.verdict === "fail" || !isWhole ? 1 : 0;
}

function reportText({ site, steps: done }: CommissioningReport, file: string): string {
  const lines = [`Commissioning of ${site}`];
  for (const { title, verdict, findings } of done) {
    lines.push(`${title}: ${verdict}`);
    for (const { verdict: one, device, sentence } of findings)
      lines.push(`  ${one.padEnd(9)} ${sentence.startsWith(device) ? "" : `${device}: `}${sentence}`);
  }
  lines.push(`Report: ${file}`);
  return `${lines.join("\n")}\n`;
}
