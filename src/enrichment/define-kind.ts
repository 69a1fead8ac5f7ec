/** Makes a kind from its definition: the prompt comes from the one builder, so no kind can leave out the rules. */
import { InternalError } from "../errors.ts";
import type { BuildOptions, EnrichmentKind, KindDefinition } from "./enrichment-kind.ts";
import type { EnrichmentInputs } from "./inputs.ts";
import { buildPrompt, type Prompt, type PromptTemplate } from "./prompts/build-prompt.ts";

export const defineKind = <const Kind extends string, Output, Content>(
  definition: KindDefinition<Kind, Output, Content>,
): EnrichmentKind<Kind, Output, Content> => {
  const templates = new Map<number, PromptTemplate>([
    [definition.promptVersion, definition.template],
    ...Object.entries(definition.earlierTemplates ?? {}).map(
      ([version, template]) => [Number(version), template] as const,
    ),
  ]);
  const promptOf = (inputs: EnrichmentInputs, { promptVersion, overrides = [] }: BuildOptions = {}): Prompt => {
    const version = promptVersion ?? definition.promptVersion;
    const template = templates.get(version);
    if (template === undefined) {
      throw new InternalError(
        `Expected one of the prompt versions ${[...templates.keys()].join(", ")} of ${definition.kind}, received ${version}.`,
      );
    }
    const { role, requiredSections } = definition;
    return buildPrompt(
      {
        role,
        template,
        outputSchema: definition.output === "json" ? definition.outputSchema : undefined,
        ...(requiredSections === undefined ? {} : { requiredSections }),
      },
      definition.dataFields(inputs),
      { language: inputs.language, overrides },
    );
  };
  return { ...definition, promptVersions: [...templates.keys()], buildPrompt: promptOf };
};
