/** One message to a mail server (RFC 5321), with STARTTLS (RFC 3207) or TLS, and AUTH PLAIN (RFC 4954, 4616). Bounded in time and size. */
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { isLoopback } from "../access/security.ts";

export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: "starttls" | "tls" | "none";
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Further roots, PEM, that its certificate may hang on. */
  readonly ca?: string | undefined;
}
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly atMs: number;
  /** Unique; without angle brackets. */
  readonly id: string;
}

/** The whole exchange. */
const exchangeMaxMs = 60_000;
const replyMaxBytes = 64 * 1024;

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Resolves when the server has taken the message for at least one of its receivers; rejects with a sentence. */
export async function sendMail(server: MailServer, mail: Mail, signal: AbortSignal): Promise<void> {
  const { host, port, security, user, password, ca } = server;
  const tls = { host, ...(isIP(host) === 0 && { servername: host }), ...(ca !== undefined && { ca }) };
  const abort = AbortSignal.any([signal, AbortSignal.timeout(exchangeMaxMs)]);
  let socket: Socket = security === "tls" ? connectTls({ ...tls, port }) : connectPlain({ host, port });
  const stop = (): void => void socket.destroy(new Error("The mail server took too long."));
  abort.addEventListener("abort", stop, { once: true });
  try {
    let talk = createTalk(socket);
    await talk.expect(220, "greets");
    let greeting = await talk.ask("EHLO islet", 250, "EHLO");
    if (security === "starttls") {
      if (!greeting.lines.some((line) => /^STARTTLS$/i.test(line)))
        throw new Error("The mail server offers no STARTTLS: nothing was sent.");
      await talk.ask("STARTTLS", 220, "STARTTLS");
      talk.leave();
      socket = connectTls({ ...tls, socket });
      talk = createTalk(socket);
      greeting = await talk.ask("EHLO islet", 250, "EHLO");
    }
    if (user !== undefined) {
      if (security === "none" && !isLoopback(host))
        throw new Error("A password is not sent to a mail server without TLS.");
      const token = Buffer.from(`\0${user}\0${password ?? ""}`).toString("base64");
      await talk.ask(`AUTH PLAIN ${token}`, 235, "the name and password");
    }
    await talk.ask(`MAIL FROM:<${mail.from}>`, 250, "the sender");
    let taken = 0;
    let refusal: unknown = null;
    for (const to of mail.to) {
      try {
        await talk.ask(`RCPT TO:<${to}>`, 250, to);
        taken++;
      } catch (failure) {
        refusal = failure;
      }
    }
    if (taken === 0) throw refusal;
    await talk.ask("DATA", 354, "DATA");
    await talk.ask(`${messageText(mail)}\r\n.`, 250, "the message");
    socket.end("QUIT\r\n");
  } finally {
    abort.removeEventListener("abort", stop);
    setImmediate(() => socket.destroy());
  }
}

/** Commands and their replies, one at a time. */
function createTalk(socket: Socket) {
  let held = "";
  let lines: string[] = [];
  let failure: Error | null = null;
  const replies: Reply[] = [];
  let wake: (() => void) | null = null;
  const onData = (chunk: Buffer): void => {
    held += chunk.toString("utf8");
    if (held.length + lines.join("").length > replyMaxBytes) {
      fail(new Error("The mail server says too much."));
      socket.destroy();
      return;
    }
    for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
      const line = held.slice(0, end).trimEnd();
      held = held.slice(end + 1);
      lines.push(line.slice(4));
      if (line[3] === "-") continue;
      replies.push({ code: Number(line.slice(0, 3)), lines });
      lines = [];
    }
    wake?.();
  };
  const fail = (error: Error): void => {
    failure ??= error;
    wake?.();
  };
  const onClose = (): void => fail(new Error("The mail server has closed the connection."));
  socket.on("data", onData);
  socket.on("error", fail);
  socket.on("close", onClose);
  const next = async (): Promise<Reply> => {
    while (replies.length === 0) {
      if (failure) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return replies.shift()!;
  };
  const expect = async (code: number, what: string): Promise<Reply> => {
    const reply = await next();
    if (reply.code !== code)
      throw new Error(`The mail server refuses ${what}: ${reply.code} ${reply.lines.join(" ").slice(0, 200)}`);
    return reply;
  };
  return {
    expect,
    ask(command: string, code: number, what: string): Promise<Reply> {
      socket.write(`${command}\r\n`);
      return expect(code, what);
    },
    /** The socket goes on under TLS. */
    leave(): void {
      socket.off("data", onData);
      socket.off("close", onClose);
    },
  };
}

const word = (text: string): string => `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
/** An encoded word has at most 75 characters (RFC 2047). */
const wordLettersMax = 14;

/** Text in Base64, so that no line is too long and none is a dot alone. */
export function messageText({ from, to, subject, text, atMs, id }: Mail): string {
  const letters = [...subject.replace(/[\r\n]+/g, " ")].slice(0, 150);
  const words: string[] = [];
  for (let i = 0; i < letters.length; i += wordLettersMax)
    words.push(word(letters.slice(i, i + wordLettersMax).join("")));
  return [
    `From: Islet <${from}>`,
    `To: ${to.map((one) => `<${one}>`).join(",\r\n ")}`,
    `Subject: ${words.join("\r\n ")}`,
    `Date: ${new Date(atMs).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}@${from.split("@")[1]}>`,
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    ...(Buffer.from(text.replace(/\r?\n/g, "\r\n"))
      .toString("base64")
      .match(/.{1,76}/g) ?? []),
  ].join("\r\n");
}
