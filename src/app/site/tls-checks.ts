/** The files of secured connections to devices and to a broker, looked at before anything is opened: what is wrong is told at its setting. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { devicesOf } from "../../config/parse.ts";
import type { SiteConfig } from "../../config/site.ts";
import { isPin } from "../../protocols/csip/identity.ts";
import { dispatcherKey } from "../../protocols/fleet/signed.ts";
import { whyOf } from "../store/files.ts";

interface TlsMistake {
  readonly path: (string | number)[];
  readonly found: string;
  readonly complaint: string;
}

type Path = readonly PropertyKey[];
interface TlsFiles {
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** `config`: with whole paths. */
export function tlsMistakes(config: SiteConfig, nowMs = Date.now()): TlsMistake[] {
  return [
    ...devicesOf(config).flatMap(({ path, device: { tls } }) =>
      tls === undefined ? [] : mistakesOf([...path, "tls"], tls, nowMs),
    ),
    ...mqttMistakes(config.mqtt, nowMs),
    ...(config.links.csip === undefined ? [] : csipMistakes(config.links.csip, nowMs)),
    ...fleetMistakes(config.links.fleet, nowMs),
    ...openadrMistakes(config.links.openadr, nowMs),
  ];
}

function mistakesOf(path: Path, tls: TlsFiles, nowMs: number): TlsMistake[] {
  const mistakes: TlsMistake[] = [];
  const wrong = (setting: keyof TlsFiles, complaint: string): null => {
    mistakes.push({ path: [...path, setting] as (string | number)[], found: JSON.stringify(tls[setting]), complaint });
    return null;
  };
  const read = <T>(setting: keyof TlsFiles, parse: (pem: Buffer) => T): T | null => {
    const file = tls[setting];
    if (file === undefined) return null;
    let pem: Buffer;
    try {
      pem = readFileSync(file);
    } catch (failure) {
      return wrong(setting, `can't be read (${whyOf(failure)})`);
    }
    try {
      return parse(pem);
    } catch {
      return wrong(setting, `is no ${setting === "keyFile" ? "private key" : "certificate"} in PEM`);
    }
  };
  const own = read("certificateFile", (pem) => new X509Certificate(pem));
  const key = read("keyFile", (pem) => createPrivateKey(pem));
  const ca = read("caFile", (pem) => new X509Certificate(pem));
  if (own !== null && key !== null && !own.checkPrivateKey(key)) wrong("keyFile", "is not the key of certificateFile");
  if (own !== null && own.validToDate.getTime() <= nowMs)
    wrong("certificateFile", `has expired (${own.validToDate.toISOString().slice(0, 10)})`);
  if (ca !== null && !ca.ca) wrong("caFile", "is not the certificate of an issuer");
  return mistakes;
}

/** The VTN's: the secret must be there. */
function openadrMistakes(openadr: SiteConfig["links"]["openadr"], nowMs: number): TlsMistake[] {
  if (openadr === undefined) return [];
  const path = ["links", "openadr"];
  const mistakes = mistakesOf(path, { caFile: openadr.caFile }, nowMs);
  const wrong = (complaint: string): void =>
    void mistakes.push({
      path: [...path, "clientSecretFile"],
      found: JSON.stringify(openadr.clientSecretFile),
      complaint,
    });
  try {
    if (readFileSync(openadr.clientSecretFile, "utf8").trim() === "") wrong("is empty");
  } catch (failure) {
    wrong(`can't be read (${whyOf(failure)})`);
  }
  return mistakes;
}

/** The broker's: its files are for the encrypted link, and the password must be there. */
function csipMistakes(csip: NonNullable<SiteConfig["links"]["csip"]>, nowMs: number): TlsMistake[] {
  const mistakes = mistakesOf(["links", "csip"], csip, nowMs);
  if (csip.pin !== undefined && !isPin(csip.pin))
    mistakes.push({
      path: ["links", "csip", "pin"],
      found: JSON.stringify(csip.pin),
      complaint: "has a wrong check digit: the sum of its digits must be a multiple of ten",
    });
  return mistakes;
}

function mqttMistakes(mqtt: SiteConfig["mqtt"], nowMs: number): TlsMistake[] {
  if (mqtt === undefined) return [];
  const mistakes = mistakesOf(["mqtt"], mqtt, nowMs);
  const wrong = (setting: keyof NonNullable<SiteConfig["mqtt"]>, complaint: string): void =>
    void mistakes.push({ path: ["mqtt", setting], found: JSON.stringify(mqtt[setting]), complaint });
  for (const setting of ["caFile", "certificateFile", "keyFile"] as const)
    if (mqtt[setting] !== undefined && mqtt.url.startsWith("mqtt:"))
      wrong(setting, "is for a url that begins with mqtts:");
  if ((mqtt.certificateFile === undefined) !== (mqtt.keyFile === undefined))
    wrong(
      mqtt.keyFile === undefined ? "certificateFile" : "keyFile",
      "goes with the other: certificateFile and keyFile",
    );
  if (mqtt.passwordFile === undefined) return mistakes;
  if (mqtt.username === undefined) wrong("passwordFile", "goes with username");
  try {
    if (readFileSync(mqtt.passwordFile, "utf8").trim() === "") wrong("passwordFile", "is empty");
  } catch (failure) {
    wrong("passwordFile", `can't be read (${whyOf(failure)})`);
  }
  return mistakes;
}

/** The fleet's: its authority is for the encrypted link, its identity and the keys that may sign orders must be there. */
function fleetMistakes(fleet: SiteConfig["links"]["fleet"], nowMs: number): TlsMistake[] {
  if (fleet === undefined) return [];
  const group = ["links", "fleet"];
  const { caFile, credentialsFile, dispatcherKeys, rights } = fleet;
  const mistakes = mistakesOf(group, { caFile }, nowMs);
  const wrong = (path: readonly (string | number)[], found: unknown, complaint: string): void =>
    void mistakes.push({ path: [...group, ...path], found: JSON.stringify(found), complaint });
  if (caFile !== undefined && fleet.url.startsWith("nats:"))
    wrong(["caFile"], caFile, "is for a url that begins with tls:");
  if (rights.length > 0 && dispatcherKeys.length === 0)
    wrong(["rights"], rights, "need a key at dispatcherKeys: orders that nobody has signed are not heeded");
  for (const [i, file] of dispatcherKeys.entries())
    try {
      dispatcherKey(readFileSync(file, "utf8"));
    } catch (failure) {
      wrong(["dispatcherKeys", i], file, `can't be used (${whyOf(failure)})`);
    }
  if (credentialsFile === undefined) return mistakes;
  try {
    const text = readFileSync(credentialsFile, "utf8");
    if (!/-----BEGIN NATS USER JWT-----|^\s*SU[A-Z2-7]{56}\s*$/.test(text))
      wrong(["credentialsFile"], credentialsFile, "holds neither credentials (JWT and seed) nor a user's seed (SU…)");
  } catch (failure) {
    wrong(["credentialsFile"], credentialsFile, `can't be read (${whyOf(failure)})`);
  }
  return mistakes;
}
