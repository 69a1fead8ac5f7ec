/** Tokens before anybody has counted them: good to about half. */

const CHARACTERS_PER_TOKEN = 4;
/** Edge of the squares that vision models cut pictures into, in pixels. */
const PATCH_EDGE = 28;

export const estimateTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

/** @param size in pixels as sent: 1024 x 768 is 37 * 28 = 1036 tokens */
export const estimateImageTokens = ({ width, height }: { readonly width: number; readonly height: number }): number =>
  Math.ceil(width / PATCH_EDGE) * Math.ceil(height / PATCH_EDGE);
