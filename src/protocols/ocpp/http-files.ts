/** Transfers over HTTP and HTTPS for logs and firmware: bounded, abortable, an HTTP status as a sentence. */
import type { FilePort } from "./ports.ts";

const timeoutMs = 10 * 60_000;

function signals(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function checkUrl(url: string): void {
  const { protocol } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:")
    throw new Error(`Files are transferred with HTTP or HTTPS, not ${protocol}`);
}

/** The transfers; what a diagnostics log is and how an image is installed is the caller's. */
export function createHttpFiles(own: Pick<FilePort, "diagnosticsLog" | "installFirmware">): FilePort {
  return {
    ...own,
    async download(url, maxBytes, signal) {
      checkUrl(url);
      const response = await fetch(url, { signal: signals(signal) });
      if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`);
      const parts: Uint8Array[] = [];
      let size = 0;
      for await (const part of response.body) {
        size += part.length;
        if (size > maxBytes) throw new Error(`The file is larger than ${maxBytes} bytes.`);
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
    /** PUT to the location itself, or below it when it names a folder. */
    async upload(url, fileName, content, signal) {
      checkUrl(url);
      const target = url.endsWith("/") ? `${url}${encodeURIComponent(fileName)}` : url;
      const response = await fetch(target, {
        method: "PUT",
        body: content as Uint8Array<ArrayBuffer>,
        headers: { "content-type": "application/octet-stream" },
        signal: signals(signal),
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    },
  };
}
