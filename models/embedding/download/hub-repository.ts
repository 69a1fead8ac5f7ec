/** What a repository of the hub holds: commit, files with sizes and hashes, licence. Mirrors answer the same way. */
import { z } from "zod";
import { fileUrl, repositoryUrl, shownUrl } from "./base-url.ts";
import { DownloadError, statusError } from "./download-error.ts";
import type { HttpClient, HttpReply } from "./http-client.ts";

/** Descriptions and configuration files; SigLIP 2 lists 256,000 tokens in one of them. */
const LARGEST_TEXT_BYTES = 64_000_000;

// Unknown fields are left alone: the hub adds some now and then.
const descriptionSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.object({ license: z.string().nullish(), base_model: z.unknown().optional() }).nullish(),
  tags: z.array(z.string()).nullish(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().nonnegative().nullish(),
      lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullish(),
    }),
  ),
});

export interface RepositoryFile {
  /** Unset when the server does not say. */
  readonly bytes: number | undefined;
  /** Of files the hub keeps outside git: all large ones. */
  readonly sha256: string | undefined;
}

export interface Repository {
  /** Commit, 40 hex digits. */
  readonly revision: string;
  /** As the model's page says, e.g. `apache-2.0`; undefined when it says nothing. */
  readonly licence: string | undefined;
  /** Repositories this one was made from. */
  readonly baseModels: readonly string[];
  /** By path. */
  readonly files: ReadonlyMap<string, RepositoryFile>;
}

export interface HubAccess {
  readonly http: HttpClient;
  readonly baseUrl: URL;
  readonly signal: AbortSignal;
}

const unexpected = (url: URL, why: string): DownloadError =>
  new DownloadError("unexpected_reply", `Expected JSON of the hub's kind from ${shownUrl(url)}, received ${why}.`, {
    hint: "Check models.base_url: it must be the hub or a mirror that answers like it.",
  });

const readAll = async (reply: HttpReply): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of reply.body) {
    bytes += chunk.length;
    if (bytes > LARGEST_TEXT_BYTES) throw unexpected(reply.url, `more than ${LARGEST_TEXT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** @param range bytes from..to, both included; the reply may hold more when the server ignores it */
export const fetchBytes = async (
  { http, signal }: HubAccess,
  url: URL,
  range?: { readonly from: number; readonly to: number },
): Promise<{ readonly bytes: Buffer; readonly from: number }> => {
  const headers = range === undefined ? {} : { range: `bytes=${range.from}-${range.to}` };
  const reply = await http.get(url, { headers, signal });
  try {
    if (reply.status !== 200 && reply.status !== 206) {
      throw statusError(reply.status, shownUrl(url), reply.headers, Date.now());
    }
    return { bytes: await readAll(reply), from: reply.status === 206 ? (range?.from ?? 0) : 0 };
  } finally {
    reply.discard();
  }
};

const parseJson = (bytes: Buffer, url: URL): unknown => {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw unexpected(url, "something else");
    throw error;
  }
};

const LICENCE_TAG = /^license:(.+)$/;

const textsOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string");

/** @param revision branch, tag or commit */
export const describeRepository = async (access: HubAccess, repo: string, revision: string): Promise<Repository> => {
  const url = repositoryUrl(access.baseUrl, repo, revision);
  const parsed = descriptionSchema.safeParse(parseJson((await fetchBytes(access, url)).bytes, url));
  if (!parsed.success) throw unexpected(url, z.prettifyError(parsed.error));
  const { sha, cardData, tags, siblings } = parsed.data;
  const tagged = tags?.map((tag) => LICENCE_TAG.exec(tag)?.[1]).find((licence) => licence !== undefined);
  return {
    revision: sha,
    licence: cardData?.license ?? tagged,
    baseModels: textsOf(cardData?.base_model),
    files: new Map(
      siblings.map(({ rfilename, size, lfs }) => [rfilename, { bytes: size ?? undefined, sha256: lfs?.sha256 }]),
    ),
  };
};

/** A JSON file of a repository. */
export const fetchJson = async (
  access: HubAccess,
  { repo, revision, path }: { readonly repo: string; readonly revision: string; readonly path: string },
): Promise<unknown> => {
  const url = fileUrl(access.baseUrl, repo, revision, path);
  return parseJson((await fetchBytes(access, url)).bytes, url);
};
