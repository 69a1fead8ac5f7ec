import { expect, test } from "vitest";
import { resample } from "../../../src/photo/resample.ts";
import type { ModelInputSpec, RgbImage } from "../../../src/photo/types.ts";

const WIDTH = 7;
const HEIGHT = 5;

/** 7 x 5 pixels without any symmetry. */
const picture: RgbImage = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, index) => {
    const [x, y, channel] = [Math.floor(index / 3) % WIDTH, Math.floor(index / 3 / WIDTH), index % 3];
    return ((x * 37 + y * 91 + channel * 53) * (x + 1) + y * y * 7) % 256;
  }),
};

/** `Image.resize` of Pillow 13.0.0 on the same pixels: smaller in both axes, and narrower but taller. */
const PILLOW: readonly (readonly [ModelInputSpec["kernel"], number, number, string])[] = [
  [
    "bilinear",
    3,
    4,
    "82 126 87 177 148 134 106 153 222 124 106 150 131 121 147 136 152 139 141 91 135 114 121 147 171 123 109 159 121 123 148 127 158 126 145 146",
  ],
  [
    "bilinear",
    4,
    6,
    "42 111 70 183 141 49 188 193 198 57 144 232 60 129 170 152 111 111 145 150 209 120 107 195 145 78 147 121 127 116 148 152 157 121 152 97 167 60 129 101 141 130 147 131 136 153 138 83 136 97 142 112 132 165 131 98 156 189 93 147 185 119 90 167 125 166 135 140 145 101 188 141",
  ],
  [
    "bicubic",
    3,
    4,
    "70 124 78 196 154 131 98 151 238 124 104 153 133 125 146 133 155 137 142 85 133 105 129 148 179 117 102 162 122 121 148 124 163 123 147 149",
  ],
  [
    "bicubic",
    4,
    6,
    "32 109 64 194 145 37 201 198 200 45 144 238 46 140 182 157 101 107 143 149 221 126 100 203 156 72 150 115 126 114 151 157 157 115 165 80 180 45 124 89 148 128 151 132 131 155 144 67 130 100 144 106 133 171 125 89 161 206 81 153 186 121 83 172 129 169 138 138 145 91 194 142",
  ],
  [
    "lanczos3",
    3,
    4,
    "63 123 77 202 155 131 97 146 253 126 99 150 135 131 148 130 160 134 141 83 130 104 134 145 182 114 97 159 125 125 144 121 170 127 141 153",
  ],
  [
    "lanczos3",
    4,
    6,
    "31 107 62 197 149 29 205 198 201 41 147 239 41 150 181 157 93 103 142 150 230 130 100 212 166 74 156 110 118 117 152 163 157 112 176 70 184 38 119 79 150 127 158 134 126 159 144 59 128 109 142 108 128 174 121 85 167 209 81 156 184 118 83 175 139 166 142 134 147 82 196 141",
  ],
];

test.each(PILLOW)("%s to %i x %i is what Pillow makes, to one level", (kernel, width, height, expected) => {
  const values = expected.split(" ").map(Number);
  const resized = resample(picture, { width, height, kernel });
  expect(resized).toHaveLength(values.length);
  const worst = Math.max(...values.map((value, index) => Math.abs(value - (resized[index] ?? 999))));
  expect(worst).toBeLessThanOrEqual(1);
});

test("a picture that already has the size is left as it is", () => {
  const resized = resample(picture, { width: WIDTH, height: HEIGHT, kernel: "bicubic" });
  expect(resized).toEqual(picture.data);
});
