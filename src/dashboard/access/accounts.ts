/**
 * People and tokens: scrypt for passwords, SHA-256 for random tokens, one small file that is replaced as a whole. Nothing
 * in it lets anybody in by itself. Names are told apart without regard to case.
 */
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { chmod, mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Right } from "../../app/links/asks.table.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { type AccountRole, roles } from "../actions.ts";
import { type Language, languages, t } from "../language/language.ts";
import {
  type Invitation,
  invitationOf,
  invitationSchema,
  invitationsMax,
  makeInvitation,
  standing as standingOf,
} from "./invitations.ts";
import { isGuessable } from "./password-strength.ts";
import {
  makeSecret,
  namePattern,
  revokedMax,
  type Token,
  tokenDigest,
  tokenFileBeside,
  tokenSchema,
  tokensMax,
  watchTokenFile,
} from "./tokens.ts";

const accountsMax = 100;
export const passwordLengthMin = 10;
export const passwordLengthMax = 200;
/** Interactive sign-in: about a tenth of a second and 32 MB on a gateway. */
const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const keyLength = 32;
/** Hashing runs beside SQLite and files in the same thread pool: at most two at once, a few waiting. */
const hashingMax = 2;
const waitingMax = 16;
/** What could not be written is tried again this often, ms. */
const retryMs = 2_000;

const factorSchema = z.object({
  /** Base32. It must be read to be checked, so it is no hash: the file is the service's alone. */
  secret: z.string().max(64),
  /** The latest step whose code was used. */
  usedStep: z.number(),
  /** Hashes of the codes on paper that are left. */
  paper: z.array(z.string()).max(20),
});
export type Factor = z.infer<typeof factorSchema>;
const accountSchema = z.object({
  name: z.string(),
  role: z.enum(roles),
  salt: z.string(),
  hash: z.string(),
  setAtMs: z.number(),
  factor: factorSchema.optional(),
  /** What the person reads; the browser's without it. */
  language: z.enum(languages).optional(),
});
const fileSchema = z.object({
  version: z.literal(1),
  accounts: z.array(accountSchema).max(accountsMax),
  tokens: z.array(tokenSchema).max(tokensMax),
  /** Of the tokens that the command line has made. */
  revoked: z.array(z.string()).max(revokedMax).default([]),
  invitations: z.array(invitationSchema).max(invitationsMax).default([]),
});
type File = z.infer<typeof fileSchema>;
type Account = z.infer<typeof accountSchema>;

export interface AccountInfo {
  readonly name: string;
  readonly role: AccountRole;
  readonly setAtMs: number;
  /** A code is asked after the password. */
  readonly hasSecondFactor: boolean;
}
export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly madeAtMs: number;
  /** What it may ask of the site; none: it only reads. */
  readonly rights: readonly Right[];
}
export type AccountError =
  | "name"
  | "password-short"
  | "password-long"
  | "password-guessable"
  | "too-many"
  | "unknown"
  | "last-installer"
  | "known"
  | "busy";

export const accountErrors: Readonly<Record<AccountError, () => string>> = {
  name: () => t`A name has 1 to 40 letters, digits, spaces, dots, dashes or @.`,
  "password-short": () => t`A password has at least ${passwordLengthMin} characters.`,
  "password-long": () => t`A password has at most ${passwordLengthMax} characters.`,
  "password-guessable": () =>
    t`This password is among the first that anybody would try. Take several words, and not the name or a row of keys.`,
  "too-many": () => t`There are too many of them. Remove one first.`,
  unknown: () => t`There is no such account or token.`,
  "last-installer": () => t`The last installer stays. Make another one first.`,
  known: () => t`Somebody of that name has an account already.`,
  busy: () => t`Too many sign-ins at once. Try again in a few seconds.`,
};

export interface Accounts {
  /** What was wrong with the file at the start, as a sentence; "" when all was well. */
  readonly sentence: string;
  /** Why the latest change is in force but not yet on disk; "" when all is kept. It is tried again until it is. */
  readonly owed: string;
  readonly hasInstaller: boolean;
  list(): AccountInfo[];
  tokens(): TokenInfo[];
  /** Creates the account or sets its password and role. */
  set(name: string, role: AccountRole, password: string): Promise<Result<AccountInfo, AccountError>>;
  remove(name: string): Promise<Result<true, AccountError>>;
  /** Invites a person who has no account yet; the code is shown once and works once. An earlier one of that name is void. */
  invite(
    name: string,
    role: AccountRole,
  ): Promise<Result<{ readonly code: string; readonly untilMs: number }, AccountError>>;
  /** Those that wait for their person. */
  invitations(): readonly Pick<Invitation, "name" | "role" | "untilMs">[];
  /** Whom a code invites; undefined where it does not work any more. */
  invited(code: string): Pick<Invitation, "name" | "role"> | undefined;
  /** The invited person's own password; the code is used up by it. */
  accept(code: string, password: string): Promise<Result<AccountInfo, AccountError>>;
  /** Takes an invitation back. */
  uninvite(name: string): Promise<void>;
  /** Kept with the account, across new passwords; unknown names have none. */
  factorOf(name: string): Factor | undefined;
  setFactor(name: string, factor: Factor | undefined): Promise<void>;
  /** The language that the person has chosen. */
  languageOf(name: string): Language | undefined;
  setLanguage(name: string, language: Language): Promise<void>;
  /**
   * What a browser keeps after a sign-in, so that guessing elsewhere can't keep its person out. Worth nothing by itself,
   * and nothing at all once the password changes.
   */
  deviceMark(name: string): string;
  /** Whether this browser has signed in with this name before; the same text for the same mark, "" for a stranger. */
  knownDevice(name: string, mark: string | undefined): string;
  /** The account when name and password fit. Takes as long when the name is unknown. */
  check(name: string, password: string): Promise<Result<AccountInfo, "refused" | "busy">>;
  /** A token that reads, and asks what it has rights for; it is shown once and kept only as a hash. */
  makeToken(
    name: string,
    rights?: readonly Right[],
  ): Promise<Result<{ readonly id: string; readonly token: string }, AccountError>>;
  removeToken(id: string): Promise<Result<true, AccountError>>;
  findToken(token: string): TokenInfo | null;
}

/** Whoever is unknown takes as long to refuse. */
const nobody = { salt: randomBytes(16).toString("base64url"), hash: randomBytes(keyLength).toString("base64url") };
/** What a new password leaves as it was. */
const keptOf = ({ factor, language }: Partial<Account> = {}): Partial<Account> => ({
  ...(factor && { factor }),
  ...(language && { language }),
});

/**
 * `file` null keeps everything in memory (tests, demonstration). A damaged file is set aside and told: the controller runs,
 * and nobody can sign in until the installer's password is set anew. A change is in force at once; writing it is tried
 * until it is durable.
 */
export function openAccounts(file: string | null): Accounts {
  const read = readAccounts(file);
  let data = read.data;
  let owed = "";
  let writing: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | null = null;

  /** Writes what is in force now. Never rejects: one write that fails must not break those after it. */
  const write = async (path: string): Promise<void> => {
    const text = JSON.stringify(data, null, 2);
    try {
      await replaceFile(path, text);
      owed = "";
    } catch (failure) {
      owed = failure instanceof Error ? failure.message : String(failure);
      retry ??= setTimeout(() => {
        retry = null;
        writing = writing.then(() => (owed === "" ? undefined : write(path)));
      }, retryMs);
      retry.unref();
    }
  };
  const save = (next: File): Promise<void> => {
    data = next;
    if (file === null) return Promise.resolve();
    writing = writing.then(() => write(file));
    return writing;
  };

  const hash = createHasher();
  const byCommand = watchTokenFile(file === null ? null : tokenFileBeside(file));
  /** Tokens of the page and of the command line that nobody has revoked by either. */
  const standing = (): readonly Token[] => {
    const others = byCommand();
    return [
      ...data.tokens.filter(({ id }) => !others.revoked.includes(id)),
      ...others.tokens.filter(({ id }) => !data.revoked.includes(id)),
    ];
  };

  const find = (name: string): Account | undefined =>
    data.accounts.find((account) => account.name.toLowerCase() === name.trim().toLowerCase());
  const markOf = (account: Account, nonce: string): string =>
    createHmac("sha256", account.hash).update(`device ${nonce}`).digest("base64url");

  const accounts: Accounts = {
    sentence: read.sentence,
    get owed() {
      return owed;
    },
    get hasInstaller() {
      return data.accounts.some((account) => account.role === "installer");
    },
    list: () => data.accounts.map(infoOf),
    tokens: () => standing().map(({ id, name, madeAtMs, rights }) => ({ id, name, madeAtMs, rights })),
    set: async (name, role, password) => {
      const clean = name.trim().normalize("NFC");
      if (!namePattern.test(clean)) return err("name");
      if (password.length < passwordLengthMin) return err("password-short");
      if (password.length > passwordLengthMax) return err("password-long");
      if (isGuessable(password, clean)) return err("password-guessable");
      const before = find(clean);
      if (!before && data.accounts.length >= accountsMax) return err("too-many");
      if (before?.role === "installer" && role !== "installer" && onlyInstaller(data, before))
        return err("last-installer");
      const salt = randomBytes(16).toString("base64url");
      const key = await hash(password, salt);
      if (!key) return err("busy");
      const account: Account = {
        name: before?.name ?? clean,
        role,
        salt,
        hash: key.toString("base64url"),
        setAtMs: Date.now(),
        ...keptOf(before),
      };
      await save({
        ...data,
        accounts: [...data.accounts.filter((other) => other.name.toLowerCase() !== clean.toLowerCase()), account],
      });
      return ok(infoOf(account));
    },
    ...createInvitations({ now: () => data, save, find, set: (...given) => accounts.set(...given) }),
    remove: async (name) => {
      const account = find(name);
      if (!account) return err("unknown");
      if (account.role === "installer" && onlyInstaller(data, account)) return err("last-installer");
      await save({ ...data, accounts: data.accounts.filter((other) => other !== account) });
      return ok(true);
    },
    factorOf: (name) => find(name)?.factor,
    setFactor: async (name, factor) => {
      const account = find(name);
      if (!account) return;
      const { factor: _, ...rest } = account;
      const next: Account = factor === undefined ? rest : { ...rest, factor };
      await save({ ...data, accounts: data.accounts.map((other) => (other === account ? next : other)) });
    },
    languageOf: (name) => find(name)?.language,
    setLanguage: async (name, language) =>
      save({
        ...data,
        accounts: data.accounts.map((other) => (other === find(name) ? { ...other, language } : other)),
      }),
    deviceMark: (name) => {
      const account = find(name);
      if (!account) return "";
      const nonce = randomBytes(12).toString("base64url");
      return `${nonce}.${markOf(account, nonce)}`;
    },
    knownDevice: (name, mark) => {
      const account = name.length <= 80 ? find(name) : undefined;
      const [nonce, given] = mark !== undefined && mark.length <= 100 ? mark.split(".") : [];
      if (!account || !nonce || !given) return "";
      return sameText(given, markOf(account, nonce)) ? nonce : "";
    },
    check: async (name, password) => {
      const account = name.length <= 80 ? find(name) : undefined;
      const key = await hash(password.slice(0, passwordLengthMax), (account ?? nobody).salt);
      if (!key) return err("busy");
      const same = timingSafeEqual(key, Buffer.from((account ?? nobody).hash, "base64url"));
      return account && same && password.length <= passwordLengthMax ? ok(infoOf(account)) : err("refused");
    },
    makeToken: async (name, given = []) => {
      const clean = name.trim().normalize("NFC");
      if (!namePattern.test(clean)) return err("name");
      if (standing().length >= tokensMax) return err("too-many");
      const { token, entry } = makeSecret(clean, given, Date.now());
      await save({ ...data, tokens: [...data.tokens, entry] });
      return ok({ id: entry.id, token });
    },
    removeToken: async (id) => {
      if (!standing().some((token) => token.id === id)) return err("unknown");
      const isOwn = data.tokens.some((token) => token.id === id);
      const revoked = isOwn ? data.revoked : [...data.revoked, id].slice(-revokedMax);
      await save({ ...data, revoked, tokens: data.tokens.filter((token) => token.id !== id) });
      return ok(true);
    },
    findToken: (token) => {
      if (!token.startsWith("islet_") || token.length > 80) return null;
      const wanted = Buffer.from(tokenDigest(token));
      return standing().find((kept) => timingSafeEqual(Buffer.from(kept.hash), wanted)) ?? null;
    },
  };
  return accounts;
}

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.trim().toLowerCase();

const infoOf = ({ name, role, setAtMs, factor }: Account): AccountInfo => ({
  name,
  role,
  setAtMs,
  hasSecondFactor: factor !== undefined,
});

/** What of the accounts invites. */
function createInvitations({
  now,
  save,
  find,
  set,
}: {
  readonly now: () => File;
  readonly save: (next: File) => Promise<void>;
  readonly find: (name: string) => Account | undefined;
  readonly set: Accounts["set"];
}): Pick<Accounts, "invite" | "invitations" | "invited" | "accept" | "uninvite"> {
  const accepting = new Set<string>();
  return {
    invite: async (name, role) => {
      const clean = name.trim().normalize("NFC");
      if (!namePattern.test(clean)) return err("name");
      if (find(clean)) return err("known");
      const nowMs = Date.now();
      const others = standingOf(now().invitations, nowMs).filter((one) => !isSameName(one.name, clean));
      if (others.length >= invitationsMax || now().accounts.length >= accountsMax) return err("too-many");
      const { code, entry } = makeInvitation(clean, role, nowMs);
      await save({ ...now(), invitations: [...others, entry] });
      return ok({ code, untilMs: entry.untilMs });
    },
    invitations: () => standingOf(now().invitations, Date.now()),
    invited: (code) => invitationOf(now().invitations, code, Date.now()),
    accept: async (code, password) => {
      const invitation = invitationOf(now().invitations, code, Date.now());
      if (!invitation) return err("unknown");
      if (find(invitation.name)) return err("known");
      // While its password is being hashed the code is nobody else's.
      if (accepting.has(invitation.hash)) return err("busy");
      accepting.add(invitation.hash);
      try {
        const made = await set(invitation.name, invitation.role, password);
        if (made.ok) await save({ ...now(), invitations: now().invitations.filter((one) => one !== invitation) });
        return made;
      } finally {
        accepting.delete(invitation.hash);
      }
    },
    uninvite: async (name) =>
      save({ ...now(), invitations: now().invitations.filter((one) => !isSameName(one.name, name)) }),
  };
}

/** Hashes passwords, a few at a time; null when too many wait. */
function createHasher(): (password: string, salt: string) => Promise<Buffer | null> {
  let hashing = 0;
  const waiting: (() => void)[] = [];
  return async (password: string, salt: string): Promise<Buffer | null> => {
    if (hashing >= hashingMax) {
      if (waiting.length >= waitingMax) return null;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    hashing++;
    try {
      return await new Promise<Buffer>((resolve, reject) =>
        scrypt(password.normalize("NFKC"), Buffer.from(salt, "base64url"), keyLength, cost, (error, key) =>
          error ? reject(error) : resolve(key),
        ),
      );
    } finally {
      hashing--;
      waiting.shift()?.();
    }
  };
}

const onlyInstaller = (data: File, account: Account): boolean =>
  data.accounts.every((other) => other === account || other.role !== "installer");

/** Whether two texts are the same, in a time that tells nothing; texts of any length and letters. */
export const sameText = (a: string, b: string): boolean => timingSafeEqual(hashOf(a), hashOf(b));
const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function readAccounts(file: string | null): { data: File; sentence: string } {
  const none: File = { version: 1, accounts: [], tokens: [], revoked: [], invitations: [] };
  if (file === null || !existsSync(file)) return { data: none, sentence: "" };
  try {
    return { data: fileSchema.parse(JSON.parse(readFileSync(file, "utf8"))), sentence: "" };
  } catch (failure) {
    const why = failure instanceof Error ? failure.message.split("\n")[0] : String(failure);
    const aside = `${file}.damaged-${Date.now()}`;
    const kept = setAside(file, aside) ? ` It was set aside as ${aside}.` : "";
    return {
      data: none,
      sentence: `The accounts file ${file} can't be read (${why}).${kept} Nobody can sign in: restore it from a backup and restart, or set the installer’s password anew with the code below.`,
    };
  }
}

function setAside(file: string, aside: string): boolean {
  try {
    renameSync(file, aside);
    return true;
  } catch {
    return false;
  }
}

/** Whole or not at all, readable only by its owner. */
async function replaceFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const next = `${file}.next`;
  const handle = await open(next, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(next, 0o600);
  await rename(next, file);
}
