/**
 * A cabinet full of foreign devices, each with a habit that people report of its kind: which are named in the table beside it.
 * Everything is on loopback; what each shows is its own truth.
 */
import { type ModbusServer, type RegisterDevice, type ServerHabits, startModbusServer } from "../site/modbus-server.ts";
import type { JsonObject } from "../site/product.ts";
import { type Gateway, startGateway } from "../site/rtu.ts";
import * as meters from "./meters.ts";
import { chain, common, floatInverter, floatMeter, inverter, meter, unused } from "./sunspec.ts";
import { Truth } from "./truth.ts";

/** A device as the site file has it, and what is true of it. */
export interface Foreign {
  readonly name: string;
  readonly truth: Truth;
  /** Place and settings in the site file; `kind` is "meter" or "pv". */
  readonly kind: "meter" | "pv";
  readonly settings: JsonObject;
  readonly server: ModbusServer | Gateway;
  /** Its sign: 1 where import counts positive, or production of PV; -1 where a maker counts the other way. */
  readonly sign: 1 | -1;
  /** What its resolution and rounding may hide, W. */
  readonly toleranceW: number;
}

const host = "127.0.0.1";

/** `share` of the looks at a device find nothing: a data manager that has lost its inverter for a moment. */
const lostNowAndThen = (every: number): (() => boolean) => {
  let looks = 0;
  return () => (looks += 1) % every === 0;
};

export interface Cabinet {
  readonly devices: readonly Foreign[];
  readonly files: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** `library`: the folder of the maps that come with the project. */
export async function startCabinet(library: string): Promise<Cabinet> {
  const servers: (ModbusServer | Gateway)[] = [];
  const serve = async (units: ReadonlyMap<number, RegisterDevice>, habits: Partial<ServerHabits>) => {
    const server = await startModbusServer(units, habits);
    servers.push(server);
    return server;
  };
  const devices: Foreign[] = [];
  const add = (
    name: string,
    truth: Truth,
    server: ModbusServer | Gateway,
    settings: JsonObject,
    more: Partial<Pick<Foreign, "kind" | "sign" | "toleranceW">> = {},
  ): void => {
    const place = { host, port: server.port };
    devices.push({
      ...{ name, truth, server, kind: "meter", sign: 1, toleranceW: 1 },
      ...more,
      settings: { ...place, ...settings },
    });
  };
  // Each has another power, so that nobody is taken for another.
  let powerW = 600;
  const made = (): Truth => new Truth((powerW += 400));

  const [pac, eem, em, pro, sdm, dmg] = [made(), made(), made(), made(), made(), made()];
  const [sun, roof, roofMeter, fronius, froniusMeter] = [made(), made(), made(), made(), made()];

  // Replies that arrive in pieces (BiancoRoyal/node-red-contrib-modbus#6); values that must be read whole (PAC manual).
  const pieces = await serve(new Map([[1, meters.pac2200(pac)]]), { latencyMs: 15, pieceBytes: 7 });
  add("Main board", pac, pieces, { map: `${library}/siemens-pac2200.yaml` });

  // Closes the connection again and again (evcc#12852, modbus-proxy#2).
  const closing = await serve(new Map([[255, meters.eemMa370(eem)]]), { latencyMs: 20, requestsPerConnection: 40 });
  add("Heat pump", eem, closing, { unitId: 255, map: "./eem.yaml" });

  // Behind a gateway that passes RTU frames on in two pieces (mbmd#63).
  const gateway = await startGateway(4);
  gateway.image = meters.em340(em);
  servers.push(gateway);
  add("Lift", em, gateway, { unitId: 4, framing: "rtu", map: `${library}/carlo-gavazzi-em24-e1.yaml` });

  // Two units behind one gateway, one request at a time, which garbles the line when it is opened (HA core#52450), and
  // now and then gets no answer from them (modbus_exporter#69).
  const mgate = await serve(
    new Map([
      [11, meters.pro380(pro)],
      [12, meters.sdm120(sdm)],
    ]),
    { latencyMs: 40, oneAtATime: true, busyShare: 0.15, busyCode: 11, greeting: Buffer.from("\x00\xff garble") },
  );
  add("Kitchen", pro, mgate, { unitId: 11, map: "./pro380.yaml" });
  add("Pump", sdm, mgate, { unitId: 12, map: "./sdm120.yaml" });

  // The first reply on a connection takes long (jbuehl/solaredge#80), and every reply names unit 0 (evcc#25307).
  const slowStart = await serve(new Map([[1, meters.dmg610(dmg)]]), {
    latencyMs: 25,
    firstAnswerMs: 1_500,
    replyUnit: 0,
  });
  add("Cold store", dmg, slowStart, { map: "./dmg610.yaml", unitIdInReply: "any", replyTimeoutMs: 2_000 });

  // A dongle: one client, one request at a time, slow, busy by exception 6 (wlcrs/huawei_solar#167, #1371).
  const dongle = await serve(new Map([[1, meters.sun2000Meter(sun)]]), {
    ...{ latencyMs: 300, singleClient: true, dropsWhileBusy: true, busyShare: 0.1 },
  });
  add("Annex", sun, dongle, { map: `${library}/huawei-sun2000-meter.yaml` }, { sign: 1 });

  // One chain with inverter and meter, one client, scale factors that follow the power (evcc#2162, openbridgeserver#1255).
  const solaredge = chain(() => [
    common("SolarEdge", "SE10K", "7E0A-1"),
    inverter(roof),
    common("SolarEdge", "SE-MTR-3Y", "M-77"),
    meter(roofMeter, -1),
  ]);
  const chained = await serve(new Map([[1, solaredge]]), { latencyMs: 80, singleClient: true });
  const once = { connectDelayMs: 500, maxInFlight: 1 };
  add("Roof", roof, chained, { ...once, ratedW: 10_000, curtail: "none" }, { kind: "pv", toleranceW: 6 });
  add("Roof meter", roofMeter, chained, once, { sign: -1, toleranceW: 6 });

  // A data manager: inverter and meter at units 1 and 200, floats, nothing at all where it has lost them for a moment, no end.
  const isLost = lostNowAndThen(6);
  const gen24 = new Map([
    [1, chain(() => [common("Fronius", "Symo GEN24", "34119102"), floatInverter(fronius, isLost()), unused(120, 26)])],
    [
      200,
      chain(() => [common("Fronius", "Smart Meter 63A", "18310074", 66), floatMeter(froniusMeter, isLost())], {
        end: "none",
      }),
    ],
  ]);
  const manager = await serve(gen24, { latencyMs: 60, jitterMs: 60 });
  add("Barn", fronius, manager, { unitId: 1, ratedW: 10_000, curtail: "none" }, { kind: "pv" });
  add("Barn meter", froniusMeter, manager, { unitId: 200 });

  const files = {
    "eem.yaml": meters.eemMa370Map,
    "pro380.yaml": meters.pro380Map,
    "sdm120.yaml": meters.sdm120Map,
    "dmg610.yaml": meters.dmg610Map,
  };
  return {
    devices,
    files,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
