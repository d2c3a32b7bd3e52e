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
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import { createContractDesk } from "../../../../src/protocols/iso15118/contracts/desk.ts";
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
    it.each([...bySession])("%s", (name, lines) => {
      const { requests, wrong } = play(lines);
      expect(wrong, name).toEqual([]);
      expect(requests).toBeGreaterThan(0);
    });
  },
);
