/** Kinds of sessions that Josev's EVCC can go through: sixteen, and those of ISO 15118-20 again over TLS. */
interface JosevSession {
  readonly name: string;
  readonly place: "dc" | "ac";
  /** Of its configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly control?: "dynamic" | "scheduled";
  readonly tls13?: boolean;
  /** Paid by the contract in the vehicle; otherwise by a card. */
  readonly contract?: boolean;
}

const modes = { dc: "DC_extended", ac: "AC_three_phase_core" } as const;
const two = (place: "dc" | "ac", useTls: boolean, contract = false): JosevSession => ({
  name: `ISO 15118-2 ${place.toUpperCase()}, ${contract ? "contract" : "card"}, ${useTls ? "TLS 1.2" : "TCP"}`,
  place,
  config: { supportedProtocols: ["ISO_15118_2"], energyTransferMode: modes[place], useTls },
  contract,
});
const twenty = (service: string, control: "dynamic" | "scheduled", tls13 = false, contract = false): JosevSession => {
  const place = service.startsWith("DC") ? "dc" : "ac";
  return {
    name: `ISO 15118-20 ${service}, ${control}, ${contract ? "contract" : "card"}, ${tls13 ? "TLS 1.3" : "TCP"}`,
    place,
    config: {
      supportedProtocols: [`ISO_15118_20_${place.toUpperCase()}`],
      supportedEnergyServices: [service],
      useTls: tls13,
    },
    control,
    tls13,
    contract,
  };
};
const services = ["DC", "AC", "DC_BPT", "AC_BPT"] as const;

export const josevSessions: readonly JosevSession[] = [
  {
    name: "DIN SPEC 70121 DC, card, TCP",
    place: "dc",
    config: { supportedProtocols: ["DIN_SPEC_70121"], energyTransferMode: modes.dc, useTls: false },
  },
  two("dc", false),
  two("ac", false),
  two("dc", true),
  two("ac", true),
  two("dc", true, true),
  two("ac", true, true),
  ...services.flatMap((service) => [twenty(service, "dynamic"), twenty(service, "scheduled")]),
  twenty("DC", "dynamic", true, true),
  ...services.flatMap((service) => [twenty(service, "dynamic", true), twenty(service, "scheduled", true)]),
];
