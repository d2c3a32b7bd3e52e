/** Parts, meters and contacts that contradict each other, each with the sentence that an installer reads. */
import { expect, test } from "vitest";
import { complaintText, parseSiteConfig } from "../../src/config/parse.ts";

const io = "{ name: Cabinet I/O, kind: io, host: i }";
const bus = "{ name: Bus meter, kind: meter, host: b }";
const contacts = "contacts: { device: Cabinet I/O, normallyOpenInput: 0, normallyClosedInput: 1, mirror: true }";
const command = "command: { device: Cabinet I/O, drive: coil, closeOutput: 0 }";
const sides = "gridVoltage: { device: PCC meter }, busVoltage: { device: Bus meter }";
const k1 = (parts: string): string => `transferDevice: { kind: open-transition, ${parts} }`;
const plain = k1(`${contacts}, ${command}, ${sides}`);
const metered = "pcc: { importLimitW: 50000, meter: { host: m } }";
const evse = "{ stage: { host: s }, maxChargeW: 11000, gridForming: true }";

interface Given {
  readonly pcc?: string;
  readonly devices?: string;
  readonly more?: string;
  readonly evse?: string;
}
function said({ pcc = metered, devices = `${io}, ${bus}`, more = plain, evse: one = evse }: Given): string {
  const source = `site: { name: T, nominalVoltageV: 480 }\n${pcc}\ndevices: [${devices}]\n${more}\nevses: [${one}]\n`;
  const parsed = parseSiteConfig(source, "s");
  return parsed.ok ? "" : parsed.error.map(complaintText).join("\n");
}

test("parts as they should be → nothing to mend", () => {
  expect(said({})).toBe("");
});

test.each<readonly [string, Given, RegExp]>([
  ["a part is missing", { more: k1(`${contacts}, ${sides}`) }, /command: is missing: a transfer device of parts needs/],
  [
    "beside a device of its own",
    { more: k1(`host: k, ${contacts}, ${command}, ${sides}`) },
    /host is "k": cannot be given beside parts/,
  ],
  [
    "an unknown name",
    { more: plain.replace("{ device: Bus meter }", "{ device: Bus metre }") },
    /busVoltage\.device is "Bus metre": must name .*: Cabinet I\/O, Bus meter/,
  ],
  [
    "both sides by one meter",
    { more: plain.replace("PCC meter", "Bus meter") },
    /each side needs an instrument of its own/,
  ],
  [
    "the site's side by the meter at the connection",
    { more: plain.replace("Bus meter", "PCC meter") },
    /busVoltage\.device is "PCC meter": is on the grid's side/,
  ],
  [
    "one contact of a voltage relay",
    { more: plain.replace("{ device: Bus meter }", "{ device: Cabinet I/O, liveInput: 2 }") },
    /deadInput: is missing: .*a broken wire must not read as a dead line/,
  ],
  [
    "a coil with two outputs",
    { more: plain.replace("closeOutput: 0", "closeOutput: 0, openOutput: 1") },
    /a dead module never closes it/,
  ],
  [
    "a pulse with one output",
    { more: plain.replace("drive: coil", "drive: pulse") },
    /openOutput: is missing: a pulse drive/,
  ],
  [
    "a change-over without a break",
    { more: plain.replace("open-transition", "microgrid-interconnect") },
    /made of parts changes over with a break/,
  ],
  ["ordinary contacts and an island", { more: plain.replace(", mirror: true", "") }, /may say open over welded poles/],
  ["two devices of one name", { devices: `${io}, ${bus}, ${bus}` }, /devices\[2\]\.name is "Bus meter": is taken/],
  ["a module that nothing uses", { more: "" }, /devices\[0\]\.name is "Cabinet I\/O": is named by no part/],
  [
    "a grid operator's contact on no module",
    { pcc: metered.replace("meter:", "reduction: { device: Bus meter, input: 2 }, meter:") },
    /pcc\.reduction\.device is "Bus meter": must name an io module/,
  ],
  [
    "PV to be held back, and none that takes commands",
    { pcc: metered.replace("meter:", "curtailPv: true, meter:") },
    /pcc\.curtailPv is true: needs PV that takes commands/,
  ],
  [
    "a generator on no module",
    { more: `${plain}\ngenerator: { device: Bus meter, restsInput: 4 }` },
    /generator\.device is "Bus meter": must name an io module/,
  ],
  [
    "a bond on K1's own output",
    { more: `${plain}\nbonding: { device: Cabinet I/O, output: 0, bondedInput: 5, unbondedInput: 6 }` },
    /the bond needs an output of its own/,
  ],
  [
    "a bond without a K1",
    { more: "bonding: { device: Cabinet I/O, output: 2, bondedInput: 5, unbondedInput: 6 }" },
    /without an island there is no bond/,
  ],
  [
    "a sum of a meter that is not there",
    { pcc: "pcc: { importLimitW: 1, meter: { sumOf: [{ device: Feeder A }] } }" },
    /sumOf\[0\]\.device is "Feeder A": must name a meter of devices/,
  ],
  [
    "two connections",
    { pcc: "pcc: [{ importLimitW: 1 }, { importLimitW: 2 }]" },
    /pcc is .* Run one controller for each/,
  ],
  [
    "a list of K1s",
    { more: `${plain}\ntransferDevices: []` },
    /transferDevices is \[\]: is not possible: .*one transfer device/,
  ],
  [
    "a battery",
    { more: `${plain}\nbattery: { host: x }` },
    /battery is .* an entry of evses with its inverter as stage/,
  ],
  ["no meter, forgotten", { pcc: "pcc: { importLimitW: 50000 }" }, /pcc\.meter: is missing: name the meter's host/],
  [
    "no meter, and discharging",
    {
      pcc: "pcc: { importLimitW: 50000, fallbackImportLimitW: 7000 }",
      more: "",
      devices: "",
      evse: evse.replace("gridForming", "maxDischargeW: 5000, dischargeEnabled"),
    },
    /without one nobody sees what flows back/,
  ],
  [
    "PV held back in two ways",
    { more: `${plain}\npv: [{ host: p, ratedW: 1 }, { host: q, ratedW: 1, curtail: frequency-shift }]` },
    /pv\[1\]\.curtail is "frequency-shift": must be command like the PV before it/,
  ],
  [
    "PV that is only watched behind a K1",
    { more: `${plain}\npv: { host: p, ratedW: 1, curtail: none }` },
    /pv\.curtail is "none": must not be behind a K1/,
  ],
])("%s", (_, given, complaint) => {
  expect(said(given)).toMatch(complaint);
});
