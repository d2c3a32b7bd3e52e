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
import { signDocument } from "../../app/commissioning/station-key.ts";
import { loadSite } from "../../app/site/load-config.ts";
import { writeWhole } from "../../app/store/files.ts";
import { isletVersion } from "../../app/version.ts";
import type { SiteConfig } from "../../config/site.ts";
import { AskedWrongly } from "../asked.ts";
import { Nudger } from "./nudger.ts";
import { configHash, type Progress, readProgress, writeProgress } from "./progress.ts";
import { type CommissioningReport, reportHtml } from "./report-html.ts";
import { gravest, type Step, type StepResult } from "./step.ts";
import { steps } from "./steps.ts";

interface CommissionOptions {
  readonly yes?: true;
  readonly json?: true;
  readonly again?: true;
  readonly list?: true;
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
      process.exitCode = await commission(site, mine, options);
      process.exit();
    });
}

/** Does what is left to do; the exit code. */
async function commission(
  site: ReturnType<typeof loadSite>,
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
  let nudger: Nudger | undefined;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    say("Ending; the steps that are done are kept.");
    nudger?.cancel();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    for (const step of left) {
      if (stopped) break;
      if (!(await agreed(step, site, options))) continue;
      nudger ??= await Nudger.start(site, options.verbose ?? false);
      const result = await tryStep(step, { site, nudger, say, askHands: (request) => hands(request, options) });
      if (stopped) break;
      progress = { ...progress, results: [...progress.results.filter(({ step: id }) => id !== step.id), result] };
      writeProgress(config, progress);
      say(`${step.title}: ${result.verdict}.`);
      if (step.id === "watchdogs") {
        // The controller has fallen silent for it: it is started anew for whatever comes after.
        await nudger.stop();
        nudger = undefined;
      }
    }
  } finally {
    await nudger?.stop();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, stop);
  }
  return finish(config, progress, mine, options);
}

async function tryStep(step: Step, bench: Parameters<Step["run"]>[0]): Promise<StepResult> {
  const { id, title } = step;
  const common = { step: id, title, atMs: Date.now() };
  try {
    const { findings, comparisons = [], looks = [] } = await step.run(bench);
    return { ...common, verdict: gravest(findings.map(({ verdict }) => verdict)), findings, comparisons, looks };
  } catch (error) {
    const sentence = `the step ended: ${error instanceof Error ? error.message : String(error)}`;
    return {
      ...common,
      verdict: "fail",
      findings: [{ verdict: "fail", device: "site", sentence }],
      comparisons: [],
      looks: [],
    };
  }
}

async function agreed(step: Step, site: ReturnType<typeof loadSite>, { yes }: CommissionOptions): Promise<boolean> {
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
  const done = mine.flatMap(({ id }) => progress.results.filter(({ step }) => step === id));
  const report: CommissioningReport = {
    site: config.site.name,
    version: isletVersion(),
    startedAt: new Date(progress.startedAtMs).toISOString(),
    endedAt: new Date().toISOString(),
    configSha256: configHash(config),
    verdict: gravest(done.map(({ verdict }) => verdict)),
    steps: done,
  };
  const text = JSON.stringify(report);
  const signature = signDocument(config.stateDir, text);
  const file = options.out ?? join(config.stateDir, "commissioning.html");
  writeWhole(file, reportHtml(report, text, signature));
  const audit = openAudit({ path: join(config.stateDir, auditFileName), now: Date.now });
  const { verdict } = report;
  audit.append({
    kind: "test",
    actor: userInfo().username,
    body: {
      what: "commissioning",
      verdict,
      sha256: signature.sha256,
      steps: done.map(({ step, verdict: one }) => `${step}: ${one}`),
    },
  });
  audit.close();
  if (options.json) {
    const short = done.map(({ looks, ...rest }) => ({ ...rest, looks: looks.length }));
    process.stdout.write(`${JSON.stringify({ ...report, steps: short, file, signature })}\n`);
  } else process.stdout.write(reportText(report, file));
  const isWhole = options.step.length > 0 || done.length === mine.length;
  return verdict === "fail" || !isWhole ? 1 : 0;
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
