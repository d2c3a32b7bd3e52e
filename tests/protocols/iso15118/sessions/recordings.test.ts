/**
 * Recorded sessions of real vehicles against the tables: the vehicle's requests go in as they came, the charger's facts are
 * what the recorded charger said. Sessions with a contract in the vehicle are left out: it is not offered yet. The recordings are not part of this project (captures under other licences): the test runs
 * by hand, with ISLET_V2G_RECORDINGS as the folder that has `recordings.jsonl.gz`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { codecOf } from "../../../../src/protocols/exi/codec.ts";
import { schemaSets } from "../../../../src/protocols/iso15118/messages/index.ts";
import { dinProtocol } from "../../../../src/protocols/iso15118/sessions/din.ts";
import { iso2Protocol } from "../../../../src/protocols/iso15118/sessions/iso2.ts";
import { createSession, type Fields, type Session } from "../../../../src/protocols/iso15118/sessions/session.ts";
import { hexOf } from "../../../../src/protocols/iso15118/sessions/wire-values.ts";
import { chargerFacts, obey } from "./charger.ts";

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
interface Message {
  readonly name: string;
  readonly body: Fields;
  readonly sessionId: string;
}

const sets = { din: schemaSets.din, iso2: schemaSets.iso2 } as const;
function messageOf({ set, exi }: Line): Message {
  const { value } = codecOf(sets[set as "din" | "iso2"]).decode(Buffer.from(exi, "hex"));
  const { Header, Body } = value as { Header: { SessionID: Uint8Array }; Body: Record<string, Fields> };
  const [name, body] = Object.entries(Body)[0]!;
  return { name, body, sessionId: hexOf(Header.SessionID) };
}

/** Plays one session: the refusals that the recorded charger did not give, each with the number of its message. */
function play(lines: readonly Line[]): { requests: number; wrong: string[] } {
  const asked = lines
    .map((line) => messageOf(line).body["RequestedEnergyTransferMode"])
    .find((mode) => mode !== undefined);
  const facts = chargerFacts({
    connector: String(asked ?? "DC").startsWith("DC") ? "dc" : "ac3",
    ratings: { minVoltageV: 50, maxVoltageV: 1_500, maxCurrentA: 1_000, minCurrentA: 0, maxW: 500_000, minW: 0 },
    maxW: 500_000,
  });
  let session: Session | undefined;
  const wrong: string[] = [];
  let requests = 0;
  for (const [at, line] of lines.entries()) {
    if (line.dir !== "ev") continue;
    const { name, body, sessionId } = messageOf(line);
    const next = lines.slice(at + 1).find(({ dir }) => dir === "se");
    const recorded = next === undefined ? undefined : messageOf(next);
    const code = String(recorded?.body["ResponseCode"] ?? "");
    if (name === "SessionSetupReq" || session === undefined) {
      const given = recorded?.sessionId ?? "0102030405060708";
      const paused =
        code === "OK_OldSessionJoined"
          ? { sessionId: given, vehicleId: hexOf(body["EVCCID"] as Uint8Array) }
          : undefined;
      session = createSession(line.set === "din" ? dinProtocol : iso2Protocol, facts, {
        sessionId: given,
        nowMs: line.tMs,
        paused,
      });
    }
    const finished = recorded?.body["EVSEProcessing"] === undefined || recorded.body["EVSEProcessing"] === "Finished";
    facts.authorization = finished ? "accepted" : "waiting";
    facts.maxW = name !== "ChargeParameterDiscoveryReq" || finished ? 500_000 : 0;
    if (name === "CableCheckReq") {
      // The recorded charger may finish with its first answer: the test is begun before.
      if (finished && session.order.phase !== "cableCheck") {
        session.handle(name, body, sessionId, line.tMs);
      }
      facts.insulation = finished ? "valid" : "testing";
    }
    const before = session.state;
    requests++;
    let reply = session.handle(name, body, sessionId, line.tMs);
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
    const played = [...bySession].filter(([name]) => !name.includes("PnC"));
    it.each(played)("%s", (name, lines) => {
      const { requests, wrong } = play(lines);
      if (process.env["ISLET_V2G_SAY"])
        console.log(`${name}: ${requests} requests, ${wrong.length} refused ${wrong.join("; ")}`);
      expect(wrong).toEqual([]);
    });
  },
);
