/**
 * Breaches of firmware-bridge/CONTRACT.md that a simulated stage can be given, one at a time: what a firmware team gets
 * wrong. Each with the duty that it breaks, by the name that `islet verify-device` gives it.
 */
import { StageFlag, stageModel } from "../../firmware-bridge/maps/vendor-models.table.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import type { PlantStage, PlantStageCommand } from "../plant/devices.ts";
import type { BreachMaker, StageOverride } from "./stage-breaches.ts";

const own = stageModel.id;
const { ok, illegalAddress, illegalValue, deviceFailure } = ExceptionCode;

/** A point shows something else. */
const shows = (model: number, point: string, change: (value: number) => number): BreachMaker => ({
  registers: () => ({ onRead: (show) => show(model, point, change) }),
});

/** The command block is changed before the stage sees it. */
const bends = (bend: (get: (point: string) => number, put: (point: string, value: number) => void, face: RegisterFace, clock: () => number) => void): BreachMaker => ({
  registers: ({ face, clock }) => ({
    onWrite: ({ isBlock, get, put }) => {
      if (isBlock) bend(get, put, face, clock);
      return undefined;
    },
  }),
});

/** A write that reaches a point is answered like this, without effect. */
const answers = (model: number, point: string, code: ExceptionCode): BreachMaker => ({
  registers: () => ({ onWrite: ({ touches }) => (touches(model, point) ? code : undefined) }),
});

/** The stage behind the registers does something else. */
const behind = (over: (stage: PlantStage, clock: () => number) => StageOverride): BreachMaker => ({ over });

const clockOf = (clock: () => number): number => Math.floor(clock()) % (2 ** 32 - 1);
const bit = (name: keyof typeof StageFlag): number => 1 << StageFlag[name];
/** Feeds the stage's watch over its controller from inside, at each read, for so long after the last change of CtlHb. */
const feeds = (forMs: number): BreachMaker => ({
  registers: ({ stage, clock }) => {
    let beat = 0;
    let changedAtMs = clock();
    let last = Number.NaN;
    return {
      onWrite: ({ isBlock, get }) => {
        if (isBlock && get("CtlHb") !== last) changedAtMs = clock();
        if (isBlock) last = get("CtlHb");
        return undefined;
      },
      onRead: () => {
        if (clock() - changedAtMs < forMs) stage.controllerHeartbeat((beat += 1) + 0.5);
      },
    };
  },
});

export interface BreachRow {
  readonly id: string;
  /** Duty that finds it. */
  readonly breaks: string;
  readonly does: string;
  readonly make: BreachMaker;
}

export const stageBreaches: readonly BreachRow[] = [
  {
    id: "chain-ends-with-zero",
    breaks: "has-all-models",
    does: "ends its chain with 0 instead of 0xFFFF",
    make: { registers: ({ face }) => ({ raw: new Map([[face.baseAddress + face.bytes.length / 2 - 2, 0]]) }) },
  },
  {
    id: "model-missing",
    breaks: "has-all-models",
    does: "has no model 712",
    make: { registers: ({ face }) => ({ raw: new Map([[face.address(712, "Ena") - 2, 64_000]]) }) },
  },
  {
    id: "no-serial-number",
    breaks: "says-who-it-is",
    does: "leaves its serial number empty",
    make: {
      registers: ({ face }) => ({
        raw: new Map(Array.from({ length: 16 }, (_, i) => [face.address(1, "SN") + i, 0] as const)),
      }),
    },
  },
  {
    id: "answers-late",
    breaks: "answers-in-time",
    does: "takes 30 ms for each answer",
    make: {
      registers: ({ pause }) => ({
        refuseRead: () => {
          pause(30);
          return undefined;
        },
      }),
    },
  },
  {
    id: "short-reads-only",
    breaks: "answers-long-reads",
    does: "refuses reads of more than 100 registers",
    make: { registers: () => ({ refuseRead: (_, count) => (count > 100 ? illegalValue : undefined) }) },
  },
  {
    id: "whole-values-only",
    breaks: "answers-any-read",
    does: "refuses a read that begins inside a value",
    make: {
      registers: ({ face }) => ({
        refuseRead: (address) => (address === face.address(own, "ClkMs") + 1 ? illegalAddress : undefined),
      }),
    },
  },
  {
    id: "one-exception-for-all",
    breaks: "says-why-it-refuses",
    does: "answers everything that it refuses with exception 4",
    make: { registers: () => ({ answer: (code) => (code === ok ? ok : deviceFailure) }) },
  },
  {
    id: "clock-in-seconds",
    breaks: "counts-its-milliseconds",
    does: "moves ClkMs once a second",
    make: shows(own, "ClkMs", (value) => value - (value % 1_000)),
  },
  { id: "no-heartbeat", breaks: "counts-its-life", does: "keeps Hb at 7", make: shows(own, "Hb", () => 7) },
  {
    id: "no-sunspec-heartbeat",
    breaks: "counts-its-life-for-sunspec",
    does: "does not implement 715.DERHb",
    make: shows(715, "DERHb", () => Number.NaN),
  },
  {
    id: "anti-islanding-not-shown",
    breaks: "anti-islanding-is-on",
    does: "leaves the bit of its anti-islanding function at 0",
    make: shows(own, "Flags", (value) => value & ~bit("antiIslanding")),
  },
  {
    id: "anti-islanding-by-anyone",
    breaks: "anti-islanding-stays-on",
    does: "lets a controller switch its anti-islanding function off",
    make: {
      registers: () => {
        let off = false;
        return {
          onWrite: ({ touches }) => {
            if (!touches(704, "AntiIslEna")) return undefined;
            off = !off;
            return ok;
          },
          onRead: (show) => show(704, "AntiIslEna", (value) => (off ? 0 : value)),
        };
      },
    },
  },
  {
    id: "coarse-voltage",
    breaks: "fine-enough-scales",
    does: "shows voltage in whole percent",
    make: shows(own, "V_SF", () => 0),
  },
  { id: "patient-token", breaks: "shows-its-times", does: "has a TokMax of 5 s", make: shows(own, "TokMax", () => 5_000) },
  {
    id: "two-measurements",
    breaks: "measures-one-truth",
    does: "shows a voltage in its own model that is 5 % off",
    make: shows(own, "V", (value) => Math.round(1.05 * value)),
  },
  { id: "no-rating", breaks: "tells-its-ratings", does: "tells no WMax", make: shows(702, "WMax", () => Number.NaN) },
  {
    id: "one-curve-only",
    breaks: "has-curves-to-write",
    does: "has only the mirror in 706",
    make: shows(706, "NCrv", () => 1),
  },
  {
    id: "takes-stale-commands",
    breaks: "refuses-stale-commands",
    does: "takes a token of any age up to 2 s",
    make: bends((get, put, _, clock) => {
      const age = (clockOf(clock) - get("Tok")) | 0;
      if (age > 0 && age < 2_000) put("Tok", clockOf(clock));
    }),
  },
  {
    id: "takes-commands-from-the-future",
    breaks: "refuses-commands-from-the-future",
    does: "takes a token that is ahead of its clock",
    make: bends((get, put, _, clock) => {
      if (((clockOf(clock) - get("Tok")) | 0) < 0) put("Tok", clockOf(clock));
    }),
  },
  {
    id: "takes-hour-old-commands",
    breaks: "refuses-very-old-commands",
    does: "compares only the low word of the token's age",
    make: bends((get, put, face, clock) => {
      const age = (clockOf(clock) - get("Tok")) | 0;
      if (age > face.get(own, "TokMax") && age % 3_600_000 < 5_000 && age > 3_000_000) put("Tok", clockOf(clock));
    }),
  },
  {
    id: "does-not-count-refusals",
    breaks: "refuses-stale-commands",
    does: "keeps Refused at 0",
    make: shows(own, "Refused", () => 0),
  },
  {
    id: "impatient-with-tokens",
    breaks: "takes-commands-within-their-time",
    does: "refuses tokens older than 100 ms although TokMax says 300",
    make: {
      registers: ({ clock }) => ({
        onWrite: ({ isBlock, get }) => (isBlock && clockOf(clock) - get("Tok") > 100 ? illegalValue : undefined),
      }),
    },
  },
  {
    id: "takes-old-numbers",
    breaks: "refuses-commands-out-of-order",
    does: "takes blocks in any order",
    make: bends((get, put, face) => {
      const last = face.get(own, "Seq");
      if (((get("Seq") - last) | 0) < 0) put("Seq", last);
    }),
  },
  {
    id: "newer-numbers-only",
    breaks: "takes-the-same-number-again",
    does: "refuses a repeated number",
    make: {
      registers: ({ face }) => ({
        onWrite: ({ isBlock, get }) => (isBlock && get("Seq") === face.get(own, "Seq") ? illegalValue : undefined),
      }),
    },
  },
  {
    id: "numbers-of-16-bits",
    breaks: "orders-numbers-around-the-circle",
    does: "compares numbers as 16 bits",
    make: {
      registers: ({ face }) => ({
        onWrite: ({ isBlock, get }) =>
          isBlock && ((get("Seq") - face.get(own, "Seq")) & 0xffff) >= 0x8000 ? illegalValue : undefined,
      }),
    },
  },
  {
    id: "takes-parts",
    breaks: "refuses-parts-of-a-block",
    does: "takes a write of a part of the command block",
    make: {
      registers: () => ({ onWrite: ({ isBlock, touches }) => (!isBlock && touches(own, "RoleCmd") ? ok : undefined) }),
    },
  },
  {
    id: "takes-any-role",
    breaks: "refuses-unknown-roles",
    does: "takes a role that does not exist as off",
    make: bends((get, put) => {
      if (get("RoleCmd") > 4) put("RoleCmd", 0);
    }),
  },
  {
    id: "takes-writes-to-measurements",
    breaks: "refuses-writes-to-what-it-shows",
    does: "acknowledges writes to registers that only show something",
    make: answers(own, "W", ok),
  },
  {
    id: "forgets-its-reversion",
    breaks: "keeps-its-reversion-settings",
    does: "acknowledges a reversion time and does not keep it",
    make: answers(704, "WSetRvrtTms", ok),
  },
  {
    id: "reversion-stands",
    breaks: "counts-down-its-reversion",
    does: "shows a reversion time that does not run",
    make: { registers: ({ face }) => ({ onRead: (show) => show(704, "WSetRvrtRem", () => face.get(704, "WSetRvrtTms")) }) },
  },
  {
    id: "block-does-not-reload",
    breaks: "counts-down-its-reversion",
    does: "reloads its reversion timer only at writes of 704",
    make: {
      registers: ({ face, clock }) => {
        let armedMs = clock();
        return {
          onWrite: ({ touches }) => {
            if (touches(704, "WSetEna") || touches(704, "WSetRvrtTms")) armedMs = clock();
            return undefined;
          },
          onRead: (show) =>
            show(704, "WSetRvrtRem", () =>
              Math.max(0, Math.ceil(face.get(704, "WSetRvrtTms") - (clock() - armedMs) / 1_000)),
            ),
        };
      },
    },
  },
  {
    id: "never-reverts",
    breaks: "reverts",
    does: "counts its reversion down and does nothing at the end",
    make: behind((stage, clock) => {
      let seconds = Number.NaN;
      let atMs = Number.NaN;
      return {
        setReversion: (timeoutS: number) => {
          seconds = timeoutS;
          atMs = clock();
        },
        command: (command: PlantStageCommand) => {
          atMs = clock();
          stage.command(command);
        },
        get reversionRemainingS() {
          return Math.max(0, seconds - (clock() - atMs) / 1_000);
        },
      };
    }),
  },
  {
    id: "goes-on-in-silence",
    breaks: "reverts",
    does: "goes on for ever when its controller falls silent: nothing reverts and nothing trips",
    make: {
      over: (stage, clock) => {
        let seconds = Number.NaN;
        let atMs = clock();
        let beat = 0;
        return {
          setReversion: (timeoutS: number) => {
            seconds = timeoutS;
            atMs = clock();
          },
          command: (command: PlantStageCommand) => {
            atMs = clock();
            stage.command(command);
          },
          get powerW() {
            stage.controllerHeartbeat((beat += 1) + 0.5);
            return stage.powerW;
          },
          get reversionRemainingS() {
            return Math.max(0, seconds - (clock() - atMs) / 1_000);
          },
        };
      },
    },
  },
  {
    id: "any-block-is-life",
    breaks: "watches-the-heartbeat",
    does: "takes each block for a sign of life, whatever CtlHb says",
    make: (() => {
      let beat = 0;
      return bends((_, put) => put("CtlHb", (beat += 1)));
    })(),
  },
  {
    id: "impatient-watchdog",
    breaks: "is-patient-while-the-heart-beats",
    does: "trips although the heartbeat advances",
    make: behind((stage, clock) => {
      let fedMs = Number.NEGATIVE_INFINITY;
      return {
        controllerHeartbeat: (value: number) => {
          if (clock() - fedMs < 20_000) return;
          fedMs = clock();
          stage.controllerHeartbeat(value);
        },
      };
    }),
  },
  {
    id: "no-watchdog",
    breaks: "trips-when-the-heart-stops",
    does: "never trips",
    make: feeds(Number.POSITIVE_INFINITY),
  },
  {
    id: "late-watchdog",
    breaks: "trips-when-the-heart-stops",
    does: "trips 4 s after HbTms",
    make: feeds(4_000),
  },
  {
    id: "contactor-stays-closed",
    breaks: "comes-to-zero-in-time",
    does: "does not open its contactor",
    make: (() => {
      let closed = false;
      return shows(own, "Flags", (value) => {
        closed ||= (value & bit("contactorClosed")) !== 0;
        return closed ? value | bit("contactorClosed") : value;
      });
    })(),
  },
  {
    id: "forgets-its-latch",
    breaks: "stays-latched",
    does: "starts again when it is commanded, without a reset",
    make: behind((stage) => ({
      command: (command: PlantStageCommand) => {
        if (stage.watchdogTripped && command.role !== "off") stage.resetAlarms();
        stage.command(command);
      },
    })),
  },
  {
    id: "goes-on-after-a-reset",
    breaks: "stays-latched",
    does: "goes on with the last command as soon as its reason is reset",
    make: behind((stage) => {
      let last: PlantStageCommand | undefined;
      let beat = 0.5;
      return {
        command: (command: PlantStageCommand) => {
          if (command.role !== "off") last = { ...command };
          if (!stage.watchdogTripped) stage.command(command);
        },
        resetAlarms: () => {
          stage.resetAlarms();
          if (last === undefined) return;
          stage.controllerHeartbeat((beat += 1));
          stage.command({ ...last, sequence: stage.executedSequence });
        },
      };
    }),
  },
  {
    id: "sign-turned",
    breaks: "follows-its-setpoint",
    does: "shows charging as positive",
    make: shows(own, "W", (value) => -value),
  },
  {
    id: "slow-to-stop",
    breaks: "comes-to-zero-in-time",
    does: "takes 3 s to obey the role off",
    make: behind((stage, clock) => {
      let offAtMs = Number.NaN;
      return {
        command: (command: PlantStageCommand) => {
          if (command.role !== "off") offAtMs = Number.NaN;
          else if (stage.role === "off") stage.command(command);
          else if (Number.isNaN(offAtMs)) offAtMs = clock() + 3_000;
          if (command.role !== "off" || clock() >= offAtMs) stage.command(command);
        },
        get powerW() {
          if (clock() >= offAtMs && stage.role !== "off") {
            stage.command({
              role: "off",
              powerW: 0,
              reactiveVar: 0,
              formVoltagePu: 1,
              formFrequencyHz: 60,
              sequence: stage.executedSequence,
            });
          }
          return stage.powerW;
        },
      };
    }),
  },
  {
    id: "everybody-moves-it",
    breaks: "only-the-block-moves-it",
    does: "follows 704.WSet also after a command block",
    make: {
      registers: ({ face, stage }) => {
        let beat = 0.5;
        return {
          answer: (code, { touches, count }) => {
            const moves = count > 0 && (touches(704, "WSetEna") || touches(704, "WSet"));
            if (!moves || face.get(704, "WSetEna") !== 1) return code;
            stage.controllerHeartbeat((beat += 1));
            stage.command({
              role: "charge",
              powerW: -face.get(704, "WSet"),
              reactiveVar: 0,
              formVoltagePu: 1,
              formFrequencyHz: 60,
              sequence: stage.executedSequence,
            });
            return code;
          },
        };
      },
    },
  },
  {
    id: "needs-no-permission",
    breaks: "ceases-without-permission",
    does: "keeps 703.ES and does not obey it",
    make: behind(() => ({ setPermitService: () => {} })),
  },
  {
    id: "repeats-what-it-was-told",
    breaks: "shows-what-it-does",
    does: "shows in Role the role that was commanded",
    make: { registers: ({ face }) => ({ onRead: (show) => show(own, "Role", () => face.get(own, "RoleCmd")) }) },
  },
  {
    id: "no-reactive-power",
    breaks: "adds-reactive-power",
    does: "ignores VarCmd",
    make: bends((_, put) => put("VarCmd", 0)),
  },
  {
    id: "charge-gives-back",
    breaks: "charge-never-gives-back",
    does: "follows a positive WCmd in the role charge",
    make: bends((get, put) => {
      if (get("RoleCmd") === 1 && get("WCmd") > 0) put("RoleCmd", 2);
    }),
  },
  {
    id: "fixed-settings",
    breaks: "takes-its-settings",
    does: "does not let 703.ESDlyTms be written",
    make: answers(703, "ESDlyTms", illegalAddress),
  },
  {
    id: "adoption-never-ends",
    breaks: "adopts-curves",
    does: "never tells the result of an adoption of 711",
    make: shows(711, "AdptCtlRslt", () => 0),
  },
  {
    id: "trip-curves-fail",
    breaks: "adopts-trip-curves",
    does: "refuses to adopt 709",
    make: shows(709, "AdptCrvRslt", () => 2),
  },
  {
    id: "adopts-without-effect",
    breaks: "shows-the-curve-in-force",
    does: "says that it has adopted a curve of 706 and has not",
    make: answers(706, "AdptCrvReq", ok),
  },
  {
    id: "adopts-anything",
    breaks: "refuses-disordered-curves",
    does: "adopts a volt-var curve whose points are out of order",
    make: {
      registers: ({ face }) => ({
        onWrite: ({ touches }) => {
          if (!touches(705, "AdptCrvReq")) return undefined;
          for (const { path, writable } of face.layout(705).points)
            if (writable && path.startsWith("Crv[2].")) face.set(705, path.replace("[2]", "[1]"), face.get(705, path));
          return ok;
        },
      }),
    },
  },
  {
    id: "mirror-may-be-written",
    breaks: "guards-the-curve-in-force",
    does: "takes writes into curve 1",
    make: answers(705, "Crv[1].Pt[1].V", ok),
  },
  {
    id: "energy-falls",
    breaks: "energies-never-fall",
    does: "counts charged energy backwards",
    make: {
      registers: ({ clock }) => {
        const beganMs = clock();
        return { onRead: (show) => show(701, "TotWhAbs", () => 5_000 - Math.floor((clock() - beganMs) / 10_000)) };
      },
    },
  },
];

/** The breach with this name. */
export const stageBreach = (id: string): BreachRow | undefined => stageBreaches.find((row) => row.id === id);
