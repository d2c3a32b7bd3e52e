/** `islet doctor` as a person runs it: each thing that can be wrong with a gateway is named, with what to do. */
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openWitness } from "../../src/app/permits/witness.ts";
import { openStore } from "../../src/app/store/store.ts";
import { isletFile } from "../lib/islet-file.ts";

const root = join(import.meta.dirname, "../..");
const minimal = readFileSync(join(root, "config/minimal.yaml"), "utf8");

let folder: string;
let server: Server | null = null;
const at = (...path: string[]): string => join(folder, ...path);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-doctor-"));
});
afterEach(async () => {
  const running = server;
  server = null;
  await new Promise((resolve) => (running === null ? resolve(null) : running.close(resolve)));
  rmSync(folder, { recursive: true, force: true });
});

interface Seen {
  readonly code: number;
  readonly text: string;
  /** The row of a check. */
  row(id: string): { verdict: string; sentence: string; todo: string };
}

async function doctor(site: string, ...more: string[]): Promise<Seen> {
  writeFileSync(at("site.yaml"), `${minimal}\nstateDir: ${at("state")}\n${site}`);
  const args = [isletFile, "doctor", "--config", at("site.yaml"), "--json", ...more];
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) =>
    execFile(process.execPath, args, { env: { ...process.env, ISLET_TOKEN: undefined } }, (failure, stdout) =>
      resolve({ code: typeof failure?.code === "number" ? failure.code : 0, stdout }),
    ),
  );
  const { rows } = JSON.parse(stdout.split("\n")[0]!) as {
    rows: { id: string; verdict: string; sentence: string; todo: string }[];
  };
  return { code, text: stdout, row: (id) => rows.find((row) => row.id === id)! };
}
const nobody = ["--url", "http://127.0.0.1:9"];

describe("what can be wrong is named, with what to do", () => {
  const wrong: [string, string, string, RegExp, () => void, site: string][] = [
    [
      "a clock that is behind a moment that has been",
      "clock",
      "bad",
      /before 2090-01-01T00:00Z, a moment that has been/,
      () => openWitness(at("state")).add({ clockFloorMs: Date.parse("2090-01-01") }),
      "",
    ],
    [
      "a state folder that others may read",
      "state-folder",
      "look",
      /Others than its owner may read/,
      () => {
        mkdirSync(at("state"));
        chmodSync(at("state"), 0o755);
      },
      "",
    ],
    [
      "a disk that is given more than a day may cost",
      "written",
      "look",
      /has written 130 MB in the 1 h .* 30 MB of it for the flight recorder; 100 MB a day are allowed/,
      () => {
        mkdirSync(at("state"), { mode: 0o700 });
        const store = openStore({ path: at("state/islet.db") });
        const hour = Math.floor(Date.now() / 3_600_000);
        store.put("written", "hours", JSON.stringify([{ hour, total: 130e6, recorder: 30e6 }]));
        store.close();
      },
      "",
    ],
    [
      "damaged files that were set aside",
      "state-folder",
      "look",
      /islet\.db\.damaged-1/,
      () => {
        mkdirSync(at("state"), { mode: 0o700 });
        writeFileSync(at("state/islet.db.damaged-1"), "");
      },
      "",
    ],
    [
      "a permit that is no permit",
      "permit",
      "bad",
      /refused/,
      () => {
        mkdirSync(at("state"), { mode: 0o700 });
        writeFileSync(at("state/permit.json"), "{}");
      },
      "",
    ],
    [
      "a certificate that is not there",
      "certificates",
      "bad",
      /ca\.pem can't be read \(ENOENT\)/,
      () => undefined,
      "backend: { url: 'ws://127.0.0.1:9/x', identity: S1, caFile: ca.pem }",
    ],
    ["a controller that does not run", "controller", "look", /No controller answers/, () => undefined, ""],
  ];
  test.each(wrong)("%s", async (_, id, verdict, sentence, prepare, site) => {
    prepare();
    const seen = await doctor(site, ...nobody);
    expect(seen.row(id)).toMatchObject({ verdict, sentence: expect.stringMatching(sentence) });
    expect(seen.row(id).todo).not.toBe("");
    expect(seen.code).toBe(verdict === "bad" ? 1 : 0);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "files of another owner in the state folder (needs root to make one)",
    async () => {
      mkdirSync(at("state"), { mode: 0o700 });
      writeFileSync(at("state/permit.json"), "{}");
      chownSync(at("state/permit.json"), 12_345, 12_345);
      expect((await doctor("", ...nobody)).row("state-folder")).toMatchObject({
        verdict: "bad",
        sentence: expect.stringMatching(/another owner in .*: permit\.json/),
        todo: expect.stringMatching(/^Give them to the folder's owner: chown /),
      });
    },
  );

  test("a serial line that is not there", async () => {
    const site = minimal.replace("host: 127.0.0.1, port: 15210", "serial: /dev/ttyNONE");
    writeFileSync(at("serial.yaml"), `${site}\nstateDir: ${at("state")}\n`);
    const args = [isletFile, "doctor", "--config", at("serial.yaml"), ...nobody];
    const text = await new Promise<string>((resolve) =>
      execFile(process.execPath, args, (_, stdout) => resolve(stdout)),
    );
    expect(text).toMatch(/BAD {2}Serial lines +\/dev\/ttyNONE is not there\.\n +→ Plug the adapter in/);
  });
});

describe("the running controller", () => {
  const serve = (answers: Readonly<Record<string, unknown>>): Promise<string> =>
    new Promise((resolve) => {
      server = createServer((request, response) => {
        const isOpen = request.url === "/healthz" || request.headers.authorization === "Bearer right";
        response.writeHead(isOpen ? 200 : 401, { "content-type": "application/json" });
        response.end(JSON.stringify(isOpen ? answers[request.url!] : {}));
      }).listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server!.address() as AddressInfo).port}`));
    });
  const state = (devices: unknown[]) => ({ health: { devices, loop: { stalls: 3, stallLongestMs: 812.4 }, owed: [] } });

  test("its devices and stalls are shown with a token; without one that is said", async () => {
    const fault = { sentence: "The meter does not answer. Check its cable.", clears: "x" };
    const url = await serve({
      "/healthz": { ok: true, ageMs: 30 },
      "/api/v1/state": state([{ name: "PCC meter", state: "silent", fault }]),
    });
    const blind = await doctor("", "--url", url);
    expect(blind.row("controller")).toMatchObject({ verdict: "good" });
    expect(blind.row("devices")).toMatchObject({
      verdict: "unknown",
      sentence: "Whether they are well is not known: that is shown to a token only.",
    });
    const seen = await doctor("", "--url", url, "--token", "right");
    expect(seen.row("devices")).toMatchObject({ verdict: "bad", sentence: `PCC meter: ${fault.sentence}` });
    expect(seen.row("stalls").sentence).toMatch(/stood still 3 times, 812 ms at most/);
    expect(seen.code).toBe(1);
    expect((await doctor("", "--url", url, "--token", "wrong")).row("devices").sentence).toMatch(
      /token was refused \(401\)/,
    );
  });

  test("one whose values are old is named", async () => {
    const url = await serve({ "/healthz": { ok: true, ageMs: 9_000 } });
    expect((await doctor("", "--url", url)).row("controller")).toMatchObject({
      verdict: "bad",
      sentence: expect.stringMatching(/9\.0 s old/),
    });
  });
});

test("a bundle for support has the configuration without its secrets, and overwrites nothing", async () => {
  const secrets =
    "backend: { url: 'wss://user:pa55@b.example/x', identity: S1, passwordFile: /run/p }\n# password: hunter2";
  const seen = await doctor(secrets, ...nobody, "--bundle", at("support.json.gz"));
  const text = gunzipSync(readFileSync(at("support.json.gz"))).toString();
  expect(text).toMatch(/First site/);
  expect(text).not.toMatch(/pa55|hunter2/);
  expect(seen.code).toBe(0);
  const again = await new Promise<string>((resolve) =>
    execFile(
      process.execPath,
      [isletFile, "doctor", "--config", at("site.yaml"), ...nobody, "--bundle", at("support.json.gz")],
      (_, __, stderr) => resolve(stderr),
    ),
  );
  expect(again).toMatch(/support\.json\.gz exists\. Name another file/);
});
