/**
 * SunSpec maps for emulated devices, from tables of their own: point names and types as in SunSpec's public model
 * definitions (github.com/sunspec/models), and our three vendor models as firmware-bridge/CONTRACT.md and its printed C header
 * have them. Nothing here is shared with the controller's own tables, so that a slip in those shows.
 */
import { RegisterImage } from "./modbus-server.ts";

type PointType = "i16" | "u16" | "i32" | "u32" | "u64" | "sf" | "pad" | `s${number}`;
interface Point {
  readonly path: string;
  readonly address: number;
  readonly type: PointType;
  readonly registers: number;
  /** Path of the point that holds its power of ten. */
  readonly scale: string | undefined;
}

/** `name:type` or `name:type:scale`, separated by spaces. Words in braces repeat: `{Crv 3 ActPt:u16 {Pt 4 V:u16:V_SF}}`. */
const models: Readonly<Record<number, string>> = {
  1: "Mn:s16 Md:s16 Opt:s8 Vr:s8 SN:s16 DA:u16 Pad:pad",
  203:
    "A:i16:A_SF AphA:i16:A_SF AphB:i16:A_SF AphC:i16:A_SF A_SF:sf PhV:i16:V_SF PhVphA:i16:V_SF PhVphB:i16:V_SF PhVphC:i16:V_SF " +
    "PPV:i16:V_SF PhVphAB:i16:V_SF PhVphBC:i16:V_SF PhVphCA:i16:V_SF V_SF:sf Hz:i16:Hz_SF Hz_SF:sf W:i16:W_SF WphA:i16:W_SF " +
    "WphB:i16:W_SF WphC:i16:W_SF W_SF:sf VA:i16:VA_SF VAphA:i16:VA_SF VAphB:i16:VA_SF VAphC:i16:VA_SF VA_SF:sf VAR:i16:VAR_SF " +
    "VARphA:i16:VAR_SF VARphB:i16:VAR_SF VARphC:i16:VAR_SF VAR_SF:sf PF:i16:PF_SF PFphA:i16:PF_SF PFphB:i16:PF_SF PFphC:i16:PF_SF " +
    "PF_SF:sf TotWhExp:u32 TotWhExpA:u32 TotWhExpB:u32 TotWhExpC:u32 TotWhImp:u32 TotWhImpA:u32 TotWhImpB:u32 TotWhImpC:u32 " +
    "TotWh_SF:sf VAh1:u32 VAh2:u32 VAh3:u32 VAh4:u32 VAh5:u32 VAh6:u32 VAh7:u32 VAh8:u32 TotVAh_SF:sf " +
    "Q1:u32 Q1A:u32 Q1B:u32 Q1C:u32 Q2:u32 Q2A:u32 Q2B:u32 Q2C:u32 Q3:u32 Q3A:u32 Q3B:u32 Q3C:u32 Q4:u32 Q4A:u32 Q4B:u32 Q4C:u32 " +
    "TotVArh_SF:sf Evt:u32",
  701:
    "ACType:u16 St:u16 InvSt:u16 ConnSt:u16 Alrm:u32 DERMode:u32 W:i16:W_SF VA:i16:VA_SF Var:i16:Var_SF PF:i16:PF_SF A:i16:A_SF " +
    "LLV:u16:V_SF LNV:u16:V_SF Hz:u32:Hz_SF TotWhInj:u64 TotWhAbs:u64 TotVarhInj:u64 TotVarhAbs:u64 " +
    "TmpAmb:i16 TmpCab:i16 TmpSnk:i16 TmpTrns:i16 TmpSw:i16 TmpOt:i16 " +
    ["L1 VL1L2", "L2 VL2L3", "L3 VL3L1"]
      .map((pair) => {
        const [phase, line] = pair.split(" ");
        return `W${phase}:i16 VA${phase}:i16 Var${phase}:i16 PF${phase}:i16 A${phase}:i16 ${line}:u16 V${phase}:u16 WhInj${phase}:u64 WhAbs${phase}:u64 VarhInj${phase}:u64 VarhAbs${phase}:u64`;
      })
      .join(" ") +
    " ThrotPct:u16 ThrotSrc:u32 A_SF:sf V_SF:sf Hz_SF:sf W_SF:sf PF_SF:sf VA_SF:sf Var_SF:sf TotWh_SF:sf TotVarh_SF:sf Tmp_SF:sf MnAlrmInfo:s32",
  702:
    "WMaxRtg:u16:W_SF WOvrExtRtg:u16 WOvrExtRtgPF:u16 WUndExtRtg:u16 WUndExtRtgPF:u16 VAMaxRtg:u16:VA_SF VarMaxInjRtg:u16 " +
    "VarMaxAbsRtg:u16 WChaRteMaxRtg:u16:W_SF WDisChaRteMaxRtg:u16:W_SF VAChaRteMaxRtg:u16 VADisChaRteMaxRtg:u16 VNomRtg:u16 " +
    "VMaxRtg:u16 VMinRtg:u16 AMaxRtg:u16 PFOvrExtRtg:u16 PFUndExtRtg:u16 ReactSusceptRtg:u16 NorOpCatRtg:u16 AbnOpCatRtg:u16 " +
    "CtrlModes:u32 IntIslandCatRtg:u16 WMax:u16:W_SF WMaxOvrExt:u16 WOvrExtPF:u16 WMaxUndExt:u16 WUndExtPF:u16 VAMax:u16:VA_SF " +
    "VarMaxInj:u16 VarMaxAbs:u16 WChaRteMax:u16:W_SF WDisChaRteMax:u16:W_SF VAChaRteMax:u16 VADisChaRteMax:u16 VNom:u16 VMax:u16 " +
    "VMin:u16 AMax:u16 PFOvrExt:u16 PFUndExt:u16 IntIslandCat:u16 W_SF:sf PF_SF:sf VA_SF:sf Var_SF:sf V_SF:sf A_SF:sf S_SF:sf",
  703:
    "ES:u16 ESVHi:u16:V_SF ESVLo:u16:V_SF ESHzHi:u32:Hz_SF ESHzLo:u32:Hz_SF ESDlyTms:u32 ESRndTms:u32 ESRmpTms:u32 " +
    "ESDlyRemTms:u32 V_SF:sf Hz_SF:sf",
  704:
    "PFWInjEna:u16 PFWInjEnaRvrt:u16 PFWInjRvrtTms:u32 PFWInjRvrtRem:u32 PFWAbsEna:u16 PFWAbsEnaRvrt:u16 PFWAbsRvrtTms:u32 " +
    "PFWAbsRvrtRem:u32 WMaxLimPctEna:u16 WMaxLimPct:u16:WMaxLimPct_SF WMaxLimPctRvrt:u16:WMaxLimPct_SF WMaxLimPctEnaRvrt:u16 " +
    "WMaxLimPctRvrtTms:u32 WMaxLimPctRvrtRem:u32 WSetEna:u16 WSetMod:u16 WSet:i32:WSet_SF WSetRvrt:i32:WSet_SF " +
    "WSetPct:i16:WSetPct_SF WSetPctRvrt:i16:WSetPct_SF WSetEnaRvrt:u16 WSetRvrtTms:u32 WSetRvrtRem:u32 VarSetEna:u16 VarSetMod:u16 " +
    "VarSetPri:u16 VarSet:i32:VarSet_SF VarSetRvrt:i32:VarSet_SF VarSetPct:i16:VarSetPct_SF VarSetPctRvrt:i16:VarSetPct_SF " +
    "VarSetEnaRvrt:u16 VarSetRvrtTms:u32 VarSetRvrtRem:u32 WRmp:u16 WRmpRef:u16 VarRmp:u16 AntiIslEna:u16 PF_SF:sf WMaxLimPct_SF:sf " +
    "WSet_SF:sf WSetPct_SF:sf VarSet_SF:sf VarSetPct_SF:sf {PFWInj 0 PF:u16:PF_SF Ext:u16} {PFWInjRvrt 0 PF:u16:PF_SF Ext:u16} " +
    "{PFWAbs 0 PF:u16:PF_SF Ext:u16} {PFWAbsRvrt 0 PF:u16:PF_SF Ext:u16}",
  705:
    "Ena:u16 AdptCrvReq:u16 AdptCrvRslt:u16 NPt:u16 NCrv:u16 RvrtTms:u32 RvrtRem:u32 RvrtCrv:u16 V_SF:sf DeptRef_SF:sf RspTms_SF:sf " +
    "{Crv 3 ActPt:u16 DeptRef:u16 Pri:u16 VRef:u16:V_SF VRefAuto:u16:V_SF VRefAutoEna:u16 VRefAutoTms:u16 RspTms:u32:RspTms_SF " +
    "ReadOnly:u16 {Pt 4 V:u16:V_SF Var:i16:DeptRef_SF}}",
  706:
    "Ena:u16 AdptCrvReq:u16 AdptCrvRslt:u16 NPt:u16 NCrv:u16 RvrtTms:u32 RvrtRem:u32 RvrtCrv:u16 V_SF:sf DeptRef_SF:sf RspTms_SF:sf " +
    "{Crv 3 ActPt:u16 DeptRef:u16 RspTms:u32:RspTms_SF ReadOnly:u16 {Pt 2 V:u16:V_SF W:i16:DeptRef_SF}}",
  707: tripModel("V:u16:V_SF", "V_SF"),
  708: tripModel("V:u16:V_SF", "V_SF"),
  709: tripModel("Hz:u32:Hz_SF", "Hz_SF"),
  710: tripModel("Hz:u32:Hz_SF", "Hz_SF"),
  711:
    "Ena:u16 AdptCtlReq:u16 AdptCtlRslt:u16 NCtl:u16 RvrtTms:u32 RvrtRem:u32 RvrtCtl:u16 Db_SF:sf K_SF:sf RspTms_SF:sf " +
    "{Ctl 3 DbOf:u32:Db_SF DbUf:u32:Db_SF KOf:u16:K_SF KUf:u16:K_SF RspTms:u32:RspTms_SF PMin:i16 ReadOnly:u16}",
  712:
    "Ena:u16 AdptCrvReq:u16 AdptCrvRslt:u16 NPt:u16 NCrv:u16 RvrtTms:u32 RvrtRem:u32 RvrtCrv:u16 W_SF:sf DeptRef_SF:sf " +
    "{Crv 3 ActPt:u16 DeptRef:u16 Pri:u16 ReadOnly:u16 {Pt 6 W:i16:W_SF Var:i16:DeptRef_SF}}",
  713: "WHRtg:u16:WH_SF WHAvail:u16:WH_SF SoC:u16:Pct_SF SoH:u16:Pct_SF Sta:u16 WH_SF:sf Pct_SF:sf",
  714:
    "PrtAlrms:u32 NPrt:u16 DCA:i16 DCW:i16 DCWhInj:u64 DCWhAbs:u64 DCA_SF:sf DCV_SF:sf DCW_SF:sf DCWH_SF:sf Tmp_SF:sf " +
    "{Prt 1 PrtTyp:u16 ID:u16 IDStr:s8 DCA:i16 DCV:u16 DCW:i16 DCWhInj:u64 DCWhAbs:u64 Tmp:i16 DCSta:u16 DCAlrm:u32}",
  715: "LocRemCtl:u16 DERHb:u32 ControllerHb:u32 AlarmReset:u16 OpCtl:u16",
  64901:
    "Role:u16 Flags:u16 Alrm:u32 W:i32:W_SF Var:i32:W_SF V:u16:V_SF Hz:u32:Hz_SF WChaMax:u32:W_SF WDisMax:u32:W_SF SoC:u16:Pct_SF " +
    "Hb:u32 ClkMs:u32 ExeSeq:u32 CtlHbAge:u32 Refused:u32 Tok:u32 Seq:u32 RoleCmd:u16 WCmd:i32:W_SF VarCmd:i32:W_SF FormV:u16:V_SF " +
    "FormHz:u32:Hz_SF CtlHb:u32 TokMax:u16 HbTms:u16 W_SF:sf V_SF:sf Hz_SF:sf Pct_SF:sf",
  64902:
    "ContNo:u16 ContNc:u16 GridV:u16:V_SF GridHz:u32:Hz_SF BusV:u16:V_SF BusHz:u32:Hz_SF Ang:i16:Ang_SF Sync:u16 CloseSeq:u32 Ops:u32 " +
    "ClkMs:u32 Refused:u32 Tok:u32 Cmd:u16 SeqCmd:u32 TokMax:u16 V_SF:sf Hz_SF:sf Ang_SF:sf",
  64903: "Closed:u16 ClkMs:u32 Tok:u32 CloseCmd:u16 TokMax:u16 W_SF:sf NTier:u16 {Tier 8 W:i32:W_SF}",
};

function tripModel(quantity: string, scale: string): string {
  const region = (name: string): string => `{${name} 0 ActPt:u16 {Pt 5 ${quantity} Tms:u32:Tms_SF}}`;
  return (
    `Ena:u16 AdptCrvReq:u16 AdptCrvRslt:u16 NPt:u16 NCrvSet:u16 ${scale}:sf Tms_SF:sf ` +
    `{Crv 3 ReadOnly:u16 ${region("MustTrip")} ${region("MayTrip")} ${region("MomCess")}}`
  );
}

const registersOf = (type: PointType): number =>
  type === "i32" || type === "u32" ? 2 : type === "u64" ? 4 : /^s\d/.test(type) ? Number(type.slice(1)) : 1;

const sunspecBase = 40_000;

/** The pad at the end of the common model is optional: some makers leave it out. */
const withoutPad = models[1]!.replace(" Pad:pad", "");

export interface SunspecShape {
  readonly base?: number;
  readonly commonLength?: 65 | 66;
}

/** A device's registers by `model.point`, on an image that a server shows. */
export class SunspecMap {
  readonly image = new RegisterImage();
  readonly #points = new Map<string, Point>();
  /** By the register that each begins at. */
  readonly #starting = new Map<number, Point>();
  /** First register of each model, after its identifier and length. */
  readonly #starts = new Map<number, number>();

  constructor(ids: readonly number[], { base = sunspecBase, commonLength = 66 }: SunspecShape = {}) {
    const { image } = this;
    image.words[base] = 0x5375;
    image.words[base + 1] = 0x6e53;
    let at = base + 2;
    for (const id of ids) {
      const start = at + 2;
      this.#starts.set(id, start);
      const end = this.#place(id, id === 1 && commonLength === 65 ? withoutPad : models[id]!, "", start);
      image.words[at] = id;
      image.words[at + 1] = end - start;
      at = end;
    }
    image.words[at] = 0xffff;
    image.words[at + 1] = 0;
    image.define(base, at + 2 - base);
    // What is not filled in is not implemented.
    for (const { address, type, registers } of this.#points.values()) {
      if (type === "i16" || type === "sf") image.words[address] = 0x8000;
      else if (type === "i32") image.words[address] = 0x8000;
      else if (type === "u16" || type === "u32" || type === "u64")
        image.words.fill(0xffff, address, address + registers);
    }
  }

  #place(id: number, text: string, prefix: string, start: number): number {
    let at = start;
    for (const word of wordsOf(text)) {
      if (word.startsWith("{")) {
        const inner = word.slice(1, -1);
        const [name, repeats] = inner.split(" ", 2) as [string, string];
        const body = inner.slice(name.length + repeats.length + 2);
        const count = Number(repeats);
        for (let i = 1; i <= Math.max(1, count); i += 1)
          at = this.#place(id, body, `${prefix}${name}${count === 0 ? "" : `[${i}]`}.`, at);
        continue;
      }
      const [name, type, scale] = word.split(":") as [string, PointType, string | undefined];
      const path = `${id}.${prefix}${name}`;
      const registers = registersOf(type);
      const point = { path, address: at, type, registers, scale: scale && `${id}.${scale}` };
      this.#points.set(path, point);
      this.#starting.set(at, point);
      at += registers;
    }
    return at;
  }

  #point(path: string): Point {
    const point = this.#points.get(path);
    if (point === undefined) throw new Error(`no point ${path} in this map`);
    return point;
  }

  address(path: string): number {
    return this.#point(path).address;
  }

  /** All of a model's points, by their path without the model. */
  pointsOf(id: number): string[] {
    return [...this.#points.keys()]
      .filter((path) => path.startsWith(`${id}.`))
      .map((path) => path.slice(`${id}.`.length));
  }

  has(id: number): boolean {
    return this.#starts.has(id);
  }

  #factor({ scale }: Point): number {
    return scale === undefined ? 1 : 10 ** ((this.image.words[this.#point(scale).address]! << 16) >> 16);
  }

  /** The number in the registers without its scale. */
  raw(path: string): number {
    const { address, type, registers } = this.#point(path);
    return decode(type, this.image.words.subarray(address, address + registers));
  }

  get(path: string): number {
    return this.raw(path) * this.#factor(this.#point(path));
  }

  set(path: string, value: number): void {
    const point = this.#point(path);
    const { address, registers } = point;
    const rounded = Math.round(value / this.#factor(point));
    const { words } = this.image;
    if (registers === 1) words[address] = rounded & 0xffff;
    else if (registers === 2) {
      words[address] = Math.floor(rounded / 0x1_0000) & 0xffff;
      words[address + 1] = rounded & 0xffff;
    } else {
      const big = BigInt(Math.max(0, rounded));
      for (let i = 0; i < 4; i += 1) words[address + i] = Number((big >> BigInt(48 - 16 * i)) & 0xffffn);
    }
  }

  setAll(id: number, values: Readonly<Record<string, number>>): void {
    for (const name in values) this.set(`${id}.${name}`, values[name]!);
  }

  setText(path: string, text: string): void {
    const { address, registers } = this.#point(path);
    const bytes = Buffer.alloc(2 * registers);
    bytes.write(text, "latin1");
    for (let i = 0; i < registers; i += 1) this.image.words[address + i] = bytes.readUInt16BE(2 * i);
  }

  /** Values of a write that begins at `address`, by path, scaled; null when it splits a point. */
  parse(address: number, words: readonly number[]): Map<string, number> | null {
    const values = new Map<string, number>();
    let at = 0;
    while (at < words.length) {
      const point = this.#starting.get(address + at);
      if (point === undefined) return null;
      const { path, type, registers } = point;
      if (at + registers > words.length) return null;
      values.set(path, decode(type, words.slice(at, at + registers)) * this.#factor(point));
      at += registers;
    }
    return values;
  }
}

function decode(type: PointType, words: ArrayLike<number>): number {
  switch (type) {
    case "i16":
    case "sf":
      return (words[0]! << 16) >> 16;
    case "i32":
      return (words[0]! << 16) | words[1]! | 0;
    case "u32":
      return words[0]! * 0x1_0000 + words[1]!;
    case "u64":
      return ((words[0]! * 0x1_0000 + words[1]!) * 0x1_0000 + words[2]!) * 0x1_0000 + words[3]!;
    default:
      return words[0]!;
  }
}

/** Splits at spaces, keeping what stands in braces together. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let depth = 0;
  let word = "";
  for (const letter of text) {
    if (letter === " " && depth === 0) {
      if (word !== "") words.push(word);
      word = "";
      continue;
    }
    if (letter === "{") depth += 1;
    if (letter === "}") depth -= 1;
    word += letter;
  }
  if (word !== "") words.push(word);
  return words;
}
