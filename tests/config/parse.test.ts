import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { complaintText, parseSiteConfig } from "../../src/config/parse.ts";

const example = (name: string) => readFileSync(join(import.meta.dirname, "../../config", name), "utf8");
const home = example("home.yaml");

describe("the example sites", () => {
  test.each(["depot.yaml", "home.yaml"])("%s is without complaint", (name) => {
    expect(parseSiteConfig(example(name), name)).toMatchObject({ ok: true });
  });
});

describe("a configuration error names file, line, setting, value and what is allowed", () => {
  const cases: readonly [string, (text: string) => string, string][] = [
    [
      "a port out of range",
      (text) => text.replace("port: 15210", "port: 99999"),
      "evses[0].stage.port is 99999: must be a whole number from 1 to 65535",
    ],
    [
      "text of another form than is asked for, of a length that would do",
      (text) => `${text}\nlinks: { fleet: { url: "tls://fleet.example:4222", site: s1 } }\n`,
      'links.fleet.site is "s1": must be 3 to 40 small letters, digits and hyphens, no hyphen at either end, for example depot-north',
    ],
    [
      "an address of another kind",
      (text) => `${text}\nlinks: { fleet: { url: "https://fleet.example", site: depot-1 } }\n`,
      'links.fleet.url is "https://fleet.example": must have the form of tls://fleet.example:4222',
    ],
    [
      "a misspelt setting",
      (text) => text.replace("importLimitW", "importLimtW"),
      "pcc.importLimtW is 24000: is not a setting here; check its spelling",
    ],
    [
      "a missing setting",
      (text) => text.replace("  importLimitW: 24000\n", ""),
      "pcc.importLimitW: is missing: must be a number from 0 to 100000000 W",
    ],
    [
      "a word that is none of the choices",
      (text) => text.replace("non-parallel-backup", "V2H"),
      'site.serviceMode is "V2H": must be one of load-only, non-parallel-backup, parallel-non-export, parallel-export',
    ],
    [
      "a number written as text",
      (text) => text.replace("maxChargeW: 9600", 'maxChargeW: "9600"'),
      'evses[0].maxChargeW is "9600": must be a number from 0 to 5000000 W',
    ],
    [
      "not a number at all",
      (text) => text.replace("maxChargeW: 9600", "maxChargeW: .nan"),
      "evses[0].maxChargeW is NaN: must be a number from 0 to 5000000 W",
    ],
    [
      "a list of EVSEs that is empty",
      (text) => text.replace(/evses:[\s\S]*?tiers:/, "evses: []\ntiers:"),
      "must list at least one EVSE",
    ],
    [
      "backup without a device that isolates",
      (text) => text.replace("kind: open-transition", "kind: none"),
      'site.serviceMode is "non-parallel-backup": needs a transferDevice that can isolate the site from the grid',
    ],
    [
      "a time zone that does not exist",
      (text) => text.replace("America/Los_Angeles", "America/Atlantis"),
      "must be an IANA time zone",
    ],
    [
      "a serial line given as a host",
      (text) => text.replace("host: 127.0.0.1, port: 15210", "host: /dev/ttyUSB0"),
      'evses[0].stage.host is "/dev/ttyUSB0": is a serial line, not a host: write serial: /dev/ttyUSB0',
    ],
    [
      "a device that is nowhere",
      (text) => text.replace("host: 127.0.0.1, port: 15210", "port: 15210"),
      "evses[0].stage.host: is missing: name the device's host, or its serial line with serial",
    ],
    [
      "a device that is in two places",
      (text) => text.replace("host: 127.0.0.1, port: 15210", "host: 127.0.0.1, serial: /dev/ttyUSB0"),
      'evses[0].stage.serial is "/dev/ttyUSB0": and host cannot both be given',
    ],
    [
      "a serial speed of a device in the network",
      (text) => text.replace("host: 127.0.0.1, port: 15210", "host: 127.0.0.1, baudRate: 9600"),
      "evses[0].stage.baudRate is 9600: belongs to a device with serial",
    ],
    [
      "two speeds on one serial line",
      (text) =>
        text
          .replace("host: 127.0.0.1, port: 15210", "serial: /dev/ttyUSB0, baudRate: 19200")
          .replace(/meter: \{ host: 127.0.0.1, port: \d+/, "meter: { serial: /dev/ttyUSB0"),
      "shares /dev/ttyUSB0 with pcc.meter, which sets it to 9600 Bd, parity none, 1 stop bits",
    ],
    [
      "a stage of one phase that is to form the island of a split-phase site",
      (text) => text.replace("gridForming: true", "gridForming: true\n    phase: a"),
      "evses[0].gridForming is true: needs a stage on all phases: one on phase a can't form the island of a split-phase site",
    ],
    ["YAML that is broken", (text) => text.replace("pcc:", "pcc: ["), "home.yaml:"],
    ["the same key twice", (text) => `${text}\nloop:\n  periodMs: 10\n`, "home.yaml:"],
    ["an empty file", () => "", "is missing"],
    ["a list instead of a site", () => "[1, 2]", "home.yaml:1:"],
  ];
  test.each(cases)("%s", (_name, change, expected) => {
    const parsed = parseSiteConfig(change(home), "home.yaml");
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error.map(complaintText).join("\n")).toContain(expected);
  });

  test("a transfer device of kind none → needs no host", () => {
    const text = home
      .replace(/transferDevice:[^\n]*(\n {2}[^\n]*)*/, "transferDevice: { kind: none }")
      .replace("serviceMode: non-parallel-backup", "serviceMode: load-only");
    const parsed = parseSiteConfig(text, "home.yaml");
    expect(parsed.ok ? "" : parsed.error.map(complaintText).join("\n")).toBe("");
  });

  test("the line is the setting's own", () => {
    const parsed = parseSiteConfig(home.replace("port: 15210", "port: 99999"), "home.yaml");
    const line = home.split("\n").findIndex((text) => text.includes("15210")) + 1;
    expect(!parsed.ok && parsed.error[0]!.line).toBe(line);
  });

  test("a huge file is refused before it is read", () => {
    expect(parseSiteConfig("x".repeat(2_000_000), "f")).toMatchObject({ ok: false });
  });
});
