/**
 * The commands that README and documents print. What stands in a block of shell lines is executed: to its end, or until it
 * says what it says first, or a reason stands here why not. What a sentence mentions must exist: command, options, script, file.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realTimeTests } from "../../vitest.config.ts";
import { isletFile } from "../lib/islet-file.ts";
import { start } from "../lib/started.ts";
import { siteOf01 } from "../lib/state-0.1.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

const documents = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs", "firmware-bridge", "tests", "src/protocols"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".md") && !path.includes("golden"))
      .map((path) => `${folder}/${path}`),
  ),
];

/** Lines of all blocks marked `sh`, without their comments. */
const blockLines = (text: string): string[] =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block]) => block!.split("\n"))
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter(Boolean);

/** Commands inside sentences. */
const mentions = (text: string): string[] =>
  [...text.replace(/```[\s\S]*?```/g, "").matchAll(/`((?:[A-Z_]+=\S+ )?(?:npx |npm |node |islet )[^`]*)`/g)].map(
    ([, command]) => command!,
  );

type Trial =
  /** Runs to its end with code 0 and says so. */
  | { readonly ends: RegExp }
  /** Runs on: says so, and ends with code 0 when it is asked to. */
  | { readonly starts: RegExp }
  /** Can't be executed here, and why. */
  | { readonly not: string };

const trials: Readonly<Record<string, Trial>> = {
  "npm start": { starts: /"mode":/ },
  "npm test": { not: "it is what runs this test" },
  "npm run format": { not: "it rewrites files of the tree" },
  "npm run coverage": { not: "it runs the logic tests once more" },
  "npm run -s bench": { ends: /Benches: anti-islanding, / },
  "npx vitest run tests/core/allocation.test.ts": { ends: /Test Files {2}1 passed/ },
  "npx islet sim --config config/minimal.yaml": { starts: /First site simulated: \d Modbus servers listening/ },
  "npm run -s prove": { not: "it needs z3; tests/proof asks the same where z3 is" },
  "npm run -s prove -- --broken": { not: "it needs z3 and a minute" },
  "npm run fleet": { not: "it needs a broker and a database, and does not end by itself" },
  "npm run -s fleet -- --help": { ends: /Use: npm run fleet/ },
  "npm run fleet -- load --sites 1000": { not: "it takes minutes" },
  "npm run fleet -- kills --seed 1": { not: "it takes minutes" },
  "npm run fleet -- heads --seed 1": { not: "it takes minutes, and needs a database" },
  "npm run -s fleet -- rehearse --sites 200 --mw 1": { ends: /"worstMinutePct":\d/ },
  "npm run fleet -- verify proof.json --dispatcher-key dispatcher.pub.pem": { not: "its file comes from a dispatch" },
  "npm run -s campaign": { not: "it takes an hour, and breaks things" },
  "npm run -s campaign -- --faults clock,disk --phases island": { not: "it takes minutes, and breaks things" },
  "npm run -s mutate": { not: "it takes an hour" },
  "npm run -s mutate -- --folders src/core/modes --per-folder 50": { not: "it takes minutes" },
  "npm run -s power-cuts -- --cuts 200": { not: "it takes minutes, and mounts file systems" },
  "npx islet swarm --seeds 1..200 --hours 24": { not: "it takes hours; tests/cli/commands.test.ts plays a short one" },
  "npx islet swarm --seed 12 --hours 8 --evses-max 6": { not: "it takes half a minute of processor time" },
  "npx islet swarm --seeds 1..50 --json": { not: "it takes an hour" },
  "npx islet run --config config/minimal.yaml": { starts: /Dashboard: http:\/\/127\.0\.0\.1:\d+/ },
};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "islet-docs-"));
  cpSync(join(root, "config"), join(folder, "config"), { recursive: true });
  // The same site on ports that nobody else has.
  const site = join(folder, "config/minimal.yaml");
  const [meter, stage] = [await freePort(), await freePort()];
  const text = readFileSync(site, "utf8").replace("15200", String(meter)).replace("15210", String(stage));
  writeFileSync(site, `${text}\ndashboard: { port: 0 }\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/**
 * What a printed line runs, without what installs before it: the machine of this test has that, and npm must not change it
 * under the tests. Ports that the line leaves at their standard are taken where they are free.
 */
function programOf(line: string): { readonly args: readonly string[]; readonly cwd: string } {
  const words = line.split(" ");
  if (words[0] === "npx" && words[1] === "islet") {
    const free = words[2] === "sim" ? ["--control-port", "0"] : [];
    return { args: [isletFile, ...words.slice(2), ...free], cwd: folder };
  }
  if (words[0] === "npx") return { args: [join(root, "node_modules/vitest/vitest.mjs"), ...words.slice(2)], cwd: root };
  const script = words[1] === "run" ? words.find((word, n) => n > 1 && !word.startsWith("-"))! : words[1]!;
  const [node, ...args] = scripts[script]!.split(" ");
  expect(node).toBe("node");
  const own = words.indexOf("--");
  return { args: own < 0 ? args : [...args, ...words.slice(own + 1)], cwd: root };
}

describe("blocks of shell lines", () => {
  const lines = [...new Set(documents.flatMap((document) => blockLines(read(document))))];

  test("each line has a trial here, or a reason why not", () => {
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => trials[line] === undefined)).toEqual([]);
  });

  for (const line of lines) {
    const trial = trials[line];
    if (trial === undefined || "not" in trial) continue;
    test(line, async () => {
      const { args, cwd } = programOf(line);
      const program = start(process.execPath, args, cwd);
      try {
        if ("starts" in trial) {
          await program.says(trial.starts);
          expect(await program.stop(), program.said()).toBe(0);
        } else {
          await program.says(trial.ends);
          expect(await program.stop("SIGCONT"), program.said()).toBe(0);
        }
      } finally {
        await program.stop("SIGKILL");
      }
    });
  }
});

describe("commands in sentences exist", () => {
  const all = documents.flatMap((document) => mentions(read(document)).map((command) => ({ document, command })));
  const helps = new Map<string, string>();
  const helpOf = (words: readonly string[]): string => {
    const key = words.join(" ");
    const known = helps.get(key);
    if (known !== undefined) return known;
    const { stdout } = spawnSync(process.execPath, [isletFile, ...words, "--help"], { encoding: "utf8" });
    helps.set(key, stdout);
    return stdout;
  };
  const isWord = (word: string | undefined): word is string => word !== undefined && /^[a-z][\w-]*$/.test(word);

  /** What is wrong with a mentioned command; "" when nothing is. */
  function wrongWith(command: string): string {
    const words = command.split(/\s+/).filter((word) => !/^[A-Z_]+=/.test(word));
    const islet =
      words[0] === "islet" ? words.slice(1) : words[0] === "npx" && words[1] === "islet" ? words.slice(2) : null;
    if (islet !== null) {
      const path = isWord(islet[0]) ? [islet[0]] : [];
      if (["permit", "audit", "map", "token", "eebus"].includes(path[0] ?? "") && isWord(islet[1])) path.push(islet[1]);
      const help = helpOf(path);
      if (!help.startsWith(`Usage: islet ${path.join(" ")}`.trimEnd())) return "no such command";
      const missing = islet.filter((word) => word.startsWith("--") && word !== "--help" && !help.includes(word));
      return missing.length > 0 ? `no option ${missing.join(", ")}` : "";
    }
    if (words[0] === "npm") {
      if (words[1] !== "run")
        return ["start", "test", "ci", "install"].includes(words[1]!) ? "" : "no such npm command";
      const [script, first] = words.slice(2).filter((word) => !word.startsWith("-"));
      if (scripts[script!] === undefined) return `no script ${script}`;
      return script === "bench" && isWord(first) && !existsSync(join(root, `bench/${first}.ts`))
        ? `no bench ${first}`
        : "";
    }
    const files = words.filter((word) => /^(?:tests|scripts|bin|bench)\/\S+\.\w+$/.test(word));
    const gone = files.find((file) => !existsSync(join(root, file)));
    if (gone !== undefined) return `no file ${gone}`;
    const project = words[words.indexOf("--project") + 1];
    if (!words.includes("--project")) return "";
    const waiting = new Set(realTimeTests());
    const wrong = files.find((file) => waiting.has(join(root, file)) === (project === "logic"));
    return wrong === undefined ? "" : `${wrong} is not in the project ${project}`;
  }

  test("they are found", () => expect(all.length).toBeGreaterThan(60));
  test("command, options, script and file", () => {
    const wrong = all.flatMap(({ document, command }) => {
      const why = wrongWith(command);
      return why === "" ? [] : [`${document}: ${command}: ${why}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe("a site that 0.1 left behind", () => {
  test("runs: its permit is known, its lockout stands, its log goes on", async () => {
    const old = siteOf01();
    const file = join(old, "site.yaml");
    writeFileSync(file, `${readFileSync(file, "utf8")}\ndashboard: { port: 0 }\n`);
    const program = start(process.execPath, [isletFile, "run", "--config", "site.yaml"], old);
    try {
      await program.says(/The audit log has 8 records/);
      await program.says(/Permission to operate FIXTURE of A utility that does not exist: parallel-non-export/);
      await program.says(/Stored intent: locked\./);
      await program.says(/Mode unknown → lockedOut/);
      expect(await program.stop(), program.said()).toBe(0);
    } finally {
      await program.stop("SIGKILL");
      rmSync(old, { recursive: true, force: true });
    }
  });
});
