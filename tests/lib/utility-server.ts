/**
 * A small IEEE 2030.5 server of a utility, over mutual TLS: what it lists is what a test has put there, what it is told is kept as
 * it came. It shares no code with the client; lists come in pages of two, and its clock may be wrong.
 */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** What a test says of a control; times are seconds UTC of the server. */
export interface ServedControl {
  mrid: string;
  created: number;
  start: number;
  duration: number;
  status?: number;
  randomizeStart?: number;
  /** Content of DERControlBase. */
  base: string;
}
export interface ServedProgram {
  primacy: number;
  /** Content of DERControlBase of the default control, and what stands beside it; null: there is none. */
  fallback: string | null;
  beside?: string;
  controls: ServedControl[];
}

export interface UtilityServer {
  readonly port: number;
  readonly url: string;
  programs: ServedProgram[];
  /** Seconds that its clock is ahead. */
  aheadS: number;
  /** Number of the registration; null: there is no such resource. */
  pin: string | null;
  /** It answers everything with this status; 0: as it should. */
  failsWith: number;
  readonly asked: { readonly method: string; readonly path: string; readonly body: string; readonly atMs: number }[];
  /** Fingerprint of the certificate of each client that was let in. */
  readonly clients: Set<string>;
  nowS(): number;
  /** Status of each answer to a control, in their order. */
  answersTo(mrid: string): number[];
  /** The last body that was put or posted there. */
  last(path: string): string;
  /** Connections end, and nobody listens, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

const ns = 'xmlns="urn:ieee:std:2030.5:ns" xmlns:aus="https://csipaus.org/ns/v1.3"';
const pollS = 1;
const pageMax = 2;

/** Watts as an element of the Australian profile. */
export const limit = (mode: string, watts: number, multiplier = 0): string =>
  `<aus:${mode}><aus:multiplier>${multiplier}</aus:multiplier><aus:value>${watts / 10 ** multiplier}</aus:value></aus:${mode}>`;

export async function startUtilityServer(tls: { cert: string; key: string; ca: string }): Promise<UtilityServer> {
  const open = new Set<Socket>();
  let registered = "";
  const points: string[] = [];
  const told = new Map<string, string>();

  const link = (name: string, href: string) => `<${name} href="${href}"/>`;
  const list = (name: string, items: readonly string[], query: URLSearchParams) => {
    const start = Number(query.get("s") ?? 0);
    const page = items.slice(start, start + Math.min(pageMax, Number(query.get("l") ?? 1)));
    return `<${name} ${ns} href="/x" all="${items.length}" results="${page.length}" pollRate="${pollS}">${page.join("")}</${name}>`;
  };
  const device = (): string =>
    `<EndDevice ${ns} href="/edev/1">${registered}${[
      link("FunctionSetAssignmentsListLink", "/edev/1/fsa"),
      link("DERListLink", "/edev/1/der"),
      server.pin === null ? "" : link("RegistrationLink", "/edev/1/rg"),
      '<aus:ConnectionPointLink href="/edev/1/cp"/>',
    ].join("")}</EndDevice>`;
  const control = ({ mrid, created, start, duration, status = 0, randomizeStart, base }: ServedControl): string =>
    `<DERControl ${ns} href="/c/${mrid}" replyTo="/rsp" responseRequired="03"><mRID>${mrid}</mRID><creationTime>${created}</creationTime><EventStatus><currentStatus>${status}</currentStatus><dateTime>${created}</dateTime><potentiallySuperseded>false</potentiallySuperseded></EventStatus><interval><duration>${duration}</duration><start>${start}</start></interval>${randomizeStart === undefined ? "" : `<randomizeStart>${randomizeStart}</randomizeStart>`}<DERControlBase>${base}</DERControlBase></DERControl>`;
  const program = ({ primacy }: ServedProgram, i: number): string =>
    `<DERProgram href="/derp/${i}"><mRID>0${i}</mRID>${link("DefaultDERControlLink", `/derp/${i}/dderc`)}${link("DERControlListLink", `/derp/${i}/derc`)}<primacy>${primacy}</primacy></DERProgram>`;

  function read(path: string, query: URLSearchParams): string | null {
    const [, top, i, what] = path.split("/");
    if (path === "/dcap")
      return `<DeviceCapability ${ns} pollRate="${pollS}">${link("TimeLink", "/tm")}${link("MirrorUsagePointListLink", "/mup")}${link("EndDeviceListLink", "/edev")}</DeviceCapability>`;
    if (path === "/tm") return `<Time ${ns} pollRate="${pollS}"><currentTime>${server.nowS()}</currentTime></Time>`;
    if (path === "/edev") return list("EndDeviceList", registered === "" ? [] : [device()], query);
    if (path === "/edev/1") return device();
    if (path === "/edev/1/rg" && server.pin !== null)
      return `<Registration ${ns}><pIN>${server.pin}</pIN></Registration>`;
    if (path === "/edev/1/fsa")
      return list(
        "FunctionSetAssignmentsList",
        [`<FunctionSetAssignments href="/f">${link("DERProgramListLink", "/derp")}</FunctionSetAssignments>`],
        query,
      );
    if (path === "/edev/1/der")
      return list(
        "DERList",
        [
          `<DER href="/d">${link("DERCapabilityLink", "/d/cap")}${link("DERSettingsLink", "/d/set")}${link("DERStatusLink", "/d/status")}${link("DERAvailabilityLink", "/d/avail")}</DER>`,
        ],
        query,
      );
    if (path === "/mup")
      return list(
        "MirrorUsagePointList",
        points.map(
          (mrid, at) =>
            `<MirrorUsagePoint href="/mup/${at}"><mRID>${mrid}</mRID><postRate>2</postRate></MirrorUsagePoint>`,
        ),
        query,
      );
    if (path === "/derp") return list("DERProgramList", server.programs.map(program), query);
    const one = top === "derp" ? server.programs[Number(i)] : undefined;
    if (one === undefined) return null;
    if (what === "derc") return list("DERControlList", one.controls.map(control), query);
    return one.fallback === null
      ? null
      : `<DefaultDERControl ${ns}><mRID>D${i}</mRID><DERControlBase>${one.fallback}</DERControlBase>${one.beside ?? ""}</DefaultDERControl>`;
  }

  /** Where what was posted is found; null where nothing may be posted. */
  function post(path: string, body: string): string | null {
    if (path === "/edev") {
      registered = /<lFDI>.*<\/sFDI>/s.exec(body)?.[0] ?? "";
      return "/edev/1";
    }
    if (path === "/mup") {
      points.push(/<mRID>([^<]+)/.exec(body)?.[1] ?? "");
      return `/mup/${points.length - 1}`;
    }
    return path === "/rsp" || path.startsWith("/mup/") ? "/made" : null;
  }

  const https = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "https://utility");
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { method = "" } = request;
      server.asked.push({ method, path: pathname, body, atMs: performance.now() });
      response.setHeader("content-type", "application/sep+xml");
      const end = (status: number, text = ""): void => void response.writeHead(status).end(text);
      if (server.failsWith > 0) return end(server.failsWith);
      if (method === "GET") {
        const text = read(pathname, searchParams);
        return text === null ? end(404) : end(200, text);
      }
      if (method === "PUT") {
        told.set(pathname, body);
        return end(204);
      }
      const location = post(pathname, body);
      if (location === null) return end(400);
      told.set(pathname, body);
      response.setHeader("location", location);
      end(201);
    });
  });
  https.on("secureConnection", (socket) => {
    server.clients.add(socket.getPeerCertificate().fingerprint256);
  });
  https.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  https.on("tlsClientError", () => undefined);
  let port = 0;

  const server: UtilityServer = {
    get port() {
      return port;
    },
    get url() {
      return `https://127.0.0.1:${port}/dcap`;
    },
    programs: [],
    aheadS: 0,
    pin: null,
    failsWith: 0,
    asked: [],
    clients: new Set(),
    nowS: () => Math.floor(Date.now() / 1_000) + server.aheadS,
    answersTo: (mrid) =>
      server.asked
        .filter(({ path, body }) => path === "/rsp" && body.includes(`<subject>${mrid}</subject>`))
        .map(({ body }) => Number(/<status>(\d+)/.exec(body)?.[1])),
    last: (path) => told.get(path) ?? "",
    async shut() {
      const closed = new Promise((resolve) => https.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
    async open() {
      https.listen(port, "127.0.0.1");
      await once(https, "listening");
      ({ port } = https.address() as AddressInfo);
    },
  };
  await server.open();
  return server;
}
