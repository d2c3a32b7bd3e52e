/**
 * Heads of audit logs: what a site signs of where its log ends and of what stands at earlier places in it. The fleet asks by place
 * and keeps the hashes to itself: a log that was cut or put back and has grown past its last head since shows another hash there.
 */
import { z } from "zod";

export const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Most places that a fleet asks for at once. */
export const askedPlacesMax = 8;
/** Those, and the head that was told before. */
const toldPlacesMax = askedPlacesMax + 1;
/** So many heads of its own a process remembers. */
const ownMax = 1_000;

/** A place in an audit log: so many records, and the hash of the last of them; null where it has no such record. */
const placeSchema = z.object({ records: z.int().min(0), hash: hash.nullable() });
export type HeadPlace = z.output<typeof placeSchema>;

/** Where the site's audit log ends, signed with the station's key (Ed25519) over `headText`. */
export const headSchema = z.object({
  schema: z.literal("islet-fleet-head-1"),
  records: z.int().min(0),
  hash,
  /** What stands now at places that the fleet has asked for, and at the head that this process has told before. */
  places: z.array(placeSchema).max(toldPlacesMax).default([]),
  /** Names the process: two that speak at the same time are two sites with one identity. */
  boot: z.string().max(40),
  signature: z.string().max(120),
  publicKeyPem: z.string().max(400),
});

export interface SignedHead {
  readonly records: number;
  readonly hash: string;
  readonly places?: readonly HeadPlace[];
}
/** What is signed of a head. */
export const headText = (site: string, { records, hash: of, places = [] }: SignedHead): string =>
  [
    ...["islet-fleet-head-1", site, records, of],
    ...places.map((place) => `${place.records} ${place.hash ?? "none"}`),
  ].join("\n");

export interface HeadPlaces {
  /** The fleet asks for these from now on; true where a head is to be told at once: another process told of them. */
  asked(places: readonly number[]): boolean;
  /** Places to tell with a head of so many records; it counts as told. */
  toTell(records: number): readonly number[];
}

/** Which places a process tells with its heads: each head of its own proves the one before, and what was asked for. */
export function createHeadPlaces(): HeadPlaces {
  let asked: readonly number[] = [];
  let before: number | null = null;
  const known = new Set<number>();
  const remember = (records: number): void => {
    if (known.size >= ownMax) known.clear();
    known.add(records);
  };
  return {
    asked(places) {
      asked = places.slice(0, askedPlacesMax);
      return asked.some((one) => !known.has(one));
    },
    toTell(records) {
      const places = new Set(before === null ? asked : [...asked, before]);
      places.delete(records);
      before = records;
      for (const one of [...places, records]) remember(one);
      return [...places];
    },
  };
}
