/**
 * The contract of enrichment kinds. A kind says what it needs, what it asks a language model, what counts as a good
 * answer and what follows from it. It never calls and never writes: the call runner calls, the worker writes.
 */
import type { z } from "zod";
import type { Change } from "./changes.ts";
import type { EnrichmentInputs } from "./inputs.ts";
import type { Issue } from "./parsing/issues.ts";
import type { InputNeeds } from "./prompts/assemble-inputs.ts";
import type { Prompt, PromptTemplate } from "./prompts/build-prompt.ts";
import type { DataField } from "./prompts/data-block.ts";
import type { Role } from "./prompts/roles.ts";
import type { ScopeType } from "./scope.ts";
import type { TemperatureRange } from "./temperature.ts";

/**
 * ok: there is a result. none: the model looked and there is nothing; not asked again. needs_clarification: the model
 * asked back; never confirmed by itself and never shown as a result.
 */
export type DocumentStatus = "ok" | "none" | "needs_clarification";

/** What is stored as the content of a document. */
export interface DocumentBody {
  readonly status: DocumentStatus;
  readonly [field: string]: unknown;
}

export interface BuildOptions {
  /** undefined = the current one. */
  readonly promptVersion?: number;
  /** Texts of library and album, added after the role. */
  readonly overrides?: readonly string[];
}

export interface ApplyContext {
  readonly scopeId: string;
  /** false: the document is ready to confirm. true: it is confirmed, and side effects follow. */
  readonly confirmed: boolean;
  /** Which calendar entries the user chose; undefined = all. */
  readonly chosen?: readonly number[];
}

/** What the author of a kind writes; {@link defineKind} adds the prompt builder. */
export interface KindDefinition<Kind extends string = string, Output = unknown, Content = unknown> {
  /** `[a-z][a-z0-9_]*`; the document type, or its part before the colon. */
  readonly kind: Kind;
  readonly role: Role;
  readonly scopes: readonly ScopeType[];
  /** Bump with every change of template, schema or limits: documents of older versions are outdated then. */
  readonly promptVersion: number;
  readonly template: PromptTemplate;
  /** Templates of older versions that are still being compared with the current one. */
  readonly earlierTemplates?: Readonly<Record<number, PromptTemplate>>;
  readonly temperature: TemperatureRange;
  /** How closely the model looks at the picture; ignored without one. */
  readonly imageDetail: "low" | "high";
  readonly inputs: InputNeeds;
  /** Kinds whose document of a photo must be there first. */
  readonly requires: readonly string[];
  /** json: an object of `outputSchema`. markdown: a document with `requiredSections`. */
  readonly output: "json" | "markdown";
  readonly outputSchema: z.ZodType<Output>;
  readonly requiredSections?: readonly string[];
  /** Stored content as `apply` reads it; also what people and older versions wrote, so less strict. */
  readonly contentSchema: z.ZodType<Content>;
  /** Made for new photos without being asked for, once a provider is configured. */
  readonly auto: boolean;
  /** always: a person confirms, whatever is configured. configurable: `enrichment.kinds.<kind>.auto_confirm` decides. */
  readonly confirmation: "always" | "configurable";
  /** false: people confirm or discard results, and do not rewrite them. Left out = they may. */
  readonly editable?: false;
  /** Documents take part in full-text search beside the photo's own texts. */
  readonly searchable?: true;
  /** Milliseconds after which the job is dropped, because nobody waits any longer; undefined = it waits. */
  readonly staleAfterMs?: number;
  /** What goes into the data block, in a fixed order. */
  dataFields(inputs: EnrichmentInputs): readonly DataField[];
  /** Without a call: false = there is nothing to look for, the document is `none`. Left out = always true. */
  applies?(inputs: EnrichmentInputs): boolean;
  /** Rules beyond the schema; an issue fails the answer like a schema error. */
  quality(output: Output, inputs: EnrichmentInputs): readonly Issue[];
  toDocument(output: Output, inputs: EnrichmentInputs): DocumentBody;
  /** Pure. Called when ready to confirm and when confirmed; side effects only when confirmed. */
  apply(content: Content, context: ApplyContext): readonly Change[];
  /** Whether a document needs no person, when nothing is configured. */
  autoConfirm(content: Content): boolean;
}

export interface EnrichmentKind<
  Kind extends string = string,
  Output = unknown,
  Content = unknown,
> extends KindDefinition<Kind, Output, Content> {
  /** Versions whose template is known, the current one first. */
  readonly promptVersions: readonly number[];
  /** @throws InternalError for a version without a template */
  buildPrompt(inputs: EnrichmentInputs, options?: BuildOptions): Prompt;
}
