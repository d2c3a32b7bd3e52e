/**
 * A site of `config/examples/` before emulated devices: its own file, with the places where its devices are found replaced,
 * short waits, and a permit. Nothing else of it is changed, so what runs here is what an installer would start.
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { type Backend, startBackend } from "../site/backend.ts";
import { layOver } from "../site/product.ts";
import { type JsonObject, makeService, type PermitOptions, type Service } from "../site/service.ts";

const examples = resolve(import.meta.dirname, "../../../config/examples");

export interface ExampleOptions {
  /** Moves the devices to where the emulated ones are, and whatever else this trial changes. */
  readonly change: (config: JsonObject) => JsonObject;
  readonly serials: readonly string[];
  readonly permit?: PermitOptions;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Example extends Service {
  readonly backend: Backend;
}

type Json = JsonObject[string];

/** Paths of maps become absolute: the file is copied to another folder. */
function withMaps(value: Json): Json {
  if (Array.isArray(value)) return value.map(withMaps);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === "map" && typeof inner === "string" && inner.endsWith(".yaml")
        ? resolve(examples, inner)
        : withMaps(inner),
    ]),
  );
}

export async function startExample(file: string, options: ExampleOptions): Promise<Example> {
  const folder = mkdtempSync(join(tmpdir(), "islet-example-"));
  const backend = await startBackend();
  const given = withMaps(parse(readFileSync(join(examples, file), "utf8"))) as JsonObject;
  const hertz = (given["site"] as JsonObject)["nominalFrequencyHz"];
  const surroundings: JsonObject = {
    site: { gridProfile: hertz === "50" ? "./quick-50hz.yaml" : "./quick.yaml" },
    // Real-time priority would let the processes of these tests starve each other.
    loop: { realTimePriority: false },
    permit: { anchors: [join(folder, "utility.pem")] },
    dashboard: { port: 0, onSiteAddresses: ["127.0.0.1"] },
    backend: { url: backend.url, identity: "PRODUCT-1" },
    stateDir: join(folder, "state"),
  };
  const service = await makeService({
    folder,
    config: options.change(layOver(given, surroundings)),
    files: options.files ?? {},
    serials: options.serials,
    permit: options.permit,
  });
  const stop = async (): Promise<void> => {
    await service.stop();
    await backend.close();
  };
  // The service's getters stay what they are.
  return Object.create(service, Object.getOwnPropertyDescriptors({ backend, stop })) as Example;
}
