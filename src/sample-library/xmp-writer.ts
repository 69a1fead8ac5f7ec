/** XMP packets as photo editors write them. */

export interface XmpFields {
  /** 0..5 */
  readonly rating?: number;
  readonly title?: string;
  readonly caption?: string;
  readonly keywords?: readonly string[];
  /** ISO-8601 local time, with offset when known. */
  readonly createDate?: string;
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const alternatives = (name: string, text: string | undefined): string =>
  text === undefined
    ? ""
    : `<${name}><rdf:Alt><rdf:li xml:lang="x-default">${escapeXml(text)}</rdf:li></rdf:Alt></${name}>`;

export const writeXmp = ({ rating, title, caption, keywords = [], createDate }: XmpFields): string => {
  const attributes = [
    rating === undefined ? "" : ` xmp:Rating="${rating}"`,
    createDate === undefined ? "" : ` xmp:CreateDate="${createDate}"`,
  ].join("");
  const items = keywords.map((keyword) => `<rdf:li>${escapeXml(keyword)}</rdf:li>`).join("");
  const subject = items === "" ? "" : `<dc:subject><rdf:Bag>${items}</rdf:Bag></dc:subject>`;
  const body = `${alternatives("dc:title", title)}${alternatives("dc:description", caption)}${subject}`;
  return (
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"${attributes}>` +
    `${body}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
  );
};
