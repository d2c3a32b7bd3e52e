/** Protections, the transfer device with its interlocks, neutral and ground. */
import { transferPartsOf } from "../../config/transfer-parts.ts";
import { approvalOf, type Evidence } from "../evidence.ts";
import { kW } from "../figures.ts";
import { SheetMaker } from "../sheet.ts";

const kinds = {
  none: "none: the site cannot island",
  "open-transition": "open transition: break before make, the loads see an interruption",
  "microgrid-interconnect": "closed transition after a synchronism check (25), for at most 100 ms",
} as const;

/** What must hold before K1 or a stage moves; the duties are those of firmware-bridge/CONTRACT.md and docs/island.md. */
const interlocks: readonly (readonly [string, string, string])[] = [
  ["A stage forms the island", "both contacts of K1 say open, and the voltages of both sides agree", "R23"],
  ["K1 closes by open transition", "every stage is off and the bus is dead", "R24"],
  ["An island begins or ends", "by the site's own facts or a person on site, never by a backend alone", "R26"],
  ["Contacts and voltages contradict each other", "locked out with the evidence; a person resets on site", "R23"],
  ["After a lockout", "a load only, until K1 has proven that it opens", "R48"],
  ["Power to the grid after any return", "waits for the code's delay of entering service, then its ramp", "R19, R49"],
];

export function protectionSheet(evidence: Evidence): SheetMaker {
  const { config, profile } = evidence.site;
  const { pcc, evses, generator, transferDevice } = config;
  const s = profile.settings;
  const { reversePower } = pcc;
  const sheet = new SheetMaker(evidence, "protection", "Protection, transfer and bonding").note(
    "The protections are those of the certified power stages. What the controller adds is a backup and replaces none of them (docs/grid-parallel.md, docs/island.md).",
  );
  sheet
    .fact(
      "Unintentional island",
      "ceased by the power stage within 2 s; backup of the controller by the meter",
      `${evidence.file}: evses[].stage; requirement R18`,
    )
    .fact(
      "Over-voltage trips (59)",
      `${s.ov1Pu} pu ${s.ov1S} s; ${s.ov2Pu} pu ${s.ov2S} s`,
      `grid code ${profile.base}`,
    )
    .fact(
      "Under-voltage trips (27)",
      `${s.uv1Pu} pu ${s.uv1S} s; ${s.uv2Pu} pu ${s.uv2S} s`,
      `grid code ${profile.base}`,
    )
    .fact(
      "Over-frequency trips (81O)",
      `${s.of1Hz} Hz ${s.of1S} s; ${s.of2Hz} Hz ${s.of2S} s`,
      `grid code ${profile.base}`,
    )
    .fact(
      "Under-frequency trips (81U)",
      `${s.uf1Hz} Hz ${s.uf1S} s; ${s.uf2Hz} Hz ${s.uf2S} s`,
      `grid code ${profile.base}`,
    )
    .setting(
      "Reverse power, minimum import (32R, 32F, 37)",
      ["pcc", "reversePower"],
      reversePower === undefined
        ? "no emulation configured"
        : `${reversePower.reverseMarginW === undefined ? "" : `export beyond the limit by ${kW(reversePower.reverseMarginW)}; `}${reversePower.minimumImportW === undefined ? "" : `import below ${kW(reversePower.minimumImportW)}; `}for ${reversePower.delayS} s; latches discharging off until a person on site resets it`,
    )
    .fact(
      "Slowest opening of a stage",
      `${Math.max(...evses.map(({ stage }) => stage.openingMs))} ms, taken off the clearing times`,
      `${evidence.file}: evses[].stage.openingMs`,
    );
  transfer(evidence, sheet);
  grounding(evidence, sheet);
  sheet.setting(
    "Generator",
    ["generator"],
    generator === undefined
      ? "none may be connected to the bus"
      : `contact at ${generator.device}, input ${generator.restsInput}: beside one that runs, or may run, no stage forms and K1 is not closed`,
  );
  if (transferDevice !== undefined && transferDevice.kind !== "none")
    sheet.table(
      "Interlocks",
      "in the controller; requirements as named",
      ["Before", "must hold", "Requirement"],
      interlocks,
    );
  return sheet;
}

function transfer(evidence: Evidence, sheet: SheetMaker): void {
  const { config } = evidence.site;
  const { transferDevice, evses, site } = config;
  const parts = transferPartsOf(config);
  const forming = evses.flatMap(({ gridForming, name }, i) => (gridForming ? [name ?? `EVSE ${i + 1}`] : []));
  sheet.setting("Transfer device K1", ["transferDevice", "kind"], kinds[transferDevice?.kind ?? "none"]);
  if (transferDevice === undefined || transferDevice.kind === "none") return;
  sheet.setting("Travel time", ["transferDevice", "travelMs"], `${transferDevice.travelMs} ms at worst`);
  if (parts === undefined)
    sheet.fact(
      "Proof that it is open",
      "two contacts and the voltages of both sides, told by the device itself",
      `${evidence.file}: transferDevice`,
    );
  else
    sheet
      .setting(
        "Proof that it is open",
        ["transferDevice", "contacts"],
        `contacts at ${parts.contacts.device}, inputs ${parts.contacts.normallyOpenInput} and ${parts.contacts.normallyClosedInput}${parts.contacts.mirror ? ", a mirror contact" : ", no mirror contact"}`,
      )
      .setting("Voltage of the grid's side", ["transferDevice", "gridVoltage"], parts.gridVoltage.device)
      .setting("Voltage of the site's side", ["transferDevice", "busVoltage"], parts.busVoltage.device)
      .setting("Drive", ["transferDevice", "command"], `${parts.command.drive} at ${parts.command.device}`);
  sheet.fact("Stages that form the island", forming.join(", ") || "none", `${evidence.file}: evses[].gridForming`);
  if (site.utilityNotified) sheet.setting("Utility told of backup in writing", ["site", "utilityNotified"], "yes");
  else
    sheet.lacks(
      "Utility told of backup in writing",
      "written notification of the utility that the site backs itself up (R4)",
      "owner",
      `site.utilityNotified in ${evidence.file}`,
    );
}

function grounding(evidence: Evidence, sheet: SheetMaker): void {
  const { transferDevice, bonding } = evidence.site.config;
  if (transferDevice === undefined || transferDevice.kind === "none") return;
  const { grounding: said } = approvalOf(evidence);
  const words = {
    solid: "goes through K1 unswitched",
    switched: "is switched by K1: in an island the chargers are a separately derived source",
  };
  const bonds = {
    service: "at the service only",
    switched: "switched: made after K1 has opened, undone before it closes, each step proven by two contacts",
    source: "at the source, for good",
  };
  sheet
    .asked(
      "Neutral",
      ["approval", "grounding", "neutral"],
      said && words[said.neutral],
      "installer",
      "whether K1 switches the neutral",
    )
    .asked(
      "Bond of neutral and ground in an island",
      ["approval", "grounding", "bond"],
      said && bonds[said.bond],
      "installer",
      "where neutral and ground are bonded in an island",
    )
    .setting(
      "Switched bond",
      ["bonding"],
      bonding === undefined ? "none configured" : `coil and contacts at ${bonding.device}`,
    );
}
