/** What systemd is told, through its own command and a socket that stands for its own. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Progress, tellServiceManager } from "../../src/app/service-manager.ts";

const has = (command: string): boolean => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const missing = ["systemd-notify", "socat"].filter((command) => !has(command));

test("outside a service nothing is asked and nothing is told", () => {
  let asked = 0;
  const progress = (): Progress => ({ cycles: ++asked, sentence: "" });
  tellServiceManager(progress, () => undefined, {}).stopping();
  expect(asked).toBe(0);
});

describe.skipIf(missing.length > 0)(`a service manager hears (needs systemd-notify and socat)`, () => {
  let folder: string;
  let heard: () => string;
  let end: () => Promise<void>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "islet-notify-"));
    const file = join(folder, "heard");
    const socket = join(folder, "socket");
    const listener = spawn("socat", ["-u", `UNIX-RECV:${socket}`, `CREATE:${file}`], { stdio: "ignore" });
    await until(() => spawnSync("test", ["-S", socket]).status === 0);
    heard = () => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return "";
      }
    };
    end = () =>
      new Promise((resolve) => {
        listener.once("exit", () => resolve());
        listener.kill();
      });
  });
  afterEach(async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  });

  const until = async (holds: () => boolean): Promise<void> => {
    for (let n = 0; n < 600 && !holds(); n++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(holds()).toBe(true);
  };
  const env = (): Record<string, string> => ({
    PATH: process.env["PATH"] ?? "",
    NOTIFY_SOCKET: join(folder, "socket"),
    WATCHDOG_USEC: "600000",
  });
  const fed = (): number => heard().split("WATCHDOG=1").length - 1;

  test("ready with the first cycle and not before, progress while cycles are counted on, and the end", async () => {
    let cycles: number | null = null;
    let looked = 0;
    const manager = tellServiceManager(
      () => {
        looked++;
        return { cycles: cycles === null ? null : ++cycles, sentence: "Depot: mode parallel" };
      },
      () => undefined,
      env(),
    );
    await until(() => looked > 3);
    expect(heard()).toBe("");
    cycles = 0;
    await until(() => fed() >= 3);
    expect(heard()).toMatch(/READY=1/);
    expect(heard().match(/STATUS=Depot: mode parallel/g)).toHaveLength(1);
    manager.stopping();
    await until(() => heard().includes("STOPPING=1"));
  });

  test("a loop that stands still is not fed, though the process runs", async () => {
    let looked = 0;
    const manager = tellServiceManager(
      () => {
        looked++;
        return { cycles: 7, sentence: "" };
      },
      () => undefined,
      env(),
    );
    await until(() => fed() === 1);
    const before = looked;
    await until(() => looked > before + 5);
    expect(fed()).toBe(1);
    manager.stopping();
  });
});

test("a command that is not there is told once", async () => {
  const lines: string[] = [];
  let cycles = 0;
  const manager = tellServiceManager(
    () => ({ cycles: ++cycles, sentence: "" }),
    (level, message) => void lines.push(`${level} ${message}`),
    { PATH: "/nowhere", NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "300000" },
  );
  for (let n = 0; n < 200 && (lines.length === 0 || cycles < 4); n++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  manager.stopping();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^warn The service manager can't be told how it goes/);
});
