/** B09, B10, A05: network profiles. Which backend is tried, in which order, with which security. */

import { collectionOf } from "../collection.ts";
import type { OcppConfig } from "../config.ts";
import { type Block, info } from "../context.ts";
import type { DeviceModel } from "../device-model/device-model.ts";
import type { OcppLog, OcppStore } from "../ports.ts";
import type { RequestOf } from "../transport/messages.table.ts";
import type { Endpoint } from "../transport/transport.ts";

interface Slot {
  url: string;
  securityProfile: number;
  messageTimeoutS?: number;
}

export interface Credentials {
  password(): string | undefined;
  roots(): string[];
  clientCertificate(): { cert: string; key: string } | null;
}

/** Which network profile is used, and how securely. */
export interface Network extends Block {
  /** The endpoint for the next attempt, after so many failures in a row. */
  endpoint(failures: number): Endpoint;
  /** The connection works: this slot is the one in use, and weaker ones are no longer. */
  connected(endpoint: Endpoint): void;
  activeSlot(): number;
  securityProfile(): number;
  /** The slot in use speaks TLS. */
  encrypted(): boolean;
}

export interface NetworkPorts {
  config: OcppConfig;
  model: DeviceModel;
  store: OcppStore;
  log: OcppLog;
  credentials: Credentials;
  onSecurityProfile(profile: number): void;
}

const slots = (config: OcppConfig): string => config.network.map(({ slot }) => slot).join(",");

/** Functional block of network profiles; tries them in their order. */
export function createNetwork(ports: NetworkPorts): Network {
  const { config, model, store, credentials } = ports;
  const profiles = collectionOf<Slot>(store, "network-profile");
  const state = collectionOf<number>(store, "network-state");
  for (const { slot, url, securityProfile } of config.network)
    if (!profiles.get(String(slot))) profiles.put(String(slot), { url, securityProfile });
  const order = (): number[] => {
    const known = model
      .list("OCPPCommCtrlr", "NetworkConfigurationPriority")
      .map(Number)
      .filter((slot) => profiles.get(String(slot)));
    return known.length > 0 ? known : config.network.map(({ slot }) => slot);
  };
  if (model.text("OCPPCommCtrlr", "NetworkConfigurationPriority") === "")
    model.put("OCPPCommCtrlr", "NetworkConfigurationPriority", slots(config));
  const active = (): number => state.get("active") ?? order()[0] ?? 1;
  const profileOf = (slot: number): number => profiles.get(String(slot))?.securityProfile ?? 1;
  const current = (): number => state.get("securityProfile") ?? profileOf(active());

  model.provide("OCPPCommCtrlr", "ActiveNetworkProfile", () => String(active()));
  model.provide("SecurityCtrlr", "SecurityProfile", () => String(current()));
  model.guard("OCPPCommCtrlr", "NetworkConfigurationPriority", (value) => {
    for (const slot of value.split(",").map(Number)) {
      const profile = profiles.get(String(slot));
      if (!profile) return `names slot ${slot}, which is not configured`;
      if (profile.securityProfile < current()) return `would lower the security profile in slot ${slot}`;
      const missing = missingCredentials(profile.securityProfile);
      if (missing) return `slot ${slot} ${missing}`;
    }
    return null;
  });

  /** A05: what a security profile needs before it may be used. */
  function missingCredentials(profile: number): string | null {
    if (profile >= 2 && credentials.roots().length === 0) return "needs a CSMS root certificate";
    if (profile === 3 && !credentials.clientCertificate()) return "needs a charging station certificate";
    return null;
  }

  /** Which version is spoken is settled at each connection; a profile may name one of those that are offered, or none. */
  function spoken(named: RequestOf<"SetNetworkProfile">["connectionData"]["ocppVersion"]): boolean {
    if (named === undefined) return true;
    if (named === "OCPP21") return config.versions.includes("2.1");
    return (named === "OCPP20" || named === "OCPP201") && config.versions.includes("2.0.1");
  }

  function refusal(request: RequestOf<"SetNetworkProfile">): string | null {
    const { configurationSlot, connectionData } = request;
    if (configurationSlot < 1 || configurationSlot > 5) return "The slot must be 1 to 5.";
    const { securityProfile, ocppTransport, ocppCsmsUrl, ocppVersion, vpn, apn } = connectionData;
    if (vpn !== undefined || apn !== undefined)
      return "VPNs and mobile networks are set up in the gateway's own system, not by the backend.";
    if (ocppTransport !== "JSON" || !spoken(ocppVersion))
      return `Only OCPP ${config.versions.join(" and ")} over JSON is spoken.`;
    if (securityProfile < 1 || securityProfile > 3) return "The security profile must be 1 to 3.";
    if (securityProfile < current()) return "The security profile must not be lowered.";
    if (!URL.canParse(ocppCsmsUrl)) return "The URL cannot be read.";
    const secure = new URL(ocppCsmsUrl).protocol;
    if (secure !== (securityProfile === 1 ? "ws:" : "wss:"))
      return `Security profile ${securityProfile} needs ${securityProfile === 1 ? "ws" : "wss"}://.`;
    if (configurationSlot === active()) return "The slot is in use.";
    return null;
  }

  return {
    handlers: {
      SetNetworkProfile(request) {
        const why = refusal(request);
        if (why) return { status: "Rejected", statusInfo: info("InvalidNetworkConf", why) };
        const { ocppCsmsUrl, securityProfile, messageTimeout } = request.connectionData;
        profiles.put(String(request.configurationSlot), {
          url: ocppCsmsUrl,
          securityProfile,
          ...(messageTimeout > 0 && { messageTimeoutS: messageTimeout }),
        });
        return { status: "Accepted" };
      },
    },
    endpoint(failures) {
      const candidates = order();
      const attempts = Math.max(model.number("OCPPCommCtrlr", "NetworkProfileConnectionAttempts"), 1);
      const slot = candidates[Math.floor(failures / attempts) % candidates.length] ?? active();
      const profile = profiles.get(String(slot)) ?? { url: "ws://127.0.0.1:9", securityProfile: 1 };
      state.put("trying", slot);
      const password = credentials.password();
      const client = profile.securityProfile === 3 ? credentials.clientCertificate() : null;
      return {
        url: profile.url,
        identity: config.identity,
        versions: config.versions,
        pingIntervalS: model.number("OCPPCommCtrlr", "WebSocketPingInterval"),
        ...(password !== undefined && profile.securityProfile < 3 && { password }),
        ...(profile.securityProfile >= 2 && {
          tls: { ca: credentials.roots(), minVersion: "TLSv1.2" as const, ...client },
        }),
      };
    },
    connected() {
      const slot = state.get("trying") ?? active();
      state.put("active", slot);
      const profile = profileOf(slot);
      if (profile <= current()) {
        if (state.get("securityProfile") === undefined) state.put("securityProfile", profile);
        return;
      }
      state.put("securityProfile", profile);
      ports.onSecurityProfile(profile);
      // A05: profiles weaker than the one that now works are removed from the order.
      model.put(
        "OCPPCommCtrlr",
        "NetworkConfigurationPriority",
        order()
          .filter((other) => profileOf(other) >= profile)
          .join(","),
      );
    },
    activeSlot: active,
    securityProfile: current,
    encrypted: () => profileOf(active()) >= 2,
  };
}
