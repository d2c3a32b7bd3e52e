/** A whole site gives a whole package: what is in it, that an edit is found, that the draft is a permit. */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { checkPermit } from "../../src/app/permits/permit-format.ts";
import { examineSiteConfig } from "../../src/config/parse.ts";
import { islet } from "./run-command.ts";
import { changed, installSite, rootFolder, wholeSite } from "./whole-site.ts";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-approval-"));
  file = installSite(folder, wholeSite);
  // Sites that name no state folder have theirs here.
  vi.stubEnv("ISLET_STATE_DIR", join(folder, "unnamed-state"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly ok: boolean;
  readonly missing: readonly { readonly what: string; readonly who: string; readonly how: string }[];
  readonly contradictions: readonly { readonly kind: string }[];
}

async function make(out: string, ...args: readonly string[]): Promise<Answer> {
  const { stdout } = await islet(
    "approval",
    "--config",
    file,
    "--out",
    join(folder, out),
    "--no-pdf",
    "--json",
    ...args,
  );
  return JSON.parse(stdout) as Answer;
}

interface Field {
  readonly label: string;
  readonly value: string;
  readonly origin: string;
}

describe("a whole site", () => {
  test("is not refused, and only what operation brings is missing", async () => {
    const { ok, contradictions, missing } = await make("whole");
    expect({ ok, contradictions }).toEqual({ ok: true, contradictions: [] });
    expect(missing.map(({ who, what }) => `${who}: ${what}`)).toEqual([
      "installer: recoveries measured in operation (none so far)",
    ]);
  });

  test("every field tells the file, and the line of what the configuration gives", () => {
    const { approval } = JSON.parse(readFileSync(join(folder, "whole/approval.json"), "utf8")) as {
      approval: { sheets: { fields: Field[]; tables: { origin: string }[] }[] };
    };
    const fields = approval.sheets.flatMap((sheet) => sheet.fields);
    expect(fields.length).toBeGreaterThan(60);
    expect(fields.filter(({ origin, value }) => origin === "" || value === "")).toEqual([]);
    const tables = approval.sheets.flatMap((sheet) => sheet.tables);
    expect(tables.filter(({ origin }) => origin === "")).toEqual([]);
    const lines = readFileSync(file, "utf8").split("\n");
    const placed = fields.flatMap(({ origin }) => /:(\d+) ([\w.[\]]+)$/.exec(origin)?.slice(1) ?? []);
    for (let i = 0; i < placed.length; i += 2) {
      const name = placed[i + 1]!.split(".")
        .at(-1)!
        .replace(/\[\d+\]$/, "");
      const at = Number(placed[i]) - 1;
      expect(`${lines[at - 1]}\n${lines[at]}`, placed[i + 1]!).toContain(`${name}:`);
    }
    expect(placed.length / 2).toBeGreaterThan(30);
  });

  test("the draft is a permit that the utility's tools sign and the site takes", async () => {
    const draft = join(folder, "whole/permit-draft.json");
    expect(checkPermit(JSON.parse(readFileSync(draft, "utf8")))).toMatchObject({
      ok: true,
      value: {
        serial: 2,
        site: "Whole site",
        exportLimitW: 50_000,
        equipment: [{ serialNumber: "A-1", certificate: "E1" }, {}],
      },
    });
    await islet("permit", "keygen", join(folder, "trial"));
    const signed = join(folder, "signed.json");
    expect(await islet("permit", "sign", draft, "--key", join(folder, "trial.key.pem"), "--out", signed)).toMatchObject(
      { code: 0 },
    );
    const judged = await islet("permit", "inspect", signed, "--config", file, "--anchor", join(folder, "trial.pem"));
    expect(judged).toMatchObject({ code: 0, stdout: expect.stringContaining("Accepted.") });
  });

  test("settings as a file: each of the code's, with its range and the site's value", () => {
    const csv = readFileSync(join(folder, "whole/settings-ieee1547-catB-III.csv"), "utf8").split("\r\n");
    expect(csv[0]).toBe("setting,name,clause,default,min,max,value,unit,certainty,source,origin");
    expect(csv.find((line) => line.startsWith("enterDelayS,"))).toMatch(
      /^enterDelayS,ES_DELAY,4\.10 Table 4,300,0,600,300,s,secondary,/,
    );
    expect(csv.length).toBeGreaterThan(50);
  });

  test("the diagram shows what is there, in text that paper carries", () => {
    const svg = readFileSync(join(folder, "whole/one-line.svg"), "utf8");
    for (const word of [
      "Valley Power",
      "500 kVA",
      "Main breaker 200 A",
      "busbar 225 A",
      "K1: open-transition",
      "Feeder (conductor, at most 100 kW, breaker 150 A)",
      "Bay 1",
      "Bay 2",
      "100 A",
      "Critical",
      "export at most 50 kW",
    ])
      expect(svg, word).toContain(word);
    const sizes = [...svg.matchAll(/font-size:([\d.]+)px/g)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(2.3);
    const xs = [...svg.matchAll(/ x="([\d.-]+)"/g)].map(([, x]) => Number(x));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...xs)).toBeLessThanOrEqual(186);
  });

  test("an edit, an addition, a removal and another key are found", async () => {
    const own = join(folder, "whole");
    const verify = (...args: readonly string[]) => islet("approval", "verify", own, ...args);
    expect(await verify()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^As it was signed: Whole site, 8 files, /),
    });
    expect(await verify("--key", join(folder, "utility.pem"))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("another key"),
    });
    const faults: readonly (readonly [string, () => void, RegExp])[] = [
      ["approval.html", () => edit("approval.html", "50 kW", "90 kW"), /approval\.html was edited after it was signed/],
      [
        "manifest.json",
        () => edit("manifest.json", "Whole site", "Other site"),
        /manifest\.json was edited after it was signed/,
      ],
      ["note.txt", () => writeFileSync(join(own, "note.txt"), "x"), /note\.txt is not part of the package/],
      ["one-line.svg", () => rmSync(join(own, "one-line.svg")), /one-line\.svg is missing/],
      ["paper-1-e1.pdf", () => appendFileSync(join(own, "paper-1-e1.pdf"), "x"), /paper-1-e1\.pdf was edited/],
    ];
    const edit = (name: string, from: string, to: string): void => {
      const text = readFileSync(join(own, name), "utf8");
      expect(text).toContain(from);
      writeFileSync(join(own, name), text.replace(from, to));
    };
    for (const [name, plant, said] of faults) {
      const before = existsSync(join(own, name)) ? readFileSync(join(own, name)) : null;
      plant();
      expect(await verify(), name).toMatchObject({ code: 1, stderr: expect.stringMatching(said) });
      if (before) writeFileSync(join(own, name), before);
      else rmSync(join(own, name));
    }
    expect(await verify()).toMatchObject({ code: 0 });
  });

  const browsers: readonly (readonly [string, string | null, RegExp, boolean])[] = [
    ["no browser", null, /No PDF: there is no Chromium on this machine: print approval\.html\./, false],
    ["one that fails", "exit 3", /No PDF: .*chromium: it ended with 3; print approval\.html\./, false],
    [
      "one that prints",
      `for a; do case $a in --print-to-pdf=*) echo "%PDF" > "\${a#--print-to-pdf=}";; esac; done`,
      /whole\/approval\.pdf, 10 files/,
      true,
    ],
  ];
  test.each(browsers)("the PDF: %s", async (_, script, said, isThere) => {
    const path = mkdtempSync(join(folder, "path-"));
    if (script !== null) writeFileSync(join(path, "chromium"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    vi.stubEnv("PATH", path);
    const out = join(folder, "whole");
    expect(await islet("approval", "--config", file, "--out", out)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(said),
    });
    expect(existsSync(join(out, "approval.pdf"))).toBe(isThere);
    expect(readFileSync(join(out, "approval.html"), "utf8").includes("<code>approval.pdf</code>")).toBe(
      script !== null,
    );
    expect(await islet("approval", "verify", out)).toMatchObject({ code: 0 });
  });

  test("a package takes the place of an earlier one, and of nothing else", async () => {
    expect((await make("whole")).ok).toBe(true);
    const { code, stderr } = await islet("approval", "--config", file, "--out", folder, "--no-pdf");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("holds something else") });
  });
});

describe("sites that say nothing for paper", () => {
  const examples = [
    ...["minimal", "depot", "home"].map((name) => `config/${name}.yaml`),
    ...["depot", "home-serial", "mixed-slow", "campus"].map((name) => `config/examples/${name}.yaml`),
  ];
  test.each(examples)("%s is not refused; what is missing has a giver and a way in", async (name) => {
    const out = join(folder, name.replaceAll(/\W/g, "-"));
    const { code, stdout } = await islet(
      "approval",
      "--config",
      join(rootFolder, name),
      "--out",
      out,
      "--no-pdf",
      "--json",
    );
    const { ok, missing, contradictions } = JSON.parse(stdout) as Answer;
    expect({ code, ok, contradictions }).toEqual({ code: 0, ok: true, contradictions: [] });
    expect(missing.length).toBeGreaterThan(10);
    expect(
      missing.filter(
        ({ what, who, how }) => what === "" || how === "" || !/^(installer|manufacturer|utility|owner)$/.test(who),
      ),
    ).toEqual([]);
    expect(readdirSync(out)).toContain("approval.html");
  });

  test("the example in the documentation is a configuration", () => {
    const text = readFileSync(join(rootFolder, "docs/approval.md"), "utf8");
    const example = parse(/```yaml\n([\s\S]*?)```/.exec(text)![1]!) as { approval: object };
    const { config, complaints } = examineSiteConfig(stringify({ ...wholeSite, ...example }), "docs/approval.md");
    expect({ complaints, owner: config?.approval?.owner }).toEqual({ complaints: [], owner: "North School District" });
  });

  test("who answered at commissioning stands in for what the configuration does not say", async () => {
    const own = mkdtempSync(join(tmpdir(), "islet-approval-"));
    try {
      const bare = changed(wholeSite, { "evses.0.stage.identity": undefined, "evses.1.stage.identity": undefined });
      const site = installSite(own, bare);
      await islet("approval", "--config", site, "--out", join(own, "package"), "--no-pdf");
      expect(JSON.parse(readFileSync(join(own, "package/permit-draft.json"), "utf8"))).toMatchObject({
        equipment: [
          { serialNumber: "A-1", firmware: ["2.1.0"] },
          { serialNumber: "A-2", firmware: ["2.1.0"] },
        ],
      });
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });
});
