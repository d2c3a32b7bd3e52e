/** What breaks: processes, disk, clock, descriptors, memory, processor, links. Each is undone after a while. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { noSmallDisk, type SmallDisk } from "../lib/small-disk.ts";
import { sleep } from "../product/site/judge.ts";
import type { ModbusServer } from "../product/site/modbus-server.ts";
import type { Product } from "../product/site/product.ts";

/** What a fault is done to. */
export interface Broken {
  readonly product: Product;
  /** Where the site's records are; null where no file system of its own can be mounted. */
  readonly disk: SmallDisk | null;
}

export interface Fault {
  readonly name: string;
  /** Why it can't be tried on this machine; empty where it can. */
  readonly impossible?: () => string;
  /** Whether this site has what breaks. */
  readonly applies?: (product: Product) => boolean;
  /** Variables of the environment that the service needs for it. */
  readonly env?: (folder: string) => Readonly<Record<string, string>>;
  /** Breaks it; what mends it again. */
  readonly strike: (broken: Broken, folder: string) => Promise<() => unknown> | (() => unknown);
  /** How long it stays broken, ms. */
  readonly forMs: number;
}

const startAgain = async (product: Product): Promise<void> => {
  if (product.process.running) return;
  product.start();
};
const servicePid = (product: Product): number => product.process.pid;
const needsDisk = (): string => noSmallDisk;
const nothing = (): void => undefined;

/** Where Debian's libfaketime lies; its package is `faketime`. */
const fakeTime = ["x86_64", "aarch64"]
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));

/** The wall clock steps by so much, and back; the monotonic one goes on, as after a person or a time server has set it. */
const clockSteps = (byS: number): Fault => ({
  name: `wall clock ${byS > 0 ? "forward" : "back"} ${Math.abs(byS) / 3_600} h`,
  impossible: () => (fakeTime === undefined ? "needs libfaketime (apt-get install faketime)" : ""),
  env(folder) {
    writeFileSync(join(folder, "clock"), "+0\n");
    return {
      LD_PRELOAD: fakeTime!,
      FAKETIME_TIMESTAMP_FILE: join(folder, "clock"),
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
  },
  strike(_, folder) {
    writeFileSync(join(folder, "clock"), `${byS > 0 ? "+" : ""}${byS}\n`);
    return () => writeFileSync(join(folder, "clock"), "+0\n");
  },
  forMs: 8_000,
});

/** A process gets a resource limit at what it uses now (and a little more), and back. */
function limited(pids: readonly number[], resource: string, atOf: (pid: number) => string): () => void {
  const set = (pid: number, value: string): void => {
    try {
      execFileSync("prlimit", ["--pid", String(pid), `--${resource}=${value}:`], { stdio: "ignore" });
    } catch {
      // It has ended meanwhile.
    }
  };
  for (const pid of pids) set(pid, atOf(pid));
  return () => {
    for (const pid of pids) set(pid, resource === "nofile" ? "1024" : "unlimited");
  };
}

/** Device × what happens to its link. */
const ends: readonly { readonly name: string; readonly of: (product: Product) => ModbusServer | undefined }[] = [
  { name: "meter", of: (product) => product.meter.server },
  { name: "power stage", of: (product) => product.stages[0]?.server },
  { name: "K1", of: (product) => product.switchgear?.server },
];
const disturbances: readonly { readonly name: string; readonly begin: (server: ModbusServer) => () => unknown }[] = [
  {
    name: "answers 400 ms later",
    begin(server) {
      server.habits.latencyMs = 400;
      return () => Object.assign(server.habits, { latencyMs: 0 });
    },
  },
  {
    name: "loses a third of the answers",
    begin(server) {
      server.habits.lossShare = 0.33;
      return () => Object.assign(server.habits, { lossShare: 0 });
    },
  },
  {
    name: "takes requests and is silent",
    begin(server) {
      server.habits.silent = true;
      return () => Object.assign(server.habits, { silent: false });
    },
  },
  {
    name: "is half open",
    begin(server) {
      server.halfOpen();
      return nothing;
    },
  },
  {
    name: "refuses connections",
    begin(server) {
      server.reset();
      void server.deaf();
      return () => server.listen();
    },
  },
];

export const faults: readonly Fault[] = [
  {
    name: "service killed",
    strike({ product }) {
      product.process.signal("SIGKILL");
      return () => startAgain(product);
    },
    forMs: 6_000,
  },
  {
    name: "control process killed",
    strike({ product }) {
      process.kill(product.process.controlPid(), "SIGKILL");
      return () => startAgain(product);
    },
    forMs: 6_000,
  },
  {
    name: "service asked to end",
    strike({ product }) {
      product.process.signal("SIGTERM");
      return () => startAgain(product);
    },
    forMs: 6_000,
  },
  ...(["service", "control", "both"] as const).map(
    (part): Fault => ({
      name: `${part === "both" ? "both processes" : part === "service" ? "service" : "control process"} stopped and continued`,
      strike({ product }) {
        product.pause(part);
        return () => product.resume(part);
      },
      forMs: 8_000,
    }),
  ),
  {
    name: "disk full",
    impossible: needsDisk,
    strike({ disk }) {
      disk!.fill();
      return () => disk!.free();
    },
    forMs: 10_000,
  },
  {
    name: "killed, and started on a read-only disk",
    impossible: needsDisk,
    async strike({ product, disk }) {
      const mount = (how: string): void =>
        void execFileSync("mount", ["-o", `remount,${how}`, disk!.folder], { stdio: "ignore" });
      await product.kill();
      // The control process notices that the service is gone, and lets the files go.
      for (let tries = 0; tries < 50; tries++) {
        try {
          mount("ro");
          break;
        } catch {
          await sleep(100);
        }
      }
      product.start();
      return () => mount("rw");
    },
    forMs: 15_000,
  },
  {
    name: "killed, its records damaged meanwhile",
    async strike({ product, disk }) {
      await product.kill();
      const records = disk?.folder ?? product.stateDir;
      for (const file of readdirSync(records))
        if (/\.(db|json)$/.test(file)) {
          const path = join(records, file);
          const bytes = readFileSync(path);
          bytes.fill(0x2a, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2));
          writeFileSync(path, bytes);
        }
      return () => startAgain(product);
    },
    forMs: 3_000,
  },
  {
    name: "no more file descriptors",
    strike({ product }) {
      const open = (pid: number): string => String(readdirSync(`/proc/${pid}/fd`).length);
      return limited([servicePid(product), product.process.controlPid()], "nofile", open);
    },
    forMs: 10_000,
  },
  {
    name: "no more memory for the service",
    strike({ product }) {
      const mapped = (pid: number): string => {
        const [, kB = "0"] = /VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
        return String((Number(kB) + 8_192) * 1_024);
      };
      const free = limited([servicePid(product)], "as", mapped);
      return async () => {
        free();
        await startAgain(product);
      };
    },
    forMs: 10_000,
  },
  clockSteps(3_600),
  clockSteps(-3_600),
  {
    name: "every core kept busy by others",
    strike() {
      const others: ChildProcess[] = Array.from({ length: 4 }, () =>
        spawn("timeout", ["20", process.execPath, "-e", "for (;;);"], { stdio: "ignore" }),
      );
      return () => {
        for (const other of others) other.kill();
      };
    },
    forMs: 8_000,
  },
  {
    name: "backend cut off",
    applies: (product) => product.backend.connected,
    strike({ product }) {
      product.backend.cut();
      return nothing;
    },
    forMs: 4_000,
  },
  ...ends.flatMap(({ name, of }) =>
    disturbances.map(
      (disturbance): Fault => ({
        name: `${name} ${disturbance.name}`,
        applies: (product) => of(product) !== undefined,
        strike: ({ product }) => disturbance.begin(of(product)!),
        forMs: 10_000,
      }),
    ),
  ),
];
