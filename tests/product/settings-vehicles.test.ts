/** Settings of a place's link to vehicles, each at a place of its own of one site: what a vehicle is refused there. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VehicleProtocol } from "../../sim/peers/vehicle/steps.ts";
import { certificate, type Made } from "../protocols/iso15118/contracts/pki.ts";
import { until } from "./site/judge.ts";
import { startVehicleSite, type VehicleSite } from "./site/vehicle-site.ts";

const patienceMs = 120_000;
const folder = mkdtempSync(join(tmpdir(), "islet-link-"));
const root = certificate({ name: "V2G root", authority: true });
const maker = certificate({ name: "Maker of vehicles", authority: true });
const car = certificate({ name: "CAR2", by: maker });
const keyOf = ({ key }: Made): string => key.export({ type: "pkcs8", format: "pem" }).toString();
/** The charger's certificate from now on. */
function install(one: Made): void {
  writeFileSync(join(folder, "secc.key"), keyOf(one));
  writeFileSync(join(folder, "secc.pem"), one.pem);
}
install(certificate({ name: "Charger 1", by: root }));
writeFileSync(join(folder, "makers.pem"), maker.pem);
const tlsPort = 40_000 + Math.floor(Math.random() * 5_000);
const encrypted = {
  certificateFile: join(folder, "secc.pem"),
  keyFile: join(folder, "secc.key"),
  vehicleCaFile: join(folder, "makers.pem"),
  tlsPort,
};

/** A modem's daemon, which says what a test lets it say. */
const slac = { path: join(folder, "slac.sock"), peer: undefined as Socket | undefined, heard: "" };
const daemon = createServer((socket) => {
  slac.peer = socket;
  socket.on("data", (bytes) => {
    slac.heard += bytes;
  });
  socket.on("error", () => undefined);
  socket.write('{"type":"hello","version":1}\n');
  const alive = setInterval(() => socket.write('{"type":"alive"}\n'), 1_000);
  socket.on("close", () => clearInterval(alive));
});
const modemSays = (state: string, reason = ""): void =>
  void slac.peer!.write(`${JSON.stringify({ type: "state", state, reason })}\n`);

let site: VehicleSite;
beforeAll(async () => {
  daemon.listen(slac.path);
  site = await startVehicleSite({
    links: [
      { protocols: ["iso2"] },
      { ...encrypted, tls: "force", protocols: ["iso2", "iso20"], iso20WithoutTls: false },
      { iso20WithoutTls: false },
      { connector: "mcs" },
      { slacSocket: slac.path },
    ],
  });
}, patienceMs);
afterAll(async () => {
  await site?.stop();
  slac.peer?.destroy();
  daemon.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How far a vehicle comes that looks around and leaves. */
const met = async (place: number, protocol: VehicleProtocol): Promise<string> => {
  const { trouble } = await site.vehicle(place, { protocol, bidirectional: false, rounds: 0, leaves: () => true }).done;
  return trouble;
};
const refused = "the charger speaks no such protocol";

it("evses[].vehicleLink.protocols[]: a protocol that is not listed is not spoken", {
  timeout: patienceMs,
}, async () => {
  expect(await met(0, "DIN SPEC 70121")).toBe(refused);
  expect(await met(0, "ISO 15118-2")).not.toBe(refused);
});

it("evses[].vehicleLink.tls: forced, no plain connection is taken", { timeout: patienceMs }, async () => {
  expect(await met(1, "ISO 15118-2")).toBe("no answer to the handshake");
  expect(site.said(/Bay 2 listens for vehicles: .* with encryption/)).toBeDefined();
});

it("evses[].vehicleLink.iso20WithoutTls: false, ISO 15118-20 is refused on a plain connection", {
  timeout: patienceMs,
}, async () => {
  expect(await met(2, "ISO 15118-20")).toBe(refused);
  expect(await met(2, "ISO 15118-2")).not.toBe(refused);
});

it("evses[].vehicleLink.connector: at an outlet for trucks MCS is spoken, and nothing else", {
  timeout: patienceMs,
}, async () => {
  const truck = { energy: "mcs", voltageV: 1_200, rounds: 5 } as const;
  expect(await site.vehicle(3, truck).done).toMatchObject({ complete: true, trouble: "" });
  expect(await met(3, "ISO 15118-2")).toBe(refused);
});

it("evses[].vehicleLink.slacSocket: a session only for a vehicle that the modem has matched with, and while its daemon lives", {
  timeout: patienceMs,
}, async () => {
  const port = () => site.world.stages[4]!.port!;
  const iso20 = { bidirectional: false } as const;
  expect(await until(() => slac.heard.includes('"state":"B"'), patienceMs)).toBe(true);
  modemSays("failed", "attenuation of 48 dB");
  expect(
    await until(
      () => site.said(/Bay 5: the modem has not matched with a vehicle: attenuation of 48 dB/) !== undefined,
      patienceMs,
    ),
  ).toBe(true);
  expect((await site.vehicle(4, iso20).done).trouble).toBe("no answer to the handshake");
  modemSays("matched");
  expect(await until(() => site.said(/Bay 5: the modem has matched/) !== undefined, patienceMs)).toBe(true);
  const lost = site.vehicle(4, iso20);
  expect(await until(() => port().closed, patienceMs)).toBe(true);
  modemSays("lost", "no answer to the link status");
  expect((await lost.done).complete).toBe(false);
  expect(await until(() => !port().closed, patienceMs)).toBe(true);
  expect(
    await until(
      () => site.said(/CAR5 was ended: the modem has lost the vehicle: no answer to the link status/) !== undefined,
      patienceMs,
    ),
  ).toBe(true);
  modemSays("matched");
  expect(
    await until(
      () => site.process.lines.filter(({ text }) => /Bay 5: the modem has matched/.test(text)).length === 2,
      patienceMs,
    ),
  ).toBe(true);
  const orphan = site.vehicle(4, iso20);
  expect(await until(() => port().closed, patienceMs)).toBe(true);
  daemon.close();
  slac.peer!.destroy();
  expect((await orphan.done).complete).toBe(false);
  expect(await until(() => !port().closed, patienceMs)).toBe(true);
  expect(
    await until(
      () => site.said(/CAR5 was ended: the modem's daemon at .*slac.sock has closed the connection/) !== undefined,
      patienceMs,
    ),
  ).toBe(true);
  expect(
    await until(() => site.said(/Bay 5 does not listen for vehicles: the modem's daemon at/) !== undefined, patienceMs),
  ).toBe(true);
  expect((await site.vehicle(4, iso20).done).trouble).toBe("no answer to the handshake");
});

describe("evses[].vehicleLink.certificateFile: sessions over TLS", () => {
  const iso2 = { protocol: "ISO 15118-2", bidirectional: false, rounds: 5 } as const;
  const mutual = { port: tlsPort, ca: root.pem, cert: car.pem, key: keyOf(car) };
  const asAsked = { port: tlsPort, ca: root.pem, maxVersion: "TLSv1.2" } as const;

  it("ISO 15118-2 over TLS 1.2, ISO 15118-20 over TLS 1.3 with both sides' certificates and not without", {
    timeout: patienceMs,
  }, async () => {
    expect(await site.vehicle(1, iso2, asAsked).done).toMatchObject({ complete: true, trouble: "" });
    expect(await site.vehicle(1, { rounds: 5 }, mutual).done).toMatchObject({ complete: true, trouble: "" });
    expect((await site.vehicle(1, { rounds: 5 }, { port: tlsPort, ca: root.pem }).done).trouble).toBe(refused);
  });

  it("a paused session is joined: -2 by vehicle and number, -20 by the vehicle's certificate, and by no other one", {
    timeout: patienceMs,
  }, async () => {
    // Over TLS 1.2 no certificate is asked for, so that one that a vehicle has binds nothing.
    const first = await site.vehicle(1, { ...iso2, pauses: true }, { ...mutual, maxVersion: "TLSv1.2" }).done;
    const { sessionId: resumes } = first;
    const back = await site.vehicle(1, { ...iso2, resumes }, asAsked).done;
    expect(back).toMatchObject({ complete: true, sessionId: resumes });
    expect(back.steps[0]).toBe("SessionSetup OK_OldSessionJoined");
    expect(site.said(/the session with vehicle .* has ended \(paused\)/)).toBeDefined();

    const paused = await site.vehicle(1, { rounds: 5, pauses: true }, mutual).done;
    const other = certificate({ name: "CAR3", by: maker });
    const stranger = { ...mutual, cert: other.pem, key: keyOf(other) };
    const foreign = await site.vehicle(1, { rounds: 5, resumes: paused.sessionId }, stranger).done;
    expect(foreign.steps[0]).toBe("SessionSetup OK_NewSessionEstablished");
    const own = await site.vehicle(1, { rounds: 5, resumes: paused.sessionId }, mutual).done;
    expect(own).toMatchObject({ complete: true, sessionId: paused.sessionId });
    expect(own.steps[0]).toBe("SessionSetup OK_OldSessionJoined");
  });

  it("a new certificate comes into use while a session goes on; an expired one is told, and nothing more is taken", {
    timeout: patienceMs,
  }, async () => {
    const shown = async (): Promise<string> => {
      const socket = connect({ host: "127.0.0.1", rejectUnauthorized: false, port: tlsPort });
      try {
        await once(socket, "secureConnect");
        return String(socket.getPeerCertificate().subject["CN"]);
      } catch (failure) {
        return (failure as NodeJS.ErrnoException).code ?? "";
      } finally {
        socket.destroy();
      }
    };
    let leaves = false;
    const session = site.vehicle(1, { leaves: () => leaves }, mutual);
    expect(await shown()).toBe("Charger 1");
    install(certificate({ name: "Charger 2", by: root }));
    expect(await until(async () => (await shown()) === "Charger 2", patienceMs, 500)).toBe(true);
    install(certificate({ name: "Charger 3", by: root, toMs: Date.UTC(2024, 0) }));
    expect(await until(async () => (await shown()) === "ECONNREFUSED", patienceMs, 500)).toBe(true);
    expect(site.said(/Bay 2 does not listen for vehicles: the certificate of CN=Charger 3 has expired/)).toBeDefined();
    install(certificate({ name: "Charger 4", by: root }));
    expect(await until(async () => (await shown()) === "Charger 4", patienceMs, 500)).toBe(true);
    leaves = true;
    expect(await session.done).toMatchObject({ complete: true, trouble: "" });
  });
});
