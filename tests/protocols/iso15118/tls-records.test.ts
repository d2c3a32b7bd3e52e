/** TLS of a capture undone: connections of node's own TLS, with the secrets that it tells, in every form that a capture has them. */
import { Duplex } from "node:stream";
import { connect, type SecureVersion, TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { payloadsIn } from "../../../src/protocols/iso15118/explain.ts";
import { readKeyLog, type Timed, undoTls } from "../../../src/protocols/iso15118/tls-records.ts";
import { frameOf } from "../../../src/protocols/iso15118/transport/frames.ts";
import { captureFile } from "./capture-file.ts";
import { certificate } from "./contracts/pki.ts";

const server = certificate({ name: "localhost" });
const setup = Buffer.from("80980011d00000", "hex");

interface Recorded {
  readonly client: Timed;
  readonly server: Timed;
  readonly keyLog: string;
}

/** A connection in memory: the client sends frames, the server answers each. */
async function record(versions: SecureVersion, ciphers: string | undefined, frames: number): Promise<Recorded> {
  const sides = { client: [] as Buffer[], server: [] as Buffer[] };
  const ends: Duplex[] = [];
  for (const [i, side] of (["client", "server"] as const).entries())
    ends.push(
      new Duplex({
        read() {},
        write(piece: Buffer, _, done) {
          sides[side].push(piece);
          ends[1 - i]!.push(piece);
          done();
        },
      }),
    );
  const key = server.key.export({ type: "pkcs8", format: "pem" });
  const there = new TLSSocket(
    ends[1] as never,
    { isServer: true, cert: server.pem, key, minVersion: versions, maxVersion: versions } as never,
  );
  const here = connect({
    socket: ends[0] as never,
    rejectUnauthorized: false,
    minVersion: versions,
    maxVersion: versions,
    ...(ciphers && { ciphers }),
  });
  let keyLog = "";
  here.on("keylog", (line: Buffer) => void (keyLog += line.toString()));
  there.on("data", (piece: Buffer) => void there.write(piece));
  let came = 0;
  const all = new Promise<void>((resolve) =>
    here.on("data", (piece: Buffer) => {
      came += piece.length;
      if (came === frames * (8 + setup.length)) resolve();
    }),
  );
  for (let i = 0; i < frames; i++) here.write(Buffer.from(frameOf(0x8001, setup)));
  await all;
  const timed = (pieces: readonly Buffer[]): Timed => {
    let end = 0;
    return { bytes: Buffer.concat(pieces), times: pieces.map(({ length }, i) => ({ end: (end += length), tMs: i })) };
  };
  return { client: timed(sides.client), server: timed(sides.server), keyLog };
}

const kinds: readonly [string, SecureVersion, string | undefined][] = [
  ["TLS 1.3", "TLSv1.3", "TLS_AES_256_GCM_SHA384"],
  ["TLS 1.3, ChaCha20", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
  ["TLS 1.2 as ISO 15118-2 has it", "TLSv1.2", "ECDHE-ECDSA-AES128-SHA256"],
  ["TLS 1.2, GCM", "TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  ["TLS 1.2, GCM with SHA-384", "TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ["TLS 1.2, ChaCha20", "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"],
];

describe.each(kinds)("%s", (_, version, ciphers) => {
  const recorded = record(version, ciphers, 5);
  const plain = Buffer.concat(Array.from({ length: 5 }, () => Buffer.from(frameOf(0x8001, setup))));

  it("both directions as they were, with times", async () => {
    const { client, server: answers, keyLog } = await recorded;
    const undone = undoTls(client, answers, readKeyLog(keyLog));
    if (!undone.ok) throw new Error(undone.why);
    expect(Buffer.from(undone.fromClient.bytes).toString("hex")).toBe(plain.toString("hex"));
    expect(Buffer.from(undone.fromServer.bytes).toString("hex")).toBe(plain.toString("hex"));
    expect(undone.fromClient.times.at(-1)!.tMs).toBeGreaterThan(0);
  });

  it("with the secrets beside the capture, in it as a block, and told in a datagram", async () => {
    const { client, server: answers, keyLog } = await recorded;
    const streams = [client.bytes, answers.bytes] as const;
    const beside = payloadsIn(captureFile(streams), keyLog);
    expect(beside).toHaveLength(10);
    expect(beside[0]!.stream).toMatch(/\(TLS 1\.[23]\)/);
    expect(payloadsIn(captureFile(streams, { block: keyLog }))).toHaveLength(10);
    expect(payloadsIn(captureFile(streams, { datagram: keyLog }))).toHaveLength(10);
  });

  it("without secrets, with those of another connection, or cut: no frame, said why; never an exception of another kind", async () => {
    const { client, server: answers, keyLog } = await recorded;
    expect(() => payloadsIn(captureFile([client.bytes, answers.bytes]))).toThrow(
      /encrypted \(TLS\), and no secrets? of it/,
    );
    const other = keyLog.replace(/^(\S+ \S+) (..)/gm, (_all, head: string) => `${head} 00`);
    const wrong = undoTls(client, answers, readKeyLog(other));
    if (wrong.ok) expect(Buffer.from(wrong.fromClient.bytes).equals(plain)).toBe(false);
    for (let cut = 0; cut < client.bytes.length; cut += 41)
      expect(() =>
        undoTls({ ...client, bytes: client.bytes.subarray(0, cut) }, answers, readKeyLog(keyLog)),
      ).not.toThrow();
    for (let i = 0; i < client.bytes.length; i += 29) {
      const bytes = Uint8Array.from(client.bytes);
      bytes[i]! ^= 0x55;
      expect(() => undoTls({ ...client, bytes }, answers, readKeyLog(keyLog))).not.toThrow();
    }
  });
});
