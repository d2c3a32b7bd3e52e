/** Whoever removes, changes or rewrites a row of the energy account is found, by the chain or by the audit log. */
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  type AccountRow,
  type Anchor,
  anchorOf,
  emptyHead,
  rowText,
  sealRow,
  verifyAccount,
} from "../../../src/app/account/chain.ts";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";
import { quarterMs } from "../../../src/settlement/account/row.ts";
import { batteriesOf, proportional, rowOf } from "../../settlement/account/site.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const signed = (text: string) => ({
  algorithm: "Ed25519" as const,
  sha256: "",
  signature: sign(null, Buffer.from(text), privateKey).toString("base64"),
  publicKeyPem,
});

/** A chain of rows; `from` and `wh`: from that row on another building. */
function chain(count: number, from = Number.POSITIVE_INFINITY, wh = 0): AccountRow[] {
  const rows: AccountRow[] = [];
  for (let i = 1; i <= count; i++) {
    const energies = { pv: 300, grid: 100 + (i >= from ? wh : 0), charged: { "v:1": 50 } };
    const time = { fromMs: i * quarterMs, toMs: (i + 1) * quarterMs };
    const entry = rowOf([energies], proportional, batteriesOf({ "v:1": {} }), time);
    rows.push(sealRow(rows.at(-1) ?? emptyHead, "Tried", entry));
  }
  return rows;
}
const rows = chain(50);
const texts = rows.map(rowText);
const anchors: readonly Anchor[] = rows.map((row) => anchorOf(row, signed));
const verify = (changed: readonly string[], known: readonly Anchor[] = anchors, key: string | null = publicKeyPem) =>
  verifyAccount(changed, known, key);

test("a whole account is whole, with all its rows in the audit log", () => {
  expect(verify(texts)).toMatchObject({ ok: true, rows: 50, anchored: 50, remarks: [] });
  expect(verify(texts, anchors.slice(0, 49)).remarks[0]).toMatch(/newest row is not in the audit log yet/);
  expect(verify([], []).ok).toBe(true);
});

test("row 41 is removed: it is named", () => {
  expect(verify(texts.toSpliced(40, 1))).toMatchObject({
    ok: false,
    faultAt: 41,
    sentence: expect.stringMatching(/^Row 41 is missing/),
  });
});

test("row 41 is written anew with a chain that follows: the head known at 48 is no place in it", () => {
  const anew = chain(50, 41, 7).map(rowText);
  expect(verify(anew, [])).toMatchObject({ ok: true });
  expect(verify(anew, anchors.slice(47, 48))).toMatchObject({ ok: false, faultAt: 48 });
  expect(verify(anew)).toMatchObject({ ok: false, faultAt: 41 });
});

test("the end is cut off, the beginning is gone, the signature is another's", () => {
  expect(verify(texts.slice(0, 45)).sentence).toMatch(/knows row 50, and the account ends at row 45/);
  expect(verify(texts.slice(10))).toMatchObject({ ok: true, firstSequence: 11, remarks: [] });
  expect(verify(texts.slice(10), anchors.slice(20)).remarks[0]).toMatch(/^It begins at row 11/);
  expect(verify(texts, anchors, "another key")).toMatchObject({ ok: false, faultAt: 1 });
  const forged = anchors.map((anchor) => ({ ...anchor, signature: anchors[0]!.signature }));
  expect(verify(texts, forged)).toMatchObject({ ok: false, faultAt: 2 });
});

test("each byte that is changed is found at its row", () => {
  const text = texts[6]!;
  for (let at = 0; at < text.length; at += 41) {
    const sign = text[at] === "7" ? "8" : "7";
    const changed = texts.with(6, text.slice(0, at) + sign + text.slice(at + 1));
    expect(verify(changed.slice(0, 8), anchors.slice(0, 8)), `byte ${at}`).toMatchObject({ ok: false, faultAt: 7 });
  }
});

describe("a row that contradicts itself is refused, also by a station that signed it", () => {
  const changes: readonly [string, (row: Record<string, unknown>) => void, RegExp][] = [
    [
      "origins",
      (row) => Object.assign((row["origins"] as Record<string, object>)["building"]!, { pv: 1 }),
      /building got another/,
    ],
    ["closure", (row) => Object.assign(row, { closurePpm: 5 }), /its closure is not/],
  ];
  test.each(changes)("%s", (_, change, sentence) => {
    const {
      prev,
      hash: _hash,
      sequence: _sequence,
      format: _format,
      site: _site,
      ...entry
    } = structuredClone(rows[0]!);
    change(entry as unknown as Record<string, unknown>);
    const row = sealRow(emptyHead, "Tried", entry);
    expect(prev).toBe(emptyHead.hash);
    expect(verify([canonicalJson(row)], [anchorOf(row, signed)]).sentence).toMatch(sentence);
  });
});
