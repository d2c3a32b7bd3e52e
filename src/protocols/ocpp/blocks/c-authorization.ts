/**
 * C: who may charge. Local list, cache, backend, in the order that the configuration asks for; what each may decide
 * online and offline is in `decide`.
 */
import { wireTimeMs } from "../clock.ts";
import { collectionOf } from "../collection.ts";
import { type Block, type Context, sameToken } from "../context.ts";
import type {
  AuthorizationStatus,
  EnergyTransfer,
  IdToken,
  IdTokenInfo,
  RequestOf,
  ResponseOf,
} from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";
import type { LocalList } from "./d-local-list.ts";

/** Cached tokens kept; the least recently used goes first. */
const cacheMax = 5_000;

interface Cached {
  info: IdTokenInfo;
  usedMs: number;
}

/** What came out, and who said so. */
export interface Decision {
  status: AuthorizationStatus;
  info: IdTokenInfo;
  source: "disabled" | "local-list" | "cache" | "backend" | "offline-unknown" | "refused-locally";
  /** The backend's word on a contract's certificate, where one was shown. */
  certificateStatus?: ResponseOf<"Authorize">["certificateStatus"];
  /** Transfers that the backend allows (2.1). */
  transfers?: readonly EnergyTransfer[];
}

export interface ContractCertificate {
  /** PEM chain of the contract certificate, as the vehicle gave it. */
  certificate?: string;
  hashData?: RequestOf<"Authorize">["iso15118CertificateHashData"];
}

/** Who may charge: by backend, cache, local list or the station's own rules while offline. */
export interface Authorization extends Block {
  decide(token: IdToken, contract?: ContractCertificate): Promise<Decision>;
  /** The backend's latest word on a token, from any response. */
  remember(token: IdToken, info: IdTokenInfo): void;
  /** Tokens that the cache knows, with what it says of them. */
  known(): { token: IdToken; info: IdTokenInfo }[];
  forget(token: IdToken): void;
  isMasterPass(group: { idToken: string } | undefined): boolean;
}

const keyOf = (token: IdToken): string => `${token.type}|${token.idToken.toLowerCase()}`;

/** Functional block of authorisation with its cache. */
export function createAuthorization(context: Context, list: LocalList): Authorization {
  const { model, session } = context;
  const cache = collectionOf<Cached>(context.store, "auth-cache");
  model.provide("AuthCacheCtrlr", "Storage", () =>
    String(cache.all().reduce((sum, entry) => sum + JSON.stringify(entry).length, 0)),
  );

  function cached(token: IdToken): IdTokenInfo | undefined {
    if (!model.flag("AuthCacheCtrlr", "Enabled")) return undefined;
    const entry = cache.get(keyOf(token));
    if (!entry) return undefined;
    const lifeTimeS = model.number("AuthCacheCtrlr", "LifeTime");
    const untilMs = entry.info.cacheExpiryDateTime
      ? wireTimeMs(entry.info.cacheExpiryDateTime)
      : lifeTimeS > 0
        ? entry.usedMs + lifeTimeS * 1000
        : Number.POSITIVE_INFINITY;
    if (context.nowMs() >= untilMs) return undefined;
    cache.put(keyOf(token), { ...entry, usedMs: context.nowMs() });
    return entry.info;
  }

  function remember(token: IdToken, info: IdTokenInfo): void {
    if (!model.flag("AuthCacheCtrlr", "Enabled") || token.type === "NoAuthorization") return;
    const before = cache.get(keyOf(token));
    if (before === undefined) {
      const all = cache.all();
      if (all.length >= cacheMax)
        cache.remove(all.reduce((old, entry) => (entry.value.usedMs < old.value.usedMs ? entry : old)).key);
    }
    // An event's answer often leaves the group out: it is still the group that the token belongs to.
    const group = info.groupIdToken ?? (info.status === "Accepted" ? before?.info.groupIdToken : undefined);
    cache.put(keyOf(token), { info: { ...info, ...(group && { groupIdToken: group }) }, usedMs: context.nowMs() });
  }

  async function askBackend(token: IdToken, contract: ContractCertificate): Promise<Decision> {
    const request: RequestOf<"Authorize"> = {
      idToken: token,
      ...(contract.certificate !== undefined && { certificate: contract.certificate }),
      ...(contract.hashData && { iso15118CertificateHashData: contract.hashData }),
    };
    const response: ResponseOf<"Authorize"> = await session.call("Authorize", request, { priority: priority.person });
    remember(token, response.idTokenInfo);
    const refused = response.certificateStatus !== undefined && response.certificateStatus !== "Accepted";
    const status = refused && response.idTokenInfo.status === "Accepted" ? "Invalid" : response.idTokenInfo.status;
    const { certificateStatus, allowedEnergyTransfer: transfers } = response;
    return {
      status,
      info: response.idTokenInfo,
      source: "backend",
      ...(certificateStatus !== undefined && { certificateStatus }),
      ...(transfers !== undefined && { transfers }),
    };
  }

  const local = (info: IdTokenInfo, source: Decision["source"]): Decision => ({ status: info.status, info, source });
  const refuse = (status: AuthorizationStatus): Decision => ({ status, info: { status }, source: "refused-locally" });

  function decideOffline(token: IdToken): Decision {
    const listed = list.find(token);
    const known = listed ?? cached(token);
    if (known && model.flag("AuthCtrlr", "LocalAuthorizeOffline")) return local(known, listed ? "local-list" : "cache");
    if (!known && model.flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled"))
      return { status: "Accepted", info: { status: "Accepted" }, source: "offline-unknown" };
    return refuse("Unknown");
  }

  /** C07: what is known of the token says nothing of the certificate: the backend is asked. */
  async function decideContract(token: IdToken, contract: ContractCertificate): Promise<Decision> {
    const offline = (): Decision =>
      model.flag("ISO15118Ctrlr", "ContractValidationOffline") ? decideOffline(token) : refuse("Unknown");
    if (!context.online()) return offline();
    try {
      return await askBackend(token, contract);
    } catch (error) {
      context.log("warn", `The backend did not answer for a contract: ${(error as Error).message}`);
      return offline();
    }
  }

  async function decide(token: IdToken, contract?: ContractCertificate): Promise<Decision> {
    if (!model.flag("AuthCtrlr", "Enabled"))
      return { status: "Accepted", info: { status: "Accepted" }, source: "disabled" };
    if (contract !== undefined) return decideContract(token, contract);
    if (!context.online()) return decideOffline(token);
    const remoteDisabled = model.flag("AuthCtrlr", "DisableRemoteAuthorization");
    if (model.flag("AuthCtrlr", "LocalPreAuthorize") || remoteDisabled) {
      const listed = list.find(token);
      if (listed?.status === "Accepted") return local(listed, "local-list");
      if (listed && model.flag("LocalAuthListCtrlr", "DisablePostAuthorize")) return local(listed, "local-list");
      const known = listed ? undefined : cached(token);
      if (known?.status === "Accepted") return local(known, "cache");
      if (known && model.flag("AuthCacheCtrlr", "DisablePostAuthorize")) return local(known, "cache");
    }
    if (remoteDisabled) return refuse("Unknown");
    try {
      return await askBackend(token, {});
    } catch (error) {
      context.log("warn", `The backend did not answer an authorisation: ${(error as Error).message}`);
      return decideOffline(token);
    }
  }

  return {
    handlers: {
      ClearCache: () => {
        if (!model.flag("AuthCacheCtrlr", "Enabled")) return { status: "Rejected" };
        cache.clear();
        return { status: "Accepted" };
      },
    },
    decide,
    remember,
    known: () =>
      cache.all().map(({ key, value }) => {
        const at = key.indexOf("|");
        return {
          token: { type: key.slice(0, at) as IdToken["type"], idToken: key.slice(at + 1) },
          info: value.info,
        };
      }),
    forget: (token) => cache.remove(keyOf(token)),
    isMasterPass(group) {
      const master = model.text("AuthCtrlr", "MasterPassGroupId");
      return master !== "" && group !== undefined && sameToken(group, { idToken: master });
    },
  };
}
