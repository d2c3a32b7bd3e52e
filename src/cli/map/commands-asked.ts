/** Questions about what is written, and about what the device does on silence. Nothing of it is tried here. */
import { type Asker, number, oneOf, text, wholes, yesNo } from "./asker.ts";
import { type Draft, quoted } from "./draft.ts";

const types = ["int16", "uint16", "int32", "uint32", "float32", "bit"] as const;
const settingsMax = 8;

/** [command, what it is, its words] */
type Asked = readonly [name: string, words: string, codes?: readonly string[]];
const asked: Readonly<Record<string, readonly Asked[]>> = {
  stage: [
    ["powerW", "setpoint of power, W"],
    ["chargeW", "setpoint of charging alone, W"],
    ["dischargeW", "setpoint of discharging alone, W"],
    ["roleCode", "what it is to do", ["off", "charge", "discharge"]],
    ["operate", "its start and stop", ["stop", "start"]],
    ["heartbeat", "a counter that the controller advances"],
  ],
  pv: [
    ["limitPct", "limit, % of its rating"],
    ["limitW", "limit, W"],
  ],
  "transfer-device": [["command", "K1's coil", ["open", "close"]]],
};
/** What needs no other of its kind. */
const instead: Readonly<Record<string, string>> = { chargeW: "powerW", dischargeW: "powerW", limitW: "limitPct" };

/** Asks for the commands of the draft's kind, and for settings that are written once. */
export async function askCommands(asker: Asker, draft: Draft): Promise<void> {
  for (const [name, words, codes] of asked[draft.kind] ?? []) {
    if (draft.commands.has(instead[name] ?? "")) continue;
    const address = await asker.ask<number | "">(`Command ${name}: ${words}. Register?`, number, "");
    if (address !== "") await askCommand(asker, draft, name, address, codes);
  }
  if (draft.kind === "stage" || draft.kind === "pv") await askSettings(asker, draft);
}

async function askCommand(
  asker: Asker,
  draft: Draft,
  name: string,
  address: number,
  codes: readonly string[] | undefined,
): Promise<void> {
  const type = await asker.ask(`Type: ${types.join(", ")}?`, oneOf(types), "int16");
  const row = new Map<string, string>([
    ["address", `${address}`],
    ["type", type],
  ]);
  if (/32/.test(type)) {
    const high = await asker.ask("Does the high word come first?", yesNo, "yes");
    if (high === "no") row.set("wordOrder", "little");
  } else if (type !== "bit" && draft.single === undefined) {
    const single = await asker.ask(
      "Does it want single registers written with function 6 or 16?",
      oneOf(["6", "16"]),
      "16",
    );
    draft.single = single === "6";
  }
  if (codes !== undefined) {
    const pairs: string[] = [];
    for (const word of codes) pairs.push(`${word}: ${(await asker.ask(`Number that means ${word}?`, wholes))[0]}`);
    row.set("codes", `{ ${pairs.join(", ")} }`);
  } else if (name !== "heartbeat" && type !== "bit") await askNumbers(asker, name, row);
  const words = await asker.ask("What does the device do with it when the controller falls silent?", text);
  row.set("onSilence", quoted(words));
  draft.commands.set(name, row);
}

async function askNumbers(asker: Asker, name: string, row: Map<string, string>): Promise<void> {
  const scale = await asker.ask("One step of the register is how much?", number, 1);
  if (scale !== 1) row.set("scale", `${scale}`);
  if (name === "powerW") {
    const positive = await asker.ask("Is it positive when it charges?", yesNo, "yes");
    if (positive === "no") row.set("sign", "generation");
  }
  if (name.startsWith("limit")) return;
  const smallest = await asker.ask("Smallest power that it takes, W?", number, 0);
  if (smallest > 0) row.set("smallest", `${smallest}`);
  const everyS = await asker.ask("At least how many seconds between two writes?", number, 0);
  if (everyS > 0) row.set("everyS", `${everyS}`);
}

/** Remote control on, watts instead of amperes, and so on: written at take-over, in order. */
async function askSettings(asker: Asker, { commands }: Draft): Promise<void> {
  for (let i = 1; i <= settingsMax; i += 1) {
    const line = await asker.ask(
      "A setting that is written once at take-over, as REGISTER VALUE; empty: no more.",
      wholes,
      [],
    );
    if (line.length < 2) return;
    const row = new Map([
      ["address", `${line[0]}`],
      ["type", "uint16"],
      ["value", `${line[1]}`],
    ]);
    commands.set(`setting${i}`, row);
  }
}

/** The stage's own watchdog: without it it may not give power back. */
export async function askWatchdog(asker: Asker, draft: Draft): Promise<void> {
  const question = "After how many seconds of silence does it stop by itself? Empty: not known.";
  const seconds = await asker.ask<number | "">(question, number, "");
  if (seconds === "") return;
  const watchdog = new Map([["seconds", `${seconds}`]]);
  const does = await asker.ask(
    "Does power go to zero, or is it off until it is started: zero, off?",
    oneOf(["zero", "off"]),
  );
  watchdog.set("does", does);
  const feeds = ["any-request", "any-write", "heartbeat"] as const;
  watchdog.set("fedBy", await asker.ask(`What keeps it quiet: ${feeds.join(", ")}?`, oneOf(feeds), "any-write"));
  const address = await asker.ask<number | "">("Register of its time, s? Empty: it has none.", number, "");
  if (address === "") watchdog.set("waitOut", "true");
  else {
    const type = await asker.ask("Type: uint16, int32?", oneOf(["uint16", "int32"]), "uint16");
    const writes = await asker.ask("May the controller write it?", yesNo, "yes");
    watchdog.set("register", `{ address: ${address}, type: ${type}, write: ${writes === "yes"} }`);
  }
  draft.watchdog = watchdog;
}
