/**
 * The HTTP side of a VEN: token by client credentials (RFC 6749), renewed before it ends and once more when the VTN refuses it;
 * lists read page by page; everything bounded in size and time, no redirect followed, since the token goes where the installer
 * said and nowhere else.
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { problemText, readToken, readTokenUrl } from "./messages.ts";

const answerMaxMs = 10_000;
const answerMaxBytes = 4_000_000;
/** Objects of one page, the most that the specification lets one ask for, and pages that are read. */
const pageSize = 50;
const pagesMax = 20;
/** A token is renewed when this share of its life is over; without an end of its own it has this long, s. */
const renewShare = 0.8;
const usualLifeS = 3_600;

export interface VtnOptions {
  /** Of the VTN: paths of the API follow it. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** Where tokens are got; without it the VTN says. */
  readonly tokenUrl?: string | undefined;
  readonly ca?: string | undefined;
  readonly nowMs: () => number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What went wrong, as a sentence; `status` 0 without an answer. */
export class VtnError extends Error {
  readonly status: number;
  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

export interface VtnClient {
  /** A VtnError unless the answer is one of success. */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** All objects of a list, up to a bound. */
  list(path: string, query?: Readonly<Record<string, string>>): Promise<readonly unknown[]>;
  /** The token as it is now, for a broker that takes it too. */
  token(): Promise<string>;
}

export function createVtnClient(options: VtnOptions): VtnClient {
  const base = options.url.replace(/\/+$/, "");
  let token = { text: "", untilMs: Number.NEGATIVE_INFINITY };
  let asking: Promise<string> | null = null;

  async function tokenUrl(): Promise<string> {
    if (options.tokenUrl !== undefined) return options.tokenUrl;
    const { status, body } = await send("GET", `${base}/auth/server`, {}, undefined, options.ca);
    const found = status === 200 ? readTokenUrl(body) : null;
    // A secret is sent to no other protocol and over no weaker line than the VTN's own.
    if (found !== null && base.startsWith("https:") && !found.startsWith("https:"))
      throw new VtnError(0, "the VTN names a token address that is not https");
    return found ?? `${base}/auth/token`;
  }

  async function askToken(): Promise<string> {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: options.clientId,
      client_secret: options.clientSecret,
      ...(options.scope !== undefined && { scope: options.scope }),
    }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status, body } = await send("POST", await tokenUrl(), headers, form, options.ca);
    const read = status >= 200 && status < 300 ? readToken(body) : null;
    if (read === null) throw new VtnError(status, `no token: ${said(status, body)}`);
    const lifeMs = (read.expires_in ?? usualLifeS) * 1_000 * renewShare;
    token = { text: read.access_token, untilMs: options.nowMs() + lifeMs };
    return token.text;
  }

  /** One at a time: many calls at once need one token. */
  function freshToken(): Promise<string> {
    if (options.nowMs() < token.untilMs) return Promise.resolve(token.text);
    asking ??= askToken().finally(() => {
      asking = null;
    });
    return asking;
  }

  async function call(method: Method, path: string, body?: unknown): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const once = async (): Promise<Answer> => {
      const headers = {
        authorization: `Bearer ${await freshToken()}`,
        ...(text !== undefined && { "content-type": "application/json" }),
      };
      return await send(method, `${base}${path}`, headers, text, options.ca);
    };
    let answer = await once();
    if (answer.status === 401) {
      token = { text: "", untilMs: Number.NEGATIVE_INFINITY };
      answer = await once();
    }
    if (answer.status < 200 || answer.status >= 300)
      throw new VtnError(answer.status, `${method} ${path.split("?")[0]}: ${said(answer.status, answer.body)}`);
    return answer.body;
  }

  return {
    call,
    token: freshToken,
    async list(path, query = {}) {
      const all: unknown[] = [];
      for (let page = 0; page < pagesMax; page++) {
        const asked = new URLSearchParams({ ...query, skip: String(page * pageSize), limit: String(pageSize) });
        const part = await call("GET", `${path}?${asked.toString()}`);
        if (!Array.isArray(part)) throw new VtnError(0, `GET ${path}: the answer is no list`);
        all.push(...part.slice(0, pageSize));
        if (part.length < pageSize) return all;
      }
      throw new VtnError(0, `GET ${path}: more than ${pageSize * pagesMax} objects`);
    },
  };
}

const said = (status: number, body: unknown): string => {
  const why = problemText(body);
  return `the VTN answered ${status}${why === "" ? "" : ` (${why})`}`;
};

function send(
  method: Method,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
  ca: string | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (failure: Error): void => reject(new VtnError(0, failure.message || "no connection"));
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const isSecure = url.startsWith("https:");
    const settings = {
      method,
      headers: {
        accept: "application/json",
        ...headers,
        ...(bytes !== undefined && { "content-length": String(bytes.length) }),
      },
      signal: AbortSignal.timeout(answerMaxMs),
      ...(isSecure && ca !== undefined && { ca }),
      ...(isSecure && { minVersion: "TLSv1.2" as const }),
    };
    try {
      const request = (isSecure ? httpsRequest : httpRequest)(url, settings, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length > answerMaxBytes) response.destroy(new Error(`the answer is larger than ${answerMaxBytes} bytes`));
          else chunks.push(chunk);
        });
        response.once("error", fail);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, body: parsed(text) });
        });
      });
      request.once("error", fail);
      request.end(bytes);
    } catch (failure) {
      fail(failure instanceof Error ? failure : new Error(String(failure)));
    }
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
