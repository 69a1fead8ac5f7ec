/** Repositories on a local server, as the hub answers for them. */
import { sha256Of } from "./model-folders/model-folder.ts";
import type { ModelServer } from "./model-server.ts";

/** The hub keeps larger files outside git and tells their hash. */
const LARGE_FILE_BYTES = 1000;

export interface ServedRepository {
  /** `<owner>/<name>` */
  readonly repo: string;
  /** 40 hex digits. */
  readonly revision: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly licence?: string;
  readonly baseModel?: string;
}

export const resolvePath = ({ repo }: Pick<ServedRepository, "repo">, revision: string, path: string): string =>
  `/${repo}/resolve/${revision}/${path}`;

export const serveRepository = (server: ModelServer, repository: ServedRepository): void => {
  const { repo, revision, files, licence, baseModel } = repository;
  const description = JSON.stringify({
    id: repo,
    sha: revision,
    private: false,
    tags: ["onnx", ...(licence === undefined ? [] : [`license:${licence}`])],
    cardData: {
      ...(licence === undefined ? {} : { license: licence }),
      ...(baseModel === undefined ? {} : { base_model: baseModel }),
    },
    siblings: Object.entries(files).map(([rfilename, content]) => ({
      rfilename,
      size: content.length,
      blobId: "0".repeat(40),
      ...(content.length < LARGE_FILE_BYTES ? {} : { lfs: { sha256: sha256Of(content), size: content.length } }),
    })),
  });
  for (const name of ["main", revision]) {
    server.serve(`/api/models/${repo}/revision/${name}?blobs=true`, description);
    for (const [path, content] of Object.entries(files)) {
      server.serve(resolvePath(repository, name, path), content, { etag: `"${sha256Of(content)}"` });
    }
  }
};

/** A checkpoint in safetensors: header, a large tensor, and the two scalars behind it. */
export const checkpointOf = (score: { readonly logitScale: number; readonly logitBias: number }): Uint8Array => {
  const weights = 4096;
  const scalar = (from: number): object => ({ dtype: "F32", shape: [1], data_offsets: [from, from + 4] });
  const header = Buffer.from(
    JSON.stringify({
      __metadata__: { format: "pt" },
      weights: { dtype: "F32", shape: [weights / 4], data_offsets: [0, weights] },
      logit_scale: scalar(weights),
      logit_bias: scalar(weights + 4),
    }),
  );
  const file = Buffer.alloc(8 + header.length + weights + 8);
  file.writeBigUInt64LE(BigInt(header.length));
  header.copy(file, 8);
  file.writeFloatLE(score.logitScale, 8 + header.length + weights);
  file.writeFloatLE(score.logitBias, 8 + header.length + weights + 4);
  return file;
};
