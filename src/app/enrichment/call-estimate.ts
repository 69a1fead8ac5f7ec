/** What a call will take, before it is made: from own calls of the same sort when there are enough, else by rule. */
import type { LanguageRequest, Usage } from "../../../models/language/language-model.ts";
import type { MeanUsage } from "../../catalogue/call-log.ts";
import type { ImageSize } from "../../enrichment/inputs.ts";
import { estimateImageTokens, estimateTokens } from "../../enrichment/prompts/estimate-tokens.ts";

/** Tokens of an answer nobody has seen the like of. */
export const USUAL_OUTPUT_TOKENS = 250;

export type EstimatedRequest = Pick<LanguageRequest, "system" | "user" | "turns">;

/** Four characters a token, and the picture by its squares. */
export const estimateInput = ({ system, user, turns }: EstimatedRequest, image: ImageSize | undefined): number =>
  estimateTokens([system, user, ...turns.map(({ text }) => text)].join("")) +
  (image === undefined ? 0 : estimateImageTokens(image));

const usageOf = (input: number, output: number): Usage => ({ input, output, cacheRead: 0, cacheWrite: 0 });

/** Of a call that is about to be made: its own text, and answers as they have been. */
export const estimateCall = (
  request: EstimatedRequest,
  image: ImageSize | undefined,
  mean: MeanUsage | undefined,
): Usage => usageOf(estimateInput(request, image), mean?.outputTokens ?? USUAL_OUTPUT_TOKENS);

/** Of a call like those before it. */
export const meanCall = ({ inputTokens, outputTokens }: MeanUsage): Usage => usageOf(inputTokens, outputTokens);
