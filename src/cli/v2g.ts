/** `islet v2g`: shows what ISO 15118 messages say, from pasted digits, a file or a capture. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { toJson } from "../protocols/exi/json.ts";
import type { SchemaSet } from "../protocols/exi/schema.ts";
import { toXml } from "../protocols/exi/xml.ts";
import { describe, type Payload, payloadsIn, pointAt, type Reading, readAs } from "../protocols/iso15118/explain.ts";
import { type SchemaSetName, schemaSets } from "../protocols/iso15118/messages/index.ts";
import { type Said, type Timeline, timelinesOf } from "../protocols/iso15118/timeline.ts";
import { AskedWrongly } from "./asked.ts";

/** Largest input: a capture of some hours of one charging session. */
const inputBytesMax = 64 << 20;

interface V2gOptions {
  readonly set?: SchemaSetName;
  readonly json?: boolean;
  readonly xml?: boolean;
  readonly keys?: string;
  readonly timeline?: boolean;
}

export function v2gCommand(program: Command): void {
  program
    .command("v2g")
    .description("show what an ISO 15118 message says")
    .argument("[input...]", "hexadecimal digits, or a file: digits, bytes, or a capture (pcap); standard input without")
    .option("--set <name>", `read as one of ${Object.keys(schemaSets).join(", ")}`, schemaSetName)
    .option("--json", "print a line of JSON for each message, or for each session with --timeline")
    .option("--xml", "print XML")
    .option("--timeline", "print each session of a capture from its first message to its last, and what was wrong")
    .option(
      "--keys <file>",
      "secrets of encrypted connections, as SSLKEYLOGFILE has them; those in a capture are found",
    )
    .addHelpText("after", help)
    .action(async (input: string[], options: V2gOptions) => {
      const bytes = await bytesOf(input);
      const payloads = payloadsIn(bytes, options.keys === undefined ? "" : keyLogOf(options.keys));
      const readings = payloads.map((payload) => ({ payload, reading: read(payload, options.set) }));
      if (readings.some(({ reading }) => reading?.ok === false)) process.exitCode = 1;
      if (options.timeline) {
        process.stdout.write(asTimelines(timelinesOf(readings.flatMap(saidOf)), options.json === true));
        return;
      }
      const text = options.json ? asJson : options.xml ? asXml : asLines;
      for (const { payload, reading } of readings)
        process.stdout.write(`${text(payload, reading, payloads.length > 1)}\n`);
    });
}

const help = `
Examples:
  islet v2g 80980011d00000                      bare EXI: the protocol is found by trying
  islet v2g 01fe80010000000780980011d00000      a V2GTP frame, or several one behind the other
  islet v2g capture.pcapng                      a capture (pcap, pcapng): its TCP streams put together, and its UDP
  islet v2g capture.pcapng --timeline           each session in order, with what was wrong
  islet v2g capture.pcap --keys tls.keys        TLS 1.2 and 1.3 opened with the key log of a vehicle or charger
A message that cannot be read is shown with the byte at which it goes wrong, and the exit code is 1.
`;

function keyLogOf(file: string): string {
  if (!existsSync(file) || !statSync(file).isFile()) throw new AskedWrongly(`${file} is no file with secrets`);
  if (statSync(file).size > inputBytesMax) throw new Error(`${file} is larger than ${inputBytesMax} bytes`);
  return readFileSync(file, "latin1");
}

function saidOf({ payload, reading }: { payload: Payload; reading: Reading | undefined }): Said[] {
  if (reading?.ok !== true) return [];
  const { root, value } = reading.message;
  return [{ stream: payload.stream ?? "", tMs: payload.tMs ?? Number.NaN, set: reading.set, root, value }];
}

function asTimelines(timelines: readonly Timeline[], asJsonLines: boolean): string {
  if (asJsonLines) return timelines.map((one) => `${JSON.stringify(one)}\n`).join("");
  return timelines.map(asTimeline).join("\n");
}

function asTimeline({ protocol, sessionId, entries, end }: Timeline): string {
  const wrong = entries.filter(({ wrong: one }) => one.length > 0).length;
  const rows = entries.map(({ tMs, from, name, notes, wrong: mistakes, times }) => {
    const at = Number.isNaN(tMs) ? "" : `${(tMs / 1000).toFixed(3).padStart(9)} s `;
    const said = [...notes, ...(times > 1 ? [`${times} times`] : [])].join("; ");
    const row = `${at} ${from === "vehicle" ? "→" : "←"} ${name}${said === "" ? "" : `  ${said}`}`;
    return [row, ...mistakes.map((one) => `${" ".repeat(at.length)}   ! ${one}`)].join("\n");
  });
  const heading = `── ${protocol}${sessionId === "" ? "" : `, session ${sessionId}`}`;
  const judged = wrong === 0 ? "nothing was wrong" : `${wrong} message${wrong === 1 ? " was" : "s were"} wrong`;
  return `${[heading, ...rows, `── ${end}; ${judged}`].join("\n")}\n`;
}

function schemaSetName(name: string): SchemaSetName {
  if (Object.hasOwn(schemaSets, name)) return name as SchemaSetName;
  throw new InvalidArgumentError(`It is one of ${Object.keys(schemaSets).join(", ")}.`);
}

async function bytesOf(input: readonly string[]): Promise<Uint8Array> {
  const [first] = input;
  if (first === undefined || first === "-") return digitsOrBytes(await standardInput());
  if (input.length === 1 && existsSync(first) && statSync(first).isFile()) {
    if (statSync(first).size > inputBytesMax) throw new Error(`${first} is larger than ${inputBytesMax} bytes`);
    return digitsOrBytes(readFileSync(first));
  }
  const bytes = digits(input.join(""));
  if (bytes === undefined) throw new AskedWrongly(`${input.join(" ")} is neither a file nor hexadecimal digits`);
  return bytes;
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > inputBytesMax) throw new Error(`more than ${inputBytesMax} bytes on standard input`);
  }
  return Buffer.concat(chunks);
}

/** Text of digits as people paste it, with spaces, colons, commas and 0x, or the bytes themselves. */
const digitsOrBytes = (bytes: Buffer): Uint8Array => digits(bytes.toString("latin1")) ?? bytes;

function digits(text: string): Uint8Array | undefined {
  const plain = text.replace(/0x|[\s:,;-]/gi, "");
  return /^([0-9a-f]{2})+$/i.test(plain) ? Uint8Array.from(Buffer.from(plain, "hex")) : undefined;
}

/** Undefined for frames that do not hold EXI. */
function read({ bytes, type }: Payload, set: SchemaSetName | undefined): Reading | undefined {
  if (type !== undefined && type.sets.length === 0) return undefined;
  return readAs(bytes, set === undefined ? type?.sets : [set]);
}

function asLines({ bytes, offset, type, stream }: Payload, reading: Reading | undefined, several: boolean): string {
  const of = stream === undefined ? "" : ` of ${stream}`;
  const where =
    several || type !== undefined ? `at byte ${offset}${of}, ${bytes.length} bytes` : `${bytes.length} bytes`;
  if (reading === undefined) return `── ${type!.name} (${where})\n${Buffer.from(bytes).toString("hex")}`;
  const heading = `── ${reading.set}${type === undefined ? "" : `: ${type.name}`} (${where})`;
  if (reading.ok) {
    const also = reading.also.length > 0 ? [`(also reads as ${reading.also.join(", ")})`] : [];
    return [heading, ...also, ...describe(reading.message.value, reading.message.root)].join("\n");
  }
  const { error } = reading;
  return [heading, `${error.code}: ${error.message}`, ...pointAt(bytes, error.bit ?? 0)].join("\n");
}

function asXml(payload: Payload, reading: Reading | undefined, several: boolean): string {
  if (reading?.ok !== true) return `<!-- ${asLines(payload, reading, several).replaceAll("--", "- -")} -->`;
  return toXml(schemaSets[reading.set] as unknown as SchemaSet, reading.message, 2);
}

function asJson({ offset, bytes, code, stream }: Payload, reading: Reading | undefined): string {
  const frame = {
    ...(stream !== undefined && { stream }),
    offset,
    bytes: bytes.length,
    ...(code === undefined ? {} : { payloadType: code }),
  };
  if (reading === undefined) return JSON.stringify({ ...frame, hex: Buffer.from(bytes).toString("hex") });
  if (reading.ok) {
    const message = toJson(schemaSets[reading.set] as unknown as SchemaSet, reading.message);
    return JSON.stringify({ ...frame, schemaSet: reading.set, also: reading.also, message });
  }
  const { code: errorCode, message, bit, path } = reading.error;
  return JSON.stringify({ ...frame, schemaSet: reading.set, error: { code: errorCode, message, bit, path } });
}
