/** What an attempt of a job is given and what comes of it. */
import type {
  CallOptions,
  LanguageReply,
  LanguageRequest,
  RequestImage,
} from "../../models/language/language-model.ts";
import type { Failure } from "../jobs/failure.ts";
import type { DocumentBody, EnrichmentKind } from "./enrichment-kind.ts";
import type { EnrichmentInputs } from "./inputs.ts";
import type { Prompt } from "./prompts/build-prompt.ts";

/** What the runner needs of a language model. */
export interface CallableModel {
  readonly provider: string;
  readonly modelId: string;
  /** `<provider>@<origin>` */
  readonly providerKey: string;
  /** True when a call sends bytes off this machine. */
  readonly leavesMachine: boolean;
  generate(request: LanguageRequest, options: CallOptions): Promise<LanguageReply>;
}

export type CallReason = "first" | "re_ask" | "enlarged" | "smaller_image" | "fallback";

/** One call before it is made. */
export interface PlannedCall {
  readonly model: CallableModel;
  readonly request: LanguageRequest;
  readonly reason: CallReason;
  /** From 1, within the attempt. */
  readonly number: number;
  /** Key of the result cache. */
  readonly resultKey: string;
}

export type CallOutcome =
  | {
      readonly reply: LanguageReply;
      /** The reply became a document: it may enter the result cache. */
      readonly accepted: boolean;
      readonly repaired: boolean;
      readonly failure: Failure | null;
    }
  | { readonly reply: null; readonly failure: Failure };

export interface BegunCall {
  /** A reply of the result cache: nothing is sent. */
  readonly cached?: LanguageReply;
  /** Called once, whatever comes of the call. */
  readonly end: (outcome: CallOutcome) => Promise<void>;
}

/** Admission before each request, and the log of it after. */
export interface CallJournal {
  /** Rejects when the request must not leave: budget, privacy. */
  readonly begin: (call: PlannedCall) => Promise<BegunCall>;
}

export interface AttemptTask {
  readonly kind: EnrichmentKind;
  readonly inputs: EnrichmentInputs;
  readonly prompt: Prompt;
  readonly image: RequestImage | null;
  /** Makes the picture for a second try, 768 pixels; left out without a picture. */
  readonly smallerImage?: () => Promise<RequestImage>;
  readonly temperature: number;
  readonly maxTokens: number;
  /** No earlier attempt of the job has ended in an invalid reply. */
  readonly firstAttempt: boolean;
  /** `llm.max_retries` */
  readonly maxReAsks: number;
  /** Set by `--force`. */
  readonly executionId?: string;
}

/** How far a job is that somebody watches. Calls that are made again begin anew. */
export type JobStep = "gathering-inputs" | "calling-model" | "parsing-response";

export interface AttemptDeps {
  readonly onStep?: (step: JobStep) => void;
  readonly model: CallableModel;
  readonly fallback?: CallableModel;
  readonly journal: CallJournal;
  readonly signal: AbortSignal;
}

export type AttemptResult =
  | {
      readonly ok: true;
      readonly body: DocumentBody;
      /** Of the call that was accepted. */
      readonly reply: LanguageReply;
      readonly model: CallableModel;
      readonly cached: boolean;
      readonly repaired: boolean;
      readonly calls: number;
    }
  | { readonly ok: false; readonly failure: Failure; readonly calls: number };
