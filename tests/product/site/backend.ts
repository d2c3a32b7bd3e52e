/** A stand-in for an OCPP backend, of 2.0.1 until it is told otherwise: accepts everything, keeps what was said, can command. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import rpc from "ocpp-rpc";

const { RPCServer } = rpc;
type Client = InstanceType<typeof rpc.RPCClient>;
type Payload = Record<string, unknown>;

export interface Backend {
  readonly url: string;
  readonly said: readonly { readonly action: string; readonly payload: Payload }[];
  readonly connected: boolean;
  /** The subprotocol that is spoken; "" without a connection. */
  readonly protocol: string;
  /** Speaks another version from the next connection on, and ends this one. */
  speak(version: "2.0.1" | "2.1"): void;
  whenConnected(withinMs?: number): Promise<void>;
  call(action: string, payload: Payload): Promise<Payload>;
  /** Asks an EVSE for a power, negative for a discharge: our vendor message. */
  setPower(evseId: number, powerW: number, validS?: number): Promise<string>;
  /** The same until it is accepted: a station that has just started may refuse at first. Fails when it never is. */
  ask(evseId: number, powerW: number): Promise<void>;
  /** Sets a profile with one period for ever; on EVSE 0 for the whole station. Its status, and why when it is refused. */
  setProfile(
    evseId: number,
    limitW: number,
    purpose?: string,
    more?: Payload,
  ): Promise<{ readonly status: string; readonly why: string }>;
  /** Cuts the connection; the station comes back by itself. */
  cut(): void;
  close(): Promise<void>;
}

/** How cards are answered; every one is accepted unless said otherwise. */
export interface BackendOptions {
  readonly acceptsCard: (idToken: string) => boolean;
  /** Answers to requests by their action; undefined: as usual. */
  readonly answer?: (action: string, payload: Payload) => Payload | undefined;
}

export async function startBackend(options: BackendOptions = { acceptsCard: () => true }): Promise<Backend> {
  const said: { action: string; payload: Payload }[] = [];
  let client: Client | undefined;
  let profileId = 0;
  let spoken: "2.0.1" | "2.1" = "2.0.1";
  const serverOf = (version: string) =>
    new RPCServer({ protocols: [`ocpp${version}`], strictMode: false, callTimeoutMs: 10_000 });
  const servers = { "2.0.1": serverOf("2.0.1"), "2.1": serverOf("2.1") };
  const greet = (arrived: Client): void => {
    client = arrived;
    arrived.on("close", () => {
      if (client === arrived) client = undefined;
    });
    arrived.handle(async ({ method = "", params: given }) => {
      const params = given as Payload;
      said.push({ action: method, payload: params });
      const now = new Date().toISOString();
      const own = options.answer?.(method, params);
      if (own !== undefined) return own;
      if (method === "BootNotification") return { currentTime: now, interval: 300, status: "Accepted" };
      if (method === "Heartbeat") return { currentTime: now };
      if (method === "NotifyEVChargingNeeds") return { status: "Accepted" };
      const idToken = (params["idToken"] as { idToken?: string } | undefined)?.idToken;
      if (idToken !== undefined)
        return { idTokenInfo: { status: options.acceptsCard(idToken) ? "Accepted" : "Invalid" } };
      return {};
    });
  };
  for (const server of Object.values(servers)) {
    server.auth((accept) => accept({}));
    server.on("client", greet);
  }
  const http = createServer();
  http.on("upgrade", (request, socket, head) => void servers[spoken].handleUpgrade(request, socket as never, head));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const call = async (action: string, payload: Payload): Promise<Payload> => {
    if (client === undefined) throw new Error("the station is not connected");
    return (await client.call(action as never, payload as never)) as Payload;
  };
  const setPower = async (evseId: number, powerW: number, validS = 600): Promise<string> => {
    const data = { evseId, powerW, validS };
    return String((await call("DataTransfer", { vendorId: "org.islet", messageId: "SetPower", data }))["status"]);
  };
  return {
    url: `ws://127.0.0.1:${port}`,
    said,
    get connected() {
      return client !== undefined;
    },
    get protocol() {
      return client?.protocol ?? "";
    },
    speak(version) {
      spoken = version;
      void client?.close({ force: true });
    },
    async whenConnected(withinMs = 60_000) {
      const untilMs = performance.now() + withinMs;
      // What comes after the boot notification is only sent by a station that has taken its answer.
      const booted = (): boolean => {
        const at = said.findIndex(({ action }) => action === "BootNotification");
        return at >= 0 && said.length > at + 1;
      };
      while (client === undefined || !booted()) {
        if (performance.now() > untilMs) throw new Error(`no station connected within ${withinMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    call,
    setPower,
    async ask(evseId, powerW) {
      const untilMs = performance.now() + 30_000;
      for (;;) {
        const status = await setPower(evseId, powerW).catch(String);
        if (status === "Accepted") return;
        if (performance.now() > untilMs) throw new Error(`no ${powerW} W for EVSE ${evseId} within 30 s: ${status}`);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    },
    async setProfile(
      evseId,
      limitW,
      purpose = evseId === 0 ? "ChargingStationMaxProfile" : "TxDefaultProfile",
      more = {},
    ) {
      profileId += 1;
      const schedule = {
        id: profileId,
        startSchedule: new Date(Date.now() - 1_000).toISOString(),
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: limitW }],
      };
      const chargingProfile = {
        id: profileId,
        stackLevel: 0,
        chargingProfilePurpose: purpose,
        chargingProfileKind: "Absolute",
        chargingSchedule: [schedule],
        ...more,
      };
      const answer = await call("SetChargingProfile", { evseId, chargingProfile });
      const info = answer["statusInfo"] as { reasonCode?: string; additionalInfo?: string } | undefined;
      return {
        status: String(answer["status"]),
        why: `${info?.reasonCode ?? ""} ${info?.additionalInfo ?? ""}`.trim(),
      };
    },
    cut: () => void client?.close({ force: true }),
    async close() {
      for (const server of Object.values(servers)) await server.close({ force: true }).catch(() => undefined);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
