/**
 * Mail files (RFC 5322, MIME): subject, day of sending, text. Reads plain text, else the text of HTML; transfer encodings
 * 7bit, 8bit, base64 and quoted-printable; every charset of the Encoding Standard. Not read: attachments, mails inside
 * mails, encrypted parts, text/plain in pieces (message/partial).
 */
import { InvalidInputError } from "../../errors.ts";
import type { MailText } from "../inputs.ts";
import { decodeBytes, decodeTransfer } from "./encodings.ts";
import type { Headers } from "./headers.ts";
import { decodeWords, parseContentType, parseHeaders, parseMailDate } from "./headers.ts";
import { textOfHtml } from "./html-text.ts";

const MAX_MAIL_BYTES = 25 * 1024 * 1024;
/** Real mails nest three deep. */
const MAX_DEPTH = 10;
const NEEDED_HEADERS = ["from", "date", "subject", "message-id", "received", "mime-version"];

interface Part {
  readonly headers: Headers;
  readonly body: Buffer;
}

const splitPart = (bytes: Buffer): Part => {
  const end = /\r?\n\r?\n/.exec(bytes.toString("latin1")); // one character per byte, so places are the same
  if (end === null) return { headers: parseHeaders(decodeBytes(bytes)), body: Buffer.alloc(0) };
  return {
    headers: parseHeaders(decodeBytes(bytes.subarray(0, end.index))),
    body: bytes.subarray(end.index + end[0].length),
  };
};

/** The parts between lines of `--boundary`; what comes before the first and after the last is for old readers. */
const splitMultipart = (body: Buffer, boundary: string): readonly Buffer[] => {
  const parts: Buffer[] = [];
  const text = body.toString("latin1");
  const escaped = boundary.replaceAll(/[^\w]/g, String.raw`\$&`);
  let start: number | undefined;
  for (const line of text.matchAll(new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, "g"))) {
    if (start !== undefined) parts.push(body.subarray(start, line.index));
    if (line[1] !== undefined) return parts;
    start =
      line.index +
      line[0].length +
      (/^\r?\n/.exec(text.slice(line.index + line[0].length, line.index + line[0].length + 2))?.[0].length ?? 0);
  }
  if (start !== undefined) parts.push(body.subarray(start)); // a mail that was cut off
  return parts;
};

interface FoundTexts {
  readonly plain: readonly string[];
  readonly html: readonly string[];
}

const NOTHING: FoundTexts = { plain: [], html: [] };

const isAttachment = (headers: Headers): boolean => /^\s*attachment\b/i.test(headers.get("content-disposition") ?? "");

const textsOf = ({ headers, body }: Part, depth: number): FoundTexts => {
  const { type, parameters } = parseContentType(headers.get("content-type"));
  if (isAttachment(headers)) return NOTHING;
  if (type.startsWith("multipart/")) {
    if (depth >= MAX_DEPTH) return NOTHING;
    const inner = splitMultipart(body, parameters.get("boundary") ?? "").map((bytes) =>
      textsOf(splitPart(bytes), depth + 1),
    );
    return { plain: inner.flatMap(({ plain }) => plain), html: inner.flatMap(({ html }) => html) };
  }
  if (type !== "text/plain" && type !== "text/html") return NOTHING;
  const decoded = decodeBytes(
    decodeTransfer(body, headers.get("content-transfer-encoding")),
    parameters.get("charset"),
  );
  const text = decoded.replaceAll("\r\n", "\n").trim();
  if (text === "") return NOTHING;
  return type === "text/plain" ? { plain: [text], html: [] } : { plain: [], html: [text] };
};

const notAMail = (name: string, reason: string): InvalidInputError =>
  new InvalidInputError(`Expected a mail file for ${name}, received ${reason}.`, {
    hint: 'Save the mail as a file that ends in ".eml": most mail programs call that "Save as" or "Export".',
  });

/**
 * @param name of the file, for messages
 * @throws InvalidInputError when it is no mail, or a mail without text
 */
export const parseMail = (bytes: Buffer, name: string): MailText => {
  if (bytes.length > MAX_MAIL_BYTES) throw notAMail(name, "a file of more than 25 MB");
  const mail = splitPart(bytes);
  if (!NEEDED_HEADERS.some((header) => mail.headers.has(header))) throw notAMail(name, "a file without mail headers");
  const { plain, html } = textsOf(mail, 0);
  const body = plain.length > 0 ? plain.join("\n\n") : html.map(textOfHtml).join("\n\n");
  const subject = decodeWords(mail.headers.get("subject") ?? "");
  if (body === "" && subject === "") throw notAMail(name, "a mail without subject and text");
  const date = parseMailDate(mail.headers.get("date"));
  return { subject, body, ...(date === undefined ? {} : { date }) };
};
