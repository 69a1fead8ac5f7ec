/** Prompts, with completions of their arguments. */
import * as sdk from "@modelcontextprotocol/server";
import * as z from "zod";
import type { PromptArgument } from "../prompts.ts";
import { prompts } from "../prompts.ts";
import type { Parts } from "./parts.ts";
import { reported } from "./parts.ts";

const MOST_CHARACTERS = 500;

const textSchema = (parts: Parts, { description, completes }: PromptArgument) => {
  const text = z.string().max(MOST_CHARACTERS).describe(description);
  if (completes === undefined) return text;
  const { photos } = parts.edge;
  return sdk.completable(text, (typed) =>
    reported(parts, async () => [...(await photos[completes](typed.slice(0, MOST_CHARACTERS)))]),
  );
};

/** The SDK looks for completions below `optional`, not above it. */
const argumentSchema = (parts: Parts, argument: PromptArgument) => {
  const text = textSchema(parts, argument);
  return argument.optional === true ? text.optional().describe(argument.description) : text;
};

export const registerPrompts = (parts: Parts): void => {
  for (const prompt of prompts) {
    const fields = prompt.arguments.map((argument) => [argument.name, argumentSchema(parts, argument)] as const);
    const config = {
      title: prompt.title,
      description: prompt.description,
      argsSchema: z.object(Object.fromEntries(fields)),
    };
    parts.server.registerPrompt(prompt.name, config, (given) => ({
      messages: [{ role: "user", content: { type: "text", text: prompt.text(given) } }],
    }));
  }
};
