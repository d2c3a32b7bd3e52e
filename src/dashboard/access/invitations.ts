/**
 * Invitations: an installer names a person and a role, the person chooses a password with a code that works once. Nobody else ever
 * knows the password. Only a hash of the code is kept.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { hourMs } from "../../domain/units.ts";
import { roles } from "../actions.ts";

/** How long a code works, and how many stand at once. */
export const invitationLifeMs = 48 * hourMs;
export const invitationsMax = 20;

export const invitationSchema = z.object({
  name: z.string(),
  role: z.enum(roles),
  hash: z.string(),
  untilMs: z.number(),
});
export type Invitation = z.infer<typeof invitationSchema>;

const hashOf = (code: string): Buffer => createHash("sha256").update(code).digest();

/** A code of 120 bits, which is shown once, and what is kept of it. */
export function makeInvitation(
  name: string,
  role: Invitation["role"],
  nowMs: number,
): { readonly code: string; readonly entry: Invitation } {
  const code = randomBytes(15).toString("base64url");
  return { code, entry: { name, role, hash: hashOf(code).toString("base64url"), untilMs: nowMs + invitationLifeMs } };
}

/** Those that still work. */
export const standing = (all: readonly Invitation[], nowMs: number): readonly Invitation[] =>
  all.filter(({ untilMs }) => untilMs > nowMs);

/** The invitation of a code; undefined where it never was one, was used, taken back, or is too old. */
export function invitationOf(all: readonly Invitation[], code: string, nowMs: number): Invitation | undefined {
  if (code.length > 40) return undefined;
  const wanted = hashOf(code);
  return standing(all, nowMs).find(({ hash }) => timingSafeEqual(Buffer.from(hash, "base64url"), wanted));
}
