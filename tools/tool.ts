/**
 * The contract of a tool. A tool is a thin call into core: it checks its input by a schema, asks core, and returns an
 * outcome. It never sees the protocol. Register it in tools.ts; docs/extending.md has the recipe.
 */
import type { z } from "zod";
import type { ToolContext, ToolOutcome, ToolSettings } from "./outcome.ts";

/** read: changes nothing. write: adds or changes what can be changed back. destroy: removes. */
export type Effect = "read" | "write" | "destroy";

export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  /** `verb_noun`, without the name of the server. */
  readonly name: string;
  readonly title: string;
  /** 1 to 3 sentences for the model: what, when, what next. Every word is in the context of every conversation. */
  readonly description: string;
  /** A `z.strictObject`: unknown keys are refused with their names. No numbers without bounds. */
  readonly input: Input;
  /** `z.looseObject` with ids and counts only. Left out by tools that return pictures or may return a task. */
  readonly output?: Output;
  /**
   * Every field of the data: for the reference and for tests. Clients are told of `output` alone, which is shorter.
   * Left out by tools that return pictures.
   */
  readonly result?: z.ZodObject;
  /** Annotations and `--read-only` follow from it. */
  readonly effect: Effect | ((settings: ToolSettings) => Effect);
  /** Whether a call may reach beyond this machine; left out = never. */
  readonly openWorld?: (settings: ToolSettings) => boolean;
  /** `ui://` address of the page that shows the result to the user. */
  readonly app?: string;
  /** Called by that page alone; the model does not see it. */
  readonly appOnly?: true;
  /** Milliseconds after which a call is aborted; left out = {@link CALL_LIMIT_MS}. */
  timeLimitMs?(input: z.output<Input>): number;
  /** Errors are thrown; the caller gets what `errorReport` makes of them. */
  handle(input: z.output<Input>, context: ToolContext, signal: AbortSignal): Promise<ToolOutcome<z.input<Output>>>;
}

export const defineTool = <Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Tool<Input, Output>,
): Tool<Input, Output> => tool;
