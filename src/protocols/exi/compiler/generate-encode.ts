/** Source text of encoders; see `generate.ts` for the conventions. */
import { bitWidth, messageBytesMax } from "../bits.ts";
import type { ComplexType, IntegerType, Option, SimpleType, Slot } from "../schema.ts";
import {
  bitsMax,
  groupsOf,
  isNarrow,
  isNone,
  leadMax,
  member,
  none,
  type Pending,
  plus,
  rest,
  type Source,
  total,
  zeros,
} from "./emit.ts";
import { isApart, isLargeChoice, type Layout, layoutOf, type Step } from "./layout.ts";

/**
 * Where an encoder is between two fields: `step` is next, with zeros pending; or, behind something optional, the
 * variables b (the number of the first alternative that may come) and n (bits of the next code with pending zeros).
 */
type Position = { readonly step: number; readonly count: number; readonly pending: Pending } | "variable";

/** Emits the function and returns the number of zeros that it leaves pending. `open`: it has a lead and may have a tail. */
export function generateEncoder(source: Source, type: ComplexType, name: string, open: boolean): number {
  const encoder = new Encoder(source, type, open);
  const tail = encoder.run();
  source.functions.push(`function ${name}(v, p${open ? ", lead" : ""}) {\n${encoder.lines.join("\n")}\nreturn p;\n}`);
  return tail;
}

class Encoder {
  readonly lines: string[] = [];
  private readonly source: Source;
  private readonly type: ComplexType;
  private readonly layout: Layout;
  private readonly open: boolean;
  private position: Position;
  private variables = 0;

  constructor(source: Source, type: ComplexType, open: boolean) {
    this.source = source;
    this.type = type;
    this.open = open;
    this.layout = layoutOf(type);
    this.position = { step: 0, count: 0, pending: open ? { count: 0, more: "lead" } : none };
  }

  run(): number {
    this.lines.push("let q = 0, b = 0, n = 0;");
    const required = this.layout.steps.some((step) =>
      step.is === "attribute" ? step.attribute.required : step.slot.min > 0,
    );
    if (!required) this.lines.push('if (typeof v !== "object" || v === null) throw R;');
    for (const [i, step] of this.layout.steps.entries()) this.step(step, i);
    if (this.type.text !== undefined) {
      this.code(this.layout.end);
      this.position = { ...this.at(), pending: this.simple(this.type.text, member("v", "value"), this.at().pending) };
      return this.finish(plus(this.at().pending, 1));
    }
    this.code(this.layout.end);
    return this.finish(this.at().pending);
  }

  /** Leaves a known number of zeros to the caller, or writes them. */
  private finish(pending: Pending): number {
    if (this.open && pending.more === undefined && pending.count <= leadMax) return pending.count;
    this.flush(pending);
    return 0;
  }

  private step(step: Step, i: number): void {
    if (step.is === "attribute") {
      const { attribute } = step;
      const value = this.variable(member("v", attribute.name));
      const write = (): void => {
        this.code(step.first);
        this.arrive(i + 1, this.simple(attribute.type, value, this.at().pending));
      };
      if (attribute.required) write();
      else this.optionally(`${value} !== undefined`, write);
      return;
    }
    const { slot } = step;
    if (isLargeChoice(slot)) this.largeChoice(slot, i, step.first);
    else if (slot.shape === "pick") this.choice(slot, i, step.first);
    else if (slot.shape === "picks") this.choices(slot, i, step.first);
    else if (slot.options[0]!.type === "wildcard" || slot.options[0]!.type === "abstract") this.nothing(slot);
    else if (slot.shape === "list") this.list(slot, i, step.first);
    else this.one(slot, i, step.first);
  }

  /** A slot that can hold only what is refused. */
  private nothing(slot: Slot): void {
    if (slot.min > 0) this.lines.push("throw R;");
  }

  private one(slot: Slot, i: number, first: number): void {
    const value = this.variable(member("v", slot.key));
    const write = (): void => {
      this.code(first);
      this.arrive(i + 1, this.element(slot, slot.options[0]!, value, this.at().pending));
    };
    if (slot.min > 0) write();
    else this.optionally(`${value} !== undefined`, write);
  }

  /** A repeated element: every occurrence has the same code, 0, but for the first behind something optional. */
  private list(slot: Slot, i: number, first: number): void {
    const list = this.variable(member("v", slot.key));
    const write = (): void => {
      this.lines.push(
        `if (!Array.isArray(${list}) || ${list}.length < ${slot.min} || ${list}.length > ${slot.max}) throw R;`,
      );
      this.code(first);
      const before = this.handed(this.at().pending);
      const [item, index] = [this.variable("undefined"), this.variable("0")];
      const lead = this.variable(total(before));
      this.lines.push(
        `for (${index} = 0; ${index} < ${list}.length; ${index}++) {`,
        `if (p > ${positionMax}) throw R;`,
        `${item} = ${list}[${index}];`,
      );
      const after = this.element(slot, slot.options[0]!, item, { count: 0, more: lead });
      const optional = this.layout.width(i, slot.min) + after.count;
      const required = this.layout.width(i, 0) + after.count;
      if (after.more !== undefined || optional > leadMax) throw new Error(`list ${slot.key}: too many pending zeros`);
      this.lines.push(
        slot.min > 1 ? `${lead} = ${index} < ${slot.min - 1} ? ${required} : ${optional};` : `${lead} = ${optional};`,
        "}",
        `if (${list}.length === ${slot.max}) { b = ${this.number(i + 1)}; n = ${this.layout.width(i + 1, 0) + after.count}; }`,
        `else { b = ${first}; n = ${optional}; }`,
      );
      this.position = "variable";
    };
    if (slot.min > 0) write();
    else this.optionally(present(list), write);
  }

  /** One of a few members: the property that is there says which; a second one is refused. */
  private choice(slot: Slot, i: number, first: number): void {
    const members = slot.options
      .map((option, k) => ({ option, code: first + k, value: "" }))
      .filter(({ option }) => typeof option.type !== "string");
    for (const one of members) one.value = this.variable(member("v", one.option.name));
    const before = this.settle();
    for (const [k, { option, code, value }] of members.entries()) {
      const others = members.slice(k + 1).map((one) => `${one.value} !== undefined`);
      this.lines.push(`${k > 0 ? "else " : ""}if (${value} !== undefined) {`);
      if (others.length > 0) this.lines.push(`if (${others.join(" || ")}) throw R;`);
      this.position = before;
      this.code(code);
      this.arrive(i + 1, this.element(slot, option, value, this.at().pending));
      this.settle();
      this.lines.push("}");
    }
    if (slot.min > 0) this.lines.push("else throw R;");
    this.position = "variable";
  }

  /** A repeated choice: every item says which member it is, as a choice does. */
  private choices(slot: Slot, i: number, first: number): void {
    const list = this.variable(member("v", slot.key));
    this.settle();
    this.position = "variable";
    this.lines.push(
      slot.min === 0 ? `if (${present(list)}) {` : "{",
      `if (!Array.isArray(${list}) || ${list}.length < ${slot.min} || ${list}.length > ${slot.max}) throw R;`,
      `for (const item of ${list}) {`,
      `if (p > ${positionMax}) throw R;`,
    );
    for (const [k, option] of slot.options.entries()) {
      if (typeof option.type === "string") continue;
      const value = member("item", option.name);
      const others = slot.options.filter((other) => typeof other.type !== "string" && other !== option);
      const alone = others.map((other) => ` && ${member("item", other.name)} === undefined`).join("");
      this.lines.push(`if (${value} !== undefined${alone}) {`);
      this.position = "variable";
      this.code(first + k);
      this.flush(this.element(slot, option, value, none));
      this.lines.push("} else");
    }
    this.lines.push(
      "throw R;",
      `b = ${first}; n = ${this.layout.width(i, slot.min)};`,
      "}",
      `if (${list}.length === ${slot.max}) { b = ${this.number(i + 1)}; n = ${this.layout.width(i + 1, 0)}; }`,
      "}",
    );
    this.position = "variable";
  }

  /** One of many members, each compiled apart: the only property says which. */
  private largeChoice(slot: Slot, i: number, first: number): void {
    const table = new Map<string, readonly [number, number]>();
    for (const [k, option] of slot.options.entries()) {
      if (typeof option.type === "string" || option.type.kind !== "complex") continue;
      table.set(option.name, [k, this.source.external(option.type, option.name)]);
    }
    const key = this.variable("undefined");
    this.settle();
    this.lines.push(
      `for (const k in v) if (v[k] !== undefined) { if (${key} !== undefined) throw R; ${key} = k; }`,
      `if (${key} !== undefined) {`,
      `const member = ${this.source.constant(table)}.get(${key});`,
      "if (member === undefined) throw R;",
      store(`member[0] + ${first} - b`, { count: 0, more: "n" }),
      `p = X[member[1]].encode(v[${key}], p);`,
      `b = ${this.number(i + 1)}; n = ${this.layout.width(i + 1, 0)};`,
      "}",
    );
    if (slot.min > 0) this.lines.push("else throw R;");
    this.position = "variable";
  }

  // ── Codes and positions ────────────────────────────────────────────────────────────────────────────────────────

  /** Writes the code of an alternative, or leaves it pending where it is zero. Afterwards the position is known. */
  private code(number: number): void {
    if (this.position === "variable") {
      this.lines.push(store(`${number} - b`, { count: 0, more: "n" }));
      this.position = { step: 0, count: 0, pending: none };
      return;
    }
    const { step, count, pending } = this.position;
    const code = number - this.number(step);
    const bits = plus(this.room(pending, this.layout.width(step, count)), this.layout.width(step, count));
    if (code !== 0) this.lines.push(store(`${code}`, bits));
    this.position = { step, count, pending: code === 0 ? bits : none };
  }

  private arrive(step: number, pending: Pending): void {
    this.position = { step, count: 0, pending };
  }

  private at(): Exclude<Position, "variable"> {
    if (this.position === "variable") throw new Error("the position is not known here");
    return this.position;
  }

  /** Puts the position into the variables, so that branches may change it. */
  private settle(): Position {
    const before = this.position;
    if (before !== "variable") {
      const pending = this.room(before.pending, 8);
      const bits = plus(pending, this.layout.width(before.step, before.count));
      this.lines.push(`b = ${this.number(before.step)}; n = ${total(bits)};`);
      return { ...before, pending };
    }
    return before;
  }

  private optionally(condition: string, write: () => void): void {
    const before = this.settle();
    this.lines.push(`if (${condition}) {`);
    this.position = before;
    write();
    this.settle();
    this.lines.push("}");
    this.position = "variable";
  }

  /** The number of the first alternative of a step, or of the end. */
  private number(step: number): number {
    return this.layout.steps[step]?.first ?? this.layout.end;
  }

  // ── Values ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An element's text or content and, pending, its end. */
  private element(slot: Slot, option: Option, value: string, pending: Pending): Pending {
    const type = option.type as Exclude<Option["type"], string>;
    if (type.kind !== "complex") return plus(this.simple(type, value, plus(pending, 1)), 1);
    if (isApart(slot, type)) {
      this.flush(pending);
      this.lines.push(`p = X[${this.source.external(type, option.name)}].encode(${value}, p);`);
      return none;
    }
    const encoder = this.source.encoder(type, option.name);
    const handed = this.handed(pending);
    this.lines.push(`p = ${encoder.name}(${value}, p, ${total(handed)});`);
    return zeros(encoder.tail);
  }

  /** What may be handed to a callee: more than `leadMax` zeros, or a caller's lead with more, are written here. */
  private handed(pending: Pending): Pending {
    if (pending.more === undefined ? pending.count <= leadMax : pending.count === 0) return pending;
    this.flush(pending);
    return none;
  }

  /** A simple value behind its pending zeros. Returns what is pending then: nothing. */
  private simple(type: SimpleType, value: string, given: Pending): Pending {
    const pending = this.room(given, type.kind === "integer" || type.kind === "enumeration" ? 13 : 9);
    switch (type.kind) {
      case "boolean":
        this.lines.push(`if (typeof ${value} !== "boolean") throw R;`, store(`(${value} ? 1 : 0)`, plus(pending, 1)));
        break;
      case "enumeration":
        this.lines.push(
          `q = ${this.source.numbers(type)}.get(${value}); if (q === undefined) throw R;`,
          store("q", plus(pending, bitWidth(type.values.length))),
        );
        break;
      case "integer":
        this.integer(type, value, pending);
        break;
      case "string":
        this.lines.push(`p = S.putString(p, ${value}, ${total(pending)}, ${type.maxLength});`);
        break;
      case "binary":
        this.lines.push(`p = S.putOctets(p, ${value}, ${total(pending)}, ${type.maxLength});`);
        break;
    }
    return none;
  }

  private integer(type: IntegerType, value: string, pending: Pending): void {
    if (!isNarrow(type)) {
      const put = type.as === "bigint" ? "putInteger" : type.min < 0n ? "putSigned64" : "putUnsigned64";
      const check =
        type.as === "bigint"
          ? `if (typeof ${value} !== "bigint" || ${value} > ${type.max}n || ${value} < ${type.min}n) throw R; `
          : "";
      this.lines.push(`${check}p = S.${put}(p, ${value}, ${total(pending)});`);
    } else if (type.coding === "bits") {
      const range = Number(type.max - type.min);
      this.lines.push(
        `q = ${type.min === 0n ? value : `${value} - ${type.min < 0n ? `(${type.min})` : type.min}`};`,
        `if (typeof ${value} !== "number" || q >>> 0 !== q || q > ${range}) throw R;`,
        store("q", plus(pending, bitWidth(range + 1))),
      );
    } else if (type.coding === "unsigned") {
      const least = type.min > 0n ? ` || ${value} < ${type.min}` : "";
      const most = type.max < 0xffffffffn ? ` || ${value} > ${type.max}` : "";
      this.lines.push(
        `if (${value} >>> 0 !== ${value}${least}${most}) throw R;`,
        `p = S.putUnsigned(p, ${value}, ${total(pending)});`,
      );
    } else {
      const full = groupsOf(type) === 5;
      const range = full ? "" : ` || ${value} < ${type.min} || ${value} > ${type.max}`;
      this.lines.push(
        `if ((${value} | 0) !== ${value}${range}) throw R;`,
        `p = S.putSigned(p, ${value}, ${total(pending)});`,
      );
    }
  }

  /** Pending zeros that leave room for `bits` more in one store; others are written now. */
  private room(pending: Pending, bits: number): Pending {
    if (pending.count + (pending.more === undefined ? 0 : leadMax) + bits <= bitsMax) return pending;
    this.flush(pending);
    return none;
  }

  private flush(pending: Pending): void {
    if (!isNone(pending)) this.lines.push(store("0", pending));
  }

  private variable(value: string): string {
    const name = `x${this.variables++}`;
    this.lines.push(`let ${name} = ${value};`);
    return name;
  }
}

/** The position behind which a list stops: the output's end, but for the slack. */
const positionMax = messageBytesMax * 8;

/** `p` moves by `bits`, which hold `value`. */
const store = (value: string, bits: Pending): string =>
  `W.setUint32(p >>> 3, O[p >>> 3] << 24 | ${value === "0" ? "0" : `(${value}) << ${rest(bits)} - (p & 7)`}); p += ${total(bits)};`;

/** A list that is there: an empty one counts as absent, anything else that is no list is refused further on. */
const present = (list: string): string => `${list} !== undefined && !(Array.isArray(${list}) && ${list}.length === 0)`;
