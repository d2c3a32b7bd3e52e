/** `islet verify-device`: every duty of firmware-bridge/CONTRACT.md tried on one power stage, with a report to print. */
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { panelDuties } from "../../firmware-bridge/conformance/duties-panel.table.ts";
import { transferDuties } from "../../firmware-bridge/conformance/duties-transfer.table.ts";
import { tcpSurroundings } from "../../firmware-bridge/conformance/surroundings.ts";
import {
  type DeviceVerification,
  type DutyResult,
  type Leave,
  stageDuties,
  verifyDevice,
} from "../../firmware-bridge/conformance/verify-device.ts";
import { verifySwitchingDevice } from "../../firmware-bridge/conformance/verify-transfer.ts";
import { securedPort } from "../../firmware-bridge/find/targets.ts";
import { isletVersion } from "../app/version.ts";
import { AskedWrongly, wholeNumber } from "./asked.ts";
import { type TlsOptions, tlsOf, withTlsOptions } from "./field-place.ts";

/** What may be tried: its name, its duties, and what the trials write. */
const kinds = {
  stage: {
    name: "Power stage",
    duties: stageDuties,
    writes:
      "Trials write to the stage: commands at zero power, its settings (put back afterwards; curve 2 of 705 to 712 is lost), and, with a vehicle, charging with a tenth of the rating for about a minute. Its watchdog is left to act.",
  },
  "transfer-device": {
    name: "Transfer device",
    duties: transferDuties,
    writes:
      "Trials write to the transfer device: no command with a stale token, no command, and, where it is closed, a close with the number that it has closed with. None of them may move it; a device that breaks its duties might.",
  },
  "load-panel": {
    name: "Panel of load tiers",
    duties: panelDuties,
    writes:
      "Trials write to the panel what is closed already, with fresh and with stale tokens. None of them may switch a tier; a panel that breaks its duties might.",
  },
} as const;
type Kind = keyof typeof kinds;

interface VerifyOptions extends TlsOptions {
  readonly unit: number;
  readonly json?: true;
  readonly yes?: true;
  readonly allowDischarge?: true;
  readonly out?: string;
  readonly list?: true;
  readonly kind: Kind;
}

const usualPort = 502;
export function verifyDeviceCommand(program: Command): void {
  withTlsOptions(
    program
      .command("verify-device")
      .description(
        "try every duty of the contract on a power stage, a transfer device or a panel, for makers of firmware",
      )
      .argument("[host]", "its address: HOST or HOST:PORT (port 502 unless said)")
      .option("--unit <n>", "its unit identifier", wholeNumber(0, 255), 1),
  )
    .addOption(
      new Option("--kind <kind>", "what it is: a power stage, a transfer device (K1), or a panel of load tiers")
        .choices(Object.keys(kinds))
        .default("stage"),
    )
    .option("--yes", "write without asking; without it, and without a terminal, the stage is only read")
    .option("--allow-discharge", "also try giving power back, with a tenth of the rating")
    .option("--out <file>", "write the report here as well")
    .option("--list", "print the duties and their trials, and try nothing")
    .option("--json", "print JSON")
    .action(async (address: string | undefined, options: VerifyOptions) => {
      if (options.list) {
        list(options);
        return;
      }
      if (address === undefined) throw new AskedWrongly("name the stage: HOST or HOST:PORT");
      const place = placeOf(address, options);
      const mayWrite = options.yes === true || (!options.json && (await agreed(options.kind)));
      const found = await tryAll(place, options, { mayWrite, mayDischarge: options.allowDischarge === true });
      const report = reportOf(found, address, options);
      if (options.out !== undefined) writeFileSync(options.out, report);
      process.stdout.write(options.json ? `${JSON.stringify({ address, unit: options.unit, ...found })}\n` : report);
      process.exitCode = found.results.some(({ verdict }) => verdict === "fail") || found.endedBecause !== "" ? 1 : 0;
    });
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly tls: ReturnType<typeof tlsOf>;
}

function placeOf(address: string, options: TlsOptions): Place {
  const tls = tlsOf(options);
  const parts = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(address);
  const port = Number(parts?.[2] ?? (tls === undefined ? usualPort : securedPort));
  if (parts === null || port < 1 || port > 65_535) throw new AskedWrongly(`${address} is not HOST or HOST:PORT`);
  return { host: parts[1]!.replace(/^\[|\]$/g, ""), port, tls };
}

/** Asks a person at a terminal. */
async function agreed(kind: VerifyOptions["kind"]): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${kinds[kind].writes}\nGo on? [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function tryAll(place: Place, options: VerifyOptions, leave: Leave): Promise<DeviceVerification> {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  // A stage is brought to rest first, whoever has had enough.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  const around = tcpSurroundings(place, options.unit, () => stopped);
  const tell = ({ id, verdict, seen }: DutyResult): void => {
    if (process.stderr.isTTY) process.stderr.write(`${verdict.padEnd(9)} ${id}: ${seen}\n`);
  };
  try {
    const { kind } = options;
    return await (kind === "stage"
      ? verifyDevice(around, leave, tell)
      : verifySwitchingDevice(kind, around, leave, tell));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, stop);
  }
}

function list({ json, kind }: VerifyOptions): void {
  const rows = kinds[kind].duties.map(({ id, needs, duty, did, expected }) => ({
    id,
    needs,
    duty,
    did,
    expected,
  }));
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else
    for (const { id, needs, duty, did, expected } of rows)
      process.stdout.write(`${id} (${needs})\n    ${duty}\n    Trial: ${did} → ${expected}.\n`);
}

function reportOf(found: DeviceVerification, address: string, { unit, kind }: VerifyOptions): string {
  const { manufacturer, model, version, serialNumber, results, endedBecause } = found;
  const count = (verdict: DutyResult["verdict"]): number => results.filter((row) => row.verdict === verdict).length;
  const who =
    manufacturer === ""
      ? "not identified"
      : `${manufacturer} ${model}, version ${version}, serial number ${serialNumber}`;
  const lines = [
    `${kinds[kind].name} at ${address}, unit ${unit}: ${who}`,
    `Tried by islet ${isletVersion()} on ${new Date().toISOString()}`,
    `${results.length} duties: ${count("pass")} kept, ${count("fail")} broken, ${count("not tried")} not tried.`,
    ...(endedBecause === "" ? [] : [`Ended before the last: ${endedBecause}.`]),
    "",
  ];
  for (const verdict of ["fail", "not tried", "pass"] as const) {
    const rows = results.filter((row) => row.verdict === verdict);
    if (rows.length > 0) lines.push(`${headings[verdict]}\n`);
    for (const { id, duty, did, expected, seen } of rows)
      lines.push(
        `  ${id}\n    duty      ${duty}\n    did       ${did}\n    expected  ${expected}\n    seen      ${seen}\n`,
      );
  }
  return `${lines.join("\n")}\n`;
}

const headings = { fail: "BROKEN", "not tried": "NOT TRIED", pass: "KEPT" } as const;
