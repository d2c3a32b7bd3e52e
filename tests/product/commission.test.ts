/** `islet commission` and `islet verify-device` as processes before `islet sim`: a site that is as it is described, and one that is not. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type DocumentSignature, isSigned } from "../../src/app/commissioning/station-key.ts";
import { isletFile } from "../lib/islet-file.ts";

const root = join(import.meta.dirname, "../..");

const folders: string[] = [];
const running: ChildProcess[] = [];
afterAll(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

interface Answer {
  readonly code: number | null;
  readonly said: string;
  readonly errors: string;
}

async function islet(
  args: readonly string[],
  meanwhile: (child: ChildProcess) => void = () => undefined,
): Promise<Answer> {
  const child = spawn(process.execPath, [isletFile, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let said = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    said += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  meanwhile(child);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said, errors };
}

/** Two stages of 22 kW on three phases, and what the simulator pretends. */
async function site(
  sim: object,
): Promise<{ readonly file: string; readonly folder: string; readonly ports: number[] }> {
  const folder = mkdtempSync(join(tmpdir(), "islet-commission-"));
  folders.push(folder);
  const ports = await freePorts(3);
  const [meter, ...stages] = ports;
  const config = {
    site: {
      name: "Trial",
      timeZone: "Europe/Berlin",
      serviceMode: "load-only",
      nominalVoltageV: 400,
      nominalFrequencyHz: "50",
      phases: "three",
      gridProfile: "vde-ar-n-4105-2018",
    },
    pcc: {
      importLimitW: 100_000,
      meter: { host: "127.0.0.1", port: meter, proven: true, updateMs: 100, windowMs: 100 },
    },
    authorization: "none",
    evses: stages.map((port, i) => ({
      name: `Bay ${i + 1}`,
      stage: { host: "127.0.0.1", port },
      maxChargeW: 22_000,
      maxDischargeW: 22_000,
    })),
    loop: { periodMs: 20 },
    stateDir: join(folder, "state"),
    sim: {
      startsAt: "2006-06-14 18:00",
      building: { data: "none" },
      stageEnterServiceS: 1,
      vehicles: [
        { evse: 1, socPct: 50 },
        { evse: 2, socPct: 50 },
      ],
      ...sim,
    },
  };
  const file = join(folder, "site.yaml");
  writeFileSync(file, stringify(config));
  const simulator = spawn(process.execPath, [isletFile, "sim", "--config", file, "--control-port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(simulator);
  await once(simulator.stdout!, "data");
  return { file, folder, ports };
}

interface Row {
  readonly verdict: string;
  readonly device: string;
  readonly sentence: string;
}
interface Told {
  readonly verdict: string;
  readonly file: string;
  readonly steps: readonly { readonly step: string; readonly verdict: string; readonly findings: readonly Row[] }[];
}

const findings = (told: Told): string[] =>
  told.steps.flatMap(({ step, findings: rows }) =>
    rows.map((row) => `${step} ${row.verdict} ${row.device}: ${row.sentence}`),
  );

// They wait for their sites nearly all the time: side by side they take as long as one.
describe.concurrent("islet commission", { timeout: 600_000 }, () => {
  it("names wrong wiring, a wrong dead time and a missing watchdog, each with device, configured, measured and what to change", async () => {
    const { file, folder } = await site({
      meter: { wiring: "A,-C,B" },
      stages: { deadTimeMs: 600 },
      breaches: [{ evse: 2, breach: "goes-on-in-silence" }],
    });
    const steps = ["--step", "devices", "--step", "nudges", "--step", "watchdogs"];
    const { code, said, errors } = await islet(["commission", file, "--yes", "--json", "--adopt", ...steps]);
    expect(code, errors).toBe(1);
    const told = JSON.parse(said) as Told;
    const lines = findings(told).join("\n");
    expect(lines).toMatch(
      /nudges fail PCC meter: Wiring of its current transformers: input B has the transformer of phase C, input C has the transformer of phase B, the one at input B is the wrong way round\./,
    );
    for (const bay of [1, 2])
      expect(lines).toMatch(
        new RegExp(
          `nudges fail Bay ${bay}: .*dead time is (?:5[5-9]|6\\d)\\d ± \\d+ ms, configured 15 ms\\. Set evses\\[${bay - 1}\\]\\.stage\\.deadTimeMs to (?:5[5-9]|6\\d|7\\d)0`,
        ),
      );
    expect(lines).toMatch(/watchdogs pass Bay 1: at zero [3-6]\.\d s after the last word, configured 5 s/);
    expect(lines).toMatch(/watchdogs fail Bay 2: still [12]\.\d kW .* configured 5 s: its watchdog is missing or off/);
    // What the stages were measured to be is written; nothing that was measured with a wrong meter is.
    const written = parse(readFileSync(file, "utf8")) as { evses: { stage: { deadTimeMs: number } }[]; pcc: object };
    for (const { stage } of written.evses) expect(Math.abs(stage.deadTimeMs - 600)).toBeLessThan(110);
    expect(JSON.stringify(written.pcc)).not.toContain("latencyMs");
    expect(readdirSync(folder).filter((name) => name.startsWith("site.yaml.before-"))).toHaveLength(1);
  });

  it("finds nothing to mend on a site that is as it is described; goes on where it stood; the report is signed", async () => {
    const { file, folder, ports } = await site({});
    const steps = ["devices", "nudges", "limit"].flatMap((step) => ["--step", step]);
    const out = join(folder, "report.html");
    const first = await islet(["commission", file, "--yes", "--json", "--out", out, ...steps]);
    const told = JSON.parse(first.said) as Told;
    const wrong = findings(told).filter((line) => !/^\w+ pass/.test(line));
    expect(wrong, first.errors).toEqual([]);
    expect(findings(told).join("\n")).toMatch(
      /nudges pass PCC meter: Wiring of its current transformers: Every current transformer/,
    );

    const html = readFileSync(out, "utf8");
    const part = (id: string): string =>
      new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, "s")
        .exec(html)![1]!
        .replaceAll("\\u003c", "<");
    const signature = JSON.parse(part("signature")) as DocumentSignature;
    expect(isSigned(part("report"), signature)).toBe(true);
    expect(isSigned(part("report").replace("Trial", "Other"), signature)).toBe(false);
    expect(html).toContain("<svg");
    expect(html).not.toMatch(/(src|href)="http/);

    // What is done is not done again; without anybody there, what needs hands is not tried.
    const second = await islet(["commission", file, "--yes", "--json"]);
    expect(second.errors).toMatch(/3 of 5 steps are done/);
    const whole = JSON.parse(second.said) as Told;
    expect(whole.steps.map(({ step, verdict }) => `${step}: ${verdict}`)).toEqual([
      "devices: pass",
      "nudges: pass",
      "limit: pass",
      "hands: not tried",
      "watchdogs: pass",
    ]);

    // The utility's package takes who answered from the report, and holds while the configuration is the one that was tried.
    const paper = join(folder, "paper");
    const approval = ["approval", "--config", file, "--out", paper, "--no-pdf", "--json"];
    const made = await islet(approval);
    expect({ code: made.code, ...JSON.parse(made.said) }).toMatchObject({ code: 0, ok: true });
    expect(JSON.parse(readFileSync(join(paper, "permit-draft.json"), "utf8"))).toMatchObject({
      equipment: ["SIM-001", "SIM-002"].map((serialNumber) => ({ serialNumber, firmware: ["1.0.0"] })),
    });
    writeFileSync(file, readFileSync(file, "utf8").replace("importLimitW: 100000", "importLimitW: 90000"));
    const changed = await islet(approval);
    expect({ code: changed.code, said: changed.said }).toEqual({
      code: 1,
      said: expect.stringContaining('"kind":"commissioning-report-older"'),
    });

    const verified = await islet(["verify-device", `127.0.0.1:${ports[1]}`, "--json"]);
    const results = (JSON.parse(verified.said) as { results: { id: string; verdict: string; seen: string }[] }).results;
    // How fast it answers, and whether it stands still with the machine, is this machine's affair.
    const ownPace = ["answers-in-time", "counts-its-milliseconds"];
    expect(results.filter(({ id, verdict }) => verdict === "fail" && !ownPace.includes(id))).toEqual([]);
    expect(results.filter(({ verdict }) => verdict === "pass").length).toBeGreaterThan(10);
  });

  it("blames no device for what it was too busy to watch: it looks again", async () => {
    const { file } = await site({});
    const told = /too busy to watch \(\d+ % of the control cycles were seen\): once more, 2 of 3/;
    const { code, said, errors } = await islet(["commission", file, "--yes", "--json", "--step", "limit"], (child) => {
      // Somebody else has the processor nearly all the time, until the first recording is given up.
      let heard = "";
      const starving = setInterval(() => {
        child.kill("SIGSTOP");
        setTimeout(() => child.kill("SIGCONT"), 800);
      }, 900);
      const end = (): void => clearInterval(starving);
      child.once("exit", end);
      child.stderr!.on("data", (text) => {
        heard += text;
        if (told.test(heard)) end();
      });
    });
    expect(errors).toMatch(told);
    expect({ code, wrong: findings(JSON.parse(said) as Told).filter((line) => !/^\w+ pass/.test(line)) }).toEqual({
      code: 0,
      wrong: [],
    });
  });

  it("is asked wrongly without a terminal and without --yes", async () => {
    const { code, errors } = await islet(["commission", join(root, "config/home.yaml")]);
    expect(code).toBe(2);
    expect(errors).toMatch(/each step asks before it does something/);
  });
});
