/**
 * Names at the broker: which subject carries what, and which stream keeps it how long. The broker is a carrier, not a ledger:
 * whatever a stream loses is sent again by the site (records) or written anew by the fleet (orders).
 */

/** A site's name at the broker: given once, never given to another. */
export const siteIdPattern = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;

const root = "islet.v1";

const kinds = ["state", "power", "record", "stored", "order", "release", "hello"] as const;
export type SubjectKind = (typeof kinds)[number];

/** The subject of one kind of message of one site. */
export const subjectOf = (site: string, kind: SubjectKind): string => `${root}.${site}.${kind}`;

/** The subjects of one kind of all sites, as a filter. */
export const everySite = (kind: SubjectKind): string => `${root}.*.${kind}`;

/** Which site a subject is of; null where it is none of ours. */
export function siteOf(subject: string): string | null {
  const [a, b, site = "", kind, ...more] = subject.split(".");
  const isOurs = `${a}.${b}` === root && more.length === 0 && kinds.some((one) => one === kind);
  return isOurs && siteIdPattern.test(site) ? site : null;
}

/** What a site may say and hear, subject by subject: a wildcard below its name would let it write its own orders. */
export const permissionsOf = (
  site: string,
): { readonly publish: readonly string[]; readonly subscribe: readonly string[] } => ({
  publish: [
    ...(["state", "power", "record", "hello"] as const).map((kind) => subjectOf(site, kind)),
    standingAt(site, "order"),
    standingAt(site, "release"),
  ],
  subscribe: [...(["order", "release", "stored"] as const).map((kind) => subjectOf(site, kind)), `${inboxOf(site)}.>`],
});

/** Where answers to a site's questions go. */
export const inboxOf = (site: string): string => `_IN.${site}`;

const orderStream = "ORDER";
const releaseStream = "RELEASE";

/** Where a site asks for the newest document that stands at the broker for it. */
export const standingAt = (site: string, kind: "order" | "release"): string =>
  `$JS.API.DIRECT.GET.${kind === "order" ? orderStream : releaseStream}.${subjectOf(site, kind)}`;

export const stateStream = "STATE";
const dayNs = 86_400_000_000_000;

/** The broker's streams: subjects, how long they keep, and how much of each subject. */
export const streams = [
  {
    name: stateStream,
    subjects: [everySite("state")],
    maxAgeNs: 7 * dayNs,
    maxPerSubject: 1,
    maxBytes: 256 * 1024 * 1024,
  },
  {
    name: "RECORD",
    subjects: [everySite("record")],
    maxAgeNs: 7 * dayNs,
    maxPerSubject: -1,
    maxBytes: 1024 * 1024 * 1024,
  },
  {
    name: orderStream,
    subjects: [everySite("order")],
    maxAgeNs: 2 * dayNs,
    maxPerSubject: 1,
    maxBytes: 256 * 1024 * 1024,
  },
  {
    name: releaseStream,
    subjects: [everySite("release")],
    maxAgeNs: 30 * dayNs,
    maxPerSubject: 1,
    maxBytes: 64 * 1024 * 1024,
  },
] as const;

/** Largest message either way, bytes. */
export const messageBytesMax = 32_768;
