/** The two graphs of the sample encoder, from what `fitSpace` found. */
import { float32Tensor, int64Tensor } from "../../../models/embedding/onnx-graph.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../../../models/embedding/onnx-graph.ts";
import { BANDS, FEATURES, OPPONENT, OPPONENT_PALETTE, PALETTE, SOFTNESS } from "./features.ts";
import type { Fit } from "./fit.ts";
import { CANVAS } from "./painter.ts";

/** Edge of the model's input in pixels. */
const INPUT_SIZE = 64;
const INPUT_STD = 0.5;
/** The features, one axis for flat pictures, one for noise, one for words nobody knows. */
export const DIMENSION = FEATURES + 3;
export const UNKNOWN_AXIS = DIMENSION - 1;
const IMAGE_INPUT = "pixel_values";
const TEXT_INPUT = "input_ids";
const IMAGE_OUTPUT = "image_embeds";
const TEXT_OUTPUT = "text_embeds";

/** Below this a picture has neither light and shade nor colour, and says nothing. */
const FLAT_VARIANCE = 0.004;
/** Mean squared difference of lightness to the surroundings above which a picture is noise. */
const NOISE_ENERGY = 0.012;
/** Far beyond the length that pictures have in the whitened space, so that these axes win. */
const AXIS_WEIGHT = 400;
const COLOURS = PALETTE.length;
const REACH = INPUT_SIZE / CANVAS;

const node = (op: string, inputs: string, output: string, attributes: OnnxNode["attributes"] = {}): OnnxNode => ({
  op,
  inputs: inputs.split(" "),
  outputs: [output],
  attributes,
});
const scalar = (name: string, value: number): OnnxTensor => float32Tensor(name, [1], [value]);

/** Share of each palette colour per pixel: inverse distance to the third power, as in `features.ts`. */
const paletteNodes: readonly OnnxNode[] = [
  node("Mul", "pixel_values half", "scaled"),
  node("Add", "scaled half", "rgb"),
  node("Conv", "rgb opponent", "colour"),
  node("Mul", "colour colour", "colour_squared"),
  node("ReduceSum", "colour_squared channel_axis", "length_squared", { keepdims: 1 }),
  node("Conv", "colour palette palette_lengths", "towards"),
  node("Add", "length_squared towards", "raw_distance"),
  node("Relu", "raw_distance", "distance"),
  node("Add", "distance softness", "soft_distance"),
  node("Mul", "soft_distance soft_distance", "soft_squared"),
  node("Mul", "soft_squared soft_distance", "soft_cubed"),
  node("Reciprocal", "soft_cubed", "weights"),
  node("ReduceSum", "weights channel_axis", "weight_sum", { keepdims: 1 }),
  node("Div", "weights weight_sum", "shares"),
];

const STEP = INPUT_SIZE / BANDS;
const featureNodes: readonly OnnxNode[] = [
  node("AveragePool", "shares", "band_shares", { kernel_shape: [STEP, INPUT_SIZE], strides: [STEP, INPUT_SIZE] }),
  node("Slice", "shares middle_start middle_end middle_axes", "middle"),
  node("GlobalAveragePool", "middle", "middle_shares"),
  node("AveragePool", "shares", "patch_shares", { kernel_shape: [STEP, STEP], strides: [STEP, STEP] }),
  node("GlobalMaxPool", "patch_shares", "strongest"),
  node("Slice", "colour zero one channel_axis", "light"),
  node("Conv", "light across", "across_difference"),
  node("Abs", "across_difference", "across_size"),
  node("AveragePool", "across_size", "across_bands", {
    kernel_shape: [STEP, INPUT_SIZE - REACH],
    strides: [STEP, INPUT_SIZE],
  }),
  node("Conv", "light down", "down_difference"),
  node("Abs", "down_difference", "down_size"),
  node("GlobalAveragePool", "down_size", "down_mean"),
  ...["band_shares", "middle_shares", "strongest", "across_bands", "down_mean"].map((name) =>
    node("Flatten", name, `${name}_flat`),
  ),
  node("Concat", "band_shares_flat middle_shares_flat strongest_flat across_bands_flat down_mean_flat", "features", {
    axis: 1,
  }),
  node("Gemm", "features whitening offset", "meaning", { transB: 1 }),
];

/** `relu(1 - life / limit)` and `relu(energy / limit - 1)`, each on an axis of its own. */
const axisNodes: readonly OnnxNode[] = [
  // Variance of lightness plus mean squares of the opponent colours: a plain colour is not lifeless, a plain grey is.
  node("ReduceMean", "colour_squared pixel_axes", "channel_squares", { keepdims: 0 }),
  node("ReduceSum", "channel_squares channel_axis", "mean_of_squares", { keepdims: 0 }),
  node("ReduceMean", "light all_axes", "mean_light", { keepdims: 0 }),
  node("Mul", "mean_light mean_light", "squared_mean_light"),
  node("Sub", "mean_of_squares squared_mean_light", "life"),
  node("Mul", "life flat_slope", "flat_fall"),
  node("Add", "flat_fall axis_weight", "flat_raw"),
  node("Relu", "flat_raw", "flat_value"),
  node("Unsqueeze", "flat_value channel_axis", "flat_axis"),
  node("Conv", "light surroundings", "roughness", { pads: [0, 0, 0, 0] }),
  node("Mul", "roughness roughness", "energy"),
  node("GlobalAveragePool", "energy", "energy_mean"),
  node("Flatten", "energy_mean", "energy_flat"),
  node("Mul", "energy_flat noise_slope", "noise_rise"),
  node("Sub", "noise_rise axis_weight", "noise_raw"),
  node("Relu", "noise_raw", "noise_axis"),
  node("Mul", "noise_axis nothing", "unknown_axis"),
  node("Concat", "meaning flat_axis noise_axis unknown_axis", IMAGE_OUTPUT, { axis: 1 }),
];

const differenceKernel = (): number[] => [-1, ...Array.from({ length: REACH - 1 }, () => 0), 1];

const imageConstants: readonly OnnxTensor[] = [
  scalar("half", INPUT_STD),
  scalar("softness", SOFTNESS),
  scalar("axis_weight", AXIS_WEIGHT),
  scalar("flat_slope", -AXIS_WEIGHT / FLAT_VARIANCE),
  scalar("noise_slope", AXIS_WEIGHT / NOISE_ENERGY),
  scalar("nothing", 0),
  int64Tensor("zero", [0]),
  int64Tensor("one", [1]),
  int64Tensor("channel_axis", [1]),
  int64Tensor("pixel_axes", [2, 3]),
  int64Tensor("all_axes", [1, 2, 3]),
  int64Tensor("middle_start", [INPUT_SIZE / 4, INPUT_SIZE / 4]),
  int64Tensor("middle_end", [(INPUT_SIZE * 3) / 4, (INPUT_SIZE * 3) / 4]),
  int64Tensor("middle_axes", [2, 3]),
  float32Tensor("opponent", [3, 3, 1, 1], OPPONENT.flat()),
  float32Tensor(
    "palette",
    [COLOURS, 3, 1, 1],
    OPPONENT_PALETTE.flatMap((colour) => colour.map((value) => -2 * value)),
  ),
  float32Tensor(
    "palette_lengths",
    [COLOURS],
    OPPONENT_PALETTE.map(([l, a, b]) => l * l + a * a + b * b),
  ),
  float32Tensor("across", [1, 1, 1, REACH + 1], differenceKernel()),
  float32Tensor("down", [1, 1, REACH + 1, 1], differenceKernel()),
  float32Tensor(
    "surroundings",
    [1, 1, 3, 3],
    Array.from({ length: 9 }, (_, index) => (index === 4 ? 1 : 0) - 1 / 9),
  ),
];

const spaceConstants = ({ mean, whitening }: Fit): readonly OnnxTensor[] => [
  float32Tensor("whitening", [FEATURES, FEATURES], Float32Array.from(whitening)),
  float32Tensor(
    "offset",
    [FEATURES],
    Float32Array.from(
      mean,
      (_, row) => -mean.reduce((sum, value, column) => sum + value * (whitening[row * FEATURES + column] ?? 0), 0),
    ),
  ),
];

export const imageGraph = (fit: Fit): OnnxGraph => ({
  name: "sample_image_tower",
  inputs: [{ name: IMAGE_INPUT, type: "float32", shape: ["images", 3, INPUT_SIZE, INPUT_SIZE] }],
  outputs: [{ name: IMAGE_OUTPUT, type: "float32", shape: ["images", DIMENSION] }],
  initializers: [...imageConstants, ...spaceConstants(fit)],
  nodes: [...paletteNodes, ...featureNodes, ...axisNodes],
});

/** Keeps a text without any meaning from having no direction: it points to the axis no picture has. */
const SILENCE = 0.05;

/** @param rows one row of `DIMENSION` values per token id; a text is the sum of its words */
export const textGraph = (rows: readonly Float64Array[], length: number): OnnxGraph => ({
  name: "sample_text_tower",
  inputs: [{ name: TEXT_INPUT, type: "int64", shape: ["texts", length] }],
  outputs: [{ name: TEXT_OUTPUT, type: "float32", shape: ["texts", DIMENSION] }],
  initializers: [
    float32Tensor("words", [rows.length, DIMENSION], Float32Array.from(rows.flatMap((row) => [...row]))),
    float32Tensor(
      "silence",
      [DIMENSION],
      Array.from({ length: DIMENSION }, (_, index) => (index === UNKNOWN_AXIS ? SILENCE : 0)),
    ),
    int64Tensor("length_axis", [1]),
  ],
  nodes: [
    node("Gather", `words ${TEXT_INPUT}`, "meanings"),
    node("ReduceSum", "meanings length_axis", "sum", { keepdims: 0 }),
    node("Add", "sum silence", TEXT_OUTPUT),
  ],
});
