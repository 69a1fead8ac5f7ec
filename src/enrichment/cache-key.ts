/** The key of the result cache: everything an answer depends on. */
import { createHash } from "node:crypto";
import type { RequestTurn } from "../../models/language/language-model.ts";

export interface CacheKeyParts {
  /** The picture as it would be sent; null = none. */
  readonly imageBytes: Uint8Array | null;
  readonly promptHash: string;
  readonly schemaHash: string;
  readonly provider: string;
  readonly modelId: string;
  /** As asked for, whether or not the target takes it. */
  readonly temperature: number;
  readonly maxTokens: number;
  readonly detail: "low" | "high";
  readonly dataBlock: string;
  readonly turns: readonly RequestTurn[];
  /** Set by `--force`: such a run shares results with itself only. */
  readonly executionId?: string;
}

/** @returns SHA-256 in hex */
export const resultCacheKey = ({ imageBytes, ...parts }: CacheKeyParts): string => {
  const image = imageBytes === null ? null : createHash("sha256").update(imageBytes).digest("hex");
  // A list, so that no part can run into the next.
  const list = [
    image,
    parts.promptHash,
    parts.schemaHash,
    parts.provider,
    parts.modelId,
    parts.temperature,
    parts.maxTokens,
    parts.detail,
    parts.dataBlock,
    parts.turns.map(({ role, text }) => [role, text]),
    parts.executionId ?? null,
  ];
  return createHash("sha256").update(JSON.stringify(list)).digest("hex");
};
