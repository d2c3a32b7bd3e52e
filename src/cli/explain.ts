/** `islet explain`: asks a running controller why each setpoint is what it is. */
import type { Command } from "commander";
import { evsesMax } from "../config/site/evse.ts";
import type { SiteState } from "../dashboard/state.ts";
import { reasons } from "../domain/reasons.ts";
import { AskedWrongly, wholeNumber } from "./asked.ts";
import { moment } from "./recorder/asked-replay.ts";
import { type ExplainedMoment, explainAt } from "./recorder/explain-at.ts";

interface ExplainOptions {
  readonly at?: number;
  readonly recording?: string;
  readonly url: string;
  readonly token?: string;
  readonly json?: boolean;
}

const askMaxMs = 5_000;

export function explainCommand(program: Command): void {
  program
    .command("explain")
    .description("say why each setpoint of a running site is what it is")
    .argument("[evse]", "one EVSE by its number; all without it", wholeNumber(1, evsesMax))
    .option("--url <url>", "address of the controller's page", "http://127.0.0.1:8080")
    .option("--token <token>", "read-only API token; ISLET_TOKEN is read as well")
    .option("--at <moment>", "why it was what it was then, such as 2026-11-30T14:05:00Z; needs --recording", moment)
    .option("--recording <place>", "a recording's file or folder, or a site's state folder")
    .option("--json", "print JSON")
    .action(async (evse: number | undefined, options: ExplainOptions) => {
      if (options.at !== undefined) {
        if (options.recording === undefined)
          throw new AskedWrongly("--at needs --recording: a recording's file or folder, or the site's state folder");
        printMoment(explainAt(options.recording, options.at), evse, options.json ?? false);
        return;
      }
      const state = await ask(options);
      const chosen = state.evses.filter((one) => evse === undefined || one.evse === evse);
      if (chosen.length === 0) throw new Error(`the site has no EVSE ${evse}; it has 1 to ${state.evses.length}`);
      if (options.json) {
        const rows = chosen.map(
          ({ evse, requestedW, requestSource, requestedBy, planSentence, setpointW, limits }) => ({
            evse,
            requestedW,
            requestSource,
            requestedBy: requestedBy ?? null,
            planSentence,
            setpointW,
            limits,
          }),
        );
        const { devices, owed, loop } = state.health;
        process.stdout.write(
          `${JSON.stringify({ mode: state.mode.mode, missing: state.mode.missing, evses: rows, asks: state.asks ?? [], pccRecord: state.pccRecord, devices, owed, loop })}\n`,
        );
        return;
      }
      process.stdout.write(
        `${siteText(state)}${asksText(state.asks, 0)}${pccText(state.pccRecord)}${devicesText(state.health.devices)}`,
      );
      for (const one of chosen) {
        if (one.known.state !== "live")
          process.stdout.write(`\nEVSE ${one.evse}: its power is not known, ${oldText(one.known.ageMs)}.`);
        process.stdout.write(
          `\nEVSE ${one.evse}: requests ${kW(one.requestedW)} (${requesterText(one)}), gets ${kW(one.setpointW)}.\n`,
        );
        if (one.requestSource === "plan" && one.planSentence !== null)
          process.stdout.write(`  plan: ${one.planSentence}\n`);
        for (const limit of one.limits) process.stdout.write(limitLine(limit));
        process.stdout.write(asksText(state.asks, one.evse));
      }
    });
}

const requesterText = ({ requestSource, requestedBy }: SiteState["evses"][number]): string =>
  requestedBy ? `${requestSource}: ${requestedBy}` : requestSource;

/** What backend and connected systems ask of an EVSE, or (0) of the site, and what becomes of it. */
export function asksText(asks: SiteState["asks"], evse: number): string {
  return (asks ?? [])
    .filter((ask) => ask.evse === evse)
    .map(({ asker, what, value, state, untilMs, sentence, todo }) => {
      const until = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
      const why = sentence === "" ? "" : ` ${sentence} ${todo}`.trimEnd();
      return `  asked  ${asker}: ${what} ${value}${until}, ${state}.${why}\n`;
    })
    .join("");
}

interface ShownLimit {
  readonly reason: keyof typeof reasons;
  readonly source: string;
  /** Null or infinite where it does not bound that side. */
  readonly minW: number | null;
  readonly maxW: number | null;
  readonly binds: boolean;
  /** Who asked, where it is a connected system. */
  readonly by?: string | null | undefined;
}

function limitLine({ reason, source, minW, maxW, binds, by }: ShownLimit): string {
  const side = (powerW: number | null): string => (powerW === null || !Number.isFinite(powerW) ? "any" : kW(powerW));
  return `  ${binds ? "binds" : "     "}  ${`${side(minW)} … ${side(maxW)}`.padEnd(26)} ${reasons[reason].sentence} (${by ?? source})\n`;
}

function printMoment(then: ExplainedMoment, evse: number | undefined, json: boolean): void {
  const chosen = then.evses.filter((one) => evse === undefined || one.evse === evse);
  if (chosen.length === 0) throw new Error(`the site had no EVSE ${evse}; it had 1 to ${then.evses.length}`);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...then, evses: chosen })}\n`);
    return;
  }
  const row = then.row === "" ? "" : ` (row ${then.row})`;
  process.stdout.write(
    `${then.at}: mode ${then.mode}${row}${then.missing === "" ? "" : `, waiting for: ${then.missing}`}.\n`,
  );
  if (then.pccW !== null)
    process.stdout.write(`At the grid connection ${(then.pccW / 1_000).toFixed(1)} kW, import positive.\n`);
  if (!then.identical)
    process.stdout.write(
      "The replay differs from what was recorded (see islet replay): the reasons may not be those of then.\n",
    );
  for (const { evse: number, requestedW, requestSource, setpointW, chargeW, powerW, limits } of chosen) {
    const measured = powerW === null ? "its power was not known" : `it measured ${kW(powerW)}`;
    process.stdout.write(
      `\nEVSE ${number}: requests ${kW(requestedW)} (${requestSource}), gets ${kW(setpointW)}, commanded ${kW(chargeW)}; ${measured}.\n`,
    );
    for (const limit of limits) process.stdout.write(limitLine(limit));
  }
}

const oldText = (ageMs: number | null): string =>
  ageMs === null ? "nothing has been heard of it" : `last heard ${(ageMs / 1_000).toFixed(1)} s ago`;

/** The mode with what it waits for, each device that is not well and what to do, and what the disk has not taken. */
export function siteText({ mode, health }: SiteState): string {
  const lines = [`Mode ${mode.mode}.`];
  if (mode.missing !== null) lines.push(`It waits for: ${mode.missing.device} (${mode.missing.why}).`);
  for (const { name, state, ageMs, fault } of health.devices) {
    if (state === "answers" && fault === null) continue;
    const age = ageMs === null ? "" : `, values ${(ageMs / 1_000).toFixed(1)} s old`;
    lines.push(
      `${name}: ${state}${state === "frozen" || state === "silent" ? age : ""}.${fault ? ` ${fault.sentence} Ends: ${fault.clears}` : ""}`,
    );
  }
  for (const { connected, sentence } of health.links ?? []) if (!connected) lines.push(sentence);
  const { stalls, stallLongestMs } = health.loop;
  if (stalls > 0)
    lines.push(`The controller itself stood still ${stalls} times, ${Math.round(stallLongestMs)} ms at most.`);
  for (const owed of health.owed) lines.push(`In force and not on disk yet: ${owed}.`);
  return `${lines.join("\n")}\n`;
}

/** Each device: how it is, how old its values are, how fast it replies, and what went wrong how often since the start. */
export function devicesText(devices: SiteState["health"]["devices"]): string {
  const width = Math.max(0, ...devices.map(({ name }) => name.length));
  return devices
    .map(({ name, state, ageMs, powerW, latencyP50Ms, latencyP99Ms, errors }) => {
      const power = powerW === null ? "" : `${(powerW / 1_000).toFixed(1)} kW, `;
      const age = ageMs === null ? "age not known" : `${Math.round(ageMs)} ms old`;
      const replies =
        latencyP50Ms === null || latencyP99Ms === null
          ? "no reply yet"
          : `replies p50 ${milliseconds(latencyP50Ms)}, p99 ${milliseconds(latencyP99Ms)}`;
      const counts = Object.entries(errors).map(([fault, count]) => `${fault} ${count}`);
      const wrong = counts.length === 0 ? "no errors" : counts.join(", ");
      return `  ${name.padEnd(width)}  ${state.padEnd("unverified".length)}  ${power}${age}, ${replies}, ${wrong}\n`;
    })
    .join("");
}

const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

/** What is on record at the grid connection; nothing where the controller does not say. */
function pccText(record: SiteState["pccRecord"]): string {
  if (record === undefined) return "";
  const { exports, imports, passport } = record;
  const recovery =
    passport.p50Ms === null
      ? "no load step yet"
      : `half of the ${passport.count} recoveries within ${Math.round(passport.p50Ms)} ms, the longest ${Math.round(passport.longestMs)} ms`;
  return `Beyond the limit: ${exports.count} exports, ${imports.count} imports; ${recovery}.\n${promiseText(record)}`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

/** What the limits are worth with this meter and these stages, as configured and as found while it runs. */
export function promiseText({ promise }: Pick<NonNullable<SiteState["pccRecord"]>, "promise">): string {
  const { exports = null, imports = null, found } = promise ?? {};
  const said = [
    ["Export limit", exports],
    ["Import limit", imports],
    ["Export limit as it runs", found?.exports ?? null],
    ["Import limit as it runs", found?.imports ?? null],
  ] as const;
  const lines = said.flatMap(([name, one]) =>
    one === null
      ? []
      : [
          `${name}: after a step of the load back under it within ${seconds(one.backMs)}, at most ${kW(one.peakW)} and ${one.energyWh.toFixed(1)} Wh beyond.\n`,
        ],
  );
  if (found) {
    const broken = found.kept ? "" : ` The promise of ${seconds(found.promisedMs)} is not kept.`;
    lines.push(`Found while it runs: ${found.because}.${broken}\n`);
  }
  return lines.join("");
}

async function ask({ url, token }: ExplainOptions): Promise<SiteState> {
  const secret = token ?? process.env["ISLET_TOKEN"];
  const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const response = await fetch(new URL("/api/v1/state", url), { headers, signal: AbortSignal.timeout(askMaxMs) }).catch(
    (failure: Error) => {
      throw new Error(
        `no controller answers at ${url} (${(failure.cause as Error | undefined)?.message ?? failure.message}). Is \`islet run\` running?`,
      );
    },
  );
  if (response.status === 401) throw new Error("the controller asks who you are: give a read-only token with --token");
  if (!response.ok) throw new Error(`the controller at ${url} answered ${response.status}`);
  return (await response.json()) as SiteState;
}

const kW = (powerW: number): string => {
  const text = `${Math.abs(powerW / 1_000).toFixed(1)} kW`;
  return powerW > 50 ? `${text} charging` : powerW < -50 ? `${text} discharging` : text;
};
