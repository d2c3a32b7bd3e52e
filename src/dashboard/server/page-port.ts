/** Whether the page can be served where the configuration says, found out before anything is commanded. */
import { createServer } from "node:net";

const causes: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there. End it, or choose another dashboard.port",
  EACCES: "this user may not listen there. Choose a dashboard.port above 1023",
  EADDRNOTAVAIL: "this machine does not have the address. Correct dashboard.host",
  ENOTFOUND: "the name is not known. Correct dashboard.host",
};

/** Listens for a moment, and ends. Rejects with what a person can do where it can't listen. */
export function tryPagePort({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", ({ code = "", message }: NodeJS.ErrnoException) => {
      reject(new Error(`the page can't be served at ${host}, port ${port}: ${causes[code] ?? message}`));
    });
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
