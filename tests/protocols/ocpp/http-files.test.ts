/** Transfers of files: to disk, bounded, and never to where a backend has no business. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createFileHosts } from "../../../src/protocols/ocpp/transport/file-hosts.ts";
import { createHttpFiles } from "../../../src/protocols/ocpp/transport/http-files.ts";
import { issue } from "./test-ca.ts";

const folder = mkdtempSync(join(tmpdir(), "islet-files-"));
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener, tls?: { key: string; cert: string }): Promise<number> {
  const server = tls ? createSecureServer(tls, listener) : createServer(listener);
  open.push(server as Server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return (server.address() as AddressInfo).port;
}

const make = (hosts: string[] = ["127.0.0.1", "localhost"], roots: string[] = []) =>
  createHttpFiles({
    folder,
    hosts,
    roots: () => roots,
    diagnosticsLog: async () => new Uint8Array(),
    installFirmware: async () => ({ rebootNeeded: false }),
  });

function fetchFile(files: ReturnType<typeof make>, url: string, maxBytes = 1_000_000) {
  const parts: Uint8Array[] = [];
  const file = files.download(url, {
    maxBytes,
    signal: new AbortController().signal,
    onPart: (part) => void parts.push(part),
  });
  return file.then((stored) => ({ stored, seen: Buffer.concat(parts).toString() }));
}

describe("downloads", () => {
  test("go to disk as they come, seen part by part, for the owner's eyes only", async () => {
    const port = await serve((_, answer) => answer.end("an image"));
    const { stored, seen } = await fetchFile(make(), `http://127.0.0.1:${port}/fw`);
    expect(readFileSync(stored.path, "utf8")).toBe("an image");
    expect(seen).toBe("an image");
    expect(stored.bytes).toBe(8);
    expect(statSync(stored.path).mode & 0o777).toBe(0o600);
    stored.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ["announced", true],
    ["not announced", false],
  ])("a file larger than its bound ends the transfer and leaves nothing: size %s", async (_, announced) => {
    let sent = 0;
    const port = await serve((_request, answer) => {
      if (announced) answer.setHeader("content-length", 50_000_000);
      const more = (): void => {
        for (;;) {
          sent += 65_536;
          if (sent >= 50_000_000) return void answer.end();
          if (!answer.write(Buffer.alloc(65_536))) return void answer.once("drain", more);
        }
      };
      more();
    });
    await expect(fetchFile(make(), `http://127.0.0.1:${port}/fw`, 100_000)).rejects.toThrow("larger than 100000 bytes");
    expect(sent).toBeLessThan(20_000_000);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("what a crash has left is removed at the next start, and nothing else", () => {
    make();
    writeFileSync(join(folder, "download-3.part"), "half");
    writeFileSync(join(folder, "keep"), "ours");
    make();
    expect(readdirSync(folder)).toEqual(["keep"]);
  });

  test("a server below the backend's root is trusted, another is not", async () => {
    const root = issue({ name: "CSMS", ca: true });
    const { pem, key } = issue({ name: "localhost", issuer: root, hosts: ["localhost"] });
    const port = await serve((_, answer) => answer.end("an image"), {
      cert: pem,
      key: String(key.export({ type: "pkcs8", format: "pem" })),
    });
    const url = `https://localhost:${port}/fw`;
    expect((await fetchFile(make(["localhost"], [root.pem]), url)).seen).toBe("an image");
    await expect(fetchFile(make(["localhost"]), url)).rejects.toThrow(/certificate/i);
  });

  test("name and password of a location are used, and not carried to where it redirects", async () => {
    const asked: (string | undefined)[] = [];
    const target = await serve((request, answer) => {
      asked.push(request.headers.authorization);
      answer.end("an image");
    });
    const port = await serve((request, answer) => {
      asked.push(request.headers.authorization);
      answer.writeHead(302, { location: `http://127.0.0.1:${target}/fw` }).end();
    });
    expect((await fetchFile(make(), `http://us%40er:pass@127.0.0.1:${port}/fw`)).seen).toBe("an image");
    expect(asked).toEqual([`Basic ${Buffer.from("us@er:pass").toString("base64")}`, undefined]);
  });

  test("an endless chain of redirects ends", async () => {
    const port: number = await serve((_, answer) => void answer.writeHead(302, { location: "/again" }).end());
    await expect(fetchFile(make(), `http://127.0.0.1:${port}/fw`)).rejects.toThrow("more than 5 times");
  });
});

describe("hosts", () => {
  const hosts = createFileHosts(["depot.local", "10.1.2.3:8080", "[::1]:9000"]);
  test.each([
    ["http://127.0.0.1/", false],
    ["http://2130706433/", false],
    ["http://0/", false],
    ["http://10.1.2.3/", false],
    ["http://10.1.2.3:8080/", true],
    ["http://192.168.1.1/", false],
    ["http://172.20.0.1/", false],
    ["http://169.254.169.254/latest/meta-data", false],
    ["http://100.64.3.4/", false],
    ["http://[::1]/", false],
    ["http://[::1]:9000/", true],
    ["http://[::ffff:10.1.2.3]/", false],
    ["http://[::ffff:7f00:1]/", false],
    ["http://[fe80::1]/", false],
    ["http://[fd00::1]/", false],
    ["http://8.8.8.8/", true],
    ["https://files.example/", true],
    ["ftp://files.example/", false],
    ["file:///etc/passwd", false],
    ["javascript:alert(1)", false],
    ["nowhere", false],
  ])("%s: %s", (url, fine) => {
    expect(hosts.judge(url) === null).toBe(fine);
  });

  test("a name that leads inside is refused, and so is a redirect there; a host that is named may", async () => {
    let reached = 0;
    const port = await serve((_, answer) => {
      reached += 1;
      answer.end("secret");
    });
    await expect(fetchFile(make([]), `http://localhost:${port}/fw`)).rejects.toThrow("backend.fileHosts");
    const door = await serve((_, answer) => {
      answer.writeHead(302, { location: `http://localhost:${port}/fw` }).end();
    });
    await expect(fetchFile(make([`127.0.0.1:${door}`]), `http://127.0.0.1:${door}/fw`)).rejects.toThrow("fileHosts");
    const files = make([]);
    await expect(
      files.upload(`http://localhost:${port}/`, "a.log", Buffer.from("x"), new AbortController().signal),
    ).rejects.toThrow("fileHosts");
    expect(reached).toBe(0);
    expect((await fetchFile(make(["localhost"]), `http://localhost:${port}/fw`)).seen).toBe("secret");
  });
});

test("a log is put below a folder, or to the location itself, once", async () => {
  const seen: string[] = [];
  const port = await serve(async (request: IncomingMessage, answer) => {
    let body = "";
    for await (const part of request) body += part;
    seen.push(`${request.method} ${request.url} ${body}`);
    answer.writeHead(request.url === "/refused" ? 403 : 201).end();
  });
  const files = make();
  const { signal } = new AbortController();
  await files.upload(`http://127.0.0.1:${port}/logs/`, "a b.log", Buffer.from("one"), signal);
  await files.upload(`http://127.0.0.1:${port}/here?key=1`, "a.log", Buffer.from("two"), signal);
  await expect(files.upload(`http://127.0.0.1:${port}/refused`, "a.log", Buffer.from("three"), signal)).rejects.toThrow(
    "answered 403",
  );
  expect(seen).toEqual(["PUT /logs/a%20b.log one", "PUT /here?key=1 two", "PUT /refused three"]);
});
