/** The walk through programs: function set assignments, lists of programs, and of each its default control and its controls. */
import {
  type Control,
  type DefaultControl,
  type Program,
  pollRateOf,
  programListsOf,
  readControl,
  readDefaultControl,
  readProgram,
} from "./resources.ts";
import type { Tasks } from "./tasks.ts";
import { Refused, type Transport } from "./transport.ts";

/** Programs and their lists that are followed; more are not. */
const programsMax = 100;

export interface ProgramPorts {
  /** All programs, after a complete reading of all lists. */
  programs(programs: readonly Program[]): void;
  controls(program: string, controls: readonly Control[]): void;
  fallback(program: string, control: DefaultControl | null): void;
}

export interface ProgramWalk {
  /** Follows the assignments of a device; `otherwiseS`: rate where the server says none. */
  follow(href: string, otherwiseS: number): void;
}

export function createProgramWalk(transport: Transport, tasks: Tasks, ports: ProgramPorts): ProgramWalk {
  const lists = new Map<string, readonly Program[] | null>();
  /** Poll rate of a list of programs as it was said last: what hangs on it is asked for as often where it says nothing itself. */
  const rates = new Map<string, number>();

  async function readAssignments(href: string, otherwiseS: number): Promise<number> {
    const { list, items } = await transport.list(href, "FunctionSetAssignments");
    const hrefs = new Set(programListsOf({ FunctionSetAssignments: items }));
    for (const known of [...lists.keys()])
      if (!hrefs.has(known)) {
        lists.delete(known);
        tasks.leave(`derp ${known}`);
      }
    for (const one of hrefs) {
      if (lists.has(one) || lists.size >= programsMax) continue;
      lists.set(one, null);
      tasks.follow(`derp ${one}`, () => readPrograms(one, otherwiseS));
    }
    tell();
    return pollRateOf(list, otherwiseS);
  }

  async function readPrograms(href: string, otherwiseS: number): Promise<number> {
    const { list, items } = await transport.list(href, "DERProgram");
    const everyS = pollRateOf(list, otherwiseS);
    rates.set(href, everyS);
    const programs = items.map(readProgram).filter((program) => program.href !== "");
    lists.set(href, programs.slice(0, programsMax));
    tell();
    const rate = (): number => rates.get(href) ?? otherwiseS;
    for (const { href: program, defaultHref, controlsHref } of programs) {
      if (defaultHref !== "") tasks.follow(`dderc ${program}`, () => readDefault(program, defaultHref, rate));
      if (controlsHref !== "") tasks.follow(`derc ${program}`, () => readControls(program, controlsHref, rate));
    }
    return everyS;
  }

  function tell(): void {
    const all = [...lists.values()];
    // A list that was not read yet may have the program that holds.
    if (all.includes(null)) return;
    const programs = all.flatMap((list) => list ?? []).slice(0, programsMax);
    const names = new Set(programs.flatMap(({ href }) => [`dderc ${href}`, `derc ${href}`]));
    tasks.leave("dderc ", names);
    tasks.leave("derc ", names);
    ports.programs(programs);
  }

  async function readDefault(program: string, href: string, everyS: () => number): Promise<number> {
    try {
      const root = await transport.get(href);
      ports.fallback(program, readDefaultControl(root));
      return pollRateOf(root, everyS());
    } catch (failure) {
      if (!(failure instanceof Refused && failure.status === 404)) throw failure;
      ports.fallback(program, null);
      return everyS();
    }
  }

  async function readControls(program: string, href: string, everyS: () => number): Promise<number> {
    const { list, items } = await transport.list(href, "DERControl");
    ports.controls(
      program,
      items.map(readControl).filter(({ mrid }) => mrid !== ""),
    );
    return pollRateOf(list, everyS());
  }

  return {
    follow: (href, otherwiseS) => tasks.follow("fsa", () => readAssignments(href, otherwiseS)),
  };
}
