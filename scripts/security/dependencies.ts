/**
 * Judges what a package brings from others, without a network: where it comes from, whether its bytes are fixed, its licence, its
 * scripts, whether what is installed is what is locked, and the weaknesses on record (`packaging/advisories.json`).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LockedPackage, licenceOf, productionPackages, purlOf } from "./sbom.ts";

/** Licences that a product under Apache-2.0 may bring without more than naming them; under the Unlicense nothing at all is asked. */
const licencesAllowed = new Set([
  ...["MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "0BSD", "BlueOak-1.0.0", "Unlicense"],
]);
const registry = "https://registry.npmjs.org/";

/** States and justifications in the words of CycloneDX. */
const states = ["resolved", "exploitable", "in_triage", "false_positive", "not_affected"] as const;
export interface Statement {
  readonly state: (typeof states)[number];
  readonly justification?: string;
  readonly detail: string;
}
export interface Advisory {
  readonly id: string;
  readonly url: string;
  /** A package of the lockfile. */
  readonly package: string;
  /** Versions before it have the weakness; major versions before its own count too. */
  readonly fixedIn: string;
  /** Needed as long as a version before `fixedIn` is locked. */
  readonly statement?: Statement;
}

export const advisoriesOf = (root: string): readonly Advisory[] =>
  (JSON.parse(readFileSync(join(root, "packaging/advisories.json"), "utf8")) as { advisories: Advisory[] }).advisories;

/** Below, at or above zero as version a is before, the same as or after b; a version before its release is before it. */
function compare(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split("-")[0]!.split(".").map(Number));
  for (let i = 0; i < 3; i++) if ((x![i] ?? 0) !== (y![i] ?? 0)) return (x![i] ?? 0) - (y![i] ?? 0);
  return (b.includes("-") ? 1 : 0) - (a.includes("-") ? 1 : 0);
}

/** Sentences about packages that must not be brought; none when all is well. */
export function complaintsAbout(packages: readonly LockedPackage[], advisories: readonly Advisory[]): string[] {
  return packages.flatMap((found) => {
    const who = `${found.name} ${found.version} (${found.path})`;
    const said: string[] = [];
    if (!/^\d+\.\d+\.\d+/.test(found.version)) said.push(`${who} has no version.`);
    if (!/^sha512-[A-Za-z0-9+/]{86}==$/.test(found.integrity)) said.push(`${who} has no SHA-512 in the lockfile.`);
    if (found.resolved !== "" && !found.resolved.startsWith(registry))
      said.push(`${who} comes from ${found.resolved}, not from the registry.`);
    if (!licencesAllowed.has(licenceOf(found)))
      said.push(`${who} is under ${licenceOf(found) || "no named licence"}: that is not on the list.`);
    if (found.runsScripts) said.push(`${who} wants to run scripts when it is installed.`);
    for (const { id, fixedIn, statement, package: name } of advisories) {
      if (name !== found.name || compare(found.version, fixedIn) >= 0) continue;
      if (statement === undefined)
        said.push(`${who} has ${id}: take ${fixedIn}, or say in a statement why it does no harm.`);
      else if (statement.state === "exploitable") said.push(`${who} has ${id}, which can be used: take ${fixedIn}.`);
    }
    return said;
  });
}

/** Sentences about installed modules that are not those of the lockfile. */
export function complaintsAboutInstalled(root: string, packages: readonly LockedPackage[]): string[] {
  return packages.flatMap(({ path, version }) => {
    const file = join(root, path, "package.json");
    if (!existsSync(file)) return [`${path} is in the lockfile and not installed: npm ci`];
    const installed = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    return installed === version ? [] : [`${path} is installed as ${installed}, locked as ${version}: npm ci`];
  });
}

/** What is known about weaknesses of a version, for whoever holds its bill of materials: CycloneDX VEX. */
export function vexOf(root: string, timeS: number): string {
  const packages = productionPackages(readFileSync(join(root, "package-lock.json"), "utf8"));
  const vulnerabilities = advisoriesOf(root).flatMap(({ id, url, package: name, fixedIn, statement }) => {
    const concerned = packages.filter((found) => found.name === name);
    const old = concerned.filter((found) => compare(found.version, fixedIn) < 0);
    const analysis: Statement =
      old.length === 0
        ? { state: "resolved", detail: `${name} ${concerned.map(({ version }) => version).join(", ")} has it mended.` }
        : (statement ?? { state: "in_triage", detail: "It is being looked at." });
    const affects = concerned.map((found) => ({ ref: `${purlOf(found)}#${found.path}` }));
    return concerned.length === 0 ? [] : [{ id, source: { url }, analysis, affects }];
  });
  const timestamp = new Date(timeS * 1_000).toISOString();
  const vex = { bomFormat: "CycloneDX", specVersion: "1.6", version: 1, metadata: { timestamp }, vulnerabilities };
  return `${JSON.stringify(vex, null, 1)}\n`;
}
