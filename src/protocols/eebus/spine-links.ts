/** Subscriptions and bindings of a SPINE peer: which feature of its is told of, or may write, which of ours. */
import { at, type Json, textOf } from "./ship-json.ts";
import { features, type LocalFeature, local } from "./spine-local.ts";
import { type FeatureAddress, readAddress, sameFeature } from "./spine-values.ts";

export interface Link {
  readonly client: FeatureAddress;
  readonly server: FeatureAddress;
}

export const localAt = (address: FeatureAddress): LocalFeature | null =>
  (Object.keys(local) as LocalFeature[]).find((name) => sameFeature(local[name], address)) ?? null;

/** Adds one that is asked for; "", or a sentence why not. */
export function addLink(links: Link[], most: number, asked: Json, refusal: string): string {
  const wanted = readLink(asked);
  if (wanted === null) return "Both addresses are needed.";
  const name = localAt(wanted.server);
  if (name === null || features[name].role === "client") return "There is no such feature.";
  const type = textOf(at(asked, "serverFeatureType"));
  if (type !== undefined && type !== features[name].type) return "The feature is of another type.";
  if (refusal !== "") return refusal;
  if (links.some((one) => isSame(one, wanted))) return "";
  if (links.length >= most) return "There are too many of them.";
  links.push(wanted);
  return "";
}

/** Removes one; "", or a sentence why not. */
export function removeLink(links: Link[], asked: Json): string {
  const wanted = readLink(asked);
  if (wanted === null) return "Both addresses are needed.";
  const found = links.findIndex((one) => isSame(one, wanted));
  if (found < 0) return "There is none such.";
  links.splice(found, 1);
  return "";
}

function readLink(asked: Json): Link | null {
  const client = readAddress(at(asked, "clientAddress"));
  const server = readAddress(at(asked, "serverAddress"));
  return client === null || server === null ? null : { client, server };
}

const isSame = (a: Link, b: Link): boolean => sameFeature(a.client, b.client) && sameFeature(a.server, b.server);
