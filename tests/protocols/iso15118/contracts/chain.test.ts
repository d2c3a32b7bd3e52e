/** Which contracts are good, and what is said of the others. */
import { describe, expect, it } from "vitest";
import { judgeChain } from "../../../../src/protocols/iso15118/contracts/chain.ts";
import { certificate, type Hierarchy, hierarchy, type Made, nowMs } from "./pki.ts";

const dayMs = 86_400_000;
const judge = (
  { leaf, between, root }: Hierarchy,
  { emaid, atMs = nowMs, roots = [root.pem] }: { emaid?: string; atMs?: number; roots?: string[] } = {},
) => judgeChain({ certificate: leaf.der, between: between.map(({ der }) => der) }, roots, emaid, atMs / 1000);

const good = hierarchy("prime256v1");
const foreign = hierarchy("prime256v1");
const with_ = (change: Partial<Hierarchy>): Hierarchy => ({ ...good, ...change });
const leaf = (more: Partial<Parameters<typeof certificate>[0]>, by: Made = good.between[0]!): Made =>
  certificate({ name: "DEABCC12345678", by, ...more });

describe("a chain that leads to a trusted root", () => {
  it.each([
    ["P-256", good],
    ["P-521", hierarchy("secp521r1")],
    ["a root with an extended key usage", hierarchy("prime256v1", undefined, { root: { extendedKeyUsage: true } })],
    ["in another order, with its root", with_({ between: [good.root, ...good.between].reverse() })],
    ["directly below the root", with_({ between: [], leaf: leaf({}, good.root) })],
  ])("%s is good", (_, chain) => {
    expect(judge(chain)).toMatchObject({
      ok: true,
      contract: { emaid: "DEABCC12345678", expiresSoon: false, revocation: expect.stringContaining("backend") },
    });
  });

  it("the identifier is compared without its separators", () => {
    expect(judge(good, { emaid: "DE-ABC-C12345678" })).toMatchObject({ ok: true });
    expect(judge(good, { emaid: "DEXYZC12345678" })).toMatchObject({ ok: false, fault: "chain" });
  });

  it("a contract that ends soon is told so", () => {
    const soon = with_({ leaf: leaf({ toMs: nowMs + 10 * dayMs }) });
    expect(judge(soon)).toMatchObject({ ok: true, contract: { expiresSoon: true } });
  });
});

describe("a chain that is refused", () => {
  it.each([
    ["a root that nobody trusts", foreign, { roots: [good.root.pem] }, "chain"],
    ["no root at all", good, { roots: [] }, "chain"],
    ["an authority that is missing", with_({ between: good.between.slice(0, 1) }), {}, "chain"],
    ["a contract of another hierarchy", with_({ leaf: foreign.leaf }), {}, "chain"],
    ["an authority's certificate as a contract", with_({ leaf: leaf({ authority: true }) }), {}, "chain"],
    ["issued by a contract", with_({ leaf: leaf({}, good.leaf), between: [good.leaf, ...good.between] }), {}, "chain"],
    [
      "more authorities than the upper one allows",
      (() => {
        const third = certificate({ name: "Operator 3", by: good.between[0]!, authority: true });
        return with_({ leaf: leaf({}, third), between: [third, ...good.between] });
      })(),
      {},
      "chain",
    ],
    [
      "more certificates than there may be",
      with_({ between: [...good.between, ...foreign.between, good.root] }),
      {},
      "chain",
    ],
    ["expired", with_({ leaf: leaf({ toMs: nowMs - dayMs }) }), {}, "expired"],
    ["not yet valid", with_({ leaf: leaf({ fromMs: nowMs + dayMs }) }), {}, "notYetValid"],
    ["an expired authority", good, { atMs: Date.UTC(2050, 0) }, "expired"],
  ] as const)("%s", (_, chain, options, fault) => {
    expect(
      judge(chain, { ...options, roots: "roots" in options ? [...options.roots] : undefined } as never),
    ).toMatchObject({
      ok: false,
      fault,
      detail: expect.stringMatching(/./),
    });
  });

  it("octets that are no certificate, at any length", () => {
    for (const length of [0, 1, 2, 100]) {
      const chain = { certificate: new Uint8Array(length).fill(0x30), between: [] };
      expect(judgeChain(chain, [good.root.pem], undefined, nowMs / 1000)).toMatchObject({ ok: false, fault: "chain" });
    }
    for (let cut = 1; cut < good.leaf.der.length; cut += 37) {
      const chain = { certificate: good.leaf.der.subarray(0, cut), between: good.between.map(({ der }) => der) };
      expect(judgeChain(chain, [good.root.pem], undefined, nowMs / 1000)).toMatchObject({ ok: false });
    }
  });
});
