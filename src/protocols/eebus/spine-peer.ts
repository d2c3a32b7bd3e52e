/**
 * The exchange of SPINE messages with one peer: answers what it reads, lets it subscribe and bind, takes what it writes, and
 * finds and follows its heartbeat. Which message is answered by which is after enbility/spine-go (`spine/device_local.go`,
 * `spine/nodemanagement_*.go`). What a limit does is the options' business.
 */

import { at, type Json, type JsonObject, listOf, numberOf, textOf } from "./ship-json.ts";
import { answersOf } from "./spine-answers.ts";
import { createFollower } from "./spine-follower.ts";
import { addLink, type Link, localAt, removeLink } from "./spine-links.ts";
import { features, type LocalNames, local } from "./spine-local.ts";
import { addressJson, durationText, type FeatureAddress, readAddress, sameFeature } from "./spine-values.ts";
import { type WriteOptions, writeOf } from "./spine-writes.ts";

/** A peer's subscriptions and bindings; more are refused. */
const subscriptionsMax = 50;
const bindingsMax = 10;
/** We send a heartbeat more often than this; a guard may count on it. */
const heartbeatTimeoutMs = 60_000;

/** SPINE's error numbers that are sent (`model/result.go`). */
const errors = { none: 0, general: 1, unknownDestination: 4, unsupported: 6, rejected: 7, noBinding: 9 } as const;

export interface SpinePeerOptions extends WriteOptions {
  readonly names: LocalNames;
  readonly send: (datagram: Json) => void;
  /** Whether this peer may bind to the limits now; a sentence why not, "" where it may. */
  readonly mayBind: () => string;
  readonly onHeartbeat: () => void;
  /** How the peer calls itself. */
  readonly onNamed: (device: string) => void;
}

export interface SpinePeer {
  start(): void;
  /** The peer has had time to ask who we are: goes on without its asking. */
  hurry(): void;
  take(datagram: Json): void;
  /** Tells subscribers of a function anew. */
  tell(what: "limits" | "keys" | "heartbeat"): void;
  /** It is bound to the limits: it is the one that may write them. */
  readonly isGuard: boolean;
}

interface Header {
  readonly source: FeatureAddress;
  readonly destination: FeatureAddress;
  readonly counter: number;
  readonly classifier: string;
  readonly wantsResult: boolean;
}

const told = {
  limits: { feature: "loadControl", name: "loadControlLimitListData" },
  keys: { feature: "configuration", name: "deviceConfigurationKeyValueListData" },
  heartbeat: { feature: "diagnosis", name: "deviceDiagnosisHeartbeatData" },
} as const;

export function createSpinePeer(options: SpinePeerOptions): SpinePeer {
  const { names, shown, nowUtcMs } = options;
  const subscriptions: Link[] = [];
  const bindings: Link[] = [];
  let counter = 0;
  let beats = 0;
  let other: string | undefined;

  const answers = answersOf({
    names,
    shown,
    subscriptions,
    bindings,
    other: () => other,
    heartbeat: () => ({
      timestamp: new Date(nowUtcMs()).toISOString(),
      heartbeatCounter: beats,
      heartbeatTimeout: durationText(heartbeatTimeoutMs),
    }),
  });

  function send(
    from: FeatureAddress,
    to: FeatureAddress,
    classifier: string,
    cmd: JsonObject,
    more: { readonly reference?: number; readonly wantsResult?: boolean } = {},
  ): void {
    options.send({
      header: {
        specificationVersion: "1.3.0",
        addressSource: addressJson({ ...from, device: names.device }),
        addressDestination: addressJson({ ...to, device: to.device ?? other }),
        msgCounter: ++counter,
        ...(more.reference !== undefined && { msgCounterReference: more.reference }),
        cmdClassifier: classifier,
        ...(more.wantsResult === true && { ackRequest: true }),
      },
      payload: { cmd: [cmd] },
    });
  }
  function result({ source, destination, counter: reference }: Header, errorNumber: number, description = ""): void {
    const resultData = { errorNumber, ...(description !== "" && { description }) };
    send(destination, source, "result", { resultData }, { reference });
  }

  const follower = createFollower({ names, other: () => other, send });

  function takeCall(header: Header, cmd: Json) {
    const asked = at(cmd, "nodeManagementSubscriptionRequestCall", "subscriptionRequest");
    if (asked !== undefined) return answerCall(header, addLink(subscriptions, subscriptionsMax, asked, ""));
    const bound = at(cmd, "nodeManagementBindingRequestCall", "bindingRequest");
    if (bound !== undefined) {
      const isLimits = numberOf(at(bound, "serverAddress", "feature")) === local.loadControl.feature;
      return answerCall(header, addLink(bindings, bindingsMax, bound, isLimits ? options.mayBind() : ""));
    }
    const left = at(cmd, "nodeManagementSubscriptionDeleteCall", "subscriptionDelete");
    if (left !== undefined) return answerCall(header, removeLink(subscriptions, left));
    const unbound = at(cmd, "nodeManagementBindingDeleteCall", "bindingDelete");
    if (unbound !== undefined) return answerCall(header, removeLink(bindings, unbound));
    result(header, errors.unsupported, "This is not known here.");
  }
  function answerCall(header: Header, refusal: string) {
    if (refusal !== "") result(header, errors.rejected, refusal);
    else if (header.wantsResult) result(header, errors.none);
  }

  function takeWrite(header: Header, cmd: Json) {
    if (
      !bindings.some(
        ({ server, client }) => sameFeature(server, header.destination) && sameFeature(client, header.source),
      )
    )
      return result(header, errors.noBinding, "The feature is not bound: bind to it before writing.");
    const refusal = writeOf(cmd, options);
    if (refusal !== "") return result(header, errors.rejected, refusal);
    if (header.wantsResult) result(header, errors.none);
  }

  function takeNews(cmd: Json): void {
    const discovery = at(cmd, "nodeManagementDetailedDiscoveryData");
    if (discovery !== undefined) {
      other = textOf(at(discovery, "deviceInformation", "description", "deviceAddress", "device"))?.slice(0, 256);
      if (other !== undefined) options.onNamed(other);
      follower.discovered(discovery);
    }
    if (at(cmd, "deviceDiagnosisHeartbeatData", "heartbeatCounter") !== undefined) options.onHeartbeat();
  }

  return {
    start: () => follower.begin(),
    hurry: () => follower.follow(),
    get isGuard() {
      return bindings.some(({ server }) => sameFeature(server, local.loadControl));
    },
    take(datagram) {
      const header = readHeader(at(datagram, "header"));
      const cmd = listOf(at(datagram, "payload", "cmd"))[0];
      if (header === null || cmd === undefined) return;
      const { classifier, destination } = header;
      if (classifier === "result") return;
      if (classifier === "reply" || classifier === "notify") {
        takeNews(cmd);
        if (header.wantsResult) result(header, errors.none);
        return;
      }
      const name = localAt(destination);
      if (name === null) return result(header, errors.unknownDestination, "There is no such feature.");
      if (classifier === "call") return takeCall(header, cmd);
      const asked = functionOf(cmd);
      if (asked === null || !Object.hasOwn(features[name].functions, asked))
        return result(header, errors.unsupported, "This is not known here.");
      if (classifier === "write")
        return "write" in features[name].functions[asked]!
          ? takeWrite(header, cmd)
          : result(header, errors.rejected, "This can't be written.");
      if (classifier !== "read") return result(header, errors.general, "This kind of message is not known here.");
      send(destination, header.source, "reply", { [asked]: answers[asked]?.() ?? {} }, { reference: header.counter });
      if (asked === "nodeManagementDetailedDiscoveryData") follower.known();
    },
    tell(what) {
      if (what === "heartbeat") beats++;
      const { feature, name } = told[what];
      const to = subscriptions.filter(({ server }) => sameFeature(server, local[feature]));
      if (to.length === 0) return;
      const data = answers[name]!();
      for (const { client } of to) send(local[feature], client, "notify", { [name]: data });
    },
  };
}

function readHeader(value: Json | undefined): Header | null {
  const source = readAddress(at(value, "addressSource"));
  const destination = readAddress(at(value, "addressDestination"));
  const counter = numberOf(at(value, "msgCounter"));
  const classifier = textOf(at(value, "cmdClassifier"));
  if (source === null || destination === null || counter === undefined || classifier === undefined) return null;
  return { source, destination, counter, classifier, wantsResult: at(value, "ackRequest") === true };
}

/** The function that a command is about. */
function functionOf(cmd: Json): string | null {
  const named = textOf(at(cmd, "function"));
  if (named !== undefined) return named;
  const [first] = Object.keys((cmd ?? {}) as JsonObject).filter((name) => name !== "filter" && name !== "function");
  return first ?? null;
}
