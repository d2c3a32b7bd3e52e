/** The versions of OCPP that this station speaks, each on a connection of its own choice: the backend picks one. */

/** Versions by the number that people know, the newest first. */
export const versions = ["2.1", "2.0.1"] as const;
/** A version of OCPP. */
export type Version = (typeof versions)[number];

/** The WebSocket subprotocol of a version (Part 4 of each). */
export const subprotocolOf = (version: Version): string => `ocpp${version}`;

/** The version that a backend has picked; null for a subprotocol that was not offered. */
export const versionOf = (subprotocol: string | undefined): Version | null =>
  versions.find((version) => subprotocolOf(version) === subprotocol) ?? null;
