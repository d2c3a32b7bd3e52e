/** Source text of decoders; see `generate.ts` for the conventions. */
import { bitWidth } from "../bits.ts";
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
  property,
  rest,
  type Source,
  total,
  zeros,
} from "./emit.ts";
import { isApart, isLargeChoice, type Layout, layoutOf, type Step } from "./layout.ts";

/**
 * Where a decoder is between two fields: step `step` is next and its code is not yet read, with zeros pending that must
 * come; or the variable q has the number of the alternative that comes.
 */
type Position = { readonly step: number; readonly pending: Pending } | "read";

/** Emits the function and returns the number of zeros that it leaves pending. `open`: it has a lead and may have a tail. */
export function generateDecoder(source: Source, type: ComplexType, name: string, open: boolean): number {
  const decoder = new Decoder(source, type, open);
  const tail = decoder.run();
  source.functions.push(`function ${name}(p${open ? ", lead" : ""}) {\n${decoder.lines.join("\n")}\n}`);
  return tail;
}

class Decoder {
  readonly lines: string[] = [];
  private readonly source: Source;
  private readonly type: ComplexType;
  private readonly layout: Layout;
  private readonly open: boolean;
  private position: Position;
  private variables = 0;
  /** Fields read so far while all of them are certain: they make the object literal. Later ones are added to it. */
  private literal: string[] | undefined = [];

  constructor(source: Source, type: ComplexType, open: boolean) {
    this.source = source;
    this.type = type;
    this.open = open;
    this.layout = layoutOf(type);
    this.position = { step: 0, pending: open ? { count: 0, more: "lead" } : none };
  }

  run(): number {
    this.lines.push("let q = 0;");
    for (const [i, step] of this.layout.steps.entries()) this.step(step, i);
    let pending = this.expect(this.layout.steps.length, this.layout.end);
    if (this.type.text !== undefined) {
      this.field("value", this.simple(this.type.text, pending));
      pending = zeros(1);
    }
    this.object();
    const tail = this.open && pending.more === undefined && pending.count <= leadMax ? pending.count : 0;
    if (tail === 0) this.flush(pending);
    this.lines.push("C.position = p;", "return o;");
    return tail;
  }

  private step(step: Step, i: number): void {
    if (step.is === "attribute") {
      const { attribute } = step;
      if (attribute.required) {
        const pending = this.expect(i, step.first);
        this.field(attribute.name, this.simple(attribute.type, pending));
        this.position = { step: i + 1, pending: none };
      } else {
        this.maybe(i, step.first, () => {
          this.field(attribute.name, this.simple(attribute.type, none));
          this.read(i + 1, none);
        });
      }
      return;
    }
    const { slot, first } = step;
    if (isLargeChoice(slot)) this.largeChoice(slot, i, first);
    else if (slot.shape === "pick") this.choice(slot, i, first);
    else if (slot.shape === "picks") this.choices(slot, i, first);
    else if (slot.options[0]!.type === "wildcard" || slot.options[0]!.type === "abstract") this.nothing(slot, i);
    else if (slot.shape === "list") this.list(slot, i, first);
    else this.one(slot, i, first);
  }

  /** A slot that can hold only what is refused: its number is nobody's. */
  private nothing(slot: Slot, i: number): void {
    if (slot.min > 0) this.lines.push("throw R;");
    else this.next(i);
  }

  private one(slot: Slot, i: number, first: number): void {
    const option = slot.options[0]!;
    if (slot.min > 0) {
      const [value, pending] = this.element(slot, option, this.expect(i, first));
      this.field(slot.key, value);
      this.position = { step: i + 1, pending };
      return;
    }
    this.maybe(i, first, () => {
      const [value, pending] = this.element(slot, option, none);
      this.field(slot.key, value);
      this.read(i + 1, pending);
    });
  }

  /** A repeated element: the codes of its occurrences are read in a loop, up to the first that is another's. */
  private list(slot: Slot, i: number, first: number): void {
    const items = (given: Pending): void => {
      const list = this.variable("[]");
      const before = this.handed(given);
      const lead = `z${this.variables++}`;
      this.lines.push(`let ${lead} = ${total(before)};`, "for (;;) {");
      const [item, after] = this.element(slot, slot.options[0]!, { count: 0, more: lead });
      this.lines.push(`${list}.push(${item});`, `if (p > C.end) throw R;`, `${lead} = 0;`);
      if (slot.min > 1) {
        this.lines.push(`if (${list}.length < ${slot.min}) {`);
        this.flush(plus(after, this.layout.width(i, 0)));
        this.lines.push("continue;", "}");
      }
      this.lines.push(`if (${list}.length === ${slot.max}) {`);
      this.read(i + 1, after);
      this.lines.push("break;", "}");
      this.read(i, after, slot.min);
      this.lines.push(`if (q !== ${first}) break;`, "}");
      this.field(slot.key, list);
    };
    if (slot.min > 0) {
      items(this.expect(i, first));
      this.position = "read";
    } else {
      this.maybe(i, first, () => items(none));
    }
  }

  private choice(slot: Slot, i: number, first: number): void {
    this.next(i);
    this.object();
    for (const [k, option] of slot.options.entries()) {
      if (typeof option.type === "string") continue;
      this.lines.push(`if (q === ${first + k}) {`);
      const [value, pending] = this.element(slot, option, none);
      this.field(option.name, value);
      this.read(i + 1, pending);
      this.lines.push("} else");
    }
    // An alternative that is behind the slot is for the steps that follow, unless the slot is required.
    this.lines.push(slot.min > 0 ? "throw R;" : `if (q < ${this.number(i + 1)}) throw R;`);
    this.position = "read";
  }

  /** A repeated choice: an array of objects with one member each. */
  private choices(slot: Slot, i: number, first: number): void {
    this.next(i);
    this.object();
    const list = this.variable("[]");
    this.lines.push(`while (q < ${this.number(i + 1)}) {`);
    for (const [k, option] of slot.options.entries()) {
      if (typeof option.type === "string") continue;
      this.lines.push(`if (q === ${first + k}) {`);
      const [value, pending] = this.element(slot, option, none);
      this.flush(pending);
      this.lines.push(`${list}.push({ ${property(option.name)}: ${value} });`, "} else");
    }
    this.lines.push("throw R;", "if (p > C.end) throw R;", `if (${list}.length === ${slot.max}) {`);
    this.read(i + 1, none);
    this.lines.push("break;", "}");
    this.read(i, none, slot.min);
    this.lines.push("}", `if (${list}.length !== 0) ${member("o", slot.key)} = ${list};`);
    if (slot.min > 0) this.lines.push(`if (${list}.length < ${slot.min}) throw R;`);
    this.position = "read";
  }

  /** One of many members, each compiled apart. */
  private largeChoice(slot: Slot, i: number, first: number): void {
    this.next(i);
    this.object();
    const table = slot.options.map((option) =>
      typeof option.type === "string" || option.type.kind !== "complex"
        ? undefined
        : ([option.name, this.source.external(option.type, option.name)] as const),
    );
    this.lines.push(
      `if (q < ${first + slot.options.length}) {`,
      `const member = ${this.source.constant(table)}[q - ${first}];`,
      "if (member === undefined) throw R;",
      "o[member[0]] = X[member[1]].decode(p); p = C.position;",
    );
    this.read(i + 1, none);
    this.lines.push("}");
    if (slot.min > 0) this.lines.push("else throw R;");
    this.position = "read";
  }

  // ── Codes and positions ────────────────────────────────────────────────────────────────────────────────────────

  /** A required alternative: its code is zero and stays pending, or has been read and is checked. */
  private expect(step: number, number: number): Pending {
    if (this.position === "read") {
      this.lines.push(`if (q !== ${number}) throw R;`);
      this.position = { step, pending: none };
      return none;
    }
    const width = this.layout.width(step, 0);
    return plus(this.room(this.position.pending, width), width);
  }

  /** An optional alternative; `content` reads it and the next code. */
  private maybe(step: number, number: number, content: () => void): void {
    this.next(step);
    this.object();
    this.lines.push(`if (q === ${number}) {`);
    content();
    this.lines.push("}");
    this.position = "read";
  }

  /** Makes sure that the code of what comes at `step` is in q. */
  private next(step: number): void {
    if (this.position !== "read") this.read(step, this.position.pending);
    this.position = "read";
  }

  /** Reads the code at `step`, which has occurred `count` times, as the number of its alternative. */
  private read(step: number, given: Pending, count = 0): void {
    const width = this.layout.width(step, count);
    const pending = this.room(given, width);
    const base = this.number(step);
    this.lines.push(load(plus(pending, width)) + (base === 0 ? "" : ` q += ${base};`));
  }

  private number(step: number): number {
    return this.layout.steps[step]?.first ?? this.layout.end;
  }

  // ── Values ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private field(key: string, value: string): void {
    if (this.literal === undefined) this.lines.push(`${member("o", key)} = ${value};`);
    else this.literal.push(`${property(key)}: ${value}`);
  }

  /** Makes the object, before the first field that may be absent. */
  private object(): void {
    if (this.literal === undefined) return;
    this.lines.push(`const o = { ${this.literal.join(", ")} };`);
    this.literal = undefined;
  }

  /** An element behind its start: a variable with its value, and its end as pending zeros. */
  private element(slot: Slot, option: Option, given: Pending): [string, Pending] {
    const type = option.type as Exclude<Option["type"], string>;
    if (type.kind !== "complex") return [this.simple(type, plus(given, 1)), zeros(1)];
    if (isApart(slot, type)) {
      this.flush(given);
      const value = this.variable(`X[${this.source.external(type, option.name)}].decode(p)`);
      this.lines.push("p = C.position;");
      return [value, none];
    }
    const pending = this.handed(given);
    const decoder = this.source.decoder(type, option.name);
    const value = this.variable(`${decoder.name}(p, ${total(pending)})`);
    this.lines.push("p = C.position;");
    return [value, zeros(decoder.tail)];
  }

  private handed(pending: Pending): Pending {
    if (pending.more === undefined ? pending.count <= leadMax : pending.count === 0) return pending;
    this.flush(pending);
    return none;
  }

  /** A variable with a simple value. One comparison checks the pending zeros and the value. */
  private simple(type: SimpleType, given: Pending): string {
    const pending = this.room(given, type.kind === "integer" || type.kind === "enumeration" ? 13 : 9);
    switch (type.kind) {
      case "boolean":
        this.lines.push(load(plus(pending, 1)), "if (q > 1) throw R;");
        return this.variable("q === 1");
      case "enumeration":
        this.lines.push(
          load(plus(pending, bitWidth(type.values.length))),
          `if (q > ${type.values.length - 1}) throw R;`,
        );
        return this.variable(`${this.source.constant(type.values)}[q]`);
      case "integer":
        return this.integer(type, pending);
      case "string":
        return this.called(`S.getString(p, ${total(pending)}, ${type.maxLength})`);
      case "binary":
        return this.called(`S.getOctets(p, ${total(pending)}, ${type.maxLength})`);
    }
  }

  private integer(type: IntegerType, pending: Pending): string {
    if (!isNarrow(type)) {
      const lead = total(pending);
      if (type.as === "bigint") return this.called(`S.getInteger(p, ${lead}, ${groupsOf(type)})`);
      return this.called(`S.${type.min < 0n ? "getSigned64" : "getUnsigned64"}(p, ${lead})`);
    }
    if (type.coding === "bits") {
      const range = Number(type.max - type.min);
      this.lines.push(load(plus(pending, bitWidth(range + 1))), `if (q > ${range}) throw R;`);
      return this.variable(type.min === 0n ? "q" : `q + ${type.min < 0n ? `(${type.min})` : type.min}`);
    }
    if (type.coding === "signed") {
      const value = this.called(`S.getSigned(p, ${total(pending)}, ${groupsOf(type)})`);
      this.lines.push(`if (${value} < ${type.min} || ${value} > ${type.max}) throw R;`);
      return value;
    }
    this.lines.push(
      load(plus(pending, 8)),
      "if (q > 127) {",
      "if (q > 255) throw R;",
      `q = S.moreUnsigned(p, q, ${groupsOf(type)}); p = C.position;`,
      `if (q > ${type.max}) throw R;`,
      "}",
    );
    if (type.max < 127n) this.lines.push(`if (q > ${type.max}) throw R;`);
    if (type.min > 0n) this.lines.push(`if (q < ${type.min}) throw R;`);
    return this.variable("q");
  }

  private called(call: string): string {
    const value = this.variable(call);
    this.lines.push("p = C.position;");
    return value;
  }

  private room(pending: Pending, bits: number): Pending {
    if (pending.count + (pending.more === undefined ? 0 : leadMax) + bits <= bitsMax) return pending;
    this.flush(pending);
    return none;
  }

  /** Reads pending zeros now. */
  private flush(pending: Pending): void {
    if (isNone(pending)) return;
    const some = pending.count === 0 ? `if (${pending.more} !== 0) { ` : "{ ";
    this.lines.push(`${some}${load(pending)} if (q !== 0) throw R; }`);
  }

  private variable(value: string): string {
    const name = `x${this.variables++}`;
    this.lines.push(`const ${name} = ${value};`);
    return name;
  }
}

/** q becomes the next `bits`, and `p` moves behind them. */
const load = (bits: Pending): string => `q = V.getUint32(p >>> 3) << (p & 7) >>> ${rest(bits)}; p += ${total(bits)};`;
