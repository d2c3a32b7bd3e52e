/**
 * To which hosts files may go and from which they may come. A backend names any location it likes; the station's own
 * machine and network are not for it to reach, unless the installer has named the host.
 */
import { lookup as resolveHost } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Loopback, link-local, private and other addresses that are not of the public network, IPv4 and IPv6. */
const inside = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  inside.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  inside.addSubnet(network, prefix, "ipv6");

const isInside = (address: string): boolean => inside.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

export interface FileHosts {
  /** Why a location is refused at first sight, or null. Names are looked up only when the transfer begins. */
  judge(url: string): string | null;
  /** Resolves names for a location, and refuses addresses that it may not reach. */
  lookupFor(url: URL): LookupFunction;
}

/** `allowed`: hosts, or hosts with a port, that the installer has named; they may be anywhere. */
export function createFileHosts(allowed: readonly string[]): FileHosts {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const portOf = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80");
  const isAllowed = (url: URL): boolean =>
    names.has(hostOf(url)) || names.has(`${hostOf(url)}:${portOf(url)}`) || names.has(`${url.hostname}:${portOf(url)}`);
  const refusal = (host: string): string =>
    `${host} is an address of this machine or its own network; backend.fileHosts can allow it.`;

  return {
    judge(text) {
      if (!URL.canParse(text)) return "The location cannot be read.";
      const url = new URL(text);
      if (url.protocol !== "http:" && url.protocol !== "https:")
        return `Files are transferred with HTTP or HTTPS, not ${url.protocol.slice(0, 20)}`;
      const host = hostOf(url);
      return isIP(host) !== 0 && isInside(host) && !isAllowed(url) ? refusal(host) : null;
    },
    lookupFor: (url) => (host, options, done) =>
      resolveHost(host, { ...options, all: true }, (failure, addresses) => {
        if (failure) return done(failure, "", 0);
        const wrong = isAllowed(url) ? undefined : addresses.find(({ address }) => isInside(address));
        if (wrong) return done(new Error(refusal(host)), "", 0);
        if (options.all) return done(null, addresses);
        const [first] = addresses;
        return first ? done(null, first.address, first.family) : done(new Error(`${host} has no address.`), "", 0);
      }),
  };
}
