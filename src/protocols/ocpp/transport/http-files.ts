/**
 * Transfers over HTTP and HTTPS for logs and firmware: bounded, abortable, an HTTP status as a sentence. Images go to disk
 * as they come. Servers may show a certificate of the backend's roots or of the runtime's; names and addresses are judged
 * anew at each redirect.
 */
import { createWriteStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { rootCertificates } from "node:tls";
import type { FilePort, StoredFile } from "../ports.ts";
import { createFileHosts } from "./file-hosts.ts";

const timeoutMs = 10 * 60_000;
const redirectsMax = 5;
/** Names of files under way; what a crash has left of them is removed at the next start. */
const partName = /^download-\d+\.part$/;

export interface HttpFilesOptions
  extends Pick<FilePort, "diagnosticsLog" | "installFirmware" | "mayInstall" | "noteWaiting" | "onTrial"> {
  /** Where images are kept while they are being looked at; made when it is missing. */
  readonly folder: string;
  /** Hosts (`host` or `host:port`) that may lie on this machine or in its own network. */
  readonly hosts: readonly string[];
  /** Roots of the backend, PEM, that count beside the runtime's own. */
  readonly roots: () => readonly string[];
}

/** The transfers; what a diagnostics log is and how an image is installed is the caller's. */
export function createHttpFiles(options: HttpFilesOptions): FilePort {
  const { folder, diagnosticsLog, installFirmware, mayInstall, noteWaiting, onTrial } = options;
  const hosts = createFileHosts(options.hosts);
  let downloads = 0;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (partName.test(name)) rmSync(join(folder, name), { force: true });

  function send(url: URL, signal: AbortSignal, body?: Uint8Array): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const common = {
        method: body ? "PUT" : "GET",
        headers: body ? { "content-type": "application/octet-stream", "content-length": body.length } : {},
        lookup: hosts.lookupFor(url),
        agent: false as const,
        signal,
      };
      const request: ClientRequest =
        url.protocol === "https:"
          ? requestHttps(url, { ...common, ca: [...options.roots(), ...rootCertificates] })
          : requestHttp(url, common);
      request.once("response", resolve);
      request.once("error", reject);
      request.end(body);
    });
  }

  function check(url: string): URL {
    const why = hosts.judge(url);
    if (why !== null) throw new Error(why);
    return new URL(url);
  }

  async function get(location: string, signal: AbortSignal): Promise<IncomingMessage> {
    let url = check(location);
    for (let hop = 0; hop <= redirectsMax; hop++) {
      const response = await send(url, signal);
      const status = response.statusCode ?? 0;
      const { location: next } = response.headers;
      if (status >= 200 && status < 300) return response;
      response.destroy();
      if (status < 300 || status >= 400 || next === undefined) throw new Error(`The server answered ${status}.`);
      const target = check(new URL(next, url).href);
      if (url.protocol === "https:" && target.protocol !== "https:")
        throw new Error("The server redirects from HTTPS to HTTP.");
      url = target;
    }
    throw new Error(`The server redirects more than ${redirectsMax} times.`);
  }

  return {
    diagnosticsLog,
    installFirmware,
    ...(mayInstall && { mayInstall }),
    ...(noteWaiting && { noteWaiting }),
    ...(onTrial && { onTrial }),
    judge: hosts.judge,
    async download(location, { maxBytes, signal, onPart }) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await get(location, until);
      const tooLarge = new Error(`The file is larger than ${maxBytes} bytes.`);
      if (Number(response.headers["content-length"] ?? 0) > maxBytes) {
        response.destroy();
        throw tooLarge;
      }
      downloads += 1;
      const path = join(folder, `download-${downloads}.part`);
      const file: StoredFile = { path, bytes: 0, remove: () => rmSync(path, { force: true }) };
      try {
        await pipeline(
          response,
          async function* (parts: AsyncIterable<Buffer>) {
            for await (const part of parts) {
              file.bytes += part.length;
              if (file.bytes > maxBytes) throw tooLarge;
              onPart(part);
              yield part;
            }
          },
          createWriteStream(path, { flags: "w", mode: 0o600 }),
          { signal: until },
        );
        return file;
      } catch (failure) {
        file.remove();
        throw failure;
      }
    },
    /** PUT to the location itself, or below it when it names a folder. */
    async upload(location, fileName, content, signal) {
      const url = check(location);
      if (url.pathname.endsWith("/")) url.pathname += encodeURIComponent(fileName);
      const response = await send(url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), content);
      response.resume();
      const status = response.statusCode ?? 0;
      if (status < 200 || status >= 300) throw new Error(`The server answered ${status}.`);
    },
  };
}
