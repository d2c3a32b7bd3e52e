/**
 * Requests to a server over mutual TLS, one at a time on a kept connection. Everything is bounded: time, size of an answer, pages
 * of a list. A link that leads to another host is not followed.
 */
import { Agent, request } from "node:https";
import { csipausOf, type Element, messageMaxChars, readXml, type Tag, writeXml, XmlError } from "./xml.ts";

/** A request with its answer takes at most this long, ms. */
const requestMaxMs = 20_000;
/** Asked for at once, and pages of one list. */
const pageSize = 255;
const pagesMax = 40;
/** The suite that the standard asks for, besides the usual ones; newer OpenSSL offers it at level 0 only. */
const ciphers =
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-CCM8:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384@SECLEVEL=0";

export interface TransportOptions {
  /** Of the server, with the path of its device capability. */
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Name that the server's certificate must have; without one its issuer alone is checked, since devices' certificates carry no name. */
  readonly serverName?: string | undefined;
  /** Namespace of the Australian elements until the server has shown which one it has; "" where there are none. */
  readonly csipaus: string;
}

/** The server can't be reached, or its certificate is not taken. */
export class Unreached extends Error {}
/** The server has answered, and not with what was asked for. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

export interface Answer {
  readonly status: number;
  readonly location: string;
}

export interface Transport {
  get(href: string): Promise<Element>;
  /** A whole list: the list element of its first page, and all items called `item`. */
  list(href: string, item: string): Promise<{ readonly list: Element; readonly items: readonly Element[] }>;
  send(method: "POST" | "PUT", href: string, body: Tag): Promise<Answer>;
  /** Namespace of the Australian elements that the server uses. */
  readonly csipaus: string;
  stop(): void;
}

export function openTransport(options: TransportOptions): Transport {
  const base = new URL(options.url);
  const { serverName } = options;
  let { csipaus } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    minVersion: "TLSv1.2",
    ciphers,
    ca: options.ca,
    cert: options.cert,
    key: options.key,
    ...(serverName === undefined ? { checkServerIdentity: () => undefined } : { servername: serverName }),
  });

  function exchange(method: string, href: string, body?: string): Promise<Answer & { readonly text: string }> {
    const url = new URL(href, base);
    if (url.origin !== base.origin) throw new Refused(0, `The link ${href.slice(0, 200)} leads to another host.`);
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method,
          agent,
          signal: AbortSignal.timeout(requestMaxMs),
          headers: {
            accept: "application/sep+xml",
            ...(body !== undefined && {
              "content-type": "application/sep+xml",
              "content-length": Buffer.byteLength(body),
            }),
          },
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => {
            text += part;
            if (text.length > messageMaxChars) answer.destroy(new Error("The answer is too long."));
          });
          answer.on("error", (failure) => reject(new Unreached(failure.message)));
          answer.on("end", () =>
            resolve({ status: answer.statusCode ?? 0, location: pathOf(answer.headers.location ?? "", base), text }),
          );
        },
      );
      sent.on("error", (failure: NodeJS.ErrnoException) =>
        reject(new Unreached(failure.name === "TimeoutError" ? "no answer in time" : failure.message)),
      );
      sent.end(body);
    });
  }

  async function get(href: string): Promise<Element> {
    const { status, text } = await exchange("GET", href);
    if (status !== 200) throw new Refused(status, `GET ${href}: ${status}`);
    if (csipaus !== "") csipaus = csipausOf(text) || csipaus;
    try {
      return readXml(text).root;
    } catch (failure) {
      if (failure instanceof XmlError) throw new Refused(status, `GET ${href}: ${failure.message}`);
      throw failure;
    }
  }

  return {
    get,
    async list(href, item) {
      const first = await get(paged(href, 0));
      const items = [...itemsOf(first, item)];
      const all = Number(first["@all"] ?? items.length);
      for (let page = 1; page < pagesMax && items.length < all; page++) {
        const more = itemsOf(await get(paged(href, items.length)), item);
        if (more.length === 0) break;
        items.push(...more);
      }
      return { list: first, items };
    },
    async send(method, href, body) {
      const { status, location } = await exchange(method, href, writeXml(body, csipaus));
      if (status >= 200 && status < 300) return { status, location };
      throw new Refused(status, `${method} ${href}: ${status}`);
    },
    get csipaus() {
      return csipaus;
    },
    stop: () => agent.destroy(),
  };
}

const paged = (href: string, start: number): string =>
  `${href}${href.includes("?") ? "&" : "?"}s=${start}&l=${pageSize}`;

function itemsOf(list: Element, item: string): readonly Element[] {
  const items = list[item];
  if (items === undefined) return [];
  return (Array.isArray(items) ? items : [items]).filter(
    (one): one is Element => typeof one === "object" && one !== null,
  );
}

/** A server may say the whole address of what it has made. */
function pathOf(location: string, base: URL): string {
  if (location === "") return "";
  const url = new URL(location, base);
  return url.origin === base.origin ? `${url.pathname}${url.search}` : location;
}
