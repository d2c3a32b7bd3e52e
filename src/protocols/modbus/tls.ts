/**
 * Modbus over TLS as "Modbus/TCP Security" asks for: TLS 1.2 or newer, both sides show a certificate, and the device's is
 * verified by its issuer and its name, or is the very one that was commissioned. What a device's certificate says of roles is
 * for servers to read: a client has nothing to do with it.
 */
import { readFileSync } from "node:fs";
import { isIP, connect as tcpConnect } from "node:net";
import { checkServerIdentity, connect, createSecureContext, type SecureContext, type TLSSocket } from "node:tls";

/** Files are PEM. */
export interface TlsSettings {
  /** Issuer of the device's certificate. */
  readonly caFile?: string;
  /** SHA-256 of the device's own certificate, hexadecimal, instead of an issuer. */
  readonly fingerprint?: string;
  /** Ours, with its chain, and its key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Name in the device's certificate where it is not the host. */
  readonly serverName?: string;
}

/** A handshake takes a small device a second or two, ms. */
export const tlsConnectTimeoutMs = 5_000;

/** A device in a hurry to refuse us ends the connection without a word. */
const refusedUs =
  "it refuses our certificate, or its role: check tls.certificateFile, and that the device trusts its issuer";

/** What OpenSSL and Node say, and what a technician can do about it. */
const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired: renew it in the device, or correct this controller's clock",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: correct the clock of the device or of this controller",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is made out to another name: name it with tls.serverName if the device is the right one",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "its certificate is its own issuer: give its tls.fingerprint, or the issuer in tls.caFile",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is of another issuer than tls.caFile",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of another issuer than tls.caFile",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is of another issuer than tls.caFile",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of another issuer than tls.caFile",
  CERT_SIGNATURE_FAILURE: "its certificate is of another issuer than tls.caFile",
  INVALID_PURPOSE: "its certificate is not one of a server",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS at this port: the secured one is usually 802",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "it speaks only versions of TLS older than 1.2",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it speaks only versions of TLS older than 1.2",
};

/** A failure in words: the handshake, or the connection itself. */
export function tlsFailureText(failure: Error): string {
  const { code = "", message } = failure as NodeJS.ErrnoException;
  const known = words[code];
  if (known !== undefined) return known;
  return /ALERT|alert|ECONNRESET|EPIPE/.test(`${code} ${message}`) ? refusedUs : message;
}

export interface TlsClient {
  /** Why nothing can be opened at all; "" where it can. */
  readonly broken: string;
  connect(host: string, port: number): TLSSocket;
  /** The connection was ended before the first reply. */
  readonly endedEarly: string;
}

/** Reads the files once: renewed ones count from the next start on. */
export function createTlsClient(settings: TlsSettings): TlsClient {
  const { serverName } = settings;
  const fingerprint = settings.fingerprint?.replaceAll(":", "").toUpperCase();
  let context: SecureContext | undefined;
  let broken = "";
  try {
    context = createSecureContext({
      minVersion: "TLSv1.2",
      cert: readFileSync(settings.certificateFile),
      key: readFileSync(settings.keyFile),
      ...(settings.caFile !== undefined && { ca: readFileSync(settings.caFile) }),
    });
  } catch (failure) {
    broken = `the files of tls can't be used (${(failure as Error).message})`;
  }
  return {
    broken,
    endedEarly: refusedUs,
    connect(host, port) {
      const socket = connect({
        socket: tcpConnect({ host, port, noDelay: true }),
        secureContext: context,
        servername: serverName ?? (isIP(host) === 0 ? host : ""),
        // A pinned certificate is compared below, whoever issued it.
        rejectUnauthorized: fingerprint === undefined,
        checkServerIdentity: (_name, certificate) =>
          fingerprint === undefined ? checkServerIdentity(serverName ?? host, certificate) : undefined,
      });
      if (fingerprint !== undefined)
        socket.once("secureConnect", () => {
          const shown = socket.getPeerCertificate().fingerprint256?.replaceAll(":", "") ?? "";
          if (shown !== fingerprint)
            socket.destroy(new Error(`its certificate is not the one of tls.fingerprint; it shows ${shown}`));
        });
      return socket;
    },
  };
}
