/** `islet token`: tokens for programs that read the API or ask something of the site, beside a running controller or before it. */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type Right, rightSentences, rights } from "../../app/links/asks.table.ts";
import { loadSite } from "../../app/site/load-config.ts";
import { openAccounts } from "../../dashboard/access/accounts.ts";
import {
  makeSecret,
  namePattern,
  readTokenFile,
  revokedMax,
  tokenFileName,
  tokensMax,
  writeTokenFile,
} from "../../dashboard/access/tokens.ts";

interface SiteOption {
  readonly config: string;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const stateFile = ({ config }: SiteOption, name: string): string => join(loadSite(config).config.stateDir, name);

/** Rights by name, with commas between them. */
function readRights(text: string): readonly Right[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !rights.some((right) => right === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`There is no right "${unknown}". They are: ${rights.join(", ")}.`);
  return rights.filter((right) => names.includes(right));
}

export function tokenCommand(program: Command): void {
  const token = program
    .command("token")
    .description("make, list or revoke a token with which a program reads and asks");
  token
    .command("make")
    .description("make a token; it is shown once and kept as a hash")
    .argument("<name>", "for whom it is")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--rights <list>", `what it may ask besides reading: ${rights.join(", ")}`, readRights)
    .addHelpText("after", `\n${rights.map((right) => `  ${right.padEnd(12)}${rightSentences[right]}`).join("\n")}\n`)
    .action((name: string, options: SiteOption & { readonly rights?: readonly Right[] }) => {
      const clean = name.trim().normalize("NFC");
      if (!namePattern.test(clean)) throw new Error("a name has 1 to 40 letters, digits, spaces, dots, dashes or @");
      const file = stateFile(options, tokenFileName);
      const before = readTokenFile(file);
      if (before.tokens.length >= tokensMax) throw new Error(`there are ${tokensMax} tokens already: revoke one first`);
      const { token: secret, entry } = makeSecret(clean, options.rights ?? [], Date.now());
      writeTokenFile(file, { ...before, tokens: [...before.tokens, entry] });
      print(secret);
      print(`Token ${entry.id} for ${clean} may ${["read", ...entry.rights].join(", ")}. It is shown only now.`);
    });
  token
    .command("list")
    .description("the tokens that are valid")
    .requiredOption("--config <file>", "the site's configuration")
    .option("--json", "print JSON")
    .action((options: SiteOption & { readonly json?: true }) => {
      const tokens = openAccounts(stateFile(options, "accounts.json")).tokens();
      if (options.json) return print(JSON.stringify({ tokens }));
      if (tokens.length === 0) print("No token is valid.");
      for (const { id, name, rights: given, madeAtMs } of tokens)
        print(
          `${id}  ${name}  ${["read", ...given].join(", ")}  made ${new Date(madeAtMs).toISOString().slice(0, 10)}`,
        );
    });
  token
    .command("revoke")
    .description("revoke a token by its id; a running controller refuses it within a second")
    .argument("<id>", "as islet token list shows it")
    .requiredOption("--config <file>", "the site's configuration")
    .action((id: string, options: SiteOption) => {
      const file = stateFile(options, tokenFileName);
      const valid = openAccounts(stateFile(options, "accounts.json")).tokens();
      if (!valid.some((one) => one.id === id)) throw new Error(`there is no valid token ${id}`);
      const before = readTokenFile(file);
      const isOwn = before.tokens.some((one) => one.id === id);
      writeTokenFile(file, {
        version: 1,
        tokens: before.tokens.filter((one) => one.id !== id),
        revoked: isOwn ? before.revoked : [...before.revoked, id].slice(-revokedMax),
      });
      print(`Token ${id} is revoked. What it has asked as a limit holds until a person takes it back.`);
    });
}
