/** From the bytes of a mail to text: transfer encodings and charsets. */

/** What mails in no or in an unknown charset are written in, most of the time. */
const FALLBACK_CHARSET = "windows-1252";

const decoderFor = (charset: string): { readonly decode: (bytes: Uint8Array) => string } => {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder(FALLBACK_CHARSET); // a charset nobody knows: most of it can be read all the same
  }
};

const isUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false; // the decoder says so by throwing
  }
};

/** @param charset of the part; unset = UTF-8 when the bytes are that, else Western European */
export const decodeBytes = (bytes: Uint8Array, charset?: string): string => {
  const name = charset?.trim().toLowerCase();
  if (name !== undefined && name !== "" && name !== "us-ascii") return decoderFor(name).decode(bytes);
  return decoderFor(isUtf8(bytes) ? "utf-8" : FALLBACK_CHARSET).decode(bytes);
};

/** `=C3=BC` as the bytes it stands for. */
export const decodeEscapes = (text: string): Uint8Array =>
  Buffer.from(
    text.replaceAll(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );

/** RFC 2045, section 6.7: blanks at the end of a line were added on the way, `=` there joins it with the next. */
const decodeQuotedPrintable = (bytes: Uint8Array): Uint8Array =>
  decodeEscapes(
    Buffer.from(bytes)
      .toString("latin1")
      .replaceAll(/[ \t]+(?=\r?\n|$)/g, "")
      .replaceAll(/=\r?\n/g, ""),
  );

/** @param encoding value of Content-Transfer-Encoding; 7bit, 8bit and binary are the bytes themselves */
export const decodeTransfer = (bytes: Uint8Array, encoding: string | undefined): Uint8Array => {
  switch (encoding?.trim().toLowerCase() ?? "") {
    case "base64":
      return Buffer.from(Buffer.from(bytes).toString("latin1"), "base64");
    case "quoted-printable":
      return decodeQuotedPrintable(bytes);
    default:
      return bytes;
  }
};
