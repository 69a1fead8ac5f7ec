/** Numbers on pictures, drawn as lines: no fonts of the machine are needed. */

/** Width and height of a digit's box. */
const DIGIT = { width: 10, height: 16, gap: 3.4 } as const;
const STROKE = 2.3;
const PADDING = { x: 5.5, y: 5 } as const;

/** Centre lines of the digits, in their box. */
const DIGITS: Readonly<Record<string, string>> = {
  0: "M5 1C2.2 1 1 4 1 8s1.2 7 4 7 4-3 4-7-1.2-7-4-7Z",
  1: "M2 4.2 5.8 1v14",
  2: "M1.2 4.6C1.2 2.3 2.8 1 5 1c2.4 0 3.8 1.5 3.8 3.6C8.8 6.9 7.2 8.4 5 10.6L1.1 15H9",
  3: "M1.4 3C2.2 1.7 3.4 1 5 1c2.3 0 3.6 1.3 3.6 3.2 0 2-1.6 3.3-3.9 3.3 2.7 0 4.3 1.4 4.3 3.7C9 13.5 7.3 15 5 15c-1.8 0-3.2-.8-3.9-2.3",
  4: "M6.9 15V1L1 10.8h8.4",
  5: "M8.4 1H2.5l-.8 6.2C2.6 6.4 3.8 6 5 6c2.4 0 4 1.8 4 4.4C9 13.2 7.3 15 4.9 15c-1.7 0-3-.8-3.8-2.1",
  6: "M8.2 2.2C7.4 1.4 6.5 1 5.4 1 2.6 1 1.2 4.2 1.2 9c0 4 1.5 6 3.9 6C7.4 15 9 13.2 9 10.7 9 8.3 7.4 6.7 5.2 6.7c-2 0-3.6 1.3-4 3.3",
  7: "M1 1h8L4.2 15",
  8: "M5 1C2.8 1 1.5 2.3 1.5 4.2c0 2 1.5 3.2 3.5 3.2s3.5-1.2 3.5-3.2C8.5 2.3 7.2 1 5 1ZM5 7.4C2.6 7.4 1 8.9 1 11.2 1 13.5 2.6 15 5 15s4-1.5 4-3.8c0-2.3-1.6-3.8-4-3.8Z",
  9: "M1.8 13.8c.8.8 1.7 1.2 2.8 1.2 2.8 0 4.2-3.2 4.2-8 0-4-1.5-6-3.9-6C2.6 1 1 2.8 1 5.3c0 2.4 1.6 4 3.8 4 2 0 3.6-1.3 4-3.3",
};

export interface LabelPlace {
  readonly left: number;
  readonly top: number;
  /** Of the label, in pixels. */
  readonly height: number;
}

/** An SVG group: light digits on a dark plate with a light rim, readable on any picture. */
export const numberLabel = (number: number, { left, top, height }: LabelPlace): string => {
  const digits = Array.from(String(number));
  const scale = height / (DIGIT.height + 2 * PADDING.y);
  const inner = digits.length * DIGIT.width + (digits.length - 1) * DIGIT.gap;
  const width = Math.max(inner + 2 * PADDING.x, DIGIT.height + 2 * PADDING.y);
  const start = (width - inner) / 2;
  const strokes = digits.map((digit, place) => {
    const x = start + place * (DIGIT.width + DIGIT.gap);
    return `<path transform="translate(${x} ${PADDING.y})" d="${DIGITS[digit] ?? ""}"/>`;
  });
  return [
    `<g transform="translate(${left} ${top}) scale(${scale})" fill="none" stroke="#fff">`,
    `<rect width="${width}" height="${DIGIT.height + 2 * PADDING.y}" rx="5" fill="#101418" stroke-width="1.6"/>`,
    `<g stroke-width="${STROKE}" stroke-linecap="round" stroke-linejoin="round">${strokes.join("")}</g></g>`,
  ].join("");
};
