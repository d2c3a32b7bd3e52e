/** The files of secured connections to devices, looked at before anything is opened: what is wrong is told at its setting. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { devicesOf } from "../../config/parse.ts";
import type { SiteConfig } from "../../config/site.ts";
import { whyOf } from "../store/files.ts";

interface TlsMistake {
  readonly path: (string | number)[];
  readonly found: string;
  readonly complaint: string;
}

/** `config`: with whole paths. */
export function tlsMistakes(config: SiteConfig, nowMs = Date.now()): TlsMistake[] {
  return devicesOf(config).flatMap(({ path, device: { tls } }) => {
    if (tls === undefined) return [];
    const mistakes: TlsMistake[] = [];
    const wrong = (setting: keyof typeof tls, complaint: string): null => {
      const whole = [...path, "tls", setting] as (string | number)[];
      mistakes.push({ path: whole, found: JSON.stringify(tls[setting]), complaint });
      return null;
    };
    const read = <T>(setting: "certificateFile" | "keyFile" | "caFile", parse: (pem: Buffer) => T): T | null => {
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
    if (own !== null && key !== null && !own.checkPrivateKey(key))
      wrong("keyFile", "is not the key of certificateFile");
    if (own !== null && own.validToDate.getTime() <= nowMs)
      wrong("certificateFile", `has expired (${own.validToDate.toISOString().slice(0, 10)})`);
    if (ca !== null && !ca.ca) wrong("caFile", "is not the certificate of an issuer");
    return mistakes;
  });
}
