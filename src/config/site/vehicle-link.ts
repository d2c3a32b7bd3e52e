/** Settings of a charging place whose sessions with vehicles the controller speaks (DIN SPEC 70121, ISO 15118). */
import { z } from "zod";
import { choice, choiceOr, flagOr, group, integerOr, text } from "../setting.ts";

const protocols = ["din", "iso2", "iso20"] as const;

export const vehicleLinkSettings = group(
  {
    interface: text({
      sentence:
        "Network interface on which vehicles ask for the charger: the one behind the modem of this place. `lo` is for a simulated vehicle on this machine, which names the port.",
      maxLength: 15,
      pattern: /^[\w.:-]+$/,
      example: "eth1",
    }),
    connector: choiceOr("dc", ["dc", "mcs", "ac1", "ac3"], {
      sentence:
        "What the outlet is: direct current (CCS), direct current for trucks (MCS, which only ISO 15118-20 knows), or alternating current on one or three phases.",
    }),
    protocols: z
      .array(choice(protocols, { sentence: "A protocol: din, iso2 (ISO 15118-2) or iso20 (ISO 15118-20)." }))
      .min(1, "must list at least one protocol")
      .max(protocols.length, `must list at most ${protocols.length} protocols`)
      .default(["din", "iso2", "iso20"]),
    tls: choiceOr("allow", ["prohibit", "allow", "force"], {
      sentence:
        "Encryption: `allow` offers it beside plain connections where there is a certificate, `force` takes nothing else, `prohibit` offers none.",
    }),
    iso20WithoutTls: flagOr(false, {
      sentence:
        "Speak ISO 15118-20 also where the vehicle has proved no certificate. The standard forbids it; many vehicles and test benches do it.",
      installer: true,
    }),
    port: integerOr(0, {
      sentence: "TCP port for plain connections; 0 takes a free one of those that vehicles accept, 49152 to 65535.",
      min: 0,
      max: 65_535,
    }),
    tlsPort: integerOr(0, { sentence: "Likewise for encrypted ones.", min: 0, max: 65_535 }),
    slacSocket: text({
      sentence:
        "Local socket of the daemon that matches this place's modem with the vehicle's (ISO 15118-3, SLAC; its protocol is in docs/slac.md). With it a session begins only while the modem has matched; without it whoever reaches the interface is spoken with.",
      maxLength: 100,
      pattern: /^\/./,
      example: "/run/slac/bay-1.sock",
    }).optional(),
    pauseAfterS: integerOr(0, {
      sentence:
        "A vehicle for which the plan, the backend or a person has had no power for so long is asked to pause, and woken when there is some again; 0: it stays in its session. One that sleeps when the grid fails is woken before it can carry an island.",
      min: 0,
      max: 86_400,
      unit: "s",
    }),
    evseId: text({
      sentence: "The place's identifier as vehicles and contracts know it.",
      maxLength: 37,
      pattern: /^[A-Z0-9*]{7,37}$/,
      example: "US*ISL*E001",
    }).optional(),
    certificateFile: text({
      sentence: "The charger's certificate and those up to the root, PEM, for encrypted connections.",
      maxLength: 300,
      example: "/etc/islet/secc-chain.pem",
    }).optional(),
    keyFile: text({
      sentence: "Its private key, PEM, without a passphrase.",
      maxLength: 300,
      example: "/etc/islet/secc.key",
    }).optional(),
    vehicleCaFile: text({
      sentence: "Roots of vehicles' certificates, PEM: a vehicle proves by one of them who it is (ISO 15118-20).",
      maxLength: 300,
      example: "/etc/islet/oem-roots.pem",
    }).optional(),
  },
  "The controller itself speaks with vehicles here. Without it the power stage's own communication controller does.",
);

export type VehicleLinkConfig = z.infer<typeof vehicleLinkSettings>;

/** What is wrong between the links of a site, each with the index of its EVSE and the setting. */
export function vehicleLinkComplaints(
  links: readonly (VehicleLinkConfig | undefined)[],
): { readonly index: number; readonly setting: string; readonly complaint: string }[] {
  const complaints: { index: number; setting: string; complaint: string }[] = [];
  const ofInterface = new Map<string, number>();
  links.forEach((link, index) => {
    if (link === undefined) return;
    const complain = (setting: string, complaint: string) => complaints.push({ index, setting, complaint });
    const other = ofInterface.get(link.interface);
    if (link.interface !== "lo" && other !== undefined)
      complain("interface", `is that of EVSE ${other + 1}: a vehicle that asks there could not be told apart`);
    ofInterface.set(link.interface, index);
    if (link.interface === "lo" && link.port === 0 && link.tls !== "force")
      complain("port", "is needed on lo, where no vehicle can ask for it");
    if ((link.certificateFile === undefined) !== (link.keyFile === undefined))
      complain(link.keyFile === undefined ? "keyFile" : "certificateFile", "belongs to the other of the two");
    if (link.tls === "force" && link.certificateFile === undefined)
      complain("tls", "is force, which needs certificateFile and keyFile");
    const isSpoken = (name: "din" | "iso2" | "iso20") => link.protocols.includes(name);
    if (link.tls === "force" && isSpoken("din"))
      complain("protocols", "has din, which knows no encryption: leave it out with tls: force");
    if (isSpoken("din") && link.connector !== "dc" && link.protocols.length === 1)
      complain("protocols", "has only din, which knows direct current by CCS only");
    if (link.connector === "mcs" && !isSpoken("iso20")) complain("protocols", "lacks iso20, which alone knows MCS");
  });
  return complaints;
}
