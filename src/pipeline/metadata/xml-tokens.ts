/** Just enough XML for XMP: a tolerant tokenizer that never backs up, so its time is linear in the text. */

export type XmlToken =
  | { readonly kind: "open"; readonly name: string; readonly attributes: string; readonly isEmpty: boolean }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

const GREATER_THAN = 0x3e;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const NAME = /^[^\s<>/="'!?]{1,100}/;
const ATTRIBUTE = /([^\s=<>"'/]{1,100})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)')/g;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi;
const NAMED_ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const fromCodePoint = (code: number): string => (code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : "");

/** Resolves the five named entities and character references; a document cannot define others here. */
export const unescapeXml = (text: string): string =>
  !text.includes("&")
    ? text
    : text.replaceAll(ENTITY, (_match, decimal?: string, hex?: string, named?: string) => {
        if (named !== undefined) return NAMED_ENTITIES[named.toLowerCase()] ?? "";
        return fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? "0", 16) : Number(decimal));
      });

export const attributesOf = (attributes: string): readonly (readonly [name: string, value: string])[] =>
  [...attributes.matchAll(ATTRIBUTE)].map(([, name = "", double, single]) => [name, double ?? single ?? ""]);

/** Position of the `>` that ends a tag; quoted values may contain one. -1 when the text ends first. */
const tagEnd = (text: string, start: number): number => {
  for (let position = start; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === GREATER_THAN) return position;
    if (code !== DOUBLE_QUOTE && code !== SINGLE_QUOTE) continue;
    const close = text.indexOf(code === DOUBLE_QUOTE ? '"' : "'", position + 1);
    if (close < 0) return -1;
    position = close;
  }
  return -1;
};

const afterNext = (text: string, end: string, start: number): number => {
  const found = text.indexOf(end, start);
  return found < 0 ? text.length : found + end.length;
};

/** Comments, declarations and processing instructions say nothing; the position behind one, or -1 when it is none. */
const skipMarkup = (text: string, start: number): number => {
  if (text.startsWith("<!--", start)) return afterNext(text, "-->", start + 4);
  if (text.startsWith("<?", start)) return afterNext(text, "?>", start + 2);
  return text.startsWith("<!", start) ? afterNext(text, ">", start + 2) : -1;
};

const tagToken = (content: string): XmlToken | undefined => {
  const isClose = content.startsWith("/");
  const name = NAME.exec(isClose ? content.slice(1) : content)?.[0];
  if (name === undefined) return undefined;
  if (isClose) return { kind: "close", name };
  return { kind: "open", name, attributes: content.slice(name.length), isEmpty: content.endsWith("/") };
};

export function* xmlTokens(text: string): Generator<XmlToken> {
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf("<", position);
    if (start < 0) return;
    if (start > position) yield { kind: "text", text: unescapeXml(text.slice(position, start)) };
    if (text.startsWith("<![CDATA[", start)) {
      position = afterNext(text, "]]>", start);
      yield { kind: "text", text: text.slice(start + 9, Math.max(start + 9, position - 3)) };
      continue;
    }
    const skipped = skipMarkup(text, start);
    const end = skipped < 0 ? tagEnd(text, start + 1) : skipped;
    if (end < 0) return;
    const token = skipped < 0 ? tagToken(text.slice(start + 1, end)) : undefined;
    if (token !== undefined) yield token;
    position = skipped < 0 ? end + 1 : skipped;
  }
}
