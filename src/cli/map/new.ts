/** `islet map new`: asks what the manual says, shows what the device says there, and writes a first map. */
import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { AskedWrongly } from "../asked.ts";
import { type LineOptions, wholeNumber, withLineOptions } from "../field-place.ts";
import { Asker, number, oneOf, text } from "./asker.ts";
import { checkMap, checkText } from "./check.ts";
import { askCommands, askWatchdog } from "./commands-asked.ts";
import { type Draft, draftText, quoted } from "./draft.ts";
import { FactsAsked, kindsAsked } from "./facts-asked.ts";
import { openAt } from "./try.ts";

interface NewOptions extends LineOptions {
  readonly unit: number;
  readonly out: string;
  readonly force?: boolean;
}

export function addNew(map: Command): void {
  withLineOptions(
    map
      .command("new")
      .description("ask for a device's registers, show what it says there, and write a first map")
      .argument("[place]", "HOST, HOST:PORT or a serial line; without it nothing is read")
      .requiredOption("--out <file>", "the map that is written")
      .option("--unit <n>", "Modbus unit", wholeNumber, 1),
  )
    .option("--force", "an existing file may be replaced")
    .addHelpText(
      "after",
      "\nOnly reads from the device. Answers may come from a file, one a line; an empty line takes what stands in brackets,\nand what follows a # is a remark.\nThe exit code is 0 when the map is complete for its kind, 1 when it has something to mend.\n",
    )
    .action(async (place: string | undefined, options: NewOptions) => {
      if (existsSync(options.out) && options.force !== true)
        throw new AskedWrongly(`${options.out} is there already: name another file, or give --force`);
      const device = place === undefined ? undefined : await openAt(place, options);
      const asker = new Asker();
      try {
        const draft = await askDraft(asker, device && { access: device.access, unit: options.unit });
        writeFileSync(options.out, draftText(draft));
        const check = checkMap(options.out);
        asker.tell(`Written.\n${checkText(check)}`);
        if (!check.ok) process.exitCode = 1;
      } finally {
        asker.close();
        device?.close();
      }
    });
}

async function askDraft(asker: Asker, device: ConstructorParameters<typeof FactsAsked>[2]): Promise<Draft> {
  const kind = await asker.ask(`What is it: ${kindsAsked.join(", ")}?`, oneOf(kindsAsked));
  const draft: Draft = {
    kind,
    maker: await asker.ask("Maker and model?", text),
    source: await asker.ask("Which manual do the numbers come from?", text, "the maker's manual"),
    firstRegister:
      (await asker.ask("Does it count registers from 0 or from 1?", oneOf(["0", "1"]), "0")) === "1" ? 1 : 0,
    single: undefined,
    facts: new Map(),
    commands: new Map(),
    identity: new Map(),
    watchdog: undefined,
    marks: [],
  };
  asker.tell("An empty answer to a register means that the device has none for it.");
  await new FactsAsked(asker, draft, device).all();
  await askCommands(asker, draft);
  if (kind === "stage") {
    await askWatchdog(asker, draft);
    await askIdentity(asker, draft);
  }
  return draft;
}

/** Serial number and firmware: texts in registers, or the same for all. */
async function askIdentity(asker: Asker, { identity }: Draft): Promise<void> {
  for (const [field, words] of [
    ["serialNumber", "serial number"],
    ["version", "firmware"],
  ] as const) {
    const address = await asker.ask<number | "">(`Register of the ${words}, as text?`, number, "");
    if (address === "") continue;
    const registers = await asker.ask("How many registers?", number, 8);
    identity.set(field, `{ address: ${address}, registers: ${registers} }`);
  }
  const maker = await asker.ask("Manufacturer, as the permit names it?", text, "");
  if (maker !== "") identity.set("manufacturer", quoted(maker));
}
