/** Mail files: what of them a model gets to read. */
import { expect, test } from "vitest";
import { parseMail } from "../../../../src/enrichment/mail/parse-mail.ts";
import { InvalidInputError } from "../../../../src/errors.ts";

const mailOf = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");
const parse = (...lines: readonly string[]) => parseMail(mailOf(...lines), "mail.eml");

test("subject, day of sending and text of a plain mail", () => {
  const mail = parse(
    "From: Ann <ann@example.org>",
    "Date: Tue, 3 Mar 2026 23:30:00 -0800",
    "Subject: Concert",
    " on Friday",
    "",
    "See you at 19:30.",
    "",
    "Ann",
  );
  expect(mail).toEqual({ subject: "Concert on Friday", date: "2026-03-03", body: "See you at 19:30.\n\nAnn" });
});

test.each([
  ["base64", Buffer.from("Grüße aus Köln", "utf8").toString("base64"), "utf-8"],
  ["quoted-printable", "Gr=C3=BC=C3=9Fe=\r\n aus K=C3=B6ln", "utf-8"],
  ["quoted-printable", "Gr=FC=DFe aus K=F6ln", "iso-8859-1"],
  ["8bit", "Gr\u00FC\u00DFe aus K\u00F6ln", "windows-1252"],
])("%s of %s in %s", (encoding, text, charset) => {
  const mail = parse(
    "From: a@example.org",
    `Content-Type: text/plain; charset="${charset}"`,
    `Content-Transfer-Encoding: ${encoding}`,
    "",
    text,
  );
  expect(mail.body).toBe("Grüße aus Köln");
});

test("a charset nobody knows is read as Western European, no charset as UTF-8 where it is that", () => {
  const unknown = parse("From: a@example.org", "Content-Type: text/plain; charset=x-klingon", "", "caf\u00E9");
  expect(unknown.body).toBe("café");
  const none = parseMail(Buffer.from("From: a@example.org\r\n\r\ncafé", "utf8"), "mail.eml");
  expect(none.body).toBe("café");
});

test("encoded words of a subject, in one piece over several lines", () => {
  const mail = parse(
    "From: a@example.org",
    "Subject: =?utf-8?Q?Einladung_zum_?=",
    " =?utf-8?B?R3LDvG5rb2hsZXNzZW4=?= am 4.",
    "",
    "x",
  );
  expect(mail.subject).toBe("Einladung zum Grünkohlessen am 4.");
});

const MULTIPART = [
  "From: a@example.org",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="outer+1"',
  "",
  "for old readers",
  "--outer+1",
  "Content-Type: multipart/alternative; boundary=inner",
  "",
  "--inner",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<p>The <b>HTML</b></p>",
  "--inner",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "The plain text",
  "--inner--",
  "--outer+1",
  "Content-Type: text/plain",
  "Content-Disposition: attachment; filename=notes.txt",
  "",
  "An attachment",
  "--outer+1--",
  "after the end",
];

test("of several parts the plain text counts; attachments and what stands around the parts do not", () => {
  expect(parse(...MULTIPART).body).toBe("The plain text");
});

test("a mail that was cut off gives what is there", () => {
  expect(parse(...MULTIPART.slice(0, -7)).body).toBe("The plain text");
});

test("of a mail in HTML alone the text is taken: entities, lines, no styles", () => {
  const mail = parse(
    "From: a@example.org",
    "Content-Type: text/html; charset=utf-8",
    "",
    "<html><head><title>no</title><style>p { color: red }</style></head><body><h1>Party &amp; dinner</h1>",
    "<!-- hidden --><p>4&nbsp;March<br>at 19:30 &#8211; old&#x20;hall</p><script>alert(1)</script></body></html>",
  );
  expect(mail.body).toBe("Party & dinner\n4 March\nat 19:30 – old hall");
});

test("parts inside parts end somewhere", () => {
  const nested = Array.from({ length: 50 }, (_, depth) => [
    `Content-Type: multipart/mixed; boundary=b${depth}`,
    "",
    `--b${depth}`,
  ]).flat();
  const mail = parse("From: a@example.org", "Subject: deep", ...nested, "Content-Type: text/plain", "", "down here");
  expect(mail).toEqual({ subject: "deep", body: "" });
});

test.each([
  ["no headers", "just some text"],
  ["nothing to read", "From: a@example.org\r\nSubject:\r\n\r\n"],
])("a file with %s is refused, with a way out", (_name, text) => {
  const parsing = (): unknown => parseMail(Buffer.from(text), "notes.eml");
  expect(parsing).toThrow(InvalidInputError);
  expect(parsing).toThrow("notes.eml");
});

test.each([
  ["Wed, 04 Mar 2026 10:00:00 +0100", "2026-03-04"],
  ["4 Mar 2026 10:00 GMT", "2026-03-04"],
  ["yesterday", undefined],
  ["Wed, 44 Mar 2026 10:00:00 +0100", undefined],
])("the date %s is %s", (date, expected) => {
  expect(parse("From: a@example.org", `Date: ${date}`, "", "x").date).toBe(expected);
});
