/** A00–A05: what this station trusts and what it shows of itself: configured certificates, own ones, the password. */
import type { Credentials } from "../blocks/b-network.ts";
import type { OcppConfig } from "../config.ts";
import type { DeviceModel } from "../device-model/device-model.ts";
import type { OcppStore } from "../ports.ts";
import { type Certificates, createCertificates, type RootUse, splitPem } from "./certificates.ts";
import { createPasswords, type Passwords } from "./passwords.ts";

/** Certificates and password, and what of them the connection needs. */
export interface Trust {
  readonly certificates: Certificates;
  readonly passwords: Passwords;
  readonly credentials: Credentials;
}

/** Trust as on record; certificates of the configuration are added to it. */
export function createTrust(config: OcppConfig, store: OcppStore, model: DeviceModel): Trust {
  const { cert, key, ca = [], roots = {} } = config.tls ?? {};
  const configured = cert !== undefined && key !== undefined ? { chain: splitPem(cert), key } : undefined;
  const certificates = createCertificates(store, configured);
  for (const pem of ca) certificates.install("CSMSRootCertificate", pem);
  for (const [use, pem] of Object.entries(roots))
    for (const one of splitPem(pem)) certificates.install(use as RootUse, one);
  const passwords = createPasswords(store, model, config);
  return {
    certificates,
    passwords,
    credentials: {
      password: passwords.current,
      roots: () => certificates.roots("CSMSRootCertificate"),
      clientCertificate() {
        const own = certificates.own("ChargingStationCertificate");
        return own ? { cert: own.chain.join("\n"), key: own.key } : null;
      },
    },
  };
}
