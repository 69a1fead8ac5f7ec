/** Prompts, with completions of their arguments. */
import * as sdk from "@modelcontextprotocol/server";
import * as z from "zod";
import type { PromptArgument } from "../prompts.ts";
import { prompts } from "../prompts.ts";
import type { Parts } from "./parts.ts";

const MOST_CHARACTERS = 500;

const argumentSchema = ({ edge: { photos } }: Parts, { description, optional, completes }: PromptArgument) => {
  const text = z.string().max(MOST_CHARACTERS);
  const schema = (optional === true ? text.optional() : text).describe(description);
  if (completes === undefined) return schema;
  return sdk.completable(schema, async (typed) => [
    ...(await photos[completes]((typed ?? "").slice(0, MOST_CHARACTERS))),
  ]);
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
