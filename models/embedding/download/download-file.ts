/**
 * One file from the first mirror that has it.
 *
 * Each attempt continues the part: `Range` with `If-Range`, so that a server whose file changed sends it anew. A server
 * that ignores the range sends everything and the part starts over. Attempts that bring bytes are free; after too many
 * without, or a failure that will not pass, the next mirror is asked.
 */
import type { Clock } from "../../../src/clock.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { hashMismatch } from "../file-hash.ts";
import type { FileHashes, KnownHashes } from "../file-hash.ts";
import { shownUrl } from "./base-url.ts";
import { DownloadError, statusError } from "./download-error.ts";
import type { HttpClient, HttpReply } from "./http-client.ts";
import type { PartFile } from "./part-file.ts";
import { openPart } from "./part-file.ts";

const ATTEMPTS_WITHOUT_BYTES = 5;
const FIRST_DELAY_MS = SECOND;
const LONGEST_DELAY_MS = 30 * SECOND;
/** A server that wants more patience than this is told to the user instead. */
const LONGEST_RETRY_AFTER_MS = 5 * MINUTE;

export interface WantedFile extends KnownHashes {
  /** As in the manifest; names the file in messages. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Unset when nobody knows before it is here. */
  readonly bytes?: number | undefined;
  /** Mirrors in order of preference, at least one. */
  readonly urls: readonly URL[];
}

export interface DownloadDeps {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** 0 to 1; spreads the attempts of many clients. */
  readonly random: () => number;
}

export interface DownloadWatch {
  readonly signal: AbortSignal;
  /** Bytes of this file that are here, again and again; goes back when a file starts over. */
  readonly onBytes: (bytes: number) => void;
  /** What is tried next and why, one sentence. */
  readonly onRetry: (message: string) => void;
}

export interface FetchedFile extends FileHashes {
  readonly bytes: number;
}

const wrongSize = (file: WantedFile, url: URL, received: number): DownloadError =>
  new DownloadError(
    "wrong_size",
    `Expected ${file.name} of ${file.bytes} bytes from ${shownUrl(url)}, received ${received}.`,
    {
      details: { file: file.name, expected: file.bytes, received },
      hint: "The mirror has another version of this file, or something between here and it answers in its place: try --base-url with another mirror.",
    },
  );

const wrongHash = (
  file: WantedFile,
  url: URL,
  difference: NonNullable<ReturnType<typeof hashMismatch>>,
): DownloadError => {
  const { algorithm, expected, received } = difference;
  return new DownloadError(
    "wrong_hash",
    `Expected ${file.name} with ${algorithm} ${expected} from ${shownUrl(url)}, received ${received}; it was deleted.`,
    {
      details: { file: file.name, algorithm, expected, received },
      hint: "The mirror has another version of this file, or it was changed on the way: try --base-url with another mirror.",
    },
  );
};

/** First and total byte of `Content-Range: bytes 5-9/10`. */
const contentRange = (
  header: string | undefined,
): { readonly start: number; readonly total: number | undefined } | undefined => {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header ?? "");
  return match === null
    ? undefined
    : { start: Number(match[1]), total: match[2] === "*" ? undefined : Number(match[2]) };
};

/** Weak tags do not promise equal bytes, so they cannot guard a range (RFC 9110, 13.1.5). */
const strongEtag = (etag: string | undefined): string | undefined =>
  etag?.startsWith('"') === true ? etag : undefined;

const rangeHeaders = (part: PartFile, url: URL): Record<string, string> => {
  const etag = part.state?.url === url.href ? strongEtag(part.state.etag) : undefined;
  return part.bytes === 0 ? {} : { range: `bytes=${part.bytes}-`, ...(etag === undefined ? {} : { "if-range": etag }) };
};

/** A range may be continued when the server guards it, or when a known hash will find a mix out. */
const isContinuable = (part: PartFile, file: WantedFile, url: URL): boolean =>
  file.sha256 !== undefined ||
  file.blake3 !== undefined ||
  (part.state?.url === url.href && strongEtag(part.state.etag) !== undefined);

/** Where the reply starts; undefined when it does not fit the part. */
const replyStart = (reply: HttpReply, part: PartFile, file: WantedFile): number | undefined => {
  if (reply.status !== 206) return 0;
  const range = contentRange(reply.headers["content-range"]);
  const fits =
    range?.start === part.bytes &&
    (file.bytes === undefined || range.total === undefined || range.total === file.bytes);
  return fits ? part.bytes : undefined;
};

const announcedBytes = ({ headers }: HttpReply): number | undefined => {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) ? length : undefined;
};

const receive = async (reply: HttpReply, part: PartFile, file: WantedFile, watch: DownloadWatch): Promise<void> => {
  const announced = announcedBytes(reply);
  const whole = announced === undefined ? undefined : part.bytes + announced;
  if (file.bytes !== undefined && whole !== undefined && whole !== file.bytes) throw wrongSize(file, reply.url, whole);
  for await (const chunk of reply.body) {
    if (file.bytes !== undefined && part.bytes + chunk.length > file.bytes) {
      throw wrongSize(file, reply.url, part.bytes + chunk.length);
    }
    await part.append(chunk);
    watch.onBytes(part.bytes);
  }
  const expected = file.bytes ?? whole;
  if (expected !== undefined && part.bytes < expected) {
    throw new DownloadError("interrupted", `Expected ${expected} bytes of ${file.name}, received ${part.bytes}.`);
  }
};

/** One request, from where the part ends. */
const attempt = async (
  part: PartFile,
  file: WantedFile,
  url: URL,
  deps: DownloadDeps,
  watch: DownloadWatch,
): Promise<void> => {
  if (file.bytes !== undefined && part.bytes > file.bytes) await part.restart();
  if (part.bytes > 0 && !isContinuable(part, file, url)) await part.restart();
  if (file.bytes !== undefined && part.bytes === file.bytes) return;
  const reply = await deps.http.get(url, { headers: rangeHeaders(part, url), signal: watch.signal });
  try {
    const start = replyStart(reply, part, file);
    if (reply.status === 416 || start === undefined) {
      await part.restart();
      throw new DownloadError("interrupted", `${url.host} does not continue ${file.name}; it starts over.`);
    }
    if (reply.status !== 200 && reply.status !== 206) {
      throw statusError(reply.status, shownUrl(url), reply.headers, deps.clock.now());
    }
    if (start === 0) await part.restart();
    watch.onBytes(part.bytes);
    const { etag } = reply.headers;
    await part.record({
      url: url.href,
      ...(etag === undefined ? {} : { etag }),
      ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
      ...(file.blake3 === undefined ? {} : { blake3: file.blake3 }),
    });
    await receive(reply, part, file, watch);
  } finally {
    reply.discard();
  }
};

const delayMs = (failures: number, error: DownloadError, random: () => number): number => {
  const backoff = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return error.retryAfterMs ?? backoff * (0.5 + random() / 2);
};

const isWorthRetrying = (error: DownloadError, hasAnswered: boolean): boolean =>
  (error.retryable || (error.isConnectionFailure && hasAnswered)) &&
  (error.retryAfterMs ?? 0) <= LONGEST_RETRY_AFTER_MS;

/** Attempts on one mirror until the part is whole. */
const fill = async (
  part: PartFile,
  file: WantedFile,
  url: URL,
  deps: DownloadDeps,
  watch: DownloadWatch,
): Promise<void> => {
  let failures = 0;
  let hasAnswered = part.bytes > 0;
  for (;;) {
    const before = part.bytes;
    try {
      await attempt(part, file, url, deps, watch);
      return;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      hasAnswered ||= !error.isConnectionFailure;
      failures = part.bytes > before ? 1 : failures + 1;
      if (failures >= ATTEMPTS_WITHOUT_BYTES || !isWorthRetrying(error, hasAnswered)) throw error;
      const wait = delayMs(failures, error, deps.random);
      watch.onRetry(`${error.message} Next attempt in ${Math.ceil(wait / SECOND)} s.`);
      await deps.clock.sleep(wait, watch.signal);
    }
  }
};

/** Puts the whole part under its name, or deletes it. */
const settle = async (part: PartFile, file: WantedFile, url: URL): Promise<FetchedFile> => {
  const { bytes } = part;
  const hashes = await part.finish();
  const difference = hashMismatch(file, hashes);
  if (difference !== undefined) {
    await part.remove();
    throw wrongHash(file, url, difference);
  }
  await part.publish();
  return { bytes, ...hashes };
};

/**
 * @throws DownloadError of the first mirror; a wrong hash on any mirror outweighs it. A part stays for the next call,
 * unless its hash was wrong.
 */
export const downloadFile = async (
  file: WantedFile,
  deps: DownloadDeps,
  watch: DownloadWatch,
): Promise<FetchedFile> => {
  const failures: DownloadError[] = [];
  for (const url of file.urls) {
    await using part = await openPart(file.path, file, watch.signal);
    watch.onBytes(part.bytes);
    try {
      await fill(part, file, url, deps, watch);
      return await settle(part, file, url);
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      failures.push(error);
      if (url !== file.urls.at(-1)) watch.onRetry(`${error.message} Trying the next mirror.`);
    }
  }
  throw (
    failures.find(({ failure }) => failure === "wrong_hash") ??
    failures[0] ??
    new DownloadError("missing_file", `Expected an address for ${file.name}, received none.`)
  );
};
