/** Settings that every device behind Modbus has: where it is reached, and how it wants to be spoken to. */
import { z } from "zod";
import { choice, flagOr, group, integer, integerOr, numberOr, text } from "../setting.ts";
import { type IdentityConfig, identitySettings } from "./identity.ts";

const tlsSettings = group(
  {
    certificateFile: text({
      sentence:
        "This controller's own certificate for the device, PEM, with its chain. It carries the role that the device asks for.",
      maxLength: 300,
      example: "islet-modbus.pem",
      installer: true,
    }),
    keyFile: text({ sentence: "Its private key, PEM.", maxLength: 300, example: "islet-modbus.key", installer: true }),
    caFile: text({
      sentence: "Issuer that the device's certificate must be of, PEM.",
      maxLength: 300,
      example: "plant-ca.pem",
      installer: true,
    }).optional(),
    fingerprint: z
      .string()
      .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, "must be a SHA-256 in hexadecimal, 64 digits")
      .meta({
        sentence:
          "SHA-256 of the device's own certificate, hexadecimal, in place of an issuer: this one and no other is accepted, also where it has expired.",
        installer: true,
      })
      .optional(),
    serverName: text({
      sentence: "Name in the device's certificate where it is not the host.",
      maxLength: 253,
      example: "meter-7.plant.example",
      installer: true,
    }).optional(),
  },
  "Modbus/TCP Security: TLS 1.2 or newer with certificates of both sides. Usually at port 802.",
);

/** How a connection to a device is secured; files by their paths. */
export type TlsConfig = z.output<typeof tlsSettings>;

const serialSpeeds = { min: 1_200, max: 115_200 } as const;

/** Where a device is reached: over the network by `host`, or over a serial line by `serial`. */
const place = {
  host: text({
    sentence: "Name or address of the device in the network. A serial line is named by `serial` instead.",
    maxLength: 253,
    example: "192.168.1.20",
  }).optional(),
  port: integerOr(502, { sentence: "TCP port of its Modbus server.", min: 1, max: 65_535 }),
  framing: choice(["tcp", "rtu"], {
    sentence:
      "What goes over the network: `tcp` is Modbus TCP; `rtu` are the bytes of a serial line, passed through by a gateway. Default tcp.",
  }).optional(),
  tls: tlsSettings.optional(),
  serial: text({
    sentence:
      "Serial line, by its device file. A name under /dev/serial/by-id finds the same adapter again wherever it is plugged in.",
    maxLength: 300,
    example: "/dev/ttyUSB0",
  }).optional(),
  baudRate: integer({ sentence: "Speed of the serial line. Default 9600.", unit: "Bd", ...serialSpeeds }).optional(),
  parity: choice(["none", "even", "odd"], { sentence: "Parity of the serial line. Default none." }).optional(),
  stopBits: integer({ sentence: "Stop bits of the serial line. Default 1.", min: 1, max: 2 }).optional(),
  unitId: integerOr(1, { sentence: "Modbus unit identifier.", min: 0, max: 255 }),
};

const pace = {
  replyTimeoutMs: integerOr(1_000, {
    sentence:
      "Longest time for a reply. A device that answers fast is missed sooner: after six times its slowest recent reply or sixteen times its usual one, at least 100 ms.",
    unit: "ms",
    min: 20,
    max: 10_000,
  }),
  pauseMs: integerOr(0, {
    sentence: "Shortest pause between the end of a request and the next one, for devices that need it.",
    unit: "ms",
    min: 0,
    max: 5_000,
  }),
  connectDelayMs: integerOr(0, {
    sentence: "Pause after connecting before the first request, for devices that need it.",
    unit: "ms",
    min: 0,
    max: 10_000,
  }),
  maxInFlight: integerOr(2, {
    sentence: "Requests that it takes before it has answered the first; 1 for a device that serves one at a time.",
    min: 1,
    max: 8,
  }),
  maxRegisters: integerOr(125, {
    sentence: "Most registers that it gives in one reply. Found out by itself where it refuses more.",
    min: 2,
    max: 125,
  }),
  mergeGaps: flagOr(true, {
    sentence: "Whether registers that nobody needs may be read along between two that are needed.",
  }),
  unitIdInReply: choice(["strict", "any"], {
    sentence:
      "`any`: its replies may name another unit, as some gateways and devices do (0 or 255). `strict`: such a reply is refused. Default strict.",
  }).optional(),
  freshMs: numberOr(0, {
    sentence:
      "Age from which a reading of it is old. 0: three rounds of its line, from the line's speed and what shares it, and never less than the floor for its kind.",
    unit: "ms",
    min: 0,
    max: 60_000,
    installer: true,
  }),
};

/** What every Modbus device has. */
export const modbus = {
  ...place,
  ...pace,
  connector: integerOr(1, {
    sentence:
      "Which connector of the device this is, where its map describes one of several (`perConnector`). 1 is the first.",
    min: 1,
    max: 16,
    installer: true,
  }),
  map: text({
    sentence: "Register map: `sunspec`, or the path of a map file for a device that does not speak SunSpec.",
    maxLength: 300,
    example: "sunspec",
  }).default("sunspec"),
  identity: identitySettings.optional(),
};

/** What `modbus` says about one device. */
export interface ModbusPlace {
  readonly host?: string | undefined;
  readonly port: number;
  readonly framing?: "tcp" | "rtu" | undefined;
  readonly tls?: TlsConfig | undefined;
  readonly serial?: string | undefined;
  readonly baudRate?: number | undefined;
  readonly parity?: "none" | "even" | "odd" | undefined;
  readonly stopBits?: number | undefined;
  readonly unitId: number;
  readonly replyTimeoutMs: number;
  readonly pauseMs: number;
  readonly connectDelayMs: number;
  readonly maxInFlight: number;
  readonly maxRegisters: number;
  readonly mergeGaps: boolean;
  readonly unitIdInReply?: "strict" | "any" | undefined;
  readonly freshMs: number;
  readonly map: string;
  readonly connector: number;
  readonly identity?: IdentityConfig | undefined;
}

/** What is wrong with where a device is said to be reached, and which setting says it. */
export interface PlaceComplaint {
  readonly setting: keyof ModbusPlace;
  readonly complaint: string;
}

/** What is wrong with where one device is said to be. */
export function placeComplaints(device: ModbusPlace): PlaceComplaint[] {
  const { host, serial } = device;
  if (host !== undefined && serial !== undefined) {
    return [{ setting: "serial", complaint: "and host cannot both be given: a device is reached one way" }];
  }
  if (host === undefined && serial === undefined) {
    return [{ setting: "host", complaint: "is missing: name the device's host, or its serial line with serial" }];
  }
  const complaints: PlaceComplaint[] = [];
  if (host !== undefined) {
    if (host.includes("/") || /^com\d+$/i.test(host)) {
      complaints.push({ setting: "host", complaint: `is a serial line, not a host: write serial: ${host}` });
    }
    if (device.tls !== undefined && device.framing === "rtu") {
      complaints.push({ setting: "tls", complaint: "goes with Modbus TCP alone: leave framing out" });
    }
    if (device.tls !== undefined && (device.tls.caFile === undefined) === (device.tls.fingerprint === undefined)) {
      complaints.push({
        setting: "tls",
        complaint: "needs caFile or fingerprint, one of them: a device that nobody verifies may be anybody",
      });
    }
    for (const setting of ["baudRate", "parity", "stopBits"] as const) {
      if (device[setting] !== undefined) complaints.push({ setting, complaint: "belongs to a device with serial" });
    }
  } else {
    if (!serial!.startsWith("/")) {
      complaints.push({ setting: "serial", complaint: "must be the path of a device file, for example /dev/ttyUSB0" });
    }
    if (device.tls !== undefined) complaints.push({ setting: "tls", complaint: "belongs to a device with host" });
    if (device.framing === "tcp") {
      complaints.push({
        setting: "framing",
        complaint: "tcp belongs to a device with host: a serial line carries rtu",
      });
    }
  }
  return complaints;
}

/** How the shared line is set up: must be the same for all devices on it. */
export const lineSettings = (device: ModbusPlace): string =>
  device.serial === undefined
    ? `framing ${device.framing ?? "tcp"}${device.tls === undefined ? "" : ` with tls ${JSON.stringify(device.tls)}`}`
    : `${device.baudRate ?? 9_600} Bd, parity ${device.parity ?? "none"}, ${device.stopBits ?? 1} stop bits`;
