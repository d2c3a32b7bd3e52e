/** How a version is fetched from an address: as the backend's files, from where those may come. */
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import type { FilePort } from "../../protocols/ocpp/ports.ts";
import { createHttpFiles } from "../../protocols/ocpp/transport/http-files.ts";
import type { SelfUpdateOptions } from "./self-update.ts";

export function bundleTransfers({ stateDir, backend }: SiteConfig): Pick<SelfUpdateOptions, "fetch" | "judge"> {
  // Made when it is first needed: its folder must not keep a controller from starting on a disk that is full.
  let made: FilePort | null = null;
  const files = (): FilePort => {
    made ??= createHttpFiles({
      folder: join(stateDir, "versions"),
      hosts: backend?.fileHosts ?? [],
      roots: () => [],
      diagnosticsLog: () => Promise.reject(new Error("There is no log here.")),
      installFirmware: () => Promise.reject(new Error("Nothing is installed here.")),
    });
    return made;
  };
  return {
    judge: (address) => files().judge(address),
    fetch: (address, bounds) => files().download(address, { ...bounds, onPart: () => undefined }),
  };
}
