// Watches the machine while tests wait in real time: when nobody else got the processor, and which threads had it meanwhile.
// Whoever reads a failed run sees whether the machine stood still, and because of whom.
import { readdirSync, readFileSync } from "node:fs";

const everyMs = 250;
/** A timer that fires this much late is a standstill, ms. */
const stillFromMs = 400;
/** Threads are counted so often, ms; a window in which the machine stood still names its busiest. */
const windowMs = 5_000;
const namedMax = 4;
const windowsMax = 40;
const policies = { 1: "FIFO", 2: "RR" };
/** Linux counts processor time in hundredths of a second. */
const msPerTick = 10;

/** Processor time of every thread so far, ms, by thread; empty where there is no /proc. */
function threads() {
  const found = new Map();
  let processes = [];
  try {
    processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return found;
  }
  for (const pid of processes) {
    try {
      for (const tid of readdirSync(`/proc/${pid}/task`)) {
        const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const usedMs = (Number(fields[11]) + Number(fields[12])) * msPerTick;
        const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
        found.set(tid, { pid, name, usedMs, policy: policies[fields[38]] ?? "ordinary", priority: Number(fields[37]) });
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** What a process was started as, its arguments alone. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim().slice(-120);
  } catch {
    return "has ended";
  }
}

/** Share of the time since the last start that another machine had the processors, as the first line of /proc/stat tells it. */
function processors() {
  try {
    const [, ...numbers] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0].trim().split(/\s+/);
    return { all: numbers.slice(0, 8).reduce((sum, n) => sum + Number(n), 0), stolen: Number(numbers[7]) };
  } catch {
    return { all: 0, stolen: 0 };
  }
}

/** Starts watching; `stop` gives the lines to print: none where the machine never stood still. */
export function watchMachine() {
  const began = processors();
  const lines = [];
  let count = 0;
  let longestMs = 0;
  let before = threads();
  let windowFrom = performance.now();
  let worstMs = 0;
  let dueMs = performance.now() + everyMs;

  function closeWindow(nowMs) {
    const now = threads();
    if (worstMs >= stillFromMs && lines.length < windowsMax) {
      const used = [...now]
        .map(([tid, thread]) => ({ ...thread, spentMs: thread.usedMs - (before.get(tid)?.usedMs ?? 0) }))
        .sort((a, b) => b.spentMs - a.spentMs)
        .slice(0, namedMax);
      const share = (spentMs) => `${Math.round((100 * spentMs) / (nowMs - windowFrom))} %`;
      lines.push(
        `  ${new Date().toISOString().slice(11, 19)} ${(worstMs / 1000).toFixed(1)} s; busiest:`,
        ...used.map(
          ({ pid, name, policy, priority, spentMs }) =>
            `    ${share(spentMs)} ${name} (${policy}${priority > 0 ? ` ${priority}` : ""}): ${commandOf(pid)}`,
        ),
      );
    }
    before = now;
    windowFrom = nowMs;
    worstMs = 0;
  }

  const timer = setInterval(() => {
    const nowMs = performance.now();
    const lateMs = nowMs - dueMs;
    dueMs = nowMs + everyMs;
    worstMs = Math.max(worstMs, lateMs);
    longestMs = Math.max(longestMs, lateMs);
    if (lateMs >= stillFromMs) count++;
    if (nowMs - windowFrom >= windowMs) closeWindow(nowMs);
  }, everyMs);

  return {
    stop() {
      clearInterval(timer);
      const { all, stolen } = processors();
      const share = all > began.all ? (100 * (stolen - began.stolen)) / (all - began.all) : 0;
      const summary = `The machine kept ordinary programs waiting for ${stillFromMs} ms or more ${count} times, ${(longestMs / 1000).toFixed(1)} s at most; other machines had ${share.toFixed(1)} % of its processors.`;
      return [summary, ...lines];
    },
  };
}
