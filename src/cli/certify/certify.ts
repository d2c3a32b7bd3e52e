/**
 * `islet certify`: the procedures of a grid code run one after another on a test rig, with a signed report at the end. It keeps
 * each procedure as soon as it is done, so that a run that was stopped goes on where it stood.
 */
import { join } from "node:path";
import type { Command } from "commander";
import { simulatedRig } from "../../../sim/certify/simulated-rig.ts";
import { signDocument } from "../../app/commissioning/station-key.ts";
import { writeWhole } from "../../app/store/files.ts";
import { isletVersion } from "../../app/version.ts";
import { canRun, runProcedure } from "../../certify/engine.ts";
import { type Laboratory, parseLaboratory } from "../../certify/laboratory.ts";
import type { Procedure, ProcedureResult, Row } from "../../certify/procedure.ts";
import { procedures } from "../../certify/procedures.table.ts";
import { type CertifyReport, decidingRow, figure, limitText, verdictOf } from "../../certify/report.ts";
import { certifyHtml } from "../../certify/report-html.ts";
import type { Ability, Accuracy, Rig } from "../../certify/rig.ts";
import type { GridProfile } from "../../config/grid-profiles.ts";
import { AskedWrongly, seed as seedNumber } from "../asked.ts";
import { codeFacts, readProfile } from "./code.ts";
import { processRig, readAccuracy } from "./process-rig.ts";
import { clearProgress, type Progress, readProgress, writeProgress } from "./progress.ts";
import { connectRegisters } from "./register-client.ts";
import { textOf } from "./text-of.ts";
import { verifyReport } from "./verify.ts";

interface CertifyAsk {
  readonly procedures?: readonly string[];
  readonly profile: readonly string[];
  readonly against: string;
  readonly quick?: true;
  readonly seed: number;
  readonly json?: true;
  readonly out?: string;
  readonly resume?: true;
  readonly laboratory?: string;
  readonly instruments?: string;
  readonly list?: true;
  readonly registers?: string;
  readonly stranger?: string;
}

const driverPrefix = "driver:";
const standardProfile = "ieee1547-catB-III";

export function certifyCommand(program: Command): void {
  const certify = program
    .command("certify")
    .description("run the type-test procedures of a grid code and write a signed report")
    .option("--procedures <id...>", "only these; `--list` names them")
    .option(
      "--profile <name>",
      `grid code: a built-in profile or a file of settings (default ${standardProfile})`,
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .option("--against <rig>", "the test rig: sim, or driver:COMMAND", "sim")
    .option("--quick", "a smoke run of seconds: a few rows of each procedure")
    .option("--seed <number>", "seed of the simulator", seedNumber, 1)
    .option("--out <folder>", "where report, progress and key are kept (default certify-<profile>)")
    .option("--resume", "go on with a run that was stopped")
    .option("--laboratory <file>", "a laboratory's figures for procedures that need hardware, JSON")
    .option("--instruments <file>", "accuracies of the rig's instruments, JSON")
    .option(
      "--registers <address>",
      "SunSpec registers of the equipment, HOST:PORT or HOST:PORT/UNIT: settings, limits",
    )
    .option("--stranger <address>", "an address of this machine that may not write there, for who may change settings")
    .option("--list", "name the procedures, and run nothing")
    .option("--json", "print JSON")
    .action(async (ask: CertifyAsk) => {
      if (ask.list) list();
      else process.exitCode = await certifyCode(ask);
    });
  certify
    .command("verify")
    .description("check a report: its data, its page and its signature")
    .argument("<report>", "certify.json or certify.html")
    .option("--key <file>", "the public key that must have signed it, PEM")
    .option("--json", "print JSON")
    .action((report: string, _own: unknown, command: Command) => {
      process.exitCode = verifyReport(report, command.optsWithGlobals());
    });
}

function list(): void {
  for (const { id, title, clause, needs } of procedures)
    process.stdout.write(
      `${id.padEnd(26)}${clause.padEnd(8)}${title}${needs === undefined ? "" : ` (needs ${needs})`}\n`,
    );
}

/** What a run is about, read and checked before anything moves. */
interface Order {
  readonly profile: GridProfile;
  readonly rig: Rig;
  close(): void;
  readonly wanted: readonly Procedure[];
  readonly laboratory: Laboratory | null;
  readonly folder: string;
}

async function readOrder(ask: CertifyAsk): Promise<Order> {
  if (ask.profile.length > 1)
    throw new AskedWrongly(`one code at a time: ${ask.profile.join(" and ")} can't be mixed in one report`);
  if (ask.against !== "sim" && !ask.against.startsWith(driverPrefix))
    throw new AskedWrongly(`there is no rig ${ask.against}: sim, or driver:COMMAND (docs/certify.md)`);
  if (ask.stranger !== undefined && ask.registers === undefined)
    throw new AskedWrongly("--stranger goes with --registers");
  if (ask.instruments !== undefined && ask.against !== "sim")
    throw new AskedWrongly("--instruments is for the simulator: a driver states its own");
  const unknown = ask.procedures?.find((id) => !procedures.some((one) => one.id === id));
  if (unknown !== undefined)
    throw new AskedWrongly(`there is no procedure ${unknown}; \`islet certify --list\` names them`);
  const profile = readProfile(ask.profile[0] ?? standardProfile);
  const instruments = ask.instruments === undefined ? undefined : readInstruments(ask.instruments);
  const wanted = ask.procedures ? procedures.filter(({ id }) => ask.procedures!.includes(id)) : procedures;
  const alone =
    ask.against === "sim"
      ? { ...simulatedRig({ profile, seed: ask.seed, ...(instruments && { instruments }) }), close: () => undefined }
      : await processRig(ask.against.slice(driverPrefix.length), profile.settings.nominalFrequencyHz);
  const { rig, close } = await withRegisters(alone, ask).catch((failure: unknown) => {
    alone.close();
    throw failure;
  });
  try {
    const laboratory = ask.laboratory === undefined ? null : readLaboratory(ask.laboratory, profile, rig);
    return { profile, wanted, laboratory, folder: ask.out ?? `certify-${profile.name}`, rig, close };
  } catch (failure) {
    close();
    throw failure;
  }
}

/** A rig with the equipment's registers beside it, where they are named. */
async function withRegisters(
  alone: Rig & { close(): void },
  { registers: address, stranger }: CertifyAsk,
): Promise<{ readonly rig: Rig; close(): void }> {
  if (address === undefined) return { rig: alone, close: () => alone.close() };
  const { close, ...more } = await connectRegisters(address, stranger);
  const abilities: readonly Ability[] = ["registers", ...(more.strangerWrites ? (["stranger"] as const) : [])];
  const facts = {
    ...alone.facts,
    registers: more.registers.identity,
    abilities: [...(alone.facts.abilities ?? []), ...abilities],
  };
  const both = (): void => {
    close();
    alone.close();
  };
  return { rig: { ...alone, ...more, facts }, close: both };
}

async function certifyCode(ask: CertifyAsk): Promise<0 | 1> {
  const order = await readOrder(ask);
  try {
    return await runOrder(ask, order);
  } finally {
    order.close();
  }
}

async function runOrder(ask: CertifyAsk, order: Order): Promise<0 | 1> {
  const { profile, rig, wanted, laboratory, folder } = order;
  const key = { version: isletVersion(), quick: ask.quick === true, code: codeFacts(profile), rig: rig.facts };
  const before = ask.resume ? readProgress(folder, key) : null;
  let progress: Progress = before ?? { ...key, startedAt: new Date().toISOString(), results: [] };
  const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
  if (before) say(`${before.results.length} of ${wanted.length} procedures are done; going on.`);
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    say("Ending after this procedure; --resume goes on.");
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  for (const [i, procedure] of wanted.entries()) {
    if (stopped) return 1;
    if (progress.results.some(({ id }) => id === procedure.id)) continue;
    const fromLaboratory = laboratory?.results.find(({ id }) => id === procedure.id);
    const result = fromLaboratory ?? (await runProcedure(procedure, profile, rig, { quick: key.quick }));
    progress = { ...progress, results: [...progress.results, result] };
    writeProgress(folder, progress);
    say(`${String(i + 1).padStart(2)}/${wanted.length} ${procedure.title}: ${rowsText(result)}`);
  }
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, stop);
  return finish(ask, order, progress);
}

/** `pass (4 rows)`, `FAIL (1 of 6 rows: OV2 just outside)`, `not run: needs …`. */
function rowsText({ rows, verdict, why }: ProcedureResult): string {
  if (rows.length === 0) return `${verdict}: ${why}`;
  const bad = rows.filter((row) => row.verdict === "fail" || row.verdict === "refused");
  const passed = rows.filter((row) => row.verdict === "pass").length;
  if (bad.length === 0)
    return `${verdict} (${passed} rows${passed < rows.length ? `, ${rows.length - passed} not run` : ""})`;
  return `${verdict.toUpperCase()} (${bad.length} of ${rows.length} rows: ${bad[0]!.name}, ${bad[0]!.direction}${bad[0]!.why === "" ? "" : `: ${bad[0]!.why}`})`;
}

/** Writes and signs the report; the exit code. */
function finish(ask: CertifyAsk, { wanted, laboratory, folder }: Order, progress: Progress): 0 | 1 {
  const { results, ...key } = progress;
  const done = wanted.flatMap(({ id }) => results.filter((one) => one.id === id));
  const report: CertifyReport = {
    kind: "islet certify",
    version: key.version,
    startedAt: key.startedAt,
    endedAt: new Date().toISOString(),
    quick: key.quick,
    code: key.code,
    rig: key.rig,
    laboratory: laboratory?.name ?? "",
    verdict: verdictOf(done),
    procedures: done,
  };
  const text = JSON.stringify(report);
  const signature = signDocument(folder, text);
  const page = join(folder, "certify.html");
  writeWhole(join(folder, "certify.json"), `${JSON.stringify({ report, signature })}\n`);
  writeWhole(page, certifyHtml(report, text, signature));
  clearProgress(folder);
  process.stdout.write(ask.json ? `${JSON.stringify(shortReport(report, folder))}\n` : reportText(report, page));
  return report.verdict === "pass" || report.verdict === "not run" ? 0 : 1;
}

/** The form that others rely upon: one line for each procedure with its deciding row, and its rows without plots. */
function shortReport(report: CertifyReport, folder: string): object {
  const { verdict, code, quick, version, rig } = report;
  const short = ({ plot: _, ...row }: Row): object => row;
  return {
    verdict,
    quick,
    version,
    profile: code.profile,
    seed: rig.seed,
    folder,
    procedures: report.procedures.map((procedure) => {
      const row = decidingRow(procedure);
      const { id, title, clause, verdict: one, why, rows } = procedure;
      return {
        id,
        title,
        clause,
        verdict: one,
        why,
        measured: row?.measured ?? null,
        limit: row ? limitText(row.low, row.high) : "",
        rows: rows.map(short),
      };
    }),
  };
}

function reportText({ procedures: done, code, verdict }: CertifyReport, page: string): string {
  const notRun = done.filter((one) => one.verdict === "not run").length;
  const rest = notRun > 0 && verdict === "pass" ? `, ${notRun} of ${done.length} procedures not run` : "";
  const lines = [`Certification against ${code.profile}: ${verdict}${rest}`];
  for (const procedure of done) {
    const row = decidingRow(procedure);
    const figures =
      row && row.measured !== null
        ? `${row.name}: ${figure(row.measured)} ${row.unit}, limit ${limitText(row.low, row.high)}`
        : procedure.why;
    lines.push(`  ${procedure.verdict.padEnd(8)} ${procedure.clause.padEnd(8)} ${procedure.title}: ${figures}`);
  }
  return `${[...lines, `Report: ${page}`].join("\n")}\n`;
}

function readLaboratory(file: string, profile: GridProfile, rig: Rig): Laboratory {
  const isRun = (procedure: Procedure): boolean => canRun(procedure, profile, rig);
  const parsed = parseLaboratory(textOf(file), profile.base, procedures, isRun);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.error}`);
  return parsed.value;
}

function readInstruments(file: string): Accuracy {
  let raw: unknown;
  try {
    raw = JSON.parse(textOf(file));
  } catch (failure) {
    throw new Error(`${file}: ${(failure as Error).message}`);
  }
  return readAccuracy(raw, file);
}
