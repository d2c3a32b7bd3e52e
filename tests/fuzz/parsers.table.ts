/**
 * Every reader of bytes that come from outside, with right inputs to begin with: files of people, of the utility and of device
 * makers, messages of backends, vehicles and devices, files that Islet itself has written.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import { parseSimOptions } from "../../sim/run/sim-options.ts";
import { readCommand, readTopic } from "../../src/app/links/mqtt/commands.ts";
import { parsePermit } from "../../src/app/permits/permit-format.ts";
import { RecordingRefused, readRecording, ticksOf } from "../../src/app/recorder/recording-reader.ts";
import { openStore } from "../../src/app/store/store.ts";
import { bundleHeader, updateAnchors, verifyBundle } from "../../src/app/update/bundle.ts";
import { createImports, type ImportKind } from "../../src/app/vehicles/imports.ts";
import { openVehicles } from "../../src/app/vehicles/vehicles.ts";
import { parseLaboratory } from "../../src/certify/laboratory.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { parseAgreements } from "../../src/config/agreements-file.ts";
import { parseGenerationProfile } from "../../src/config/generation-profile-file.ts";
import { parseGridProfile } from "../../src/config/grid-profiles-file.ts";
import { parseSiteConfig } from "../../src/config/parse.ts";
import { vehicleSettings } from "../../src/config/site/fleet.ts";
import { parseMomentSeries } from "../../src/domain/moment-series.ts";
import { tableZone } from "../../src/domain/time-zone.ts";
import { codecOf } from "../../src/protocols/exi/codec.ts";
import { ExiError } from "../../src/protocols/exi/errors.ts";
import { captureOf } from "../../src/protocols/iso15118/capture.ts";
import { answerLine } from "../../src/protocols/iso15118/exi-lines.ts";
import { describe as described, payloadsIn, readAs } from "../../src/protocols/iso15118/explain.ts";
import { schemaSets } from "../../src/protocols/iso15118/messages/index.ts";
import { readQuirks } from "../../src/protocols/iso15118/quirk-files.ts";
import { readKeyLog } from "../../src/protocols/iso15118/tls-records.ts";
import { readDiscovery } from "../../src/protocols/iso15118/transport/discovery.ts";
import { Exchange, FunctionCode, takeReply } from "../../src/protocols/modbus/exchange.ts";
import { OcppError } from "../../src/protocols/ocpp/transport/errors.ts";
import { checkRequest, isAction } from "../../src/protocols/ocpp/transport/validators.ts";
import { walkChain } from "../../src/protocols/sunspec/chain.ts";
import { recordedOutage } from "../app/recorder/recorded-run.ts";
import { captureFile } from "../protocols/iso15118/capture-file.ts";
import type { Parser } from "./parser-fuzz.ts";

const root = join(import.meta.dirname, "../..");
const file = (path: string): Buffer => readFileSync(join(root, path));
const text = (bytes: Buffer): string => bytes.toString("utf8");
const nowMs = Date.parse("2026-11-30T12:00:00Z");

/** A folder for readers that take a file's name; it goes when the process ends. */
const folder = mkdtempSync(join(tmpdir(), "islet-fuzz-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

const series = { key: "perKWh", what: "price", unit: "EUR/kWh", min: -10, max: 10 };
const zone = (() => {
  const tabled = tableZone("Europe/Berlin");
  if (!tabled.ok) throw new Error(tabled.error);
  return tabled.value;
})();

function imports(kind: ImportKind, corpus: readonly string[]): Parser {
  const vehicles = openVehicles(
    {
      vehicles: [vehicleSettings.parse({ id: "bus-10", name: "Bus 10", rfids: ["AA01"], capacityWh: 350_000 })],
      routes: [{ id: "7", name: "Route 7", energyWh: 120_000 }],
      daysOff: [],
    },
    openStore({ path: ":memory:" }),
    zone,
  );
  const shown = createImports(vehicles, zone, () => nowMs);
  return { name: `import of ${kind}`, corpus: () => corpus, read: (bytes) => shown.preview(kind, text(bytes)).ok };
}

interface GoldenMessage {
  readonly schemaSet: keyof typeof schemaSets;
  readonly xml: string;
  readonly exi: string;
}
const goldenMax = 12;
/** Some messages of a set, or of all (`tests/golden/exi/README.md` says where they come from). */
const golden = (set?: string): GoldenMessage[] =>
  text(gunzipSync(file("tests/golden/exi/public.jsonl.gz")))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as GoldenMessage)
    .filter(({ schemaSet }) => set === undefined || schemaSet === set)
    .filter((_, i, all) => i % Math.ceil(all.length / goldenMax) === 0);

/** Messages of one schema set, as EXI. */
const exiParser = (set: keyof typeof schemaSets): Parser => ({
  name: `EXI of ${set}`,
  corpus: () =>
    golden(set).map(({ exi }) => Buffer.from(exi, "hex")),
  refusals: [ExiError],
  read(bytes) {
    const codec = codecOf(schemaSets[set] as Parameters<typeof codecOf>[0]);
    const message = codec.decode(bytes);
    // Whatever is taken can be shown and written again.
    described(message.value, message.root);
    codec.encode(message.root, message.value as never);
    return true;
  },
});

/** A device's registers from 40000 on as these bytes; further ones do not exist. */
async function isChain(bytes: Buffer): Promise<boolean> {
  const walked = await walkChain(async (address, count) => {
    const from = 2 * (address - 40_000);
    if (from < 0 || from + 2 * count > bytes.length) return { ok: false, error: "exception 2" };
    return { ok: true, value: bytes.subarray(from, from + 2 * count) };
  });
  return walked.ok;
}

/** "SunS", models of these ids and lengths, and the end. */
function chain(...models: readonly (readonly [number, number])[]): Buffer {
  const words = [0x5375, 0x6e53, ...models.flatMap(([id, length]) => [id, length, ...new Array<number>(length).fill(7)])];
  const bytes = Buffer.alloc(2 * (words.length + 2), 0);
  for (const [i, word] of [...words, 0xffff].entries()) bytes.writeUInt16BE(word, 2 * i);
  return bytes;
}

const bundles = (() => {
  const keys = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const trusted = join(folder, "trusted");
  return {
    right: (manifest: Parameters<typeof bundleHeader>[0], archive: string) =>
      Buffer.concat([bundleHeader(manifest, keys.privateKey), Buffer.from(archive)]),
    anchors() {
      mkdirSync(trusted, { recursive: true });
      writeFileSync(join(trusted, "maker.pem"), keys.publicKey);
      return updateAnchors(trusted);
    },
  };
})();

export const parsers: readonly Parser[] = [
  {
    name: "site configuration",
    corpus: () => ["config/minimal.yaml", "config/home.yaml"].map(file),
    read: (bytes) => parseSiteConfig(text(bytes), "site.yaml").ok,
  },
  {
    name: "what the simulator pretends",
    corpus: () => ['{"building":{"data":"none"},"vehicles":[{"evse":1,"socPct":50}],"stages":{"deadTimeMs":600}}'],
    refusals: [SyntaxError],
    read: (bytes) => parseSimOptions(JSON.parse(text(bytes))).ok,
  },
  {
    name: "device map",
    corpus: () =>
      ["eastron-sdm630", "wallbox-quasar", "sungrow-sg", "transfer-switch-from-parts"].map((map) =>
        file(`config/maps/${map}.yaml`),
      ),
    read: (bytes) => parseMapFile(text(bytes), "map.yaml").ok,
  },
  {
    name: "grid profile",
    corpus: () => [file("config/profiles/demo.yaml")],
    read: (bytes) => parseGridProfile(text(bytes), "profile.yaml").ok,
  },
  {
    name: "generation profile",
    corpus: () => [`name: July\nexportLimitW:\n${`  - [${"1000, ".repeat(23)}0]\n`.repeat(12)}`],
    read: (bytes) => parseGenerationProfile(text(bytes), "profile.yaml").ok,
  },
  {
    name: "agreements of mutual aid",
    corpus: () => [
      "parties: [{ id: depot, name: North }, { id: garage, name: South }]\nagreements:\n  - account: south-12\n    host: depot\n    guest: garage\n    from: 2026-11-01\n    until: 2026-12-31\n    currency: EUR\n    energyPerKWh: 0.30\n    wearPerKWh: 0.08\n    supplyPerKWh: 0.25\n    vehicles: [{ evccId: 00:11:22:33:44:AA }]\n",
    ],
    read: (bytes) => parseAgreements(text(bytes), "agreements.yaml").ok,
  },
  {
    name: "habits of vehicles",
    corpus: () => ["josev", "volkswagen-group"].map((name) => file(`config/vehicles/${name}.yaml`)),
    read(bytes) {
      const habits = join(folder, "habits");
      mkdirSync(habits, { recursive: true });
      writeFileSync(join(habits, "one.yaml"), bytes);
      return readQuirks(habits).mistakes.length === 0;
    },
  },
  {
    name: "permit",
    corpus: () => [file("tests/golden/state-0.1/state/permit.json")],
    read: (bytes) => parsePermit(text(bytes)).ok,
  },
  {
    name: "signed version",
    corpus() {
      const sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
      return [bundles.right({ version: "0.3.0", arch: "amd64", bytes: 5, sha256 }, "hello")];
    },
    async read(bytes) {
      const path = join(folder, "bundle");
      writeFileSync(path, bytes);
      return (await verifyBundle(path, bundles.anchors())).ok;
    },
  },
  imports("vehicles-csv", ["Name;Card;Capacity kWh;V2G\r\nBus 20;BB02;420,5;yes\r\nBus 10;AA01;300;;\r\n\"Bus 104\";;200;;\r\n"]),
  imports("timetable-csv", ["vehicle;day;leaves;target\nBus 10;mon;05:30;90 %\nBus 10;2026-12-24;off;\n"]),
  imports("calendar", [
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Bus 10\r\nDTSTART;TZID=Europe/Berlin:20261201T053000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
  ]),
  {
    name: "day-ahead prices",
    corpus: () => [
      "from,price\n2026-11-30T00:00:00+01:00,0.21\n2026-11-30T01:00:00+01:00,-0.02\n",
      '[{"at":"2026-11-30T00:00:00Z","perKWh":0.2},{"at":"2026-11-30T00:15:00Z","perKWh":0.3}]',
    ],
    read: (bytes) => parseMomentSeries(text(bytes), series).ok,
  },
  {
    name: "a laboratory's figures",
    corpus: () => {
      const by = procedures.find(({ cases }) => !cases)!.id;
      const row = { name: "1", setting: "s", quantity: "power", unit: "W", measured: 1, uncertainty: 0.1, high: 2 };
      return [JSON.stringify({ laboratory: "L", code: "vde", procedures: [{ id: by, report: "r", rows: [row] }] })];
    },
    read: (bytes) => parseLaboratory(text(bytes), "vde", procedures, ({ cases }) => cases !== undefined).ok,
  },
  {
    name: "flight recording",
    corpus: () => [recordedOutage("07:59:58", "08:00:02").bytes],
    refusals: [RecordingRefused],
    read(bytes) {
      const { blocks } = readRecording(bytes, "it");
      for (const block of blocks) for (const _ of ticksOf(block, () => undefined));
      return true;
    },
  },
  exiParser("sap"),
  exiParser("din"),
  exiParser("iso2"),
  exiParser("iso20-common"),
  exiParser("iso20-dc"),
  {
    name: "EXI of an unknown set",
    corpus: () => golden().map(({ exi }) => Buffer.from(exi, "hex")),
    read: (bytes) => readAs(bytes).ok,
  },
  {
    name: "lines that ask the codec",
    corpus: () =>
      golden()
        .slice(0, 6)
        .flatMap(({ schemaSet, xml, exi }) => [
          JSON.stringify({ id: 1, op: "encode", schemaSet, xml }),
          JSON.stringify({ id: 2, op: "decode", schemaSet, exi, view: "json" }),
        ]),
    read: (bytes) => !("error" in (JSON.parse(answerLine(text(bytes))) as object)),
  },
  {
    name: "capture of a session",
    corpus: () => [
      captureFile([Buffer.from("01fe800100000004808cf012", "hex"), Buffer.from("01fe800100000003808ca0", "hex")]),
    ],
    read: (bytes) => {
      if (captureOf(bytes) === null) return false;
      try {
        return payloadsIn(bytes).length > 0;
      } catch (refused) {
        if (refused instanceof Error && refused.message.startsWith("No V2GTP frame found")) return false;
        throw refused;
      }
    },
  },
  {
    name: "secrets of TLS",
    corpus: () => [`CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\n# a comment\n`],
    read: (bytes) => readKeyLog(text(bytes)).size > 0,
  },
  {
    name: "search for a charger (SDP)",
    corpus: () => [Buffer.from("01fe9000000000021000", "hex"), Buffer.from("01fe900100000014fe80000000000000000000000000000116400000", "hex")],
    read: (bytes) => {
      readDiscovery(bytes);
      return true;
    },
  },
  {
    name: "Modbus reply",
    corpus: () => [Buffer.from("0304000a000b", "hex"), Buffer.from("8302", "hex")],
    read(bytes) {
      if (bytes.length === 0) return false;
      takeReply(new Exchange(1, FunctionCode.readHolding, 0, 2), bytes, 0, bytes.length);
      return true;
    },
  },
  {
    name: "chain of SunSpec models",
    corpus: () => [chain([1, 66], [701, 153], [712, 44]), chain([1, 65], [201, 105])],
    read: isChain,
  },
  {
    name: "OCPP request",
    corpus: () => [
      '[2,"1","SetChargingProfile",{"evseId":1,"chargingProfile":{"id":1,"stackLevel":0,"chargingProfilePurpose":"TxDefaultProfile","chargingProfileKind":"Absolute","chargingSchedule":[{"id":1,"chargingRateUnit":"W","chargingSchedulePeriod":[{"startPeriod":0,"limit":1000}]}]}}]',
      '[2,"2","SetVariables",{"setVariableData":[{"attributeValue":"30","component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}]',
    ],
    refusals: [OcppError, SyntaxError],
    read(bytes) {
      const frame = JSON.parse(text(bytes)) as unknown;
      if (!Array.isArray(frame)) return false;
      const action: unknown = frame[2];
      let known = false;
      for (const version of ["2.0.1", "2.1"] as const)
        if (typeof action === "string" && isAction(version, action)) {
          checkRequest(version, action, frame[3]);
          known = true;
        }
      return known;
    },
  },
  {
    name: "command by MQTT",
    corpus: () => ['islet/evse/1/set\n{"power": 5000, "lease": 60, "id": "a"}', "islet/import_cap/set\n20000"],
    read(bytes) {
      const end = bytes.indexOf(10);
      const topic = readTopic("islet", text(bytes.subarray(0, Math.max(0, end))));
      if (topic === null) return true;
      readCommand(topic, bytes.subarray(end + 1));
      return true;
    },
  },
];
