/**
 * MQTT as a link of the port for requests: tells state, events and notices, hears commands, and shows the site to Home
 * Assistant. The broker is outside of what safety rests on: what it carries is a request or a cap like any other.
 */
import { readFileSync } from "node:fs";
import type { IPublishPacket } from "mqtt";
import type { SiteConfig } from "../../../config/site.ts";
import { modeForBackend } from "../../../domain/modes.ts";
import type { ControlReport } from "../../control/shared/report.ts";
import type { Log } from "../../log.ts";
import type { Asker, LinkPort, Notice, Receipt } from "../link-port.ts";
import type { OutsideLink } from "../outside-link.ts";
import { type Broker, openBroker } from "./broker.ts";
import { type Command, commandFilters, readCommand, readTopic } from "./commands.ts";
import { discoveryOf, type PowerRange } from "./discovery.ts";
import { createLinkNotes } from "./notes.ts";
import { evseState, type StateSources, siteState } from "./state.ts";

type MqttConfig = NonNullable<SiteConfig["mqtt"]>;

/** State is told when it has changed, at most this often, and otherwise after the longer time, ms. */
const stateEveryMs = 1_000;
const stateAnewMs = 30_000;
/** What Home Assistant is shown changes with limits; told at most this often, ms. */
const discoveryEveryMs = 60_000;
/** Home Assistant that starts again and again is answered at most this often, ms. */
const birthEveryMs = 2_000;

export interface MqttOptions extends Omit<StateSources, "report" | "nowMs" | "links"> {
  readonly config: SiteConfig;
  readonly mqtt: MqttConfig;
  readonly links: StateSources["links"] & Pick<LinkPort, "ask" | "release" | "follow">;
  readonly log: Log;
}

export function startMqtt(options: MqttOptions): OutsideLink {
  const { config, mqtt, links, log } = options;
  const base = mqtt.topic;
  const asker: Asker = { link: "mqtt", id: "broker", name: "MQTT", rights: mqtt.rights, isPerson: false };
  const haStatus = `${mqtt.discoveryPrefix}/status`;
  const notes = createLinkNotes(log, mqtt.url);
  const told = new Map<string, { text: string; atMs: number }>();
  let latest: ControlReport | null = null;
  let mode = "";
  let shown = "";
  let shownMs = Number.NEGATIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;

  const broker: Broker = openBroker({
    url: mqtt.url,
    username: mqtt.username,
    password: read(mqtt.passwordFile)?.trim(),
    ca: read(mqtt.caFile),
    cert: read(mqtt.certificateFile),
    key: read(mqtt.keyFile),
    clientId: `islet-${base.replaceAll("/", "-")}`,
    statusTopic: `${base}/status`,
    filters: [...(mqtt.rights.length > 0 ? commandFilters(base) : []), ...(mqtt.homeAssistant ? [haStatus] : [])],
    onConnect() {
      notes.connected();
      told.clear();
      shown = "";
      shownMs = Number.NEGATIVE_INFINITY;
    },
    onLost: (why) => notes.lost(why),
    onMessage: hear,
  });

  function hear(packet: IPublishPacket): void {
    const { topic, payload, retain } = packet;
    if (topic === haStatus) {
      // Home Assistant has started: everything anew, since what it had is gone.
      if (String(payload) !== "online" || performance.now() - shownMs < birthEveryMs) return;
      shown = "";
      shownMs = Number.NEGATIVE_INFINITY;
      told.clear();
      return;
    }
    const place = readTopic(base, topic);
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (retain) {
      if (bytes.length > 0) answer(packet, "", null, refusedRetained);
      notes.retained(topic);
      return;
    }
    if (place === null) {
      answer(packet, "", null, { ...refusedTopic, sentence: `No command is heard on ${topic}.` });
      return;
    }
    for (const command of readCommand(place, bytes)) carryOut(packet, command, place.evse);
    // What the command has changed is told soon.
    lookedMs = Number.NEGATIVE_INFINITY;
  }

  function carryOut(packet: IPublishPacket, command: Command, evse: number): void {
    if (command.kind === "wrong") {
      answer(packet, "", evse, { ...refusedTopic, id: command.id ?? "", sentence: command.sentence });
      return;
    }
    const { what } = command.kind === "ask" ? command.ask : command;
    const receipt =
      command.kind === "ask" ? links.ask(asker, command.ask) : links.release(asker, what, evse, command.id);
    answer(packet, what, evse, receipt);
  }

  /** On the topic that the asker names, where it lies below ours; otherwise on the one for all. */
  function answer({ topic, properties }: IPublishPacket, what: string, evse: number | null, receipt: Receipt): void {
    const wanted = properties?.responseTopic ?? "";
    const isOurs = wanted.startsWith(`${base}/result/`) && !/[+#]/.test(wanted) && wanted.length <= 200;
    broker.publish(isOurs ? wanted : `${base}/result`, JSON.stringify({ topic, what, evse, ...receipt }), {
      qos: 1,
      correlation: properties?.correlationData,
    });
  }

  function tell(place: string, state: Readonly<Record<string, unknown>>, nowMs: number): void {
    const text = JSON.stringify(state);
    const before = told.get(place);
    if (before?.text === text && nowMs - before.atMs < stateAnewMs) return;
    told.set(place, { text, atMs: nowMs });
    broker.publish(`${place}/state`, JSON.stringify({ atMs: Date.now(), ...state }), { retain: true, qos: 1 });
  }

  function show(report: ControlReport, nowMs: number): void {
    if (!mqtt.homeAssistant || nowMs - shownMs < discoveryEveryMs) return;
    const ranges = config.evses.map((evse, i): PowerRange => {
      const may = report.site.parallelOK && options.inputs[i]!.dischargeEnabled;
      return { chargeW: evse.maxChargeW, dischargeW: may ? evse.maxDischargeW : 0 };
    });
    const messages = discoveryOf({
      prefix: mqtt.discoveryPrefix,
      base,
      siteName: config.site.name,
      chargers: config.evses.map(({ name }, i) => name ?? `Charger ${i + 1}`),
      rights: mqtt.rights,
      ranges,
    });
    const text = messages.map(({ payload }) => payload).join("\n");
    if (text === shown) return;
    shown = text;
    shownMs = nowMs;
    for (const { topic, payload } of messages) broker.publish(topic, payload, { retain: true, qos: 1 });
  }

  const stopFollowing = links.follow("mqtt", (notice: Notice) => {
    const { askerId: _, givenW, ...said } = notice;
    const text = JSON.stringify({ ...said, givenW: Number.isFinite(givenW) ? givenW : null });
    broker.publish(`${base}/notice`, text, { qos: 1 });
  });

  return {
    name: "MQTT broker",
    look(report) {
      latest = report;
      const nowMs = performance.now();
      if (!broker.connected || nowMs - lookedMs < stateEveryMs) return;
      lookedMs = nowMs;
      show(latest, nowMs);
      const sources: StateSources = { ...options, report, nowMs: Date.now() };
      tell(base, siteState(sources), nowMs);
      for (let i = 0; i < report.stages.length; i++) tell(`${base}/evse/${i + 1}`, evseState(sources, i), nowMs);
      const now = modeForBackend(report.site.mode);
      if (mode !== "" && mode !== now)
        broker.publish(`${base}/event`, JSON.stringify({ atMs: Date.now(), event: "mode", from: mode, to: now }), {
          qos: 1,
        });
      mode = now;
    },
    get connected() {
      return broker.connected;
    },
    get sentence() {
      return broker.connected ? "" : notes.sentence;
    },
    async stop() {
      stopFollowing();
      await broker.stop();
    },
  };
}

const read = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readFileSync(file, "utf8");

const refusal = { id: "", accepted: false, state: "refused", untilMs: null, repeated: false } as const;
const refusedTopic: Receipt = {
  ...refusal,
  reason: "value",
  sentence: "",
  todo: "The topics and messages are described in docs/links.md.",
};
const refusedRetained: Receipt = {
  ...refusal,
  reason: "retained",
  sentence: "A retained command is not heard: it would be said again long after it was meant.",
  todo: "Publish commands without the retain flag, and clear the topic.",
};
