/** `islet check-config`: says what is wrong with a configuration, or what it means, without touching any device. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { checkSite } from "../app/site/load-config.ts";
import {
  codeSentences,
  profileWarning,
  promiseSentences,
  silenceWarnings,
  sitePromises,
} from "../app/site/site-promises.ts";
import { missingSettings } from "../config/grid-profiles.ts";
import { complaintText } from "../config/parse.ts";
import { type SiteConfig, siteSettings } from "../config/site.ts";
import { lfdiOf, sfdiOf } from "../protocols/csip/identity.ts";
import { contradictionText, siteContradictions } from "./approval/site-contradictions.ts";
import { AskedWrongly } from "./asked.ts";

export function checkConfigCommand(program: Command): void {
  program
    .command("check-config")
    .description("check a site's configuration and say what it means")
    .argument("[file]", "the configuration, YAML")
    .option("--config <file>", "the same, as elsewhere")
    .option("--json", "print JSON")
    .option("--schema", "print the JSON Schema of the configuration")
    .option("--settings", "list every setting with unit, range, default and meaning")
    .action((argument: string | undefined, options: CheckOptions) => {
      if (options.schema) return print(JSON.stringify(jsonSchema(), null, 2));
      if (options.settings) return print(settingsTable());
      const file = argument ?? options.config;
      if (file === undefined) throw new AskedWrongly("name the configuration: islet check-config config/depot.yaml");
      const parsed = checkSite(file);
      if (!parsed.ok) {
        process.exitCode = 1;
        if (options.json) return print(JSON.stringify({ ok: false, complaints: parsed.error }));
        for (const complaint of parsed.error) print(complaintText(complaint));
        return print(`${parsed.error.length} to mend. Nothing was energized.`);
      }
      const { config, profile, generationProfile, maps, agreements } = parsed.value;
      const { site, pcc, evses, tiers, transferDevice } = config;
      const contradictions = siteContradictions(file, parsed.value);
      if (options.json)
        return print(
          JSON.stringify({
            ok: true,
            config,
            promises: sitePromises(config),
            missingSettings: missingSettings(profile),
            contradictions,
          }),
        );
      print(
        `${site.name}: ${count(evses.length, "EVSE")}, ${count(tiers.length, "tier")}, service mode ${site.serviceMode}.`,
      );
      print(`Import at most ${kW(pcc.importLimitW)}; export at most ${kW(pcc.exportLimitW)} if the permit allows it.`);
      print(
        `Transfer device: ${transferDevice?.kind ?? "none"}. Grid profile: ${profile.name}, version ${profile.version}.`,
      );
      if (generationProfile !== null) {
        print(`Limited Generation Profile: export from ${kW(generationProfile.smallestW)} on, in ${site.timeZone}.`);
      }
      for (const { account, guestName, from, until } of agreements)
        print(`Mutual aid: account ${account} of ${guestName}, ${from} to ${until}.`);
      print(
        `${count(evses.filter((evse) => evse.dischargeEnabled).length, "EVSE")} may discharge, ${evses.filter((evse) => evse.gridForming).length} may form an island.`,
      );
      if (transferDevice !== undefined && transferDevice.kind !== "none" && evses.some((evse) => evse.gridForming)) {
        print(
          `Island: one transfer device, one bus. Not watched here, and to be settled by whoever designs the site: ${config.bonding ? "" : "the bond between neutral and ground, "}phase sequence and single poles of the transfer device, unbalance, fault current. No ${config.generator ? "source but the generator" : "generator or other source"} may be connected to the bus (docs/island.md).`,
        );
      }
      if (config.tariff) print(tariffSentence(config.tariff));
      if (config.mqtt) print(mqttSentence(config.mqtt));
      if (config.links.csip) print(csipSentence(config.links.csip));
      if (config.links.fleet) print(fleetSentence(config.links.fleet));
      if (config.links.eebus) for (const line of eebusSentences(config.links.eebus)) print(line);
      if (config.links.openadr) print(openadrSentence(config.links.openadr));
      if (config.links.sunspec) print(sunspecSentence(config.links.sunspec));
      print(`Grid profile's source: ${profile.source}.`);
      for (const line of codeSentences(profile)) print(line);
      const warnings = [...promiseSentences(config), ...silenceWarnings(config, maps)];
      for (const line of [profileWarning(config, profile), ...warnings]) if (line !== "") print(line);
      for (const contradiction of contradictions) print(contradictionText(contradiction));
    });
}

/** What the tariff is; what is not in it is the bill's. */
function tariffSentence({ name, currency, energy, demand, dayAhead }: NonNullable<SiteConfig["tariff"]>): string {
  const parts = [
    ...(energy.length > 0 ? [count(energy.length, "price")] : []),
    ...(dayAhead ? ["day-ahead prices"] : []),
    ...(demand.length > 0 ? [count(demand.length, "demand charge")] : []),
  ];
  return `Tariff ${name}, ${currency}: ${parts.join(", ")}. Taxes and fixed fees are left to the bill.`;
}

/** Who may ask through the broker, and whether others on the network can read or say the same. */
function mqttSentence({ url, topic, rights }: NonNullable<SiteConfig["mqtt"]>): string {
  const may =
    rights.length === 0
      ? "Nothing may be asked through it."
      : `Whoever may publish there may ask for: ${rights.join(", ")}.`;
  const { hostname } = new URL(url);
  const isOpen = url.startsWith("mqtt:") && !["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return `MQTT broker ${url}, topics ${topic}. ${may}${isOpen ? " The link is not encrypted: whoever is on the network can read it and speak in its name. mqtts is." : ""}`;
}

/** What the VTN may do, and what its silence ends. */
function openadrSentence({
  url,
  venName,
  rights,
  programs,
  silenceH,
}: NonNullable<SiteConfig["links"]["openadr"]>): string {
  const which = programs.length === 0 ? "all programmes that it shows" : `programmes ${programs.join(", ")}`;
  const may = rights.length === 0 ? "Events may ask nothing" : `Events may ask for: ${rights.join(", ")}`;
  return `OpenADR VTN ${url} as ${venName}, ${which}. ${may}; requests are followed for ${silenceH} h of its silence.`;
}

/** Who may read and who may write, and that everybody on the wire may play them. */
function sunspecSentence({
  host,
  port,
  readers,
  writers,
  rights,
}: NonNullable<SiteConfig["links"]["sunspec"]>): string {
  const isWritten = rights.length > 0 && writers.length > 0;
  const may = isWritten ? `${writers.join(", ")} may write: ${rights.join(", ")}` : "It is read-only";
  const isOpen = !["127.0.0.1", "localhost", "::1"].includes(host);
  return `SunSpec server ${host}:${port}, read by ${readers.join(", ") || "nobody"}. ${may}.${isOpen ? " Modbus has no passwords: whoever can take one of these addresses on the network can do the same." : ""}`;
}

/** Who the site is to the utility's server, for whoever enters it there, and what holds while that server is lost. */
function csipSentence(csip: NonNullable<SiteConfig["links"]["csip"]>): string {
  const lfdi = lfdiOf(readFileSync(csip.certificateFile, "utf8"));
  const { afterS, exportLimitW, importLimitW } = csip.failSafe;
  const held = [
    ...(exportLimitW === undefined ? [] : [`export ${kW(exportLimitW)}`]),
    ...(importLimitW === undefined ? [] : [`import ${kW(importLimitW)}`]),
  ];
  const lost =
    held.length === 0
      ? "No fail-safe limit is set: while the server is lost, its last default control holds, or nothing."
      : `Lost for ${afterS} s and without a control or default control: ${held.join(", ")}.`;
  return `Utility's server ${csip.url} (${csip.profile}). LFDI ${lfdi}, SFDI ${sfdiOf(lfdi)}. ${lost}`;
}

/** What the fleet may ask, by whose word, and whether the line is open. */
function fleetSentence({ url, site, rights, dispatcherKeys }: NonNullable<SiteConfig["links"]["fleet"]>): string {
  const may =
    rights.length === 0
      ? "It asks nothing."
      : `Orders signed by ${count(dispatcherKeys.length, "key")} may ask for: ${rights.join(", ")}.`;
  const { hostname } = new URL(url);
  const isOpen = url.startsWith("nats:") && !["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return `Fleet at ${url}, this site is ${site} there. ${may}${isOpen ? " The link is not encrypted: whoever is on the network can read it. tls is." : ""}`;
}

/** Who may limit over EEBUS, what holds without him, and what can't be as it is set. */
function eebusSentences(eebus: NonNullable<SiteConfig["links"]["eebus"]>): readonly string[] {
  const { host, port, guards, consumption, production, floorW, failSafeW, failSafeExportW, failSafeH, failSafeEnds } =
    eebus;
  const who = guards.length === 0 ? "those whom islet eebus trust lets in" : guards.map(({ name }) => name).join(", ");
  const what = [...(consumption ? ["consumption"] : []), ...(production ? ["production"] : [])];
  const ends = failSafeEnds ? `at least ${failSafeH} h` : "until it is back";
  const isAlone = /^(127\.|localhost$|::1$)/.test(host);
  return [
    `EEBUS on ${host}:${port}: ${what.length === 0 ? "nothing" : what.join(" and ")} may be limited by ${who}. Without a heartbeat all chargers together take at most ${kW(Math.max(failSafeW, floorW))} and the site gives at most ${kW(failSafeExportW)}, ${ends}.`,
    ...(isAlone && guards.every(({ address }) => address === undefined)
      ? [
          "EEBUS is heard on this machine alone, and no address of a peer is given: set links.eebus.host to that of its network.",
        ]
      : []),
    ...(failSafeW < floorW
      ? [`links.eebus.failSafeW is below links.eebus.floorW: ${kW(floorW)} hold without a heartbeat.`]
      : []),
  ];
}

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly schema?: boolean;
  readonly settings?: boolean;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1)} kW`;

/** PV is one group or a list of them. */
function jsonSchema() {
  const schema = z.toJSONSchema(siteSettings, { io: "input" }) as { properties: Record<string, SchemaNode> };
  const { pv } = schema.properties;
  const one = pv?.items;
  return { ...schema, properties: { ...schema.properties, ...(pv && one && { pv: { anyOf: [pv, one] } }) } };
}

interface SchemaNode {
  readonly properties?: Record<string, SchemaNode>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly default?: unknown;
  readonly sentence?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
}

/** One line a setting: path, range or words, default, sentence. */
function settingsTable(): string {
  const lines: string[] = [];
  const walk = (node: SchemaNode, path: string, required: boolean): void => {
    if (node.items) {
      walk(node.items, `${path}[]`, required);
      return;
    }
    if (node.properties) {
      for (const [key, child] of Object.entries(node.properties)) {
        walk(child, path === "" ? key : `${path}.${key}`, node.required?.includes(key) ?? false);
      }
      return;
    }
    const range =
      node.enum?.join(" | ") ??
      (node.min === undefined ? "" : `${node.min} to ${node.max}${node.unit ? ` ${node.unit}` : ""}`);
    const standard =
      node.default === undefined ? (required ? "required" : "optional") : `default ${JSON.stringify(node.default)}`;
    lines.push(`${path}\n    ${[range, standard].filter(Boolean).join(", ")}. ${node.sentence ?? ""}`);
  };
  walk(z.toJSONSchema(siteSettings, { io: "input" }) as SchemaNode, "", true);
  return lines.join("\n");
}
