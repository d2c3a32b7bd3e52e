/** `islet exi`: encodes and decodes ISO 15118 messages, a line of JSON in, a line of JSON out, until the input ends. */
import { once } from "node:events";
import type { Command } from "commander";
import { answerLine, lineCharactersMax } from "../protocols/iso15118/exi-lines.ts";
import { schemaSets } from "../protocols/iso15118/messages/index.ts";

export function exiCommand(program: Command): void {
  program
    .command("exi")
    .description("encode and decode ISO 15118 messages, JSON lines in and out")
    .addHelpText("after", help)
    .action(() => answerLines(process.stdin, process.stdout));
}

const help = `
Each line of the input is a request, each line of the output its answer, in the same order:
  {"id": 1, "op": "encode", "schemaSet": "iso2", "xml": "<…>"}     →  {"id": 1, "exi": "8098…"}
  {"id": 2, "op": "decode", "schemaSet": "iso2", "exi": "8098…"}   →  {"id": 2, "xml": "<…>"}
  {"id": 3, …wrong…}   →  {"id": 3, "error": {"code": "event-code", "message": "…", "bit": 170, "path": "…"}}
"fragment": true codes a single element, as signatures digest it; "json" in place of "xml" and "view": "json" give JSON.
Schema sets: ${Object.keys(schemaSets).join(", ")}.
`;

/**
 * Answers every line of a stream. A line beyond the limit is answered with an error and its rest is skipped; what is
 * held is one line and one chunk. A reader that is slow slows the writer.
 */
export async function answerLines(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  let line = "";
  let skipping = false;
  output.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const say = async (text: string): Promise<void> => {
    if (!output.write(`${text}\n`)) await once(output, "drain");
  };
  input.setEncoding("utf8");
  for await (const chunk of input) {
    const parts = (chunk as string).split("\n");
    for (const [i, part] of parts.entries()) {
      if (!skipping) line += part;
      if (line.length > lineCharactersMax) {
        await say(answerLine(line));
        line = "";
        skipping = true;
      }
      if (i === parts.length - 1) break;
      if (!skipping && line.trim() !== "") await say(answerLine(line));
      line = "";
      skipping = false;
    }
  }
  if (line.trim() !== "") await say(answerLine(line));
}
