import { describe, expect, test } from "vitest";
import { identifyFormat, sniffFormat } from "../../../src/photo/sniff.ts";
import { encodeRaw, RAW_EXTENSIONS } from "../../support/raw-files.ts";

const bytes = (text: string): Buffer => Buffer.from(text.padEnd(32, "\0"), "latin1");
const brands = (...names: string[]): Buffer => {
  const text = `\0\0\0${String.fromCharCode(8 + names.length * 4 + 4)}ftyp${names[0] ?? ""}\0\0\0\0${names.slice(1).join("")}`;
  return bytes(text);
};
const raw = { jpeg: Buffer.from("ffd8ffd9", "hex"), width: 600, height: 400 };

describe("sniffFormat", () => {
  test.each([
    ["jpeg", bytes("\xff\xd8\xff\xe0")],
    ["png", bytes("\x89PNG\r\n\x1a\n")],
    ["gif", bytes("GIF87a")],
    ["gif", bytes("GIF89a")],
    ["webp", bytes("RIFF\x10\0\0\0WEBPVP8 ")],
    ["bmp", bytes("BM\x10\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")],
    ["tiff", bytes("II*\0\x08\0\0\0")],
    ["tiff", bytes("MM\0*\0\0\0\x08")],
    ["raw", bytes("II*\0\x10\0\0\0CR\x02\0")],
    ["raw", bytes("IIRO\x08\0\0\0")],
    ["raw", bytes("IIRS\x08\0\0\0")],
    ["raw", bytes("MMOR\0\0\0\x08")],
    ["raw", bytes("IIU\0\x18\0\0\0")],
    ["raw", bytes("FUJIFILMCCD-RAW 0201")],
    ["raw", brands("crx ", "isom")],
    ["heic", brands("heic", "mif1")],
    ["heic", brands("heix", "mif1")],
    ["heic", brands("hevc", "msf1")],
    ["heic", brands("mif1", "heic")],
    ["heic", brands("msf1", "hevc")],
    ["avif", brands("avif", "mif1")],
    ["avif", brands("avis", "msf1")],
    ["avif", brands("mif1", "avif")],
  ])("knows %s by its first bytes", (format, head) => {
    expect(sniffFormat(head)).toBe(format);
  });

  test.each([
    ["MP4", brands("isom", "iso2", "mp41")],
    ["MP4 of a phone", brands("mp42", "isom")],
    ["QuickTime", brands("qt  ")],
    ["WAV", bytes("RIFF\x10\0\0\0WAVEfmt ")],
    ["AVI", bytes("RIFF\x10\0\0\0AVI LIST")],
    ["PDF", bytes("%PDF-1.7")],
    ["SVG", bytes("<svg xmlns=")],
    ["text that starts with BM", bytes("BM stands for bitmap, they say")],
    ["a few bytes", Buffer.from([0xff, 0xd8])],
    ["nothing", Buffer.alloc(0)],
  ])("takes %s for no picture", (_name, head) => {
    expect(sniffFormat(head, "photo.jpg")).toBeUndefined();
  });

  test.each(RAW_EXTENSIONS)("knows a %s file", (extension) => {
    expect(sniffFormat(encodeRaw(extension, raw), `DSC_0001.${extension.toUpperCase()}`)).toBe("raw");
  });

  test("knows NEF and DNG under a TIFF name by their directories", () => {
    expect(sniffFormat(encodeRaw("nef", raw), "scan.tif")).toBe("raw");
    expect(sniffFormat(encodeRaw("dng", raw), "scan.tif")).toBe("raw");
  });

  test("takes the extension's word for a RAW file when only its first bytes are known", () => {
    expect(sniffFormat(encodeRaw("arw", raw).subarray(0, 64), "DSC00001.ARW")).toBe("raw");
    expect(sniffFormat(encodeRaw("arw", raw).subarray(0, 64), "scan.tif")).toBe("tiff");
  });
});

describe("identifyFormat", () => {
  test("refuses an empty file as damaged", () => {
    expect(() => identifyFormat(Buffer.alloc(0), "photo.jpg")).toThrow(
      expect.objectContaining({ failure: "decode_failed", message: expect.stringContaining("empty") }),
    );
  });

  test("refuses what is no picture as unsupported", () => {
    expect(() => identifyFormat(brands("isom", "mp41"), "photo.jpg")).toThrow(
      expect.objectContaining({ failure: "unsupported_format" }),
    );
  });

  test("believes the content against the extension", () => {
    expect(identifyFormat(bytes("\x89PNG\r\n\x1a\n"), "photo.jpg")).toBe("png");
  });
});
