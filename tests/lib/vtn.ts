/** A VTN of OpenADR 3.1 for tests: tokens, programmes, events, vens, resources, reports, subscriptions with webhooks, over HTTP on loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

type Body = Record<string, unknown>;
const kinds = ["programs", "events", "vens", "resources", "reports", "subscriptions"] as const;
type Kind = (typeof kinds)[number];

export interface Vtn {
  readonly url: string;
  readonly objects: Readonly<Record<Kind, ReadonlyMap<string, Body>>>;
  /** Every request with its path and body, in order. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly body: unknown }[];
  /** Tokens that were given. */
  readonly tokens: number;
  /** What `GET /notifiers` says of a broker. */
  mqtt: Body | null;
  topics: Readonly<Record<string, string>> | null;
  /** Whether subscribers are called. */
  notifies: boolean;
  /** Lifetime of tokens, s. */
  tokenLifeS: number;
  /** Refuses all tokens given so far. */
  expireTokens(): void;
  put(kind: Kind, object: Body): Body;
  change(kind: Kind, id: string, more: Body): void;
  remove(kind: Kind, id: string): void;
  /** Answers every request with this status; 0 answers as usual. */
  failWith: number;
  kill(): Promise<void>;
  start(): Promise<void>;
}

const clock = (): string => new Date().toISOString();

export async function startVtn(client = { id: "ven-1", secret: "s3cret" }): Promise<Vtn> {
  const objects = Object.fromEntries(kinds.map((kind) => [kind, new Map<string, Body>()])) as Record<
    Kind,
    Map<string, Body>
  >;
  const requests: { method: string; path: string; body: unknown }[] = [];
  const valid = new Map<string, number>();
  let server: Server | null = null;
  let port = 0;
  let made = 0;
  let tokens = 0;

  const create = (kind: Kind, body: Body): Body => {
    const id = `${kind}-${++made}`;
    const object = {
      ...body,
      id,
      createdDateTime: clock(),
      modificationDateTime: clock(),
      objectType: kind.slice(0, -1).toUpperCase(),
    };
    objects[kind].set(id, object);
    return object;
  };
  const notify = (kind: Kind, operation: string, object: Body): void => {
    if (!vtn.notifies) return;
    for (const { objectOperations } of objects.subscriptions.values())
      for (const one of objectOperations as { objects: string[]; callbackUrl: string; bearerToken: string }[]) {
        if (!one.objects.includes(kind.slice(0, -1).toUpperCase())) continue;
        void fetch(one.callbackUrl, {
          method: "POST",
          headers: { authorization: `Bearer ${one.bearerToken}`, "content-type": "application/json" },
          body: JSON.stringify({ objectType: kind.slice(0, -1).toUpperCase(), operation, object }),
        }).catch(() => undefined);
      }
  };

  function answer(request: IncomingMessage, text: string): { status: number; body: unknown } {
    const url = new URL(request.url ?? "/", "http://vtn");
    const method = request.method ?? "GET";
    const isForm = request.headers["content-type"] === "application/x-www-form-urlencoded";
    const body: unknown = isForm
      ? Object.fromEntries(new URLSearchParams(text))
      : text === ""
        ? undefined
        : JSON.parse(text);
    requests.push({ method, path: url.pathname, body });
    const reply = (status: number, body: unknown) => ({ status, body });
    const problem = (status: number, detail: string) => reply(status, { status, title: "refused", detail });
    if (vtn.failWith > 0) return problem(vtn.failWith, "out of order");
    if (url.pathname === "/auth/server") return reply(200, { tokenURL: `${vtn.url}/auth/token` });
    if (url.pathname === "/auth/token") {
      const { client_id, client_secret } = body as Body;
      if (client_id !== client.id || client_secret !== client.secret) return reply(401, { error: "invalid_client" });
      const token = `token-${++tokens}`;
      valid.set(token, performance.now() + vtn.tokenLifeS * 1_000);
      return reply(200, { access_token: token, token_type: "Bearer", expires_in: vtn.tokenLifeS });
    }
    const until = valid.get(String(request.headers.authorization).replace("Bearer ", ""));
    if (until === undefined || performance.now() > until) return problem(401, "no valid token");
    if (url.pathname === "/notifiers") return reply(200, { WEBHOOK: true, ...(vtn.mqtt && { MQTT: vtn.mqtt }) });
    if (url.pathname.startsWith("/notifiers/mqtt/topics"))
      return vtn.topics ? reply(200, { topics: vtn.topics }) : problem(404, "no such topic");
    const [, kind = "", id] = url.pathname.split("/");
    const all = objects[kind as Kind];
    if (all === undefined) return problem(404, "no such path");
    if (method === "POST") {
      const name = kind === "vens" ? "venName" : "resourceName";
      const isTaken =
        (kind === "vens" || kind === "resources") &&
        [...all.values()].some((one) => one[name] === (body as Body)[name]);
      return isTaken ? problem(409, "the name is taken") : reply(201, create(kind as Kind, body as Body));
    }
    if (id !== undefined) {
      const object = all.get(id);
      if (object === undefined) return problem(404, "no such object");
      if (method === "DELETE") all.delete(id);
      if (method === "PUT") all.set(id, { ...object, ...(body as Body), modificationDateTime: clock() });
      return reply(200, all.get(id) ?? object);
    }
    const wanted = ["clientName", "venName", "resourceName", "venID", "eventID", "programID"];
    const found = [...all.values()].filter((one) =>
      wanted.every((name) => !url.searchParams.has(name) || one[name] === url.searchParams.get(name)),
    );
    const skip = Number(url.searchParams.get("skip") ?? 0);
    return reply(200, found.slice(skip, skip + Math.min(50, Number(url.searchParams.get("limit") ?? 50))));
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      const { status, body } = answer(request, text);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  };
  const vtn: Vtn = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    objects,
    requests,
    get tokens() {
      return tokens;
    },
    mqtt: null,
    topics: null,
    notifies: true,
    tokenLifeS: 3_600,
    failWith: 0,
    expireTokens: () => valid.clear(),
    put(kind, object) {
      const made = create(kind, object);
      notify(kind, "CREATE", made);
      return made;
    },
    change(kind, id, more) {
      const object = { ...objects[kind].get(id), ...more, modificationDateTime: clock() };
      objects[kind].set(id, object);
      notify(kind, "UPDATE", object);
    },
    remove(kind, id) {
      const object = objects[kind].get(id) ?? {};
      objects[kind].delete(id);
      notify(kind, "DELETE", object);
    },
    kill: () =>
      new Promise((resolve) => {
        if (server === null) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
        server = null;
      }),
    start: () =>
      new Promise((resolve, reject) => {
        server = createServer(handle).once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          const address = server?.address();
          if (typeof address === "object" && address !== null) port = address.port;
          resolve();
        });
      }),
  };
  await vtn.start();
  return vtn;
}

/** Descriptors that give each power its unit, and prices theirs. */
const inKw = ["IMPORT_CAPACITY_LIMIT", "EXPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT", "DISPATCH_SETPOINT_RELATIVE"];
export const vtnDescriptors = [
  ...inKw.map((payloadType) => ({ objectType: "EVENT_PAYLOAD_DESCRIPTOR", payloadType, units: "KW" })),
  { objectType: "EVENT_PAYLOAD_DESCRIPTOR", payloadType: "PRICE", units: "KWH", currency: "USD" },
];

/** An event of one interval; without `lastsS` it is open. */
export const vtnEvent = (programID: string, type: string, value: number, more: Body = {}, lastsS?: number): Body => ({
  programID,
  intervalPeriod: { start: "0001-01-01T00:00:00Z", duration: lastsS === undefined ? "P9999Y" : `PT${lastsS}S` },
  intervals: [{ id: 0, payloads: [{ type, values: [value] }] }],
  ...more,
});
