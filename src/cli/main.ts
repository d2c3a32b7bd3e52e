/**
 * The `islet` command: one file per subcommand, loaded only when it is asked for, so that a small command starts quickly.
 */
import { Command, CommanderError } from "commander";
import { isletVersion } from "../app/version.ts";
import { AskedWrongly } from "./asked.ts";

type AddCommand = (program: Command) => void;

/** Every subcommand with the sentence that `--help` shows and the file that adds it. */
const commands: readonly (readonly [name: string, sentence: string, load: () => Promise<AddCommand>])[] = [
  ["run", "run the controller of a site", async () => (await import("./run.ts")).runCommand],
  ["sim", "run the simulator of a site's hardware", async () => (await import("./sim.ts")).simCommand],
  [
    "demo",
    "simulator, controller and backend together, with a live view",
    async () => (await import("./demo/demo.ts")).demoCommand,
  ],
  [
    "scenario",
    "play a story in virtual time and check its numbers",
    async () => (await import("./scenario/scenario.ts")).scenarioCommand,
  ],
  [
    "swarm",
    "let random sites live through random days of faults, and narrow down what breaks a promise",
    async () => (await import("./scenario/swarm.ts")).swarmCommand,
  ],
  [
    "check-config",
    "check a site's configuration and say what it means",
    async () => (await import("./check-config.ts")).checkConfigCommand,
  ],
  [
    "probe",
    "find out what answers at a host or on a serial line, by reading alone",
    async () => (await import("./probe.ts")).probeCommand,
  ],
  ["map", "check, try or begin a register map of a device", async () => (await import("./map/map.ts")).mapCommand],
  ["modes", "print the mode machine that runs", async () => (await import("./modes.ts")).modesCommand],
  [
    "explain",
    "say why each setpoint of a running site is what it is",
    async () => (await import("./explain.ts")).explainCommand,
  ],
  [
    "replay",
    "step the core through a recording: identical decisions, or the first difference",
    async () => (await import("./recorder/replay.ts")).replayCommand,
  ],
  [
    "incidents",
    "list trips, refusals, exceedances and stalls that were kept, or show one",
    async () => (await import("./recorder/incidents.ts")).incidentsCommand,
  ],
  [
    "permit",
    "create, sign, inspect, install or revoke a permission to operate",
    async () => (await import("./permit.ts")).permitCommand,
  ],
  [
    "token",
    "make, list or revoke a token with which a program reads and asks",
    async () => (await import("./care/token.ts")).tokenCommand,
  ],
  [
    "eebus",
    "who may limit the site over EEBUS: pair with a control box",
    async () => (await import("./care/eebus.ts")).eebusCommand,
  ],
  [
    "update",
    "install a signed version beside the running one, see which runs, or go back",
    async () => (await import("./care/update.ts")).updateCommand,
  ],
  [
    "doctor",
    "look at clock, rights, disk, permit, certificates and the running controller, and say what to do",
    async () => (await import("./care/doctor.ts")).doctorCommand,
  ],
  [
    "alerts",
    "send a test message by each way that the site's alerts go, and say whether it was taken",
    async () => (await import("./care/alerts.ts")).alertsCommand,
  ],
  [
    "backup",
    "keep configuration, permit, accounts, records and audit log of a site in one sealed file",
    async () => (await import("./care/backup.ts")).backupCommand,
  ],
  [
    "restore",
    "put a backup back; what is there now is set aside, and a revoked permit does not return",
    async () => (await import("./care/backup.ts")).restoreCommand,
  ],
  [
    "account",
    "origin and use of energy by quarter-hours: statements, guests' bills, and whether it is whole",
    async () => (await import("./account/account.ts")).accountCommand,
  ],
  ["audit", "verify or export the audit log", async () => (await import("./audit.ts")).auditCommand],
  [
    "grid-case",
    "run grid-function cases with an ideal stage",
    async () => (await import("./grid-case.ts")).gridCaseCommand,
  ],
  [
    "plan-case",
    "plan site-days: every vehicle ready at the least cost",
    async () => (await import("./plan-case.ts")).planCaseCommand,
  ],
  [
    "sunspec",
    "print our own SunSpec models: definitions for SunSpec clients, or a C header for firmware",
    async () => (await import("./sunspec.ts")).sunspecCommand,
  ],
  [
    "commission",
    "prove a site before it works: devices, wiring, dynamics, limits, K1, watchdogs; with a signed report",
    async () => (await import("./commission/commission.ts")).commissionCommand,
  ],
  [
    "certify",
    "run the type-test procedures of a grid code and write a signed report",
    async () => (await import("./certify/certify.ts")).certifyCommand,
  ],
  [
    "approval",
    "make the utility's package of a site from its own files; refused where they contradict each other",
    async () => (await import("./approval/approval.ts")).approvalCommand,
  ],
  [
    "verify-device",
    "try every duty of the contract on a power stage, for makers of firmware",
    async () => (await import("./verify-device.ts")).verifyDeviceCommand,
  ],
  [
    "exi",
    "encode and decode ISO 15118 messages, JSON lines in and out",
    async () => (await import("./exi.ts")).exiCommand,
  ],
  [
    "ev",
    "a simulated vehicle: goes through a session with any charger that speaks ISO 15118 or DIN 70121",
    async () => (await import("./ev.ts")).evCommand,
  ],
  ["v2g", "show what an ISO 15118 message says", async () => (await import("./v2g.ts")).v2gCommand],
];

const emptyProgram = (): Command =>
  new Command("islet")
    .description("Controller of sites with bidirectional EV chargers")
    .version(isletVersion())
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError("(`islet --help` lists the commands)");

/** Every command with its options: for manual page and completion. */
export async function wholeProgram(): Promise<Command> {
  const program = emptyProgram();
  for (const [, , load] of commands) (await load())(program);
  return program;
}

/** Runs one command; the exit code is 0 when it did what was asked, 1 when it found something wrong, 2 when it was asked wrongly. */
export async function main(argv: readonly string[]): Promise<number> {
  outliveReaders();
  const program = emptyProgram();
  const wanted = argv.find((argument) => !argument.startsWith("-"));
  for (const [name, sentence, load] of commands) {
    if (name === wanted) (await load())(program);
    else program.command(name).description(sentence).allowUnknownOption();
  }
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv as string[], { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2;
    if ((failure as NodeJS.ErrnoException).code === "EPIPE") return Number(process.exitCode ?? 0);
    process.stderr.write(`islet: ${failure instanceof Error ? failure.message : String(failure)}\n`);
    if (process.env["ISLET_DEBUG"] && failure instanceof Error) process.stderr.write(`${failure.stack}\n`);
    return failure instanceof AskedWrongly ? 2 : 1;
  }
}

/**
 * Whoever reads the output may stop reading (`islet … | head`): a command then has nobody left to tell and ends as it stands;
 * a controller whose log nobody reads any more goes on.
 */
function outliveReaders(): void {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") process.exit();
  });
  process.stderr.on("error", () => undefined);
}
