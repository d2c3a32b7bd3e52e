/**
 * Josev's vehicle (EcoG-io/iso15118) in session with `islet run`, found by discovery on links of its own, paid by cards and by a
 * contract. By hand, on Linux as root, with OpenSSL, Java and a Python that has the package's requirements (pydantic 1, py4j):
 *
 *     node tests/product/peers/josev.ts --josev FOLDER [--python FILE] [--fresh] [--sessions N] [--only WORDS] [--json] [--log]
 *
 * FOLDER has the folder `iso15118` of its package, EXICodec.jar included. `--fresh`: a new controller for each session; otherwise
 * one for all of them. `--sessions`: goes on through the table until so many. `--log`: with what both sides say. Prints a line for each session and ends with 1 when
 * one was not complete.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { schoolBus } from "../../../sim/world-config.ts";
import { until } from "../site/judge.ts";
import { startVehicleSite, type VehicleSite } from "../site/vehicle-site.ts";
import { josevSessions } from "./josev-sessions.table.ts";
import { type LinkPairs, makeLinkPairs } from "./link-pairs.ts";

const patienceMs = 60_000;
/** The stock vehicle's identifier in ISO 15118-20. */
const vehicleId = "WMIV1234567890ABCDEX";
/** Its keys' password. */
const passphrase = "12345";
const places = ["dc", "ac"] as const;
const troublesMax = 20;

interface Outcome {
  readonly complete: boolean;
  readonly seconds: number;
  readonly rounds: number;
  readonly trouble: string;
}

interface Pki {
  readonly folder: string;
  read(name: string): string;
  readonly chargerKey: string;
}

/** Certificates by the package's own script. */
function makePki(josev: string, folder: string): Pki {
  cpSync(join(josev, "iso15118/shared/pki"), folder, { recursive: true });
  execFileSync("bash", ["create_certs.sh", "-v", "iso-2"], { cwd: folder, stdio: "ignore" });
  const path = (name: string): string => join(folder, "iso15118_2", name);
  const key = createPrivateKey({ key: readFileSync(path("private_keys/seccLeaf.key")), passphrase });
  const chargerKey = join(folder, "charger.key");
  writeFileSync(chargerKey, key.export({ type: "pkcs8", format: "pem" }));
  return { folder, read: (name) => readFileSync(path(`certs/${name}`), "utf8"), chargerKey };
}

async function startSite(pairs: LinkPairs, pki: Pki): Promise<VehicleSite> {
  const certificates = {
    certificateFile: join(pki.folder, "iso15118_2/certs/cpoCertChain.pem"),
    keyFile: pki.chargerKey,
    vehicleCaFile: join(pki.folder, "iso15118_2/certs/oemRootCACert.pem"),
  };
  // Port 0: any free one, which discovery tells.
  const link = (place: "dc" | "ac") => ({ interface: pairs.charger(place), port: 0, ...certificates });
  const site = await startVehicleSite({
    links: [link("dc"), { ...link("ac"), connector: "ac3" }],
    permitExportW: 30_000,
    pairs: [`SIM-002=${vehicleId},UL 1741 SC no. 1,SAE J3072 no. 1`],
    // The simulated stages share a busy machine with the vehicle: their watchdogs are as patient as they may be.
    config: () => ({ authorization: "required", loop: { periodMs: 20, realTimePriority: false, watchdogS: 10 } }),
    // It has no schedules: the vehicles need not wait for them.
    backend: {
      acceptsCard: () => true,
      answer: (action) => (action === "NotifyEVChargingNeeds" ? { status: "Rejected" } : undefined),
    },
  });
  try {
    await site.backend.whenConnected();
    for (const [certificateType, name] of [
      ["V2GRootCertificate", "v2gRootCACert.pem"],
      ["MORootCertificate", "moRootCACert.pem"],
    ] as const)
      await site.backend.call("InstallCertificate", { certificateType, certificate: pki.read(name) });
    const ready = (): boolean => site.said(/Contracts in vehicles are accepted/) !== undefined;
    if (!(await until(ready, patienceMs))) throw new Error("contracts are not accepted");
    const parallel = (): boolean => site.process.lines.some(({ fields }) => fields["mode"] === "parallel");
    if (!(await until(parallel, patienceMs))) throw new Error("the site does not run in parallel with the grid");
    return site;
  } catch (trouble) {
    await site.stop();
    throw trouble;
  }
}

interface Vehicle {
  goThrough(job: Readonly<Record<string, unknown>>): Promise<Outcome>;
  stop(): void;
}

async function startVehicle(python: string, josev: string, pki: Pki, namespace: string): Promise<Vehicle> {
  const script = join(import.meta.dirname, "josev-vehicle.py");
  const env = {
    ...process.env,
    PYTHONPATH: josev,
    PKI_PATH: `${pki.folder}/`,
    PYTHONDONTWRITEBYTECODE: "1",
    ...(values.log && { VEHICLE_LOG: "1" }),
  };
  const child: ChildProcessWithoutNullStreams = spawn("ip", ["netns", "exec", namespace, python, script], { env });
  const troubles: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    if (values.log) process.stderr.write(`${line}\n`);
    troubles.push(line);
    if (troubles.length > troublesMax) troubles.shift();
  });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  async function answer(): Promise<Record<string, unknown>> {
    for (;;) {
      const { value, done } = await answers.next();
      if (done === true) throw new Error(`its vehicle has ended: ${troubles.join(" | ")}`);
      if (String(value).startsWith("{")) return JSON.parse(String(value)) as Record<string, unknown>;
    }
  }
  await answer();
  return {
    async goThrough(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      return (await answer()) as unknown as Outcome;
    },
    stop: () => void child.kill(),
  };
}

/** Drives in, shows a card where it has no contract, goes through its session, and leaves. */
async function play(
  site: VehicleSite,
  vehicle: Vehicle,
  pairs: LinkPairs,
  row: (typeof josevSessions)[number],
): Promise<Outcome & { readonly charger: string }> {
  const place = places.indexOf(row.place);
  const from = site.process.lines.length;
  site.world.unplug(place);
  await sleep(1_000);
  site.world.plug(place, { ...schoolBus, socPct: 60 });
  if (row.contract !== true) {
    const idToken = { idToken: "CARD-1", type: "ISO14443" };
    await site.backend.call("RequestStartTransaction", { evseId: place + 1, remoteStartId: from + 1, idToken });
  }
  const outcome = await vehicle.goThrough({ ...row, interface: pairs.vehicle(row.place), withinS: 60 });
  const ends = (): string | undefined =>
    site.process.lines.slice(from).find(({ text }) => /session with vehicle .* (has|was) ended/.test(text))?.text;
  await until(() => ends() !== undefined, 5_000);
  return { ...outcome, charger: ends() ?? "no session has ended" };
}

const { values } = parseArgs({
  options: {
    josev: { type: "string" },
    python: { type: "string", default: "python3" },
    fresh: { type: "boolean", default: false },
    sessions: { type: "string" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
  },
});
if (values.josev === undefined) throw new Error("--josev FOLDER is missing: the folder that has its package iso15118");
const josev = resolve(values.josev);
const rows = josevSessions.filter(({ name }) => values.only.split("|").some((words) => name.includes(words)));
const count = Number(values.sessions ?? rows.length);
const pkiFolder = mkdtempSync(join(tmpdir(), "islet-josev-"));
const pairs = await makeLinkPairs(places);
process.once("exit", pairs.remove);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
let site: VehicleSite | undefined;
let vehicle: Vehicle | undefined;
let incomplete = 0;
try {
  const pki = makePki(josev, join(pkiFolder, "pki"));
  vehicle = await startVehicle(values.python, josev, pki, pairs.namespace);
  for (let i = 0; i < count; i++) {
    const row = rows[i % rows.length]!;
    site ??= await startSite(pairs, pki);
    const outcome = await play(site, vehicle, pairs, row);
    if (!outcome.complete) incomplete += 1;
    const { complete, seconds, rounds, trouble, charger } = outcome;
    const result = complete ? `complete, ${rounds} rounds` : `NOT complete: ${trouble} (charger: ${charger})`;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ session: row.name, ...outcome })}\n`
        : `${row.name.padEnd(56)} ${seconds.toFixed(1).padStart(5)} s  ${result}\n`,
    );
    if (values.log)
      for (const { atMs, text } of site.process.lines) process.stdout.write(`${Math.round(atMs)} ${text}\n`);
    if (values.fresh) {
      await site.stop();
      site = undefined;
    }
  }
} finally {
  vehicle?.stop();
  await site?.stop();
  rmSync(pkiFolder, { recursive: true, force: true });
}
process.exitCode = incomplete === 0 ? 0 : 1;
