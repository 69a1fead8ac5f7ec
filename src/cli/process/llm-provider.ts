/** The word behind `--llm`, which may be a folder that somebody wrote in the wrong place. */
import { existsSync } from "node:fs";
import { PROVIDER_IDS } from "../../config.ts";
import { InvalidInputError } from "../../errors.ts";

/** @throws InvalidInputError for what is no provider */
export const checkProviderWord = (word: string): void => {
  if ((PROVIDER_IDS as readonly string[]).includes(word)) return;
  throw new InvalidInputError(`Expected a provider for --llm (${PROVIDER_IDS.join(", ")}), received "${word}".`, {
    hint: existsSync(word)
      ? `Put the folder before --llm, or name the provider: photon process ${word} --llm ollama`
      : "Without a name --llm takes the provider of the configuration.",
  });
};
