/** `islet` as a process of its own, as a person or a service manager starts it: its log, its page, its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { isletFile } from "../../lib/islet-file.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, at most `withinMs`; `input` stands on its standard input. */
export function runIslet(args: readonly string[], withinMs = 30_000, cwd?: string, input?: string): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [isletFile, ...args], {
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      ...(cwd && { cwd }),
    });
    child.stdin?.end(input);
    let out = "";
    let err = "";
    child.stdout!.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr!.on("data", (chunk) => {
      err += chunk;
    });
    const patience = setTimeout(() => child.kill("SIGKILL"), withinMs);
    child.on("close", (code) => {
      clearTimeout(patience);
      resolve({ code: code ?? -1, out, err });
    });
  });
}

export interface LogLine {
  readonly atMs: number;
  readonly level: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `pino`'s numbers. */
const logLevels = { debug: 20, info: 30, warn: 40, error: 50 } as const;

export interface IsletProcess {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** What it printed that is no line of its log. */
  readonly err: () => string;
  readonly running: boolean;
  /** Exit code, or null where a signal ended it. */
  readonly ended: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** Time of the processor that its service has used so far, ms. */
  cpuMs(): number;
  /** The process that it has started for the control loop; -1 while there is none. */
  controlPid(): number;
  /** Asks it to end, and ends it after 10 s. */
  stop(): Promise<number | null>;
}

const linesMax = 20_000;

/** `program`: another `bin/islet.mjs`, of a version that lies beside others. */
export function startIslet(
  configFile: string,
  cwd: string,
  nodeOptions = "",
  program: string = isletFile,
  env: Readonly<Record<string, string>> = {},
): IsletProcess {
  const lines: LogLine[] = [];
  let errText = "";
  let running = true;
  const child: ChildProcess = spawn(
    process.execPath,
    [program, "run", "--config", configFile, "--log-json", "--log-level", "debug"],
    {
      stdio: ["ignore", "pipe", "pipe"],
      cwd,
      env: { ...process.env, ...env, ...(nodeOptions !== "" && { NODE_OPTIONS: nodeOptions }) },
    },
  );
  const take = (line: string): void => {
    if (line.trim() === "" || lines.length >= linesMax) return;
    const fields = parseLine(line);
    if (fields === null) errText = `${errText}${line}\n`.slice(-100_000);
    const { level = logLevels.info, msg = line } = fields ?? {};
    lines.push({ atMs: performance.now(), level: Number(level), text: String(msg), fields: fields ?? {} });
  };
  for (const stream of [child.stdout!, child.stderr!]) {
    let pending = "";
    stream.on("data", (chunk) => {
      pending += chunk;
      const whole = pending.split("\n");
      pending = whole.pop() ?? "";
      for (const line of whole) take(line);
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      running = false;
      resolve(code);
    });
  });
  // Whatever becomes of the test, the process does not outlive it.
  const orphan = (): void => void child.kill("SIGKILL");
  process.once("exit", orphan);
  void ended.then(() => process.removeListener("exit", orphan));
  return {
    pid: child.pid ?? -1,
    lines,
    err: () => errText,
    get running() {
      return running;
    },
    ended,
    signal: (signal) => void child.kill(signal),
    cpuMs: () => cpuMsOf(child.pid ?? -1),
    controlPid: () => childOf(child.pid ?? -1, "control-process"),
    async stop() {
      if (running) {
        signalPid(childOf(child.pid ?? -1, "control-process"), "SIGCONT");
        child.kill("SIGCONT");
        child.kill("SIGTERM");
      }
      const patience = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const code = await ended;
      clearTimeout(patience);
      return code;
    },
  };
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const clockTickMs = 10;

/** User and system time are the 12th and 13th field after the name in parentheses, proc(5). */
function cpuMsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return clockTickMs * (Number(fields[11]) + Number(fields[12]));
  } catch {
    // Elsewhere than on Linux: time that has gone by, which is no less.
    return performance.now();
  }
}

/** A child process of `pid` whose command line has `word` in it; -1 where there is none. */
function childOf(pid: number, word: string): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return Number(children.find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes(word)) ?? -1);
  } catch {
    return -1;
  }
}

/** Sends a signal to a process that may be gone already. */
export function signalPid(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 0) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function parseLine(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
