/**
 * XMP packets: the properties of the top-level descriptions, with their text, list items or attributes (XMP
 * specification part 1, 7). Read by a scanner and not by a DOM, which took four times as long for 60 KB, thirteen times
 * for 400 KB, and lost everything in a packet that ends in the middle.
 */
import { MAX_BLOCK_BYTES } from "./blocks.ts";
import { decodeText } from "./clean-text.ts";
import { attributesOf, unescapeXml, xmlTokens } from "./xml-tokens.ts";
import type { XmlToken } from "./xml-tokens.ts";

const NAMESPACES = {
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  dc: "http://purl.org/dc/elements/1.1/",
  xmp: "http://ns.adobe.com/xap/1.0/",
  photoshop: "http://ns.adobe.com/photoshop/1.0/",
  tiff: "http://ns.adobe.com/tiff/1.0/",
  exif: "http://ns.adobe.com/exif/1.0/",
  exifEX: "http://cipa.jp/exif/1.0/",
  aux: "http://ns.adobe.com/exif/1.0/aux/",
} as const;
export type XmpName = `${Exclude<keyof typeof NAMESPACES, "rdf">}:${string}`;

/** Values of one property; list items in order, of alternatives the default language first. */
export type XmpProperties = (name: XmpName) => readonly string[];

const MAX_DEPTH = 50;
const MAX_VALUES = 5000;
/** Tags and texts read per packet, some 40 ms; editors' histories run to ten thousand. */
const MAX_TOKENS = 40_000;
/** Characters read per value; fields are capped further when they are cleaned. */
const MAX_VALUE_LENGTH = 10_000;

/** UTF-16 is legal for sidecars; a packet without a byte order mark shows its zeros. */
const decodePacket = (bytes: Uint8Array): string => {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) {
    return new TextDecoder("utf-16le").decode(bytes);
  }
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) {
    return new TextDecoder("utf-16be").decode(bytes);
  }
  return decodeText(bytes);
};

/** Names by namespace, whatever prefix the writer chose; an undeclared prefix is taken at its usual meaning. */
const createNames = () => {
  const usual = Object.keys(NAMESPACES);
  const prefixes = new Map<string, string>();
  return {
    declare: (attributes: string): void => {
      if (!attributes.includes("xmlns:")) return;
      for (const [name, uri] of attributesOf(attributes)) {
        if (!name.startsWith("xmlns:")) continue;
        prefixes.set(name.slice(6), Object.entries(NAMESPACES).find(([, known]) => known === uri)?.[0] ?? "");
      }
    },
    /** `dc:title`; the empty string for anything outside the known namespaces. */
    resolve: (name: string): string => {
      const [prefix = "", local] = name.split(":", 2);
      const known = prefixes.get(prefix) ?? (usual.includes(prefix) ? prefix : "");
      return known === "" || local === undefined ? "" : `${known}:${local}`;
    },
  };
};

const isList = (name: string | undefined): boolean => name === "rdf:Bag" || name === "rdf:Seq" || name === "rdf:Alt";

interface OpenElement {
  readonly name: string;
  readonly tag: string;
  readonly isDefaultLanguage: boolean;
  text: string;
}

/** Follows the tokens and collects values; see `propertyAtTop` for the shapes. */
const createCollector = () => {
  const names = createNames();
  const values = new Map<string, string[]>();
  const stack: OpenElement[] = [];
  let count = 0;

  const add = (name: string, text: string, isFirst = false): void => {
    if (count >= MAX_VALUES || text.trim() === "") return;
    count += 1;
    const known = values.get(name) ?? [];
    if (isFirst) known.unshift(text);
    else known.push(text);
    values.set(name, known);
  };

  /** RDF > Description > property, or RDF > Description > property > list > li: the property the top element speaks for. */
  const propertyAtTop = (): string => {
    const isItem = stack.at(-1)?.name === "rdf:li" && isList(stack.at(-2)?.name);
    const depth = isItem ? -3 : -1;
    const property = stack.at(depth)?.name ?? "";
    const isTopLevel = stack.at(depth - 1)?.name === "rdf:Description" && stack.at(depth - 2)?.name === "rdf:RDF";
    return isTopLevel && !property.startsWith("rdf:") ? property : "";
  };

  const open = (token: XmlToken & { readonly kind: "open" }): void => {
    names.declare(token.attributes);
    const name = names.resolve(token.name);
    const isDescription = name === "rdf:Description" && stack.at(-1)?.name === "rdf:RDF";
    if (isDescription) {
      for (const [attribute, value] of attributesOf(token.attributes)) {
        const property = names.resolve(attribute);
        if (property !== "" && !property.startsWith("rdf:")) add(property, unescapeXml(value));
      }
    }
    if (token.isEmpty || stack.length >= MAX_DEPTH) return;
    const isDefaultLanguage = name === "rdf:li" && /\bxml:lang\s*=\s*["']x-default/.test(token.attributes);
    stack.push({ name, tag: token.name, isDefaultLanguage, text: "" });
  };

  const close = (tag: string): void => {
    const depth = stack.findLastIndex((element) => element.tag === tag);
    if (depth < 0) return;
    stack.length = depth + 1; // elements left open inside end here
    const property = propertyAtTop();
    const element = stack.pop();
    if (property !== "" && element !== undefined) add(property, element.text, element.isDefaultLanguage);
  };

  return {
    take: (token: XmlToken): void => {
      const top = stack.at(-1);
      if (token.kind === "open") open(token);
      else if (token.kind === "close") close(token.name);
      else if (top !== undefined && top.name !== "" && top.text.length < MAX_VALUE_LENGTH) {
        top.text += token.text.slice(0, MAX_VALUE_LENGTH);
      }
    },
    properties: (name: XmpName): readonly string[] => values.get(name) ?? [],
  };
};

/** Reads one packet. Never throws: damage ends the reading, what came before it stays. */
export const readXmp = (packet: Uint8Array): XmpProperties => {
  const collector = createCollector();
  let tokens = 0;
  for (const token of xmlTokens(decodePacket(packet.subarray(0, MAX_BLOCK_BYTES)))) {
    tokens += 1;
    if (tokens > MAX_TOKENS) break;
    collector.take(token);
  }
  return collector.properties;
};
