/** Looks for secrets in what is committed, without a network: keys and tokens by their form, passwords by the setting that holds them. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

export interface Finding {
  readonly path: string;
  readonly line: number;
  /** What it looks like; the secret itself is never told. */
  readonly what: string;
}

/** A file beyond this is data, not written by a person, bytes. */
const fileBytesMax = 1_000_000;
const findingsMax = 100;

const forms: readonly { readonly what: string; readonly is: RegExp }[] = [
  { what: "a private key", is: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/]{20}/ },
  { what: "an access key of AWS", is: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { what: "a token of GitHub", is: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b/ },
  { what: "a token of GitLab", is: /\bglpat-[A-Za-z0-9_-]{20,}\b/ },
  { what: "a token of npm", is: /\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=\s*[^$\s]/ },
  { what: "a token of Slack", is: /\bxox[abprs]-[A-Za-z0-9-]{20,}/ },
  { what: "a key of Google", is: /\bAIza[A-Za-z0-9_-]{35}\b/ },
  { what: "a signed web token", is: /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/ },
  { what: "a token of Islet", is: /\bislet_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/ },
];

/** Tests make up their own passwords; keys and tokens they make while they run. */
const hasMadeUpPasswords = (path: string): boolean => path.startsWith("tests/");

const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"'`<>{}$]+:[^\s:/@"'`<>{}$]{4,}@[a-z0-9.-]+/i;
/** A setting with a word of its own: quoted in code, plain in YAML. */
const setting =
  /\b(?:password|passwd|secret|apiKey|api_key|authorizationKey|privateKey)["']?\s*[:=]\s*(["'`])([^"'`${}<>]{8,})\1/i;
const plainSetting = /^\s*(?:- )?(?:password|secret|apiKey|api_key|authorizationKey):\s*([^\s"'#<>{}$&*|][^\s#]{7,})/i;

const keyFile = /^(?:id_(?:rsa|ecdsa|ed25519)|\.env(?:\..+)?|\.npmrc|\.netrc|.+\.(?:p12|pfx|jks|keystore))$/;

/** What a text holds that looks like a secret. */
export function secretsIn(path: string, text: string): Finding[] {
  const found: Finding[] = [];
  if (keyFile.test(basename(path))) found.push({ path, line: 1, what: "a file that holds keys by its name" });
  // The form of a key spans two lines: its place is that of its first.
  const lineAt = (index: number): number => text.slice(0, index).split("\n").length;
  for (const { what, is } of forms) {
    const match = is.exec(text);
    if (match) found.push({ path, line: lineAt(match.index), what });
  }
  if (hasMadeUpPasswords(path)) return found;
  const inAddress = address.exec(text);
  if (inAddress) found.push({ path, line: lineAt(inAddress.index), what: "an address with a password" });
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (line.length > 2_000) continue;
    // Type definitions and sentences have spaces or say what the value is; a secret is one word.
    const value = setting.exec(line)?.[2] ?? (/\.ya?ml$/.test(path) ? plainSetting.exec(line)?.[1] : undefined);
    if (value !== undefined && !/\s/.test(value) && /\d/.test(value) && /[a-z]/i.test(value))
      found.push({ path, line: i + 1, what: "a setting with a secret of its own" });
  }
  return found;
}

/** Of all committed files of a checkout. */
export function secretsOf(root: string): Finding[] {
  const listed = spawnSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", maxBuffer: 64 * 1_024 * 1_024 });
  if (listed.status !== 0) throw new Error(`The committed files can't be listed in ${root}: is it a checkout?`);
  const found: Finding[] = [];
  for (const path of listed.stdout.split("\0").filter(Boolean)) {
    const file = join(root, path);
    const facts = statSync(file, { throwIfNoEntry: false });
    if (!facts?.isFile() || facts.size > fileBytesMax) continue;
    const text = readFileSync(file, "utf8");
    if (text.includes("\0")) continue;
    found.push(...secretsIn(path, text));
    if (found.length >= findingsMax) break;
  }
  return found;
}
