/** Who asks, from where, and whether the browser was on this site when it asked: the checks before any handler. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Right } from "../../app/links/asks.table.ts";
import type { AccountRole } from "../actions.ts";
import type { Accounts } from "./accounts.ts";
import type { Session, Sessions } from "./sessions.ts";

export interface Asker {
  readonly kind: "session" | "token" | "demo";
  readonly name: string;
  readonly role: AccountRole;
  readonly session: Session | null;
  /** Of a token. */
  readonly tokenId?: string;
  readonly rights?: readonly Right[];
}

export const cookieName = (tls: boolean): string => (tls ? "__Host-islet" : "islet");

/** One cookie's value. A header longer than any that we set is ignored. */
export function readCookie(request: IncomingMessage, name: string): string | undefined {
  const header = request.headers.cookie;
  if (!header || header.length > 4096) return undefined;
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export const writeCookie = (name: string, value: string, tls: boolean): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${tls ? "; Secure" : ""}${value === "" ? "; Max-Age=0" : ""}`;

/** Marks a browser that has signed in before. It opens nothing. */
export const deviceCookieName = (tls: boolean): string => (tls ? "__Secure-islet-device" : "islet-device");
const deviceLifeS = 400 * 86_400;
export const writeDeviceCookie = (name: string, value: string, tls: boolean): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${deviceLifeS}${tls ? "; Secure" : ""}`;

/** Who asks, or null. A bearer token reads as a viewer; a demonstration lets everybody on this machine read. */
export function findAsker(
  request: IncomingMessage,
  sessions: Sessions,
  accounts: Accounts,
  tls: boolean,
  demo: boolean,
): Asker | null {
  const authorization = request.headers.authorization;
  if (authorization !== undefined) {
    const token = /^Bearer (\S{1,100})$/.exec(authorization)?.[1];
    const found = token ? accounts.findToken(token) : null;
    return found
      ? {
          kind: "token",
          name: `token ${found.name}`,
          role: "viewer",
          session: null,
          tokenId: found.id,
          rights: found.rights,
        }
      : null;
  }
  const session = sessions.find(readCookie(request, cookieName(tls)));
  if (session) return { kind: "session", name: session.name, role: session.role, session };
  return demo ? { kind: "demo", name: "demonstration", role: "viewer", session: null } : null;
}

const bareHost = (host: string): string =>
  (host.startsWith("[") ? host.slice(1, host.indexOf("]")) : (host.split(":")[0] ?? "")).toLowerCase();

/**
 * Whether the Host header names this server. Otherwise a foreign name that was pointed at this address could use the
 * visitor's browser to read the site. Addresses are allowed: a foreign site cannot own them.
 */
export function hostAllowed(request: IncomingMessage, names: ReadonlySet<string>): boolean {
  const host = request.headers.host;
  if (!host || host.length > 260) return false;
  const bare = bareHost(host);
  return isIP(bare) !== 0 || names.has(bare);
}

/** Whether a browser that sends this was on this site. Other clients send neither header and need what a browser cannot forge. */
export function sameSite(request: IncomingMessage): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

/** Loopback addresses: only there may a demonstration sign in by itself, and only there is plain HTTP served. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);

/** `::ffff:127.0.0.1` is 127.0.0.1. */
export const plainAddress = (address: string | undefined): string => (address ?? "unknown").replace(/^::ffff:/, "");

export const securityHeaders = (styleHash: string, tls: boolean): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    `style-src '${styleHash}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not "no-referrer": a browser would then hide the origin of this site's own forms.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=()",
  ...(tls ? { "strict-transport-security": "max-age=31536000" } : {}),
});
