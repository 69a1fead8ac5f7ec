/** Which tools are served under the settings, and what clients are told of their effects. */
import { nearestName } from "../src/config.ts";
import { InvalidInputError } from "../src/errors.ts";
import type { ToolSettings } from "./outcome.ts";
import type { Effect, Tool } from "./tool.ts";

const effectOf = ({ effect }: Tool, settings: ToolSettings): Effect =>
  typeof effect === "function" ? effect(settings) : effect;

const checkNames = (tools: readonly Tool[], only: readonly string[]): void => {
  const names = tools.map(({ name }) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, names);
  throw new InvalidInputError(`Expected names of tools for --tools, received "${unknown}".`, {
    hint: `${nearest === undefined ? "" : `Did you mean ${nearest}? `}There are ${names.join(", ")}.`,
  });
};

/** @throws InvalidInputError when the settings name a tool that does not exist */
export const servedTools = (tools: readonly Tool[], settings: ToolSettings): readonly Tool[] => {
  const { only, readOnly } = settings;
  if (only !== undefined) checkNames(tools, only);
  return tools
    .filter(({ name, appOnly }) => only === undefined || appOnly === true || only.includes(name))
    .filter((tool) => !readOnly || effectOf(tool, settings) === "read");
};

/** Hints for clients. Only writers need to say more than that they are none. */
export const annotationsOf = (tool: Tool, settings: ToolSettings) => {
  const effect = effectOf(tool, settings);
  return {
    readOnlyHint: effect === "read",
    ...(effect === "read" ? {} : { destructiveHint: effect === "destroy", idempotentHint: true }),
    openWorldHint: tool.openWorld?.(settings) ?? false,
  };
};
