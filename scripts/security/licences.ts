/** The licences of what a package brings, as one text: who is packed, under which licence, and the licence's own words. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { licenceOf, productionPackages } from "./sbom.ts";

const licenceFile = /^(licen[cs]e|copying|notice)/i;

/** `modules`: the folder of installed production modules. `nodeLicence`: the text that came with the runtime. */
export function licencesOf(root: string, modules: string, nodeLicence: string): string {
  const packages = productionPackages(readFileSync(join(root, "package-lock.json"), "utf8"));
  const byText = new Map<string, string[]>();
  for (const found of packages) {
    const folder = join(modules, found.path.slice("node_modules/".length));
    const texts = readdirSync(folder)
      .filter((name) => licenceFile.test(name))
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8").trim());
    const text = texts.length > 0 ? texts.join("\n\n") : `(The package brings no text; it names ${licenceOf(found)}.)`;
    byText.set(text, [...(byText.get(text) ?? []), `${found.name} ${found.version} (${licenceOf(found)})`]);
  }
  const rule = "=".repeat(78);
  return [
    "Islet comes with the following works of others.",
    "",
    ...packages.map((found) => `  ${found.name} ${found.version}: ${licenceOf(found)}`),
    "  Node.js, with the works that it brings: at the end",
    "",
    ...[...byText].flatMap(([text, names]) => [rule, ...[...new Set(names)], rule, text, ""]),
    rule,
    "Node.js",
    rule,
    nodeLicence.trim(),
    "",
  ].join("\n");
}
