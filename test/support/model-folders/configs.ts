/** Config files of published exports, with the sizes of the small towers. */
import type { ModelManifest } from "../../../models/embedding/manifest.ts";
import type { VitShape } from "../vit-graph.ts";

export interface ConfigFacts {
  readonly shape: VitShape;
  /** Entries of the tokenizer. */
  readonly vocabulary: number;
  readonly text: ModelManifest["text"];
}

type Configs = Readonly<Record<string, object>>;

const textConfig = ({ shape, vocabulary, text }: ConfigFacts, modelType: string): object => ({
  model_type: modelType,
  hidden_size: shape.width,
  intermediate_size: shape.mlp,
  num_attention_heads: shape.heads,
  num_hidden_layers: 1,
  max_position_embeddings: text.length,
  projection_size: shape.width,
  vocab_size: vocabulary,
});

const visionConfig = ({ shape }: ConfigFacts, modelType: string): object => ({
  model_type: modelType,
  hidden_size: shape.width,
  image_size: shape.size,
  intermediate_size: shape.mlp,
  num_attention_heads: shape.heads,
  num_hidden_layers: shape.layers,
  patch_size: shape.patch,
});

const siglipPreprocessor = ({ shape: { size } }: ConfigFacts, resample: number): object => ({
  do_convert_rgb: null,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_processor_type: "SiglipImageProcessor",
  image_std: [0.5, 0.5, 0.5],
  processor_class: "SiglipProcessor",
  resample,
  rescale_factor: 1 / 255,
  size: { height: size, width: size },
});

const siglip = (facts: ConfigFacts): Configs => ({
  "config.json": {
    architectures: ["SiglipModel"],
    initializer_factor: 1,
    model_type: "siglip",
    text_config: textConfig(facts, "siglip_text_model"),
    vision_config: visionConfig(facts, "siglip_vision_model"),
  },
  "preprocessor_config.json": siglipPreprocessor(facts, 3),
  "tokenizer_config.json": {
    do_lower_case: true,
    eos_token: "</s>",
    model_input_names: ["input_ids"],
    model_max_length: facts.text.length,
    pad_token: "</s>",
    processor_class: "SiglipProcessor",
    tokenizer_class: "SiglipTokenizer",
    unk_token: "<unk>",
  },
  "special_tokens_map.json": { eos_token: "</s>", pad_token: "</s>", unk_token: "<unk>" },
});

const siglip2 = (facts: ConfigFacts): Configs => ({
  "config.json": {
    architectures: ["SiglipModel"],
    initializer_factor: 1,
    model_type: "siglip",
    text_config: textConfig(facts, "siglip_text_model"),
    vision_config: visionConfig(facts, "siglip_vision_model"),
  },
  "preprocessor_config.json": siglipPreprocessor(facts, 2),
  "tokenizer_config.json": {
    add_bos_token: false,
    add_eos_token: true,
    bos_token: "<bos>",
    eos_token: "<eos>",
    model_input_names: ["input_ids"],
    model_max_length: facts.text.length,
    pad_token: "<pad>",
    padding_side: "right",
    processor_class: "SiglipProcessor",
    tokenizer_class: "GemmaTokenizer",
    unk_token: "<unk>",
  },
  "special_tokens_map.json": { bos_token: "<bos>", eos_token: "<eos>", pad_token: "<pad>", unk_token: "<unk>" },
});

const clip = (facts: ConfigFacts): Configs => ({
  "config.json": {
    architectures: ["CLIPModel"],
    initializer_factor: 1,
    logit_scale_init_value: 2.6592,
    model_type: "clip",
    projection_dim: facts.shape.width,
    text_config: { ...textConfig(facts, "clip_text_model"), eos_token_id: facts.text.eosId },
    vision_config: visionConfig(facts, "clip_vision_model"),
  },
  "preprocessor_config.json": {
    crop_size: { height: facts.shape.size, width: facts.shape.size },
    do_center_crop: true,
    do_convert_rgb: true,
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.48145466, 0.4578275, 0.40821073],
    image_processor_type: "CLIPImageProcessor",
    image_std: [0.26862954, 0.26130258, 0.27577711],
    resample: 3,
    rescale_factor: 1 / 255,
    size: { shortest_edge: facts.shape.size },
  },
  "tokenizer_config.json": {
    add_prefix_space: false,
    bos_token: "<|startoftext|>",
    do_lower_case: true,
    eos_token: "<|endoftext|>",
    model_max_length: facts.text.length,
    pad_token: "<|endoftext|>",
    tokenizer_class: "CLIPTokenizer",
    unk_token: "<|endoftext|>",
  },
  "special_tokens_map.json": {
    bos_token: "<|startoftext|>",
    eos_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
  },
});

export const CONFIGS = { siglip, siglip2, clip } as const;
