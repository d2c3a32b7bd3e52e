/** `islet ev`: a simulated vehicle that goes through a whole session with a charger, ours or another. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { type Command, InvalidArgumentError, Option } from "commander";
import { habitOf, habits } from "../../sim/peers/vehicle/habits.table.ts";
import { streamOf } from "../../sim/peers/vehicle/socket-stream.ts";
import {
  type SignatureGrammar,
  usualBattery,
  type VehicleContract,
  type VehicleEnergy,
  type VehicleProtocol,
} from "../../sim/peers/vehicle/steps.ts";
import { driveSession, type VehicleResult } from "../../sim/peers/vehicle/vehicle.ts";
import {
  askDiscovery,
  discoveryGroup,
  discoveryPort,
  readDiscovery,
} from "../protocols/iso15118/transport/discovery.ts";
import { AskedWrongly } from "./asked.ts";

const protocols: Readonly<Record<string, VehicleProtocol>> = {
  din: "DIN SPEC 70121",
  "2": "ISO 15118-2",
  "20": "ISO 15118-20",
};
/** Discovery is asked again this often, this many times. */
const askEveryMs = 250;
const asksMax = 50;
/** Between two requests, as vehicles in recordings do. */
const repeatEveryMs = 100;
const roundEveryMs = 100;
const connectMaxMs = 10_000;

const habitsHelp = `\nHabits:\n${habits.map(({ name, sentence }) => `  ${name.padEnd(20)} ${sentence}`).join("\n")}\n`;

interface EvOptions {
  readonly connect?: { readonly host: string; readonly port: number };
  readonly interface?: string;
  readonly protocol: string;
  readonly energy: VehicleEnergy;
  readonly bidirectional?: boolean;
  readonly scheduled?: boolean;
  readonly rounds: number;
  readonly voltage: number;
  readonly current: number;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly contract?: string;
  readonly contractKey?: string;
  readonly emaid?: string;
  readonly provisioning?: string;
  readonly provisioningKey?: string;
  readonly signatures: SignatureGrammar;
  readonly schedule?: number;
  readonly id?: string;
  readonly pause?: boolean;
  readonly resume?: string;
  readonly habit?: string;
  readonly json?: boolean;
}

export function evCommand(program: Command): void {
  program
    .command("ev")
    .description("a simulated vehicle: goes through a session with any charger that speaks ISO 15118 or DIN 70121")
    .option("--connect <host:port>", "the charger's address; otherwise it is asked for on the interface", hostAndPort)
    .option("--interface <name>", "the network interface on which the charger is asked for (SDP, IPv6)")
    .addOption(new Option("--protocol <name>", "din, 2 or 20").choices(Object.keys(protocols)).default("20"))
    .addOption(new Option("--energy <kind>", "dc, ac or mcs").choices(["dc", "ac", "mcs"]).default("dc"))
    .option("--bidirectional", "lets energy be taken out (ISO 15118-20)")
    .option("--scheduled", "decides itself within the charger's schedule (ISO 15118-20); otherwise the charger decides")
    .option("--rounds <n>", "rounds of the charging loop before it leaves", wholeNumber, 20)
    .option("--voltage <volts>", "voltage of its battery", wholeNumber, 400)
    .option("--current <amperes>", "what it asks for where it decides itself", wholeNumber, 60)
    .option("--ca <file>", "connects with TLS and trusts this root")
    .option("--cert <file>", "its own certificate, for TLS with both sides' certificates")
    .option("--key <file>", "the key of its certificate")
    .option("--contract <file>", "pays by this contract, over TLS: its certificate, then those up to the root, PEM")
    .option("--contract-key <file>", "the key of the contract")
    .option("--emaid <text>", "the contract's identifier; the name in its certificate without")
    .option("--provisioning <file>", "asks for a contract's certificate first, by its maker's certificate, PEM")
    .option("--provisioning-key <file>", "the key of its maker's certificate")
    .addOption(
      new Option(
        "--signatures <grammar>",
        "codes what it signs in the grammar of its message, or in that of xmldsig alone",
      )
        .choices(["message", "xmldsig"])
        .default("message"),
    )
    .option("--schedule <n>", "which of the charger's schedules it takes (ISO 15118-2)", wholeNumber)
    .option("--id <text>", "the identifier of its communication controller", identifier)
    .option("--pause", "leaves with a pause; its session's number is printed")
    .option("--resume <number>", "comes back to the session of this number", sessionNumber)
    .addOption(new Option("--habit <name>", "how it misbehaves").choices(habits.map(({ name }) => name)))
    .option("--json", "prints one JSON line")
    .addHelpText("after", habitsHelp)
    .addHelpText("after", "\nThe exit code is 0 when the session was complete, 1 when something stopped it.\n")
    .action(async (options: EvOptions) => {
      const result = await goThrough(options);
      process.stdout.write(options.json ? `${JSON.stringify(result, bigIntText)}\n` : inLines(result));
      if (!result.complete) process.exitCode = 1;
    });
}

async function goThrough(options: EvOptions): Promise<VehicleResult> {
  const contract = contractOf(options);
  const socket = await open(options, options.connect ?? (await discover(options)));
  try {
    return await driveSession(streamOf(socket), {
      protocol: protocols[options.protocol]!,
      energy: options.energy,
      bidirectional: options.bidirectional === true,
      scheduled: options.scheduled === true,
      voltageV: options.voltage,
      rounds: options.rounds,
      currentA: options.current,
      unixS: () => Date.now() / 1000,
      contract,
      takesSchedule: options.schedule,
      battery: options.id === undefined ? usualBattery : { ...usualBattery, id: options.id },
      pauses: options.pause === true,
      resumes: options.resume,
      habit: habitOf(options.habit ?? ""),
      pace: (between) => sleep(between === "repeats" ? repeatEveryMs : roundEveryMs),
    });
  } finally {
    socket.destroy();
  }
}

/** Asks on the link until a charger answers. */
async function discover({ interface: name, ca }: EvOptions): Promise<{ host: string; port: number }> {
  if (name === undefined) throw new AskedWrongly("say where the charger is: --connect HOST:PORT, or --interface NAME");
  const socket = createSocket("udp6");
  try {
    return await new Promise((resolve, reject) => {
      let asks = 0;
      const ask = (): void => {
        if (asks++ >= asksMax)
          reject(new Error(`no charger has answered on ${name}: is it on the same link, and listening?`));
        else socket.send(askDiscovery(ca !== undefined), discoveryPort, `${discoveryGroup}%${name}`);
      };
      const timer = setInterval(ask, askEveryMs);
      socket.on("message", (datagram, { address }) => {
        const answer = readDiscovery(datagram);
        if (answer === undefined) return;
        clearInterval(timer);
        resolve({ host: address, port: answer.port });
      });
      socket.on("error", reject);
      ask();
    });
  } finally {
    socket.close();
  }
}

/** What it pays by, from its files; undefined: somebody pays outside the vehicle. */
function contractOf({
  ca,
  contract,
  contractKey,
  emaid,
  provisioning,
  provisioningKey,
  signatures,
}: EvOptions): VehicleContract | undefined {
  if (contract === undefined) {
    if (provisioning !== undefined || contractKey !== undefined) throw new AskedWrongly("--contract is missing");
    return undefined;
  }
  if (contractKey === undefined) throw new AskedWrongly("--contract needs --contract-key");
  if (ca === undefined) throw new AskedWrongly("--contract needs --ca: contracts are for encrypted connections only");
  if ((provisioning === undefined) !== (provisioningKey === undefined))
    throw new AskedWrongly("--provisioning and --provisioning-key belong together");
  const [own, ...between] = certificatesOf(contract);
  const name = /^CN=(.*)$/m.exec(own!.subject)?.[1];
  const provides = provisioning !== undefined && {
    provisioning: { certificate: new Uint8Array(certificatesOf(provisioning)[0]!.raw), key: keyOf(provisioningKey!) },
  };
  return {
    emaid: emaid ?? name ?? "",
    certificate: new Uint8Array(own!.raw),
    // Roots stay at home.
    between: between.filter(({ subject, issuer }) => subject !== issuer).map(({ raw }) => new Uint8Array(raw)),
    key: keyOf(contractKey),
    grammar: signatures,
    ...provides,
  };
}

const pemPattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
function certificatesOf(file: string): X509Certificate[] {
  const all = readFileSync(file, "utf8").match(pemPattern) ?? [];
  if (all.length === 0) throw new AskedWrongly(`${file} has no certificate in PEM`);
  return all.map((pem) => new X509Certificate(pem));
}
const keyOf = (file: string): KeyObject => createPrivateKey(readFileSync(file, "utf8"));

function open({ ca, cert, key, protocol }: EvOptions, { host, port }: { host: string; port: number }): Promise<Socket> {
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFileSync(path, "utf8");
  return new Promise((resolve, reject) => {
    const socket =
      ca === undefined
        ? connect(port, host, () => resolve(socket))
        : connectTls(
            // A charger's certificate names the charger, not its address on the link; its chain is what is verified.
            {
              host,
              port,
              ca: file(ca),
              cert: file(cert),
              key: file(key),
              checkServerIdentity: () => undefined,
              // As vehicles of that time do.
              ...(protocol === "2" && { maxVersion: "TLSv1.2" as const }),
            },
            () => resolve(socket),
          );
    socket.setTimeout(connectMaxMs, () =>
      socket.destroy(new Error(`${host}:${port} has not answered for ${connectMaxMs / 1000} s`)),
    );
    socket.once("error", reject);
  });
}

const inLines = ({ complete, steps, trouble, sessionId }: VehicleResult): string =>
  `${steps.map((step) => `  ${step}\n`).join("")}${complete ? `The session ${sessionId} is complete.\n` : `Stopped: ${trouble}\n`}`;

const bigIntText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

function hostAndPort(text: string): { host: string; port: number } {
  const match = /^\[?(.+?)\]?:(\d{1,5})$/.exec(text);
  if (match === null) throw new InvalidArgumentError("It is HOST:PORT, for example [fe80::1%eth1]:61341.");
  return { host: match[1]!, port: Number(match[2]) };
}

function identifier(text: string): string {
  if (!/^[A-Za-z0-9]{6,20}$/.test(text)) throw new InvalidArgumentError("It is six to twenty letters and digits.");
  return text;
}

function sessionNumber(text: string): string {
  if (!/^[0-9a-fA-F]{16}$/.test(text)) throw new InvalidArgumentError("It is sixteen hexadecimal digits.");
  return text.toLowerCase();
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("It is a whole number.");
  return Number(text);
}
