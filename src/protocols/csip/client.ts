/**
 * The client's walk through a server: device capability, time, its own end device (registered where it is missing), and from
 * there programs and what the device tells. What is heard goes to the ports; the client itself decides nothing.
 */
import { connectionPointBody, endDeviceBody } from "./bodies.ts";
import { isPin } from "./identity.ts";
import { createProgramWalk, type ProgramPorts } from "./programs.ts";
import { type EndDevice, pollRateOf, pollUsualS, readDeviceCapability, readEndDevice } from "./resources.ts";
import { createTasks, retryMinS } from "./tasks.ts";
import { createTelling, type TellingPorts } from "./telling.ts";
import type { Transport } from "./transport.ts";
import { intOf, textOf } from "./xml.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** Path of device capability. */
  readonly path: string;
  readonly lfdi: string;
  readonly sfdi: string;
  /** Private enterprise number in the names of what is measured; 0 for none. */
  readonly pen: number;
  readonly register: boolean;
  /** Number that the utility has given; the server must have the same. */
  readonly pin?: string | undefined;
  readonly connectionPointId?: string | undefined;
  /** Monotonic, s. */
  readonly nowS: () => number;
  /** Time of the server as it is reckoned now, s UTC. */
  readonly serverS: () => number;
  readonly ports: ClientPorts;
}

export interface ClientPorts extends ProgramPorts, TellingPorts {
  time(serverS: number): void;
  /** Whatever the server has answered well. */
  heard(): void;
  failed(sentence: string): void;
  /** The server is another one than the utility has said: nothing more is sent. */
  stranger(sentence: string): void;
}

export interface Client {
  /** Does what is due; returns when something is due next, monotonic s. Never rejects. */
  turn(): Promise<number>;
}

export function createClient(options: ClientOptions): Client {
  const { transport, ports, lfdi, sfdi, nowS, serverS } = options;
  const tasks = createTasks(nowS);
  const programs = createProgramWalk(transport, tasks, ports);
  const telling = createTelling({ ...options, namer: { lfdi, pen: options.pen }, tasks });

  async function readDcap(): Promise<number> {
    const root = await transport.get(options.path);
    const { timeHref, endDevicesHref, usagePointsHref } = readDeviceCapability(root);
    if (timeHref !== "") tasks.follow("time", () => readTime(timeHref));
    if (endDevicesHref !== "") tasks.follow("edev", () => readEndDevices(endDevicesHref));
    if (usagePointsHref !== "") telling.followUsagePoints(usagePointsHref);
    return pollRateOf(root, pollUsualS);
  }

  async function readTime(href: string): Promise<number> {
    const root = await transport.get(href);
    const said = intOf(root, "currentTime");
    if (Number.isFinite(said)) ports.time(said);
    return pollRateOf(root, pollUsualS);
  }

  async function readEndDevices(href: string): Promise<number> {
    const { list, items } = await transport.list(href, "EndDevice");
    const own = items.map(readEndDevice).find((one) => one.lfdi === lfdi || (one.lfdi === "" && one.sfdi === sfdi));
    const everyS = pollRateOf(list, pollUsualS);
    if (own !== undefined) {
      await takeEndDevice(own, everyS);
      return everyS;
    }
    if (!options.register) {
      ports.failed(`the server does not know this device. Register it there: LFDI ${lfdi}, SFDI ${sfdi}`);
      return everyS;
    }
    telling.forget();
    const { location } = await transport.send("POST", href, endDeviceBody(lfdi, sfdi, serverS()));
    if (location === "") return retryMinS;
    await takeEndDevice(readEndDevice(await transport.get(location)), everyS);
    return everyS;
  }

  async function takeEndDevice(own: EndDevice, everyS: number): Promise<void> {
    if (!(await isRegistered(own))) return;
    const { connectionPointId } = options;
    if (connectionPointId !== undefined && own.connectionPointHref !== "")
      await telling.putOnce(own.connectionPointHref, connectionPointId, connectionPointBody(connectionPointId));
    if (own.assignmentsHref !== "") programs.follow(own.assignmentsHref, everyS);
    if (own.dersHref !== "") telling.followDers(own.dersHref, everyS);
  }

  /** The server proves with the number of the registration that it is the one that the utility meant. */
  async function isRegistered({ registrationHref }: EndDevice): Promise<boolean> {
    if (registrationHref === "" || options.pin === undefined) return true;
    const said = textOf(await transport.get(registrationHref), "pIN");
    if (isPin(said) && Number(said) === Number(options.pin)) return true;
    tasks.end();
    ports.stranger(
      "The server's registration number is not the one of the configuration: nothing more is sent to it. Check links.csip.pin and the registration at the utility, then start the controller again.",
    );
    return false;
  }

  tasks.follow("dcap", readDcap);
  return { turn: () => tasks.turn(ports.heard, ports.failed) };
}
