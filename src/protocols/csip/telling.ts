/** What the device tells the server: ratings and settings when they change, its status also at the server's rate, readings at theirs. */
import {
  availabilityBody,
  capabilityBody,
  type DerFigures,
  type DerState,
  settingsBody,
  statusBody,
} from "./bodies.ts";
import {
  mridOf,
  type Namer,
  type ReadingName,
  readingBody,
  readingInterval,
  readingNames,
  readingRows,
  usagePointBody,
} from "./readings.ts";
import { boundedRate, type Der, pollRateOf, pollUsualS, readDer } from "./resources.ts";
import type { Tasks } from "./tasks.ts";
import { Refused, type Transport } from "./transport.ts";
import { attributeOf, type Element, intOf, type Tag, textOf } from "./xml.ts";

/** A changed status is put at most this often, and looked at so often, s. */
const statusEveryS = 5;

export interface TellingPorts {
  figures(): { readonly figures: DerFigures; readonly gradient: number };
  state(): DerState;
  availableW(): number;
  /** Means since they were asked for last; a value that nobody knows is not there. */
  readings(): Readonly<Partial<Record<ReadingName, number>>>;
}

export interface TellingOptions {
  readonly transport: Transport;
  readonly tasks: Tasks;
  readonly ports: TellingPorts;
  readonly namer: Namer;
  readonly nowS: () => number;
  readonly serverS: () => number;
}

export interface Telling {
  followDers(href: string, otherwiseS: number): void;
  followUsagePoints(href: string): void;
  /** Puts a resource where what it says has changed. */
  putOnce(href: string, word: string, body: Tag): Promise<void>;
  /** The server knows nothing of this device any more. */
  forget(): void;
}

export function createTelling(options: TellingOptions): Telling {
  const { transport, tasks, ports, namer, nowS, serverS } = options;
  const put = new Map<string, string>();
  const points = new Map<"site" | "der", string>();
  const postRates = { site: pollUsualS, der: pollUsualS };
  let statusAtS = Number.NEGATIVE_INFINITY;
  let readFromS = serverS();

  async function putOnce(href: string, word: string, body: Tag): Promise<void> {
    if (put.get(href) === word) return;
    await transport.send("PUT", href, body);
    put.set(href, word);
  }

  async function readDers(href: string, otherwiseS: number): Promise<number> {
    const { list, items } = await transport.list(href, "DER");
    const everyS = pollRateOf(list, otherwiseS);
    const [der] = items.map(readDer);
    if (der === undefined) return everyS;
    await putDer(der, true);
    tasks.follow("status", async () => {
      await putDer(der, false);
      return statusEveryS;
    });
    return everyS;
  }

  async function putDer(der: Der, isDue: boolean): Promise<void> {
    const { capabilityHref, settingsHref, statusHref, availabilityHref } = der;
    const { figures, gradient } = ports.figures();
    const { csipaus } = transport;
    const now = serverS();
    if (capabilityHref !== "")
      await putOnce(capabilityHref, JSON.stringify([figures, csipaus]), capabilityBody(figures, csipaus));
    if (settingsHref !== "")
      await putOnce(
        settingsHref,
        JSON.stringify([figures, gradient, csipaus]),
        settingsBody(figures, gradient, now, csipaus),
      );
    const state = ports.state();
    // The state of charge moves all the time: a step of it is worth telling.
    const word = JSON.stringify({ ...state, socPct: Math.round(state.socPct / 5) });
    const isNews = put.get(statusHref) !== word && nowS() - statusAtS >= statusEveryS;
    if (statusHref !== "" && (isDue || isNews)) {
      await transport.send("PUT", statusHref, statusBody(state, now));
      put.set(statusHref, word);
      statusAtS = nowS();
    }
    if (availabilityHref !== "" && isDue)
      await transport.send("PUT", availabilityHref, availabilityBody(ports.availableW(), now));
  }

  async function readUsagePoints(href: string): Promise<number> {
    const { list, items } = await transport.list(href, "MirrorUsagePoint");
    const known = new Map(items.map((one) => [textOf(one, "mRID").toUpperCase(), one]));
    for (const point of ["site", "der"] as const) {
      const found = known.get(mridOf(namer, point));
      if (found !== undefined) {
        postEvery(point, attributeOf(found, "href"), intOf(found, "postRate"));
        continue;
      }
      const { location } = await transport.send("POST", href, usagePointBody(namer, point, readingNames));
      if (location !== "") postEvery(point, location, intOf(await readPoint(location), "postRate"));
    }
    return pollRateOf(list, pollUsualS);
  }

  /** Some servers have no answer for a single point: its rate comes with the list. */
  async function readPoint(href: string): Promise<Element> {
    try {
      return await transport.get(href);
    } catch (failure) {
      if (!(failure instanceof Refused)) throw failure;
      return {};
    }
  }

  function postEvery(point: "site" | "der", href: string, rateS: number): void {
    points.set(point, href);
    if (Number.isFinite(rateS)) postRates[point] = boundedRate(rateS);
    tasks.follow("readings", postReadings);
    tasks.soon("readings", untilNextS());
  }

  const rateS = (): number => Math.min(postRates.site, postRates.der);
  const untilNextS = (): number => Math.max(1, readingInterval(serverS(), rateS()).nextS - serverS());

  async function postReadings(): Promise<number> {
    const { toS } = readingInterval(serverS(), rateS());
    const fromS = readFromS;
    const values = ports.readings();
    readFromS = toS;
    // What began between two intervals, or after this one, is no whole one.
    const isWhole = readingInterval(fromS, rateS()).toS === fromS && fromS < toS;
    for (const name of isWhole ? readingNames : []) {
      const value = values[name];
      const href = points.get(readingRows[name].point);
      if (value === undefined || !Number.isFinite(value) || href === undefined) continue;
      await transport.send("POST", href, readingBody(namer, name, value, fromS, toS));
    }
    return untilNextS();
  }

  return {
    followDers: (href, otherwiseS) => tasks.follow("der", () => readDers(href, otherwiseS)),
    followUsagePoints: (href) => tasks.follow("mup", () => readUsagePoints(href)),
    putOnce,
    forget() {
      put.clear();
      points.clear();
    },
  };
}
