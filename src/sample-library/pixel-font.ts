/** A 5 x 7 letter set, so that receipts and screens carry text without depending on the fonts of the machine. */
import { rect } from "./svg.ts";

/** Seven rows of five bits per letter, top row first, as two hexadecimal digits each. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: "0e11111f111111",
  B: "1e11111e11111e",
  C: "0e11101010110e",
  D: "1e11111111111e",
  E: "1f10101e10101f",
  F: "1f10101e101010",
  G: "0e11101711110f",
  H: "1111111f111111",
  I: "0e04040404040e",
  K: "11121418141211",
  L: "1010101010101f",
  M: "111b1515111111",
  N: "11191513111111",
  O: "0e11111111110e",
  P: "1e11111e101010",
  R: "1e11111e141211",
  S: "0f10100e01011e",
  T: "1f040404040404",
  U: "1111111111110e",
  V: "11111111110a04",
  W: "11111115151b11",
  Y: "11110a04040404",
  "0": "0e11131519110e",
  "1": "040c040404040e",
  "2": "0e11010204081f",
  "3": "1f02040201110e",
  "4": "02060a121f0202",
  "5": "1f101e0101110e",
  "6": "0608101e11110e",
  "7": "1f010204080808",
  "8": "0e11110e11110e",
  "9": "0e11110f01020c",
  ".": "00000000000c0c",
  ":": "000c0c000c0c00",
  "-": "0000001f000000",
  ",": "000000000c0408",
};

/** Writes text with its upper left corner at (x, y); `size` is the height of a letter. Letters it lacks stay blank. */
export const pixelText = (text: string, x: number, y: number, size: number, fill: string): string => {
  const dot = size / 7;
  return Array.from(text.toUpperCase())
    .map((letter, index) => {
      const rows = GLYPHS[letter]?.match(/../g) ?? [];
      return rows
        .flatMap((row, rowIndex) =>
          [0, 1, 2, 3, 4].map((column) =>
            (Number.parseInt(row, 16) >> (4 - column)) & 1
              ? rect(x + (index * 6 + column) * dot, y + rowIndex * dot, dot * 1.02, dot * 1.02, { fill })
              : "",
          ),
        )
        .join("");
    })
    .join("");
};
