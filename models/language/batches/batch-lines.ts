/** Results of batches: one JSON document per line, in any order. */
import { CallError } from "../../../src/errors.ts";
import type { BatchResult } from "../language-model.ts";
import type { WireAnswer } from "../wire.ts";
import { tokensUsed } from "../wire.ts";

export const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    throw new CallError("unavailable", "LLM_API_ERROR", { subCode: "BAD_ENVELOPE" });
  }
};

/** A reply of a wrong shape fails its item, not the batch. */
export const itemResult = (id: string, read: () => WireAnswer, requestId: string | null): BatchResult => {
  try {
    const answer = read();
    return { id, reply: { ...answer, tokensUsed: tokensUsed(answer.usage), requestId } };
  } catch (error) {
    if (error instanceof CallError) return { id, failure: error };
    throw error;
  }
};

/** The item was not worked on; it may be asked again. */
export const lostItem = (id: string): BatchResult => ({
  id,
  failure: new CallError("unavailable", "LLM_API_ERROR", { subCode: "BATCH_ITEM_LOST" }),
});
