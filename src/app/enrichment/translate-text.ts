/** Translating a text that somebody waits for. Where it fails they get the original, and are told so. */
import { createUlid } from "../../catalogue/transaction.ts";
import type { TranslationResult } from "../../enrichment/kinds/translate.ts";
import { untranslated } from "../../enrichment/kinds/translate.ts";
import { documentTypeName } from "../../enrichment/scope.ts";
import type { EnrichmentApi, EnrichmentView } from "./enrichment-api.ts";

export interface TextTranslation {
  readonly text: string;
  /** BCP 47. */
  readonly languages: readonly string[];
  /** BCP 47; unset = the model finds out. */
  readonly sourceLanguage?: string | undefined;
  readonly signal: AbortSignal;
}

const AUTO = "auto";

const translationIn = ({ state, document }: EnrichmentView): string | undefined => {
  if (document === undefined || (state !== "CONFIRMED" && state !== "READY_TO_CONFIRM")) return undefined;
  const { fields } = JSON.parse(document.content) as { readonly fields?: { readonly text?: string | null } }; // by translate
  return fields?.text ?? undefined;
};

/** One result per language, in their order. @throws ConfigError without a usable provider */
export const translateText = async (
  api: Pick<EnrichmentApi, "plan" | "now" | "view">,
  { text, languages, sourceLanguage = AUTO, signal }: TextTranslation,
  now: number,
): Promise<readonly TranslationResult[]> => {
  const scopeId = `req:${createUlid(now)}`;
  const texts = new Map([[scopeId, { type: "text" as const, text, sourceLanguage }]]);
  const request = { command: "translate", kind: "translate", languages, sourceLanguage, scopes: { texts } };
  await api.now(await api.plan({ ...request, wanted: "missing" }), { signal });
  const results: TranslationResult[] = [];
  for (const targetLanguage of languages) {
    const documentType = documentTypeName({ kind: "translate", qualifier: targetLanguage });
    const translation = translationIn(await api.view({ scopeId, documentType }));
    results.push(
      translation === undefined
        ? untranslated({ text, targetLanguage, sourceLanguage })
        : { text: translation, target_language: targetLanguage, source_language: sourceLanguage, translated: true },
    );
  }
  return results;
};
