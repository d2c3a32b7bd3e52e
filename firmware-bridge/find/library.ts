/** The register maps of a folder: those that come with the project, and an installer's own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceMap } from "../maps/device-map.ts";
import { parseMapFile } from "../maps/map-file.ts";
import type { MapFileMistake } from "../maps/map-file-node.ts";

/** Most files of one folder that are read. */
const filesMax = 500;

/** A map of a library, with its file. */
export interface LibraryMap {
  /** Path as it is written in a site's configuration. */
  readonly file: string;
  readonly map: DeviceMap;
}

/** Reads every map of a folder. Files with mistakes are left out and told; throws where the folder can't be read. */
export function readLibrary(folder: string): { maps: LibraryMap[]; mistakes: MapFileMistake[] } {
  const maps: LibraryMap[] = [];
  const mistakes: MapFileMistake[] = [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  for (const name of files.sort().slice(0, filesMax)) {
    const file = join(folder, name);
    const parsed = parseMapFile(readFileSync(file, "utf8"), file);
    if (parsed.ok) maps.push({ file, map: parsed.value });
    else mistakes.push(...parsed.error);
  }
  return { maps, mistakes };
}
