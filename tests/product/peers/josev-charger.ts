/**
 * Islet's simulated vehicle (`islet ev`) in session with Josev's charger (EcoG-io/iso15118), found by discovery on a link of its
 * own, paid by cards and by a contract. By hand, on Linux as root, with OpenSSL, Java and a Python that has the package's
 * requirements (pydantic 1, py4j):
 *
 *     node tests/product/peers/josev-charger.ts --josev FOLDER [--python FILE] [--only WORDS] [--log]
 *
 * FOLDER has the folder `iso15118` of its package, EXICodec.jar included. Prints a line for each session and ends with 1 when one
 * was not complete.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs, promisify } from "node:util";
import { type LinkPairs, makeLinkPairs } from "./link-pairs.ts";

/** Its keys' password. */
const passphrase = "12345";
const run = promisify(execFile);
const islet = join(import.meta.dirname, "../../../bin/islet.mjs");
const sessionMaxMs = 120_000;
const readyMaxMs = 60_000;
const bothControls = ["", "--scheduled"] as const;
const bothDirections = ["", "--bidirectional"] as const;

interface Row {
  readonly name: string;
  readonly ev: readonly string[];
  readonly secure: "" | "1.2" | "1.3";
  readonly contract?: boolean;
}

const old = (protocol: "din" | "2", energy: "dc" | "ac", secure: Row["secure"] = "", contract = false): Row => ({
  name: `${protocol === "din" ? "DIN SPEC 70121" : "ISO 15118-2"} ${energy.toUpperCase()}, ${contract ? "contract" : "card"}, ${secure === "" ? "TCP" : `TLS ${secure}`}`,
  ev: ["--protocol", protocol, "--energy", energy],
  secure,
  contract,
});
const twenty = (secure: Row["secure"], contract = false): Row[] =>
  (["dc", "ac"] as const).flatMap((energy) =>
    bothDirections.flatMap((direction) =>
      bothControls.map((control) => ({
        name: `ISO 15118-20 ${energy.toUpperCase()}${direction && "_BPT"}, ${control ? "scheduled" : "dynamic"}, ${contract ? "contract" : "card"}, ${secure === "" ? "TCP" : `TLS ${secure}`}`,
        ev: ["--protocol", "20", "--energy", energy, ...[direction, control].filter((word) => word !== "")],
        secure,
        contract,
      })),
    ),
  );
const rows: readonly Row[] = [
  old("din", "dc"),
  old("2", "dc"),
  old("2", "ac"),
  ...twenty(""),
  old("2", "dc", "1.2"),
  old("2", "ac", "1.2"),
  old("2", "dc", "1.2", true),
  old("2", "ac", "1.2", true),
  ...twenty("1.3"),
  twenty("1.3", true)[0]!,
];

interface Files {
  readonly folder: string;
  cert(name: string): string;
  key(name: string): string;
  /** One file of several certificates. */
  chain(...names: readonly string[]): string;
}

/** Certificates by the package's own script, keys without their password. */
function makeFiles(josev: string): Files {
  const folder = mkdtempSync(join(tmpdir(), "islet-josev-"));
  cpSync(join(josev, "iso15118/shared/pki"), folder, { recursive: true });
  execFileSync("bash", ["create_certs.sh", "-v", "iso-2"], { cwd: folder, stdio: "ignore" });
  return {
    folder,
    cert: (name) => join(folder, "iso15118_2/certs", name),
    chain(...names) {
      const file = join(folder, `${names[0]}.chain.pem`);
      writeFileSync(file, names.map((name) => readFileSync(this.cert(name), "utf8")).join(""));
      return file;
    },
    key(name) {
      const file = join(folder, `${name}.plain.key`);
      const pem = readFileSync(join(folder, "iso15118_2/private_keys", `${name}.key`));
      writeFileSync(file, createPrivateKey({ key: pem, passphrase }).export({ type: "pkcs8", format: "pem" }));
      return file;
    },
  };
}

/** The charger with or without TLS 1.3: it knows one or the other for a whole run. */
function startCharger(
  python: string,
  josev: string,
  files: Files,
  pairs: LinkPairs,
  tls13: boolean,
): Promise<ChildProcess> {
  const env = {
    ...process.env,
    NETWORK_INTERFACE: pairs.charger("dc"),
    PROTOCOLS: "DIN_SPEC_70121,ISO_15118_2,ISO_15118_20_AC,ISO_15118_20_DC",
    AUTH_MODES: "EIM,PNC",
    ENABLE_TLS_1_3: String(tls13),
    PKI_PATH: `${files.folder}/`,
    PYTHONPATH: josev,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const child = spawn(python, [join(import.meta.dirname, "josev-charger.py")], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface(child.stderr).on("line", (line) => {
    if (values.log) process.stderr.write(`${line.slice(0, 400)}\n`);
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("Josev's charger does not start")), readyMaxMs);
    child.once("exit", (code) => reject(new Error(`Josev's charger has ended with ${code}`)));
    createInterface(child.stdout).on("line", (line) => {
      if (values.log) process.stderr.write(`${line}\n`);
      if (line !== "ready") return;
      clearTimeout(timer);
      resolve(child);
    });
  });
}

/** A vehicle's whole session; the words of what stopped it, or nothing. */
async function goThrough({ ev, secure, contract }: Row, files: Files, pairs: LinkPairs): Promise<string> {
  const paid = contract
    ? [
        "--contract",
        files.chain("contractLeafCert.pem", "intermediateMOCACerts.pem"),
        "--contract-key",
        files.key("contractLeaf"),
        ...["--signatures", "xmldsig"],
      ]
    : [];
  const own = secure === "1.3" ? ["--cert", files.cert("oemCertChain.pem"), "--key", files.key("oemLeaf")] : [];
  const ca = secure === "" ? [] : ["--ca", files.cert("v2gRootCACert.pem")];
  const args = [
    islet,
    "ev",
    "--interface",
    pairs.vehicle("dc"),
    "--rounds",
    "5",
    "--json",
    ...ev,
    ...ca,
    ...own,
    ...paid,
  ];
  try {
    await run("ip", ["netns", "exec", pairs.namespace, process.execPath, ...args], { timeout: sessionMaxMs });
    return "";
  } catch (trouble) {
    const { stdout = "", stderr = "" } = trouble as { stdout?: string; stderr?: string };
    const told = /"trouble":"([^"]*)"/.exec(stdout)?.[1];
    return told ?? (stderr.trim() || String(trouble));
  }
}

const { values } = parseArgs({
  options: {
    josev: { type: "string" },
    python: { type: "string", default: "python3" },
    only: { type: "string", default: "" },
    log: { type: "boolean", default: false },
  },
});
if (values.josev === undefined) throw new Error("--josev FOLDER is missing: the folder that has its package iso15118");
const josev = resolve(values.josev);
const chosen = rows.filter(({ name }) => values.only.split("|").some((words) => name.includes(words)));
const pairs = await makeLinkPairs(["dc"]);
process.once("exit", pairs.remove);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const files = makeFiles(josev);
let incomplete = 0;
try {
  for (const tls13 of [false, true]) {
    const some = chosen.filter(({ secure }) => (secure === "1.3") === tls13);
    if (some.length === 0) continue;
    const charger = await startCharger(values.python, josev, files, pairs, tls13);
    for (const row of some) {
      const trouble = await goThrough(row, files, pairs);
      if (trouble !== "") incomplete += 1;
      process.stdout.write(`${row.name.padEnd(58)} ${trouble === "" ? "complete" : `NOT complete: ${trouble}`}\n`);
    }
    charger.removeAllListeners("exit");
    charger.kill();
  }
} finally {
  rmSync(files.folder, { recursive: true, force: true });
}
process.exitCode = incomplete === 0 ? 0 : 1;
