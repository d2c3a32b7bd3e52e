/**
 * Proof of what a dispatch has delivered, from what the sites have told themselves: the energy that each lease's last receipt names,
 * the quarter-hours of their energy accounts, and the heads of their audit logs, signed by each site. The whole is signed by the
 * dispatcher and is verified without the fleet.
 */
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import { hash, headSchema, headText } from "../../src/protocols/fleet/heads.ts";
import type { Database } from "../store/database.ts";

const format = "islet-fleet-proof-1";

const proofSchema = z.object({
  dispatch: z.object({
    ...{ id: z.string(), targetW: z.number(), fromMs: z.int(), untilMs: z.int() },
    ...{ cause: z.string(), issuedBy: z.string(), withdrawn: z.boolean() },
  }),
  madeAtMs: z.int(),
  /** Energies in Wh, positive from the grid. */
  targetWh: z.number(),
  deliveredWh: z.number(),
  /** Energy of all vehicles of these sites in the quarter-hours that lie within, by the sites' energy accounts. */
  quartersWh: z.number(),
  leases: z.int(),
  /** Of so many leases the site has told the energy; of the others nobody knows, and none is counted. */
  told: z.int(),
  sites: z.array(
    z.object({
      site: z.string(),
      leases: z.array(z.object({ id: z.string(), state: z.string().nullable(), givenWh: z.number().nullable() })),
      quarters: z.array(z.object({ sequence: z.int(), fromMs: z.int(), hash, netMWh: z.int() })),
      /** The first after the end that the site has signed; null where none has come. */
      head: headSchema
        .pick({ records: true, hash: true, places: true, signature: true, publicKeyPem: true })
        .nullable(),
    }),
  ),
});
type Proof = z.output<typeof proofSchema>;

const signedProofSchema = z.object({ format: z.literal(format), proof: proofSchema, signature: z.string() });

const bytesOf = (proof: Proof): Buffer => Buffer.from(`${format}\n${canonicalJson(proof)}`, "utf8");

/** Null where there is no such dispatch. */
export async function makeProof(database: Database, id: string, keyPem: string, nowMs: number): Promise<object | null> {
  const [dispatch] = await database.query(
    `SELECT id, target_w AS "targetW", from_ms AS "fromMs", until_ms AS "untilMs", cause, issued_by AS "issuedBy", withdrawn
     FROM dispatch WHERE id = $1`,
    [id],
  );
  if (dispatch === undefined) return null;
  const sites = await database.query(
    `SELECT m.site, l.leases, coalesce(q.quarters, '[]') AS quarters, h.head
     FROM (SELECT DISTINCT site FROM dispatch_lease WHERE dispatch = $1) m
     CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('id', d.lease_id, 'state', r.receipt->>'state', 'givenWh', r.receipt->'givenWh')
         ORDER BY d.lease_id) AS leases
       FROM dispatch_lease d LEFT JOIN receipt r ON r.site = d.site AND r.lease_id = d.lease_id WHERE d.dispatch = $1 AND d.site = m.site) l
     LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('sequence', e.sequence, 'fromMs', e.from_ms, 'hash', e.hash,
         'netMWh', e.charged_mwh - e.discharged_mwh) ORDER BY e.sequence) AS quarters
       FROM energy e WHERE e.site = m.site AND e.from_ms >= $2 AND e.from_ms + 900000 <= $3) q ON true
     LEFT JOIN LATERAL (SELECT r.body->'head' AS head FROM record r WHERE r.site = m.site AND r.kind = 'head' AND r.at_ms >= $3
       ORDER BY r.at_ms, r.sequence LIMIT 1) h ON true
     ORDER BY m.site`,
    [id, dispatch["fromMs"], dispatch["untilMs"]],
  );
  const { targetW, fromMs, untilMs } = dispatch as { targetW: number; fromMs: number; untilMs: number };
  const parts = sites as unknown as Proof["sites"];
  const whole = {
    ...{ dispatch, madeAtMs: nowMs, targetWh: (targetW * (untilMs - fromMs)) / 3_600_000 },
    ...sumsOf(parts),
    sites: parts,
  };
  const proof = proofSchema.parse(whole);
  const signature = sign(null, bytesOf(proof), createPrivateKey(keyPem)).toString("base64");
  return { format, proof, signature };
}

function sumsOf(sites: Proof["sites"]): Pick<Proof, "deliveredWh" | "quartersWh" | "leases" | "told"> {
  const leases = sites.flatMap((one) => one.leases);
  const told = leases.flatMap(({ givenWh }) => givenWh ?? []);
  const quarters = sites.flatMap((one) => one.quarters);
  return {
    deliveredWh: Math.round(told.reduce((sum, one) => sum + one, 0)),
    quartersWh: Math.round(quarters.reduce((sum, { netMWh }) => sum + netMWh, 0) / 1_000),
    leases: leases.length,
    told: told.length,
  };
}

/** What is wrong with a proof; none: it is whole. Needs the dispatcher's public key (PEM) and nothing else. */
export function faultsOf(
  text: string,
  publicKeyPem: string,
): { readonly faults: readonly string[]; readonly proof: Proof | null } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { faults: ["It is no JSON."], proof: null };
  }
  const parsed = signedProofSchema.safeParse(value);
  if (!parsed.success) return { faults: [`It is no proof: ${z.prettifyError(parsed.error)}`], proof: null };
  const { proof, signature } = parsed.data;
  const faults: string[] = [];
  if (!verify(null, bytesOf(proof), createPublicKey(publicKeyPem), Buffer.from(signature, "base64")))
    faults.push("It is not what the dispatcher has signed.");
  for (const [name, sum] of Object.entries(sumsOf(proof.sites)))
    if (proof[name as keyof Proof] !== sum)
      faults.push(`${name} is ${proof[name as keyof Proof]}; its parts come to ${sum}.`);
  for (const { site, head } of proof.sites) {
    if (head === null) continue;
    const isSigned = verify(
      null,
      Buffer.from(headText(site, head)),
      createPublicKey(head.publicKeyPem),
      Buffer.from(head.signature, "base64"),
    );
    if (!isSigned) faults.push(`The head of ${site}'s audit log is not what its key has signed.`);
  }
  return { faults, proof };
}
