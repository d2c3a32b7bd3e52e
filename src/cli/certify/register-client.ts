/** `--registers HOST:PORT/UNIT` and `--stranger ADDRESS`: the equipment's registers over Modbus TCP, in real time. */

import { StageUnderTest } from "../../../firmware-bridge/conformance/stage-under-test.ts";
import { tcpSurroundings } from "../../../firmware-bridge/conformance/surroundings.ts";
import type { RegisterClient, Rig } from "../../certify/rig.ts";
import { AskedWrongly } from "../asked.ts";

const usualPort = 502;
const unitMax = 255;

/** What a rig gets by it, and how it is ended. */
export interface Registers extends Required<Pick<Rig, "registers">>, Pick<Rig, "strangerWrites"> {
  close(): void;
}

/** Connects and walks through the device's models; throws with why it could not. */
export async function connectRegisters(asked: string, stranger: string | undefined): Promise<Registers> {
  const parts = /^(\[[^\]]+\]|[^:/]+)(?::(\d{1,5}))?(?:\/(\d{1,3}))?$/.exec(asked);
  const port = Number(parts?.[2] ?? usualPort);
  const unit = Number(parts?.[3] ?? 1);
  if (!parts || port < 1 || port > 65_535 || unit > unitMax)
    throw new AskedWrongly(`${asked} is not HOST, HOST:PORT or HOST:PORT/UNIT`);
  const host = parts[1]!.replace(/^\[|\]$/g, "");
  const open = (localAddress?: string): StageUnderTest =>
    new StageUnderTest(tcpSurroundings({ host, port, localAddress }, unit, () => false));
  const device = open();
  const wrong = await device.find();
  if (wrong !== undefined) {
    device.link.shut();
    throw new Error(`--registers ${asked}: ${wrong}`);
  }
  return {
    registers: clientOf(device, asked),
    ...(stranger !== undefined && {
      strangerWrites: (model, point, value) => writeOnce(open(stranger), device, model, point, value),
    }),
    close: () => device.link.shut(),
  };
}

function clientOf(device: StageUnderTest, asked: string): RegisterClient {
  const { manufacturer, model, version, serialNumber } = device.identity;
  return {
    identity: `${[manufacturer, model, version, serialNumber].filter((one) => one !== "").join(" ")} at ${asked}`,
    has: (of, point) => device.has(of, point),
    read: (of, point) => device.get(of, point),
    write: (of, point, value) => device.write(of, point, value),
    nowS: () => device.around.clock() / 1_000,
    waitS: (durationS) => device.around.sleep(1_000 * durationS),
  };
}

/** One write over a connection of its own; -1 where it was not even let in. */
async function writeOnce(
  stranger: StageUnderTest,
  known: StageUnderTest,
  model: number,
  point: string,
  value: number,
): Promise<number> {
  // It knows the places from the one that may read.
  stranger.images = known.images;
  try {
    return await stranger.write(model, point, value);
  } finally {
    stranger.link.shut();
  }
}
