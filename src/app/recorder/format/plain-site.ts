/**
 * What a core is made of, as text: the parts of the configuration that it reads, its grid profile and its generation profile.
 * Whatever else a site's configuration says (backend, page, people, vehicles) stays where it is. Numbers that JSON does not
 * know and rows of numbers are marked.
 */
import { createHash } from "node:crypto";
import type { SiteConfig } from "../../../config/site.ts";
import type { RecordedSite } from "./payloads.ts";

/** Keys of the configuration that a core is made of. */
const coreKeys = [
  "site",
  "pcc",
  "devices",
  "transferDevice",
  "generator",
  "bonding",
  "evses",
  "tiers",
  "allocation",
  "loop",
  "loadPanel",
  "pv",
  "auxiliary",
] as const satisfies readonly (keyof SiteConfig)[];

/** Inside them, never recorded: links with keys are nothing to a core. */
const left = ["vehicleLink", "tls"];

const mark = "#";

function marked(this: unknown, key: string, value: unknown): unknown {
  if (left.includes(key)) return undefined;
  if (typeof value === "number" && !Number.isFinite(value)) return { [mark]: String(value) };
  if (value instanceof Float64Array) return { [mark]: "numbers", values: [...value] };
  return value;
}

function unmarked(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(mark in value)) return value;
  const { [mark]: kind, values } = value as { [mark]: string; values?: number[] };
  return kind === "numbers" ? Float64Array.from(values ?? []) : Number(kind);
}

export function plainSite({ config, profile, generationProfile }: RecordedSite): string {
  const parts = Object.fromEntries(coreKeys.map((key) => [key, config[key]]));
  return JSON.stringify({ config: parts, profile, generationProfile }, marked);
}

export const siteOfPlain = (text: string): RecordedSite => JSON.parse(text, unmarked) as RecordedSite;

export const fingerprintOf = (text: string): string => createHash("sha256").update(text).digest("hex");
