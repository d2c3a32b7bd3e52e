/**
 * What every command answers, through `bin/islet.mjs` as a process: exit code 0 when it did what was asked, 1 when it found
 * something wrong, 2 when it was asked wrongly. Those that run until they are stopped are in `long-running.test.ts`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isletFile } from "../lib/islet-file.ts";
import { siteOf01 } from "../lib/state-0.1.ts";

const root = join(import.meta.dirname, "../..");
const version = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;

let folder: string;
let old: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-cli-"));
  cpSync(join(root, "config"), join(folder, "config"), { recursive: true });
  writeFileSync(join(folder, "broken.yaml"), "site: { timeZone: Mars/X }\n");
  writeFileSync(join(folder, "no-yaml.yaml"), "site: [\n");
  const minimal = readFileSync(join(root, "config/minimal.yaml"), "utf8");
  writeFileSync(join(folder, "config/eebus.yaml"), `${minimal}\nlinks:\n  eebus: { port: 0 }\n`);
  writeFileSync(join(folder, "draft.json"), "{}");
  writeFileSync(join(folder, "case.json"), "{}");
  old = siteOf01();
  cpSync(old, join(folder, "old"), { recursive: true });
});
afterAll(() => {
  for (const one of [folder, old]) rmSync(one, { recursive: true, force: true });
});

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function islet(args: readonly string[], input = "", cwd = folder): Answer {
  const { status, stdout, stderr } = spawnSync(process.execPath, [isletFile, ...args], {
    cwd,
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** What must stand on standard output or, where something was wrong, on standard error. */
type Row = readonly [args: string, code: 0 | 1 | 2, said: RegExp, input?: string];

const rows: readonly Row[] = [
  ["", 2, /^Usage: islet \[options\] \[command\]\n/],
  ["--help", 0, /Commands:\n {2}run .*\n {2}sim /],
  ["--version", 0, new RegExp(`^${version.replaceAll(".", "\\.")}\n$`)],
  ["frobnicate", 2, /unknown command 'frobnicate'/],

  ["run", 2, /required option '--config <file>'/],
  ["run --config none.yaml", 1, /^islet: none\.yaml can't be read \(ENOENT\)\n$/],
  ["run --config broken.yaml", 1, /Mars\/X/],
  ["run --config config/minimal.yaml --log-level loud", 2, /Allowed choices are debug, info, warn, error/],
  ["sim", 2, /required option '--config <file>'/],
  ["sim --config none.yaml", 1, /none\.yaml can't be read/],
  [
    "sim --config config/minimal.yaml --control-port x",
    2,
    /'x' is invalid\. It must be a whole number from 0 to 65535/,
  ],
  ["sim --config config/minimal.yaml --seed -1", 2, /It must be a whole number/],
  ["sim --config config/minimal.yaml --seconds soon", 2, /'soon' is invalid\. It must be a number from 0/],
  ["demo --port 70000", 2, /It must be a whole number from 0 to 65535/],
  ["demo --config none.yaml", 1, /none\.yaml can't be read/],

  ["token", 2, /Usage: islet token/],
  ["token make --config config/minimal.yaml", 2, /missing required argument 'name'/],
  ["token make home", 2, /required option '--config <file>'/],
  [
    "token make home --config config/minimal.yaml --rights power,permit",
    2,
    /There is no right "permit"\. They are: power, limits, departures, reserve, chargers/,
  ],
  ["token list --config config/minimal.yaml", 0, /^No token is valid\.\n$/],
  [
    "token make home --config config/minimal.yaml --rights power,limits",
    0,
    /^islet_[\w-]{43}\nToken [\w-]{8} for home may read, power, limits\./,
  ],
  ["token list --config config/minimal.yaml", 0, /^[\w-]{8} {2}home {2}read, power, limits {2}made /],
  ["token revoke x --config config/minimal.yaml", 1, /there is no valid token x/],

  ["eebus", 2, /Usage: islet eebus/],
  ["eebus ski --config config/minimal.yaml", 1, /has no links\.eebus: add it/],
  ["eebus trust 123 --config config/eebus.yaml", 2, /"123" is no SKI: an SKI has 40 hexadecimal digits/],
  [`eebus trust ${"0f".repeat(20)} --config config/eebus.yaml`, 0, /^Control box \((0f){20}\) is trusted/],
  [
    "eebus list --config config/eebus.yaml",
    0,
    /^This site: [0-9a-f]{40}\n(0f){20} {2}Control box {2}trusted, not seen/,
  ],
  [`eebus untrust ${"AA".repeat(20)} --config config/eebus.yaml`, 1, /is not trusted/],

  ["probe", 2, /missing required argument 'place'/],
  ["probe nowhere:0", 2, /nowhere:0 is no HOST, HOST:PORT or serial line/],
  ["probe 127.0.0.1 --units 1-300", 2, /It is a list of units from 0 to 247/],
  [
    "probe 127.0.0.1:1 --units 1 --framing tcp",
    1,
    /^tcp 127\.0\.0\.1:1: [^\n]+\n0 found, 0 reads, nothing written\.\n$/,
  ],

  ["probe 127.0.0.1 --tls-cert a.pem", 2, /a secured connection needs --tls-cert and --tls-key/],
  ["map try config/maps/abb-b23.yaml /dev/ttyX --tls-cert a.pem --tls-key a.key --tls-ca c.pem", 2, /goes with a host/],

  ["map", 2, /Usage: islet map/],
  ["map check", 2, /missing required argument 'file'/],
  [
    "map check config/maps/janitza-umg604.yaml",
    0,
    /^config\/maps\/janitza-umg604\.yaml: Janitza UMG 604, meter; .*\n {2}meter at the PCC: yes\n$/,
  ],
  [
    "map check config/maps/eastron-sdm630.yaml --json",
    0,
    /^\[\{"file":"config\/maps\/eastron-sdm630\.yaml","ok":true,"kind":"meter"/,
  ],
  ["map check broken.yaml", 1, /broken\.yaml:1 site is not known: must be one of device, [\s\S]*to mend\.\n$/],
  ["map check none.yaml", 1, /^none\.yaml: can't be read \(ENOENT\)\nnone\.yaml: 1 to mend\.\n$/],
  ["map try none.yaml 127.0.0.1:1", 1, /none\.yaml can't be read \(ENOENT\)/],
  ["map try config/maps/abb-b23.yaml nowhere:0", 2, /nowhere:0 is no HOST, HOST:PORT or serial line/],
  ["map new --out new.yaml", 2, /the answers ended before this one: powerW/, "meter\nX\n\n\n"],
  ["map new --out new.yaml", 0, /X, meter; 1 facts, 0 commands; tested: not tried/, "meter\nX\n\n\n10\nint16\n\n\n"],
  ["map new --out broken.yaml", 2, /broken\.yaml is there already: name another file, or give --force/],

  ["check-config", 2, /name the configuration/],
  ["check-config none.yaml", 1, /none\.yaml can't be read \(ENOENT\)[\s\S]*1 to mend\. Nothing was energized\./],
  [
    "check-config broken.yaml",
    1,
    /site\.name: is missing: must be text[\s\S]*site\.timeZone is "Mars\/X": must be an IANA time zone[\s\S]* to mend\./,
  ],
  ["check-config no-yaml.yaml", 1, /no-yaml\.yaml:\d: the file: /],
  ["check-config broken.yaml --json", 1, /^\{"ok":false,"complaints":\[\{"file":"broken\.yaml","line":1,/],
  ["check-config config/minimal.yaml", 0, /^First site: 1 EVSE, 0 tiers, service mode load-only\.\n/],
  ["check-config config/home.yaml", 0, /^Oak Street 12: /],
  ["check-config --config config/depot.yaml", 0, /^North depot: 20 EVSEs, 3 tiers/],
  ["check-config config/home.yaml --json", 0, /^\{"ok":true,"config":\{"site":\{"name":"Oak Street 12"/],
  ["check-config config/home.yaml --json", 0, /"promises":\{"exports":\{"backMs":\d+,"peakW":9600,/],
  ["check-config --settings", 0, /^site\.name\n {4}required\. /],
  ["check-config --schema", 0, /"\$schema"/],

  [
    "explain --url http://127.0.0.1:1",
    1,
    /no controller answers at http:\/\/127\.0\.0\.1:1 .*Is `islet run` running\?/,
  ],
  ["explain first", 2, /'first' is invalid for argument 'evse'\. It must be a whole number from 1 to 100/],

  ["explain --at yesterday", 2, /It must be a moment with its zone, such as 2026-11-30T14:05:00Z/],
  ["explain --at 2026-11-30T14:05:00Z", 2, /--at needs --recording: a recording's file or folder/],
  ["explain --at 2026-11-30T14:05:00Z --recording none", 1, /^islet: none is not there\n$/],

  ["replay", 2, /missing required argument 'recording'/],
  ["replay none", 1, /^islet: none is not there\n$/],
  ["replay config/home.yaml", 1, /^islet: home\.yaml is no recording of Islet: it has no readable part\n$/],
  ["replay config", 1, /there is no recording \(\*\.islet-rec\) in config/],
  ["replay none --html page.html", 2, /--html goes with --what-if/],
  ["incidents", 2, /missing required argument 'place'/],
  ["incidents none", 1, /^islet: none is not there\n$/],
  ["incidents config --html page.html", 2, /--html shows one incident: name its file/],

  ["scenario", 0, /^depot-day +A school-bus depot/],
  ["scenario --list --json", 0, /^\{"name":"depot-day","sentence":"/],
  ["scenario all --record there", 2, /--record takes one scenario and one seed/],
  ["scenario depot-night", 2, /there is no scenario depot-night; there are: depot-day, /],
  ["scenario depot-day --seeds 9-1", 2, /must be like 1-50/],
  ["swarm --seeds 9..1", 2, /--seeds is 9..1: must be like 1-50/],
  ["swarm --hours 0", 2, /--hours is 0: must be a number from 0.1 to 744/],
  ["swarm --seed 3 --hours 0.1 --evses 1 --tick 50 --workers 1", 0, /1 of 1 sites kept every promise: 0 site-hours/],
  ["swarm --seed 3 --hours 0.1 --evses 1 --tick 50 --json", 0, /^\{"seed":3,"ok":true,"site":"/],
  ["scenario depot-day --tick 0", 2, /--tick is 0: must be a number from 1 to 100/],

  ["modes", 0, /^unknown: .*\n {2}\S+ +→ /],
  ["modes lockedOut", 0, /^lockedOut: /],
  ["modes --mermaid", 0, /^stateDiagram-v2\n {2}\[\*\] --> unknown\n/],
  ["modes --json", 0, /^\{"modes":\[\{"mode":"unknown"/],
  ["modes party", 2, /party is no mode; the modes are unknown, /],

  ["update", 2, /^Usage: islet update /],
  ["update status", 2, /does not lie in a folder of versions: name one with --root/],
  ["update status --root .", 2, /has no folder "anchors" with the public keys/],
  ["update install none.update --root config", 2, /has no folder "anchors"/],
  ["doctor", 2, /required option '--config <file>'/],
  ["doctor --config none.yaml", 1, /none\.yaml can't be read/],
  ["doctor --config config/minimal.yaml --url nowhere", 2, /nowhere is no address/],
  ["alerts", 2, /required option '--config <file>'/],
  ["alerts --config config/minimal.yaml", 2, /tells nobody of events: add alerts\.mail or alerts\.webhook/],
  ["backup", 2, /required option '--config <file>'/],
  ["backup --config none.yaml --out x.backup", 1, /none\.yaml can't be read/],
  ["backup --config config/minimal.yaml --out broken.yaml", 2, /broken\.yaml exists\. Name another file/],
  ["backup --config config/minimal.yaml --out x.backup", 2, /No password: give --password-file/],
  ["restore", 2, /missing required argument 'file'/],
  ["restore none.backup", 1, /none\.backup/],

  // No log yet: the commands below make one.
  ["account", 2, /required option '--config <file>'/],
  ["account --config config/home.yaml --from 2026-02-30", 2, /--from must be a date of the calendar/],
  ["account --config config/home.yaml", 1, /islet\.db is not there: the controller has not run yet/],
  ["account verify --config config/home.yaml", 1, /islet\.db is not there/],
  ["audit", 2, /^Usage: islet audit /],
  ["audit verify", 2, /name the log: /],
  ["audit verify none.db", 1, /none\.db is not there/],
  ["audit verify broken.yaml", 1, /NOT whole/],
  ["audit verify old/state/audit.db --head x", 2, /--head is RECORDS:HASH/],
  ["audit export", 2, /name the log: /],
  ["audit export --config config/home.yaml", 1, /is not there: the site has not written a log yet/],

  ["permit", 2, /^Usage: islet permit /],
  ["permit frobnicate", 2, /unknown command 'frobnicate'/],
  ["permit create", 1, /must list the equipment/],
  ["permit create --days never", 2, /It must be a whole number from 1 to 36500/],
  ["permit create --stage A1", 2, /--stage is SERIAL=FIRMWARE/],
  ["permit create --stage A1=1.0 --pair A1=CAR", 2, /--pair is SERIAL=VEHICLE,UL-RECORD,J3072-RECORD/],
  ["permit create --mode parallel-export --stage A1=1.0 --pair B2=CAR,UL,J", 1, /pairs names the EVSE B2/],
  ["permit create --config config/home.yaml --stage A1=1.0", 0, /"site": "Oak Street 12"/],
  ["permit keygen", 2, /missing required argument 'name'/],
  ["permit keygen trial", 0, /^trial\.pem \(public: .*trial\.key\.pem \(private: /],
  ["permit keygen trial", 1, /trial\.key\.pem is there already/],
  ["permit sign draft.json --key trial.key.pem", 1, /not a permit/],
  ["permit sign draft.json", 2, /required option '--key <file>'/],
  ["permit inspect", 2, /name a permit, or a configuration/],
  ["permit inspect none.json", 1, /none\.json can't be read \(ENOENT\)/],
  ["permit install none.json", 2, /required option '--config <file>'/],
  ["permit install none.json --config config/minimal.yaml", 1, /none\.json can't be read/],
  ["permit revoke --config config/minimal.yaml --reason test", 1, /[Nn]o permit/],
  ["permit revoke --config config/minimal.yaml", 2, /required option '--reason <text>'/],
  ["permit trust-clock --config config/minimal.yaml", 2, /required option '--reason <text>'/],

  ["grid-case", 2, /missing required argument 'files'/],
  ["grid-case none.json", 1, /^none\.json: can't be read \(ENOENT\)\n$/],
  ["grid-case case.json", 1, /^case\.json: not a grid-function case: /],

  ["plan-case", 2, /missing required argument 'files'/],
  ["plan-case none.json", 1, /none\.json/],

  ["sunspec", 0, /^64901 {2}islet_stage\n64902 {2}islet_transfer_device\n/],
  ["sunspec --json", 0, /^\[\{/],
  ["sunspec --c-header", 0, /#ifndef|#pragma once/],

  ["commission", 2, /missing required argument 'config'/],
  ["commission none.yaml", 1, /none\.yaml can't be read/],
  ["commission config/home.yaml", 2, /each step asks before it does something: run this at a terminal, or with --yes/],
  ["commission config/home.yaml --step roof", 2, /there is no step roof; the steps are devices, nudges, limit, k1/],
  ["commission config/home.yaml --list", 0, /^devices: [\s\S]*k1: Transfer device[\s\S]*watchdogs: /],
  ["certify --list", 0, /^ov-trip +5\.4\.2 +Over-voltage trip\n[\s\S]*integrity .*needs a laboratory/],
  ["certify --profile mars", 2, /there is no profile mars: one of ieee1547-catA-I, /],
  ["certify --profile ca-rule21 --profile ieee1547-catB-III", 2, /one code at a time: ca-rule21 and ieee1547-catB-III/],
  ["certify --procedures ov-trip hv-trip", 2, /there is no procedure hv-trip/],
  ["certify --against 10.0.0.9", 2, /there is no rig 10\.0\.0\.9: sim, or driver:COMMAND/],
  ["certify verify none.json", 1, /none\.json can't be read \(ENOENT\)/],
  ["certify verify draft.json", 1, /draft\.json: it is no report of `islet certify`/],
  ["approval", 2, /name the configuration: islet approval --config/],
  ["approval --list", 0, /^import-above-main-breaker\n {4}import limit against main breaker\. Lower the limit/],
  ["approval --config none.yaml", 1, /none\.yaml can't be read \(ENOENT\)/],
  [
    "approval --config config/home.yaml --out config",
    2,
    /config holds something else \(depot\.yaml\): name another folder/,
  ],
  [
    "approval --config config/home.yaml --no-pdf",
    0,
    /^Approval package of Oak Street 12: approval-oak-street-12\/approval\.html, 6 files/,
  ],
  ["approval verify approval-oak-street-12", 0, /^As it was signed: Oak Street 12, 5 files/],
  ["approval verify config", 1, /config: it is no package of `islet approval`/],
  ["verify-device", 2, /name the stage: HOST or HOST:PORT/],
  ["verify-device 127.0.0.1:70000", 2, /is not HOST or HOST:PORT/],
  [
    "verify-device 127.0.0.1:9 --tls-cert a.pem --tls-key a.key",
    2,
    /a secured connection needs --tls-ca or --tls-fingerprint, and not both/,
  ],
  ["verify-device 127.0.0.1:9", 1, /not identified[\s\S]* 0 kept, 1 broken/],
  ["verify-device --list", 0, /refuses-stale-commands \(writes\)\n {4}refuses a block whose token/],

  ["exi", 0, /^$/],
  ["exi", 0, /^\{"id":1,"error":\{"code":/, '{"id": 1, "op": "decode", "schemaSet": "iso2", "exi": "80"}\n'],
  ["exi", 0, /"error"/, "no JSON\n"],
  ["ev", 2, /say where the charger is: --connect HOST:PORT, or --interface NAME/],
  ["ev --connect 127.0.0.1:1 --contract a.pem", 2, /--contract needs --contract-key/],
  ["ev --connect 127.0.0.1:1 --resume 12", 2, /sixteen hexadecimal digits/],
  ["ev --connect 127.0.0.1:9", 1, /ECONNREFUSED/],
  ["v2g 80980011d00000", 0, /iso2 \(7 bytes\)\nV2G_Message/],
  ["v2g 8098", 1, /truncated: the message ends too early at bit 16/],
  ["v2g zz", 2, /zz is neither a file nor hexadecimal digits/],
  ["v2g --set none 80", 2, /sap, din, iso2/],
  ["v2g --keys nowhere.keys 80", 2, /nowhere\.keys is no file with secrets/],
  ["v2g 80980011d00000 --timeline", 0, /SessionSetupReq was not answered/],
];

describe("every command says what it did, or what was wrong, in the right place", () => {
  for (const [args, code, said, input] of rows)
    test(`islet ${args} → ${code}`, () => {
      const { status, stdout, stderr } = islet(args === "" ? [] : args.split(" "), input);
      const where =
        code === 0 ||
        args.startsWith("check-config ") ||
        /^(verify-device 127\.0\.0\.1:9$|audit verify broken|v2g 8|probe 127\.0\.0\.1:1 |map check [bn]|permit revoke --config config\/minimal\.yaml --reason)/.test(
          args,
        )
          ? stdout
          : stderr;
      expect({ status, said: where }).toEqual({ status: code, said: expect.stringMatching(said) });
      if (code === 0) expect(stderr).toBe("");
      else expect(stderr, "no stack, no words of a library").not.toMatch(/\n {4}at |Invalid input|node:internal/);
    });

  test("permits and logs of 0.1 → read, verified, exported", () => {
    const cwd = join(folder, "old");
    expect(islet(["permit", "inspect", "--config", "site.yaml"], "", cwd)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/FIXTURE, serial 1[\s\S]*SIM-002/),
    });
    const verified = islet(["audit", "verify", "--config", "site.yaml"], "", cwd);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringMatching(/whole, 8 records\.\nhead 8:6d133e88/) });
    expect(islet(["audit", "export", "--config", "site.yaml", "--out", "log.jsonl"], "", cwd).status).toBe(0);
    expect(islet(["audit", "verify", "log.jsonl"], "", cwd).status).toBe(0);
  });

  test("every command has a row", () => {
    const help = islet(["--help"]).stdout;
    const names = [...help.slice(help.indexOf("Commands:")).matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name]) => name!);
    const tried = new Set(rows.map(([args]) => args.split(" ")[0]));
    expect(names.filter((name) => name !== "help" && !tried.has(name))).toEqual([]);
  });

  test("whoever stops reading ends a command quietly", () => {
    const script = `"${process.execPath}" "${isletFile}" check-config --settings | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], { cwd: folder, encoding: "utf8" });
    expect({ stdout, stderr }).toEqual({ stdout: "site.name\n0\n", stderr: "" });
  });
});
