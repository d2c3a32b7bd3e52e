/**
 * `npm run fleet`: a fleet on one machine, with broker, database, worker, page and simulated sites. `npm run fleet -- serve` is the
 * worker and the page alone, for brokers and databases that are there.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runDemo } from "./demo/demo.ts";
import { faultsOf } from "./dispatch/proof.ts";
import { rehearse } from "./dispatch/rehearsal.ts";
import { serve } from "./serve.ts";
import { runHeads } from "./trial/heads.ts";
import { runKills } from "./trial/kills.ts";
import { runLoad } from "./trial/load.ts";

const usage = `Use: npm run fleet -- [--sites 20] [--port 8090] [--folder FOLDER]
       npm run fleet -- kills [--seed 1] [--sites 100] [--broker 8] [--database 4] [--workers 6] [--site-kills 10] [--stores 2] [--every 4]
       npm run fleet -- load [--seed 1] [--sites 1000] [--minutes 2] [--connections 1000]
       npm run fleet -- heads [--seed 1] [--site-days 400] [--altered 1000]
       npm run fleet -- rehearse [--seed 1] [--sites 10000] [--mw 50]
       npm run fleet -- verify PROOF --dispatcher-key FILE
       npm run fleet -- serve --nats URL --database URL --dispatcher-key FILE --token-file FILE [--host 127.0.0.1] [--port 8090]

Without a word: broker, database, worker, page and simulated sites on this machine, all on loopback; Ctrl-C ends them.
kills: the same without a page, and its parts are killed so often as is said, each so many seconds on average after another, in an
order that the seed makes; at the end it is counted what was lost or doubled. --stores: of the broker's, with all that it keeps.
load: the same under orders, a dispatch and people who look; prints what was lost or doubled, memory, and times of orders and views.
heads: audit logs that are cut, rewritten or put back, and honest ones over many days; prints how many were found with the first
head after it, and false alarms.
rehearse: a dispatch of an hour in virtual time, over light sites of which some drop out, refuse or deliver less;
MW that the vehicles give back to the grid. Prints how close it came.
verify: whether a proof of what a dispatch has delivered is whole, by the dispatcher's public key.
serve: one worker with its page, for a broker (NATS 2.10.27 or later, with JetStream) and a database (PostgreSQL 15 or later).`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sites: { type: "string" },
    port: { type: "string", default: "8090" },
    host: { type: "string", default: "127.0.0.1" },
    folder: { type: "string" },
    nats: { type: "string" },
    database: { type: "string" },
    "dispatcher-key": { type: "string" },
    "token-file": { type: "string" },
    seed: { type: "string", default: "1" },
    broker: { type: "string", default: "8" },
    workers: { type: "string", default: "6" },
    "site-kills": { type: "string", default: "10" },
    stores: { type: "string", default: "2" },
    every: { type: "string", default: "4" },
    minutes: { type: "string", default: "2" },
    connections: { type: "string", default: "1000" },
    "site-days": { type: "string", default: "400" },
    altered: { type: "string", default: "1000" },
    mw: { type: "string", default: "50" },
    help: { type: "boolean", default: false },
  },
});

function number(name: keyof typeof values, min: number, max: number, given = values[name]): number {
  const value = Number(given);
  if (!(Number.isInteger(value) && value >= min && value <= max))
    throw new Error(`--${name} is a whole number from ${min} to ${max}.`);
  return value;
}

function verifyFile(file: string | undefined, keyFile: string | undefined): void {
  if (file === undefined || keyFile === undefined) throw new Error(usage);
  const { faults, proof } = faultsOf(readFileSync(file, "utf8"), readFileSync(keyFile, "utf8"));
  if (proof !== null) {
    const { targetWh, deliveredWh, leases, told, sites } = proof;
    const kWh = (energyWh: number): string => `${(energyWh / 1_000).toFixed(1)} kWh`;
    process.stdout.write(
      `${kWh(deliveredWh)} of ${kWh(targetWh)} by ${sites.length} sites; ${told} of ${leases} leases have told their energy.\n`,
    );
  }
  process.stdout.write(faults.length === 0 ? "The proof is whole.\n" : `${faults.join("\n")}\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(`${usage}\n`);
  const port = number("port", 0, 65_535);
  if (positionals[0] === undefined)
    return runDemo({ sites: number("sites", 1, 2_000, values.sites ?? "20"), port, folder: values.folder ?? null });
  if (positionals[0] === "kills") {
    const times = (name: keyof typeof values, given = values[name]): number => number(name, 0, 1_000, given);
    const ok = await runKills({
      seed: number("seed", 0, 1e9),
      sites: number("sites", 1, 2_000, values.sites ?? "100"),
      kills: {
        ...{ broker: times("broker"), database: times("database", values.database ?? "4"), workers: times("workers") },
        ...{ sites: times("site-kills"), stores: times("stores") },
      },
      everyMs: number("every", 1, 600) * 1_000,
    });
    process.exit(ok ? 0 : 1);
  }
  if (positionals[0] === "load") {
    const ok = await runLoad({
      seed: number("seed", 0, 1e9),
      sites: number("sites", 1, 20_000, values.sites ?? "1000"),
      minutes: number("minutes", 1, 24 * 60),
      connections: number("connections", 1, 20_000),
    });
    process.exit(ok ? 0 : 1);
  }
  if (positionals[0] === "heads") {
    const counts = { siteDays: number("site-days", 0, 1_000_000), altered: number("altered", 0, 100_000) };
    const ok = await runHeads({ seed: number("seed", 0, 1e9), ...counts });
    process.exit(ok ? 0 : 1);
  }
  if (positionals[0] === "rehearse") {
    const sites = number("sites", 1, 20_000, values.sites ?? "10000");
    const found = rehearse({ sites, seed: number("seed", 0, 1e9), targetW: number("mw", -1_000, 1_000) * -1e6 });
    return void process.stdout.write(`${JSON.stringify(found)}\n`);
  }
  if (positionals[0] === "verify") return verifyFile(positionals[1], values["dispatcher-key"]);
  const { nats, database, "dispatcher-key": keyFile, "token-file": tokenFile } = values;
  if (positionals[0] !== "serve" || !nats || !database || !keyFile || !tokenFile) throw new Error(usage);
  await serve({ nats, database, keyFile, tokenFile, host: values.host, port });
}

main().catch((failure: Error) => {
  process.stderr.write(`${failure.message}\n`);
  process.exit(1);
});
