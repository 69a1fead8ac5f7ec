/** Thumbnails inside a terminal: Kitty's graphics protocol, else iTerm2's inline images. */
import type { Environment } from "../config.ts";
import { toPng } from "../photo/to-png.ts";
import type { Output } from "./terminal.ts";

/** Where the pictures come from; the application is one. */
export interface ThumbnailSource {
  /** The stored thumbnail file; undefined when the photo has none. */
  readonly thumbnailOf: (contentHash: string) => Promise<Uint8Array | undefined>;
}

/** Prints thumbnails of photos. */
export type ThumbnailPrinter = (contentHash: string, rows: number) => Promise<void>;

export type ImageProtocol = "kitty" | "iterm2";

/** Kitty accepts at most this much base64 in one escape sequence. */
const KITTY_CHUNK = 4096;
const ESCAPE = "\u001B";

/** A multiplexer passes the detection of its outer terminal on, but not the pictures. */
const isMultiplexed = (environment: Environment): boolean =>
  [environment["TMUX"], environment["STY"]].some((value) => value !== undefined && value !== "");

/** undefined = this output shows no pictures. */
export const detectImageProtocol = async (
  output: Pick<Output, "isTerminal" | "stream">,
  environment: Environment,
): Promise<ImageProtocol | undefined> => {
  if (!output.isTerminal || isMultiplexed(environment)) return undefined;
  const { createSupportsTerminalGraphics } = await import("supports-terminal-graphics");
  const { kitty, iterm2 } = createSupportsTerminalGraphics(output.stream);
  return kitty ? "kitty" : iterm2 ? "iterm2" : undefined;
};

/** https://sw.kovidgoyal.net/kitty/graphics-protocol: a=T shows at once, f=100 is PNG, q=2 silences replies. */
const kittySequence = (base64: string, rows: number): string => {
  const chunks = base64.match(new RegExp(`.{1,${KITTY_CHUNK}}`, "g")) ?? [];
  return chunks
    .map((chunk, position) => {
      const first = position === 0 ? `a=T,f=100,q=2,r=${rows},` : "";
      return `${ESCAPE}_G${first}m=${position === chunks.length - 1 ? 0 : 1};${chunk}${ESCAPE}\\`;
    })
    .join("");
};

/** https://iterm2.com/documentation-images.html */
const itermSequence = (base64: string, { rows, bytes }: { readonly rows: number; readonly bytes: number }): string =>
  `${ESCAPE}]1337;File=inline=1;size=${bytes};height=${rows};preserveAspectRatio=1:${base64}\u0007`;

/**
 * What to write so that the terminal shows the picture, `rows` lines high and as wide as it must be.
 * @param png file bytes
 */
export const imageSequence = (protocol: ImageProtocol, png: Uint8Array, rows: number): string => {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return protocol === "kitty" ? kittySequence(base64, rows) : itermSequence(base64, { rows, bytes: png.byteLength });
};

/**
 * @param isWanted false switches pictures off
 * @returns a printer that does nothing where the output shows no pictures or the photo has none
 */
export const createThumbnailPrinter = async (
  source: ThumbnailSource,
  {
    isWanted,
    output,
    environment,
  }: { readonly isWanted: boolean; readonly output: Output; readonly environment: Environment },
): Promise<ThumbnailPrinter> => {
  const protocol = isWanted ? await detectImageProtocol(output, environment) : undefined;
  return async (contentHash, rows) => {
    const thumbnail = protocol === undefined ? undefined : await source.thumbnailOf(contentHash);
    if (protocol === undefined || thumbnail === undefined) return;
    await output.line(imageSequence(protocol, await toPng(thumbnail), rows));
  };
};
