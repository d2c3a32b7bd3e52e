/** What a package tells of itself to whoever has to keep it secure, and the checks that need no network. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Advisory,
  advisoriesOf,
  complaintsAbout,
  complaintsAboutInstalled,
  vexOf,
} from "../../scripts/security/dependencies.ts";
import { licencesOf } from "../../scripts/security/licences.ts";
import { licenceOf, productionPackages, sbomOf } from "../../scripts/security/sbom.ts";
import { secretsIn, secretsOf } from "../../scripts/security/secrets.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const runtime = JSON.parse(read("packaging/runtime.json")) as { version: string };
const versions: Record<string, string | undefined> = { ...process.versions, node: runtime.version };
const packages = productionPackages(read("package-lock.json"));
const sbom = (arch = "amd64"): string => sbomOf({ root, arch, timeS: 1_700_000_000, versions });

interface Bom {
  readonly serialNumber: string;
  readonly components: readonly {
    "bom-ref": string;
    name: string;
    version: string;
    purl: string;
    hashes?: readonly { content: string }[];
    licenses?: readonly { license: { id: string } }[];
  }[];
  readonly dependencies: readonly { ref: string; dependsOn: readonly string[] }[];
}

describe("the bill of materials", () => {
  const bom = JSON.parse(sbom()) as Bom;

  test("names every package that the lockfile installs for production, in each of its versions, with its hash", () => {
    const { packages: locked } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { version: string; integrity: string; dev?: boolean }>;
    };
    const wanted = Object.entries(locked)
      .filter(([path, { dev }]) => path.startsWith("node_modules/") && !dev)
      .map(([path, { version, integrity }]) => {
        const hash = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
        return `${path.split("node_modules/").at(-1)} ${version} ${hash}`;
      });
    const named = bom.components
      .filter(({ purl }) => purl.startsWith("pkg:npm/"))
      .map(({ name, version, hashes }) => `${name} ${version} ${hashes?.[0]?.content}`);
    expect(named.sort()).toEqual(wanted.sort());
    expect(wanted.length).toBeGreaterThan(50);
  });

  test("has Node.js and what Node.js brings: its OpenSSL, SQLite, V8", () => {
    const has = (name: string): string | undefined => bom.components.find((part) => part.name === name)?.version;
    expect(has("nodejs")).toBe(runtime.version);
    expect([has("openssl"), has("sqlite"), has("v8")]).toEqual([
      versions["openssl"],
      versions["sqlite"],
      versions["v8"],
    ]);
  });

  test("each reference is of a part, each part hangs on another, and all hang on Islet", () => {
    const refs = bom.components.map((part) => part["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    const reached = new Set<string>();
    const follow = (ref: string): void => {
      for (const next of bom.dependencies.find((row) => row.ref === ref)?.dependsOn ?? [])
        if (!reached.has(next)) {
          reached.add(next);
          follow(next);
        }
    };
    follow(bom.dependencies[0]!.ref);
    expect([...reached].sort()).toEqual([...refs].sort());
  });

  test("the same twice; another processor has another", () => {
    expect(sbom()).toBe(sbom());
    expect((JSON.parse(sbom("arm64")) as Bom).serialNumber).not.toBe(bom.serialNumber);
  });

  test("is not made with another Node.js than the one that is packed", () => {
    expect(() => sbomOf({ root, arch: "amd64", timeS: 1, versions: { ...versions, node: "1.2.3" } })).toThrow(
      "npm run package",
    );
  });
});

test("the licences of all packages are in one text, each with its words", () => {
  const text = licencesOf(root, join(root, "node_modules"), "the words of Node.js");
  for (const found of packages) expect(text).toContain(`${found.name} ${found.version} (${licenceOf(found)})`);
  expect(text).toContain("the words of Node.js");
  // Two packages bring no text of their own.
  expect(text.match(/brings no text/g)).toHaveLength(1);
});

describe("dependencies", () => {
  test("are fixed, of allowed licences, without scripts and without a weakness on record", () => {
    expect(complaintsAbout(packages, advisoriesOf(root))).toEqual([]);
  });

  test("are installed as they are locked", () => {
    expect(complaintsAboutInstalled(root, packages)).toEqual([]);
  });

  const ours = packages.find(({ name }) => name === "ws")!;
  const weak: Advisory = { id: "CVE-1", url: "https://x.example", package: "ws", fixedIn: "999.0.0" };
  test.each([
    ["without a hash", { ...ours, integrity: "" }, [], "no SHA-512"],
    ["from a repository", { ...ours, resolved: "git+ssh://git@x.example/ws.git" }, [], "not from the registry"],
    ["under another licence", { ...ours, licence: "AGPL-3.0" }, [], "AGPL-3.0"],
    ["that runs scripts", { ...ours, runsScripts: true }, [], "run scripts"],
    ["with a weakness", ours, [weak], "take 999.0.0"],
    ["before its release", { ...ours, version: "9.0.0-rc.1" }, [{ ...weak, fixedIn: "9.0.0" }], "take 9.0.0"],
    [
      "that is exploitable",
      ours,
      [{ ...weak, statement: { state: "exploitable", detail: "" } as const }],
      "can be used",
    ],
  ])("one %s is refused", (_, found, advisories, said) => {
    expect(complaintsAbout([found], advisories).join()).toContain(said);
  });

  test("one whose weakness does no harm is taken with the statement that says why", () => {
    const statement = { state: "not_affected", justification: "code_not_reachable", detail: "" } as const;
    expect(complaintsAbout([ours], [{ ...weak, statement }])).toEqual([]);
  });

  test("the VEX file says of each weakness on record what it is here, about parts of the bill", () => {
    const { vulnerabilities } = JSON.parse(vexOf(root, 1)) as {
      vulnerabilities: { id: string; analysis: { state: string }; affects: { ref: string }[] }[];
    };
    const refs = new Set((JSON.parse(sbom()) as Bom).components.map((part) => part["bom-ref"]));
    expect(vulnerabilities.map(({ id }) => id)).toEqual(advisoriesOf(root).map(({ id }) => id));
    for (const { analysis, affects } of vulnerabilities) {
      expect(analysis.state).toBe("resolved");
      expect(affects.every(({ ref }) => refs.has(ref))).toBe(true);
    }
  });
});

describe("secrets", () => {
  test("none is committed", () => {
    expect(secretsOf(root)).toEqual([]);
  });

  const body = "A".repeat(64);
  const planted: readonly (readonly [string, string, string])[] = [
    ["a private key", "config/site.yaml", `-----BEGIN ${"PRIVATE"} KEY-----\n${body}\n`],
    ["an RSA key in a text", "src/x.ts", `const key = "-----BEGIN RSA ${"PRIVATE"} KEY-----\\n${body}";`],
    ["a token of GitHub", "src/x.ts", `const t = "${"ghp"}_${"a1".repeat(18)}";`],
    ["a key of AWS", "docs/x.md", `${"AKIA"}IOSFODNN7EXAMPLE`],
    ["a token of Islet", "docs/x.md", `Bearer ${"islet"}_${"a1B-".repeat(11).slice(0, 43)}`],
    ["a password in YAML", "config/site.yaml", "backend:\n  password: hunter2hunter2\n"],
    ["a password in code", "src/x.ts", `const password = "hunter2hunter2";`],
    ["a password in an address", "docs/x.md", `wss://${"user"}:hunter2@csms.example/ocpp`],
    ["an environment file", ".env", "X=1\n"],
  ];
  test.each(planted)("%s is found", (_, path, text) => {
    expect(secretsIn(path, text)).toHaveLength(1);
  });

  test.each([
    ["a public key", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----"],
    ["a variable", ["url = `wss://$", "{user}:$", "{word}@host`; password: options.password"].join("")],
    ["a sentence", 'password: "A password has at least ten characters."'],
  ])("%s is none", (_, text) => {
    expect(secretsIn("src/x.ts", text)).toEqual([]);
  });

  test("a folder that is no checkout is told, not passed", () => {
    const folder = mkdtempSync(join(tmpdir(), "islet-secrets-"));
    try {
      mkdirSync(join(folder, "a"));
      writeFileSync(join(folder, "a/b"), "x");
      expect(() => secretsOf(folder)).toThrow("is it a checkout?");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
