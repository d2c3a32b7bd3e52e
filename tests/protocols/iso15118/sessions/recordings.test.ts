/**
 * Recorded sessions of real vehicles against the tables: the vehicle's requests go in as they came, the charger's facts are
 * what the recorded charger said. Contracts' signatures are verified as they were made. The recordings are not part of this
 * project (captures under other licences): the test runs by hand, with ISLET_V2G_RECORDINGS as the folder that has
 * `recordings.jsonl.gz`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { driveSession } from "../../../../sim/peers/vehicle/vehicle.ts";
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import { createContractDesk } from "../../../../src/protocols/iso15118/contracts/desk.ts";
import { sap } from "../../../../src/protocols/iso15118/messages/app-protocol.ts";
import { schemaSets } from "../../../../src/protocols/iso15118/messages/index.ts";
import { dinProtocol } from "../../../../src/protocols/iso15118/sessions/din.ts";
import { iso2Protocol } from "../../../../src/protocols/iso15118/sessions/iso2.ts";
import { iso20Protocol } from "../../../../src/protocols/iso15118/sessions/iso20.ts";
import type { ContractDesk } from "../../../../src/protocols/iso15118/sessions/plug-and-charge.ts";
import {
  createSession,
  type Fields,
  type Protocol,
  type Session,
} from "../../../../src/protocols/iso15118/sessions/session.ts";
import { hexOf } from "../../../../src/protocols/iso15118/sessions/wire-values.ts";
import type { Signature } from "../../../../src/protocols/iso15118/signatures.ts";
import { frameOf } from "../../../../src/protocols/iso15118/transport/frames.ts";
import { plainPayload, wires } from "../../../../src/protocols/iso15118/transport/messages.ts";
import { chargerFacts, contractDesk, obey } from "./charger.ts";

const folder = process.env["ISLET_V2G_RECORDINGS"] ?? "";
const file = join(folder, "recordings.jsonl.gz");
const present = folder !== "" && existsSync(file);

interface Line {
  readonly session: string;
  readonly i: number;
  readonly tMs: number;
  readonly dir: "ev" | "se";
  readonly set: string;
  readonly exi: string;
}
interface Header {
  readonly SessionID: Uint8Array;
  readonly Signature?: Signature;
}
interface Message {
  readonly name: string;
  readonly body: Fields;
  readonly sessionId: string;
  readonly signature: Signature | undefined;
}

const iso20Sets = {
  "iso20-common": schemaSets["iso20-common"],
  "iso20-ac": schemaSets["iso20-ac"],
  "iso20-dc": schemaSets["iso20-dc"],
} as const;
const sets = { din: schemaSets.din, iso2: schemaSets.iso2, ...iso20Sets } as const;

function messageOf({ set, exi }: Line): Message {
  if (set in iso20Sets) {
    const { root, value } = codecOf(iso20Sets[set as keyof typeof iso20Sets]).decode(Buffer.from(exi, "hex"));
    const { Header, ...body } = value as { Header: Header };
    return { name: root, body, sessionId: hexOf(Header.SessionID), signature: Header.Signature };
  }
  const { value } = codecOf(sets[set as "din" | "iso2"]).decode(Buffer.from(exi, "hex"));
  const { Header, Body } = value as { Header: Header; Body: Record<string, Fields> };
  const [name, body] = Object.entries(Body)[0]!;
  return { name, body, sessionId: hexOf(Header.SessionID), signature: Header.Signature };
}

const protocolOf = (set: string): Protocol =>
  set === "din" ? dinProtocol : set === "iso2" ? iso2Protocol : iso20Protocol;

/** The recorded charger numbered its parameter sets and schedules otherwise: those of ours that mean what the vehicle then does. */
function asOurs(name: string, body: Fields, lines: readonly Line[]): Fields {
  // Where it was offered a contract it used one; ours offers none, and it would have paid otherwise.
  if (name === "AuthorizationReq" && body["SelectedAuthorizationService"] !== undefined)
    return { SelectedAuthorizationService: "EIM", EIM_AReqAuthorizationMode: {} };
  if (name === "PowerDeliveryReq" && body["EVPowerProfile"] !== undefined) {
    const profile = body["EVPowerProfile"] as Fields;
    const scheduled = profile["Scheduled_EVPPTControlMode"] as Fields | undefined;
    if (scheduled === undefined) return body;
    const ours = { ...scheduled, SelectedScheduleTupleID: 1 };
    return { ...body, EVPowerProfile: { ...profile, Scheduled_EVPPTControlMode: ours } };
  }
  if (name !== "ServiceSelectionReq") return body;
  const dynamic = lines.some((line) => messageOf(line).body["Dynamic_SEReqControlMode"] !== undefined);
  const { ServiceID } = body["SelectedEnergyTransferService"] as { ServiceID: number };
  return { ...body, SelectedEnergyTransferService: { ServiceID, ParameterSetID: dynamic ? 1 : 3 } };
}

/** A desk that has drawn the recorded challenge, finds the recorded chain good, and verifies signatures in earnest. */
function recordedDesk(lines: readonly Line[]): ContractDesk | undefined {
  const answers = lines.filter(({ dir }) => dir === "se").map(messageOf);
  const challenge = answers.find(({ name }) => name === "PaymentDetailsRes")?.body["GenChallenge"];
  if (challenge === undefined) return undefined;
  const installation = answers.find(({ name }) => name === "CertificateInstallationRes");
  const noBackend = { authorize: async () => "accepted" as const, certificate: undefined, receipt: () => {} };
  return contractDesk({
    challenge: () => challenge as Uint8Array,
    verify: createContractDesk({ roots: [], backend: noBackend }).verify,
    receiptEveryMs: undefined,
    provide: () =>
      installation === undefined
        ? { none: "nothing recorded" }
        : { body: installation.body, signature: installation.signature },
  });
}

/** Plays one session: the refusals that the recorded charger did not give, each with the number of its message. */
function play(lines: readonly Line[]): { requests: number; wrong: string[] } {
  const asked = lines
    .map((line) => messageOf(line).body["RequestedEnergyTransferMode"])
    .find((mode) => mode !== undefined);
  const facts = chargerFacts({
    connector: String(asked ?? "DC").startsWith("DC") && !lines.some(({ set }) => set === "iso20-ac") ? "dc" : "ac3",
    ratings: {
      minVoltageV: 50,
      maxVoltageV: 30_000,
      maxCurrentA: 1_000,
      minCurrentA: 0,
      maxW: 500_000,
      minW: -500_000,
    },
    maxW: 500_000,
  });
  let session: Session | undefined;
  const wrong: string[] = [];
  let requests = 0;
  for (const [at, line] of lines.entries()) {
    if (line.dir !== "ev") continue;
    const { name, body: wireBody, sessionId, signature } = messageOf(line);
    const body = asOurs(name, wireBody, lines);
    const next = lines.slice(at + 1).find(({ dir }) => dir === "se");
    const recorded = next === undefined ? undefined : messageOf(next);
    const code = String(recorded?.body["ResponseCode"] ?? "");
    if (name === "SessionSetupReq" || session === undefined) {
      const given = recorded?.sessionId ?? "0102030405060708";
      const paused =
        code === "OK_OldSessionJoined"
          ? {
              sessionId: given,
              vehicleId: hexOf(body["EVCCID"] as Uint8Array),
              certificate: "",
              emaid: "",
              choice: { serviceId: 0, bidirectional: false, dynamic: false },
            }
          : undefined;
      session = createSession(protocolOf(line.set), facts, {
        sessionId: given,
        nowMs: line.tMs,
        paused,
        desk: recordedDesk(lines),
      });
    }
    const finished = recorded?.body["EVSEProcessing"] === undefined || recorded.body["EVSEProcessing"] === "Finished";
    facts.authorization = finished ? "accepted" : "waiting";
    facts.maxW = name !== "ChargeParameterDiscoveryReq" || finished ? 500_000 : 0;
    if (name === "CableCheckReq" || name === "DC_CableCheckReq") {
      // The recorded charger may finish with its first answer: the test is begun before.
      if (finished && session.order.phase !== "cableCheck") {
        session.handle(name, body, sessionId, line.tMs);
      }
      facts.insulation = finished ? "valid" : "testing";
    }
    const before = session.state;
    requests++;
    const carried = { signature, exi: Buffer.from(line.exi, "hex") };
    let reply = session.handle(name, body, sessionId, line.tMs, carried);
    for (let i = 1; reply === undefined && i < 10; i++) {
      obey(facts, session.order);
      reply = session.tick(line.tMs + i);
    }
    const insulation = facts.insulation;
    obey(facts, session.order);
    facts.insulation = insulation;
    const ours = String(reply?.body["ResponseCode"] ?? "");
    if (!ours.startsWith("OK") && code.startsWith("OK"))
      wrong.push(`#${line.i} ${name} in ${before}: ${ours || "no answer"}, recorded ${code}`);
    if (session.end !== "") break;
  }
  return { requests, wrong };
}

/** The recorded charger's answers, each to the vehicle's request of that name, the last one again and again. */
async function driveByRecording(
  lines: readonly Line[],
): Promise<{ trouble: string; asked: string; reasons: string[] }> {
  const kind = lines.find(({ set }) => set !== "sap")!.set;
  const answers = new Map<string, { line: Line; message: Message }[]>();
  for (const line of lines.filter(({ dir, set }) => dir === "se" && set !== "sap")) {
    const message = messageOf(line);
    answers.set(message.name, [...(answers.get(message.name) ?? []), { line, message }]);
  }
  const protocol = kind === "din" ? "DIN SPEC 70121" : kind === "iso2" ? "ISO 15118-2" : "ISO 15118-20";
  const names = [...answers.keys()];
  const mode = lines.map((line) => (line.set === "sap" ? {} : messageOf(line).body)["RequestedEnergyTransferMode"]);
  const isAc = names.some((name) => name.startsWith("AC_")) || mode.some((one) => String(one).startsWith("AC"));
  const energy = isAc ? "ac" : "dc";
  const modes = lines.flatMap((line) => (line.set === "sap" ? [] : Object.keys(messageOf(line).body)));
  const wire = wires.find(({ protocol: { name } }) => name === protocol)!;
  let waiting: Uint8Array | undefined = frameOf(
    plainPayload,
    codecOf(sap).encode("supportedAppProtocolRes", { ResponseCode: "OK_SuccessfulNegotiation", SchemaID: 1 }),
  );
  let asked = "";
  // The voltage at which the recorded precharge ended: that of the vehicle's battery.
  const precharged = answers.get("PreChargeRes")?.at(-1)?.message.body["EVSEPresentVoltage"];
  const { trouble } = await driveSession(
    {
      send(bytes) {
        const type = bytes[2]! * 256 + bytes[3]!;
        if (asked === "" && type === plainPayload && waiting !== undefined) {
          asked = "supportedAppProtocol";
          return;
        }
        const { name } = wire.decode(type, bytes.subarray(8));
        asked = name.replace(/Req$/, "");
        const list = answers.get(`${asked}Res`) ?? [];
        const next = list.length > 1 ? list.shift() : list[0];
        waiting = next === undefined ? undefined : frameOf(type, Buffer.from(next.line.exi, "hex"));
      },
      next: async () => {
        const answer = waiting;
        waiting = undefined;
        return answer;
      },
    },
    {
      protocol,
      energy,
      bidirectional: modes.some((name) => name.startsWith("BPT_")),
      scheduled: modes.some((name) => name.startsWith("Scheduled_SE")),
      voltageV: precharged === undefined ? 400 : amountOf(precharged as Fields),
      rounds: 3,
      currentA: 16,
      unixS: () => 1_780_000_000,
    },
  );
  const reasons = [...answers.values()].flatMap((all) =>
    all.map(({ message }) => String(message.body["ResponseCode"])).filter((code) => !code.startsWith("OK")),
  );
  return { trouble, asked, reasons: answers.has(`${asked}Res`) ? reasons : [...reasons, "no answer"] };
}

const amountOf = (value: Fields): number =>
  Number(value["Value"]) * 10 ** Number(value["Multiplier"] ?? value["Exponent"] ?? 0);

describe.skipIf(!present)(
  `recorded sessions${present ? "" : " (skipped: ISLET_V2G_RECORDINGS names no folder with them)"}`,
  () => {
    const bySession = new Map<string, Line[]>();
    if (present) {
      for (const text of gunzipSync(readFileSync(file)).toString().trim().split("\n")) {
        const line = JSON.parse(text) as Line;
        if (!(line.set in sets)) continue;
        bySession.set(line.session, [...(bySession.get(line.session) ?? []), line]);
      }
    }
    it.each([...bySession])("the charger's frames drive the simulated vehicle: %s", async (name, lines) => {
      const { trouble, asked, reasons } = await driveByRecording(lines);
      // It comes to the end, or stops where the recording has no answer, a refusal, or a precharge that came to nothing.
      const explained =
        trouble === "" || reasons.some((reason) => trouble.includes(reason)) || trouble === `${asked}: never finished`;
      expect([name, trouble, explained]).toEqual([name, trouble, true]);
    });

    it.each([...bySession])("%s", (name, lines) => {
      const { requests, wrong } = play(lines);
      expect(wrong, name).toEqual([]);
      expect(requests).toBeGreaterThan(0);
    });
  },
);
