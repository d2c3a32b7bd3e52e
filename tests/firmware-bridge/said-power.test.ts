import { expect, test } from "vitest";
import { stageCommand } from "../../firmware-bridge/command-targets.ts";
import type { WriteRequest } from "../../firmware-bridge/device/device-writer.ts";
import { SaidPower } from "../../firmware-bridge/stage/said-power.ts";
import { roleNames } from "../../src/domain/modes.ts";

type Said = Partial<Record<keyof typeof stageCommand, number>>;

const request = (said: Said): WriteRequest => {
  const names = Object.keys(said) as (keyof typeof stageCommand)[];
  const places = names.map((name) => ({ index: stageCommand[name], offset: 0, deadBand: 0 }));
  return { places, sent: Float64Array.from(names, (name) => said[name]!) } as unknown as WriteRequest;
};
const [off, charge, discharge, forming] = (["off", "charge", "discharge", "forming"] as const).map((role) =>
  roleNames.indexOf(role),
);

test.each<[string, readonly Said[], number]>([
  ["a signed power", [{ powerW: -4_000 }], -4_000],
  ["a signed power of a stage that is switched off", [{ powerW: -4_000 }, { roleCode: off! }], 0],
  ["a stage that was started after its power was said", [{ operate: 0 }, { powerW: 3_000 }, { operate: 1 }], 3_000],
  ["two directions", [{ chargeW: 0, dischargeW: 2_500 }], -2_500],
  ["one direction alone", [{ chargeW: 2_500 }], 2_500],
  ["an amount and a role", [{ magnitudeW: 900 }, { roleCode: charge! }], 900],
  ["an amount and the other role", [{ roleCode: discharge!, magnitudeW: 900 }], -900],
  ["nothing of power", [{ powerW: 900 }, { heartbeat: 1 }], Number.NaN],
])("%s", (_, requests, powerW) => {
  const said = new SaidPower();
  expect(requests.map((one) => said.after(request(one))).at(-1)).toBe(powerW);
});

test("after another device was found, what the one before it had been told is forgotten", () => {
  const said = new SaidPower();
  said.after(request({ operate: 0 }));
  said.forget();
  expect(said.after(request({ powerW: 700 }))).toBe(700);
});

test.each<[string, readonly Said[], boolean]>([
  ["nothing was said", [], false],
  ["it may form, and gives nothing yet", [{ roleCode: forming!, powerW: 0 }], true],
  ["it may give power back", [{ roleCode: discharge!, powerW: -900 }], true],
  ["a charger without roles may give power back", [{ powerW: -900 }, { operate: 1 }], true],
  ["it was switched off after that", [{ powerW: -900 }, { operate: 0 }], false],
  ["told to discharge with no power: it gives none", [{ roleCode: discharge!, powerW: 0 }], false],
  ["it charges", [{ roleCode: charge!, powerW: 900 }], false],
  ["it formed, and is off", [{ roleCode: forming!, powerW: 0 }, { roleCode: off! }], false],
])("whether it may give power: %s", (_, requests, letsGive) => {
  const said = new SaidPower();
  for (const one of requests) said.after(request(one));
  expect(said.letsGive).toBe(letsGive);
});
