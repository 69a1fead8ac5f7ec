/** Writes requests as they would be sent, for people who want to see before anything leaves. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LanguageModel, LanguageRequest } from "../../../models/language/language-model.ts";
import { jpegSize } from "../../photo/jpeg-size.ts";

export interface Payload {
  readonly scopeId: string;
  readonly documentType: string;
  readonly model: Pick<LanguageModel, "provider" | "modelId" | "providerKey" | "leavesMachine">;
  readonly request: LanguageRequest;
}

const ID_DIGITS = 12;
/** What file systems do not take, and separators. */
const UNSAFE = /[^a-z0-9_.-]+/gi;

/** Hashes are cut as everywhere; other scopes keep their name. */
const fileStem = ({ scopeId, documentType }: Payload): string => {
  const id = /^[0-9a-f]{64}$/.test(scopeId) ? scopeId.slice(0, ID_DIGITS) : scopeId;
  return `${id}-${documentType}`.replaceAll(UNSAFE, "_");
};

/** Everything of the request but the picture, which lies beside it. */
const requestJson = ({ scopeId, documentType, model, request }: Payload, imageFile: string | null): string => {
  const { image, maxTokens, jsonSchema, cacheKey, ...rest } = request;
  const size = image === null ? undefined : jpegSize(image.bytes);
  return JSON.stringify(
    {
      scope_id: scopeId,
      document_type: documentType,
      provider: model.provider,
      model: model.modelId,
      goes_to: model.providerKey,
      leaves_machine: model.leavesMachine,
      image: image === null ? null : { file: imageFile, bytes: image.bytes.length, ...size },
      ...rest,
      max_tokens: maxTokens,
      json_schema: jsonSchema,
      prompt_hash: cacheKey,
    },
    null,
    2,
  );
};

export interface PayloadOptions {
  /** Made when it is not there; files of the same names are replaced. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/**
 * For each request `<id>-<document type>.json`, and the picture as `.jpg` of the same name.
 * @returns how many requests were written
 */
export const writePayloads = async (
  payloads: AsyncIterable<Payload> | Iterable<Payload>,
  { directory, signal }: PayloadOptions,
): Promise<number> => {
  await mkdir(directory, { recursive: true });
  let written = 0;
  for await (const payload of payloads) {
    signal.throwIfAborted();
    const stem = fileStem(payload);
    const { image } = payload.request;
    const imageFile = image === null ? null : `${stem}.jpg`;
    if (image !== null) await writeFile(join(directory, `${stem}.jpg`), image.bytes, { signal });
    await writeFile(join(directory, `${stem}.json`), `${requestJson(payload, imageFile)}\n`, { signal });
    written += 1;
  }
  return written;
};
