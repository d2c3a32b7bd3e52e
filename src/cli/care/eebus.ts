/** `islet eebus`: who may limit the site over EEBUS, beside a running controller or before it. */
import type { Command } from "commander";
import { keepIdentity } from "../../app/links/eebus/identity.ts";
import {
  allTrusted,
  readSeen,
  readSki,
  readTrust,
  type Trusted,
  trustedMax,
  writeTrust,
} from "../../app/links/eebus/trust.ts";
import { loadSite } from "../../app/site/load-config.ts";
import { AskedWrongly } from "../asked.ts";

interface SiteOption {
  readonly config: string;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const skiWanted = "an SKI has 40 hexadecimal digits; it is on the device's label or its page";

function skiAsked(text: string): string {
  const ski = readSki(text);
  if (ski === null) throw new AskedWrongly(`"${text.slice(0, 60)}" is no SKI: ${skiWanted}`);
  return ski;
}

/** The site's state folder, and whom its configuration trusts. */
function siteOf({ config: file }: SiteOption): { readonly stateDir: string; readonly configured: readonly Trusted[] } {
  const { config } = loadSite(file);
  if (config.links.eebus === undefined)
    throw new Error(`${file} has no links.eebus: add it to let a control box limit the site`);
  const configured = config.links.eebus.guards.flatMap(({ ski, name, address }) => {
    const plain = readSki(ski);
    return plain === null ? [] : [{ ski: plain, name, address: address ?? null }];
  });
  return { stateDir: config.stateDir, configured };
}

const stateWords = {
  announced: "announced on the network",
  asks: "asks to pair",
  connected: "connected",
  gone: "not connected",
} as const;

export function eebusCommand(program: Command): void {
  const eebus = program.command("eebus").description("who may limit the site over EEBUS: pair with a control box");
  eebus
    .command("ski")
    .description("this site's own SKI, to enter at the control box")
    .requiredOption("--config <file>", "the site's configuration")
    .action((options: SiteOption) => print(keepIdentity(siteOf(options).stateDir).ski));
  eebus
    .command("list")
    .description("who is trusted, and who was seen")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--json", "print JSON")
    .action((options: SiteOption & { readonly json?: true }) => {
      const { stateDir, configured } = siteOf(options);
      const { ski } = keepIdentity(stateDir);
      const trusted = allTrusted(readTrust(stateDir), configured);
      const seen = readSeen(stateDir);
      if (options.json) return print(JSON.stringify({ ski, trusted, seen }));
      print(`This site: ${ski}`);
      if (trusted.length === 0) print("Nobody is trusted.");
      for (const one of trusted) {
        const state = seen.find((peer) => peer.ski === one.ski)?.state;
        const where = one.address === null ? "" : ` at ${one.address}`;
        print(`${one.ski}  ${one.name}${where}  trusted, ${state === undefined ? "not seen yet" : stateWords[state]}`);
      }
      for (const one of seen)
        if (!trusted.some((peer) => peer.ski === one.ski))
          print(`${one.ski}  ${one.name === "" ? "unknown" : one.name}  ${stateWords[one.state]}, not trusted`);
    });
  eebus
    .command("trust")
    .description("trust a peer: it may limit the site; a running controller lets it in within a second")
    .argument("<ski>", "its SKI, as its label or islet eebus list shows it")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--name <name>", "what it is, for people", "Control box")
    .option("--address <host:port>", "where it is, if it does not connect by itself and is not found on the network")
    .action((text: string, options: SiteOption & { readonly name: string; readonly address?: string }) => {
      const ski = skiAsked(text);
      const { stateDir } = siteOf(options);
      if (options.address !== undefined && !/^[^\s/@]+:\d{1,5}(\/\S*)?$/.test(options.address))
        throw new AskedWrongly(`"${options.address}" is no address: it is like 192.168.1.20:4712`);
      if (ski === keepIdentity(stateDir).ski) throw new Error("this is the site's own SKI: give the peer's");
      const before = readTrust(stateDir);
      const others = before.trusted.filter((one) => one.ski !== ski);
      if (others.length >= trustedMax) throw new Error(`${trustedMax} peers are trusted already: untrust one first`);
      const entry = { ski, name: options.name.slice(0, 60), address: options.address ?? null, atMs: Date.now() };
      writeTrust(stateDir, { trusted: [...others, entry], refused: before.refused.filter((one) => one !== ski) });
      print(`${entry.name} (${ski}) is trusted: it may limit this site. It must trust ${keepIdentity(stateDir).ski}.`);
    });
  eebus
    .command("untrust")
    .description("trust a peer no longer; a running controller ends its connection within a second")
    .argument("<ski>", "as islet eebus list shows it")
    .requiredOption("--config <file>", "the site's configuration")
    .action((text: string, options: SiteOption) => {
      const ski = skiAsked(text);
      const { stateDir, configured } = siteOf(options);
      const before = readTrust(stateDir);
      if (!allTrusted(before, configured).some((one) => one.ski === ski)) throw new Error(`${ski} is not trusted`);
      const isConfigured = configured.some((one) => one.ski === ski);
      const refused = isConfigured ? [...before.refused.filter((one) => one !== ski), ski] : before.refused;
      writeTrust(stateDir, { trusted: before.trusted.filter((one) => one.ski !== ski), refused });
      const isLast = allTrusted(readTrust(stateDir), configured).length === 0;
      const what = isLast
        ? "Nobody limits this site over EEBUS any more."
        : "What it has limited holds until another peer states otherwise, or as the fail-safe limit.";
      print(`${ski} is trusted no longer. ${what}`);
    });
}
