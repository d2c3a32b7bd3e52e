/** Devices that can't be read as the site file has them: each must be named with what was seen and what to check. */
import { createServer, type Server, type Socket } from "node:net";
import { RegisterImage, startModbusServer } from "../site/modbus-server.ts";
import type { JsonObject } from "../site/product.ts";
import * as meters from "./meters.ts";
import { chain, common, inverter, meter } from "./sunspec.ts";
import { Truth } from "./truth.ts";

export interface Broken {
  readonly name: string;
  /** Where it stands in the site file: a site has room for so many meters. */
  readonly kind: "meter" | "pv";
  readonly settings: JsonObject;
  /** What its sentence has to say. */
  readonly says: RegExp;
}

const host = "127.0.0.1";
const listening = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    }),
  );

export async function startBroken(): Promise<{ readonly devices: readonly Broken[]; close(): Promise<void> }> {
  const truth = new Truth(3_210);
  const closers: (() => Promise<unknown>)[] = [];
  const devices: Broken[] = [];
  const add = (name: string, port: number, says: RegExp, settings: JsonObject = {}): void => {
    devices.push({ name, kind: "meter", says, settings: { host, port, map: "./eem.yaml", ...settings } });
  };
  const addRoof = (name: string, port: number, says: RegExp): void => {
    devices.push({ name, kind: "pv", says, settings: { host, port, ratedW: 10_000, curtail: "none" } });
  };
  const serve: typeof startModbusServer = async (units, habits) => {
    const server = await startModbusServer(units, habits);
    closers.push(() => server.close());
    return server;
  };
  const raw = async (connected: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      connected(socket);
    });
    closers.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve(undefined));
          for (const socket of sockets) socket.destroy();
        }),
    );
    return listening(server);
  };
  const one = (image: RegisterImage) => new Map([[1, image]]);

  const gone = createServer();
  const gonePort = await listening(gone);
  await new Promise((resolve) => gone.close(resolve));
  addRoof("Nobody", gonePort, /nothing listens at this port.*Check its power.*address and port/);
  addRoof("Mute", await raw(() => undefined), /No reply before the deadline.*unit identifier/);
  const web = (socket: Socket): void => {
    socket.on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nServer: web\r\n\r\n"));
  };
  addRoof("Web page", await raw(web), /not Modbus.*Check the port/);
  const zero = await serve(one(meters.eemMa370(truth)), { transaction: "zero" });
  add("Always nought", zero.port, /belongs to no request of ours.*gateway/);
  const otherUnit = await serve(one(meters.eemMa370(truth)), { replyUnit: 0 });
  add("Other unit", otherUnit.port, /another unit.*unitIdInReply: any/);
  const noPath = await serve(new Map([[9, meters.eemMa370(truth)]]), { latencyMs: 20 });
  add("Behind nothing", noPath.port, /gateway gets no answer.*unit identifier/);
  const plain = await serve(one(meters.pro380(truth)));
  addRoof("No SunSpec", plain.port, /SunSpec.*map/);
  add("Another model", plain.port, /register 32\d{3}: exception 2, it does not have.*Compare the map/);
  const roof = await serve(one(chain(() => [common("Roofs", "R1", "R-1"), inverter(truth)])));
  add("An inverter", roof.port, /103|inverter/, { map: "sunspec" });
  const exchanged = await serve(one(chain(() => [common("Meters", "M1", "NEW-2"), meter(truth, 1)])));
  add("Exchanged", exchanged.port, /Another device answers.*NEW-2/, {
    map: "sunspec",
    identity: { serialNumber: "OLD-1" },
  });
  const empty = new RegisterImage([3]);
  empty.define(0x8006, 0x39);
  for (let at = 0x8006; at < 0x803f; at += 1) empty.words[at] = at % 2 === 0 ? 0 : 0x7fc0;
  add("Says nothing", (await serve(one(empty))).port, /not implemented/);
  return {
    devices,
    close: async () => {
      await Promise.all(closers.map((close) => close()));
    },
  };
}
