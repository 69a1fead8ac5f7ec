/** Worker thread for decoders that would hold the main thread: it can be terminated at any moment. */
import { parentPort } from "node:worker_threads";
import type { RgbaImage } from "./bmp.ts";
import { decodeBmpPixels } from "./bmp.ts";

export interface PixelJob {
  readonly decoder: "bmp" | "heic";
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Size that was checked against the limits; a picture of another size is refused. */
  readonly width: number;
  readonly height: number;
  /** Which of the pictures in the file. */
  readonly page: number;
}

export type PixelReply = { readonly image: RgbaImage } | { readonly problem: string };

const decodeHeicPixels = async ({ bytes, page, width, height }: PixelJob): Promise<RgbaImage> => {
  const { default: heic } = await import("heic-decode");
  const pictures = await heic.all({ buffer: bytes });
  try {
    const picture = pictures[page];
    if (picture === undefined || picture.width !== width || picture.height !== height) {
      throw new Error("the picture is not the one that its header describes");
    }
    const { data } = await picture.decode();
    return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  } finally {
    pictures.dispose();
  }
};

const answer = async (job: PixelJob): Promise<void> => {
  try {
    const image = job.decoder === "bmp" ? decodeBmpPixels(job.bytes) : await decodeHeicPixels(job);
    parentPort?.postMessage({ image } satisfies PixelReply, [image.data.buffer]);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ problem } satisfies PixelReply);
  }
};

parentPort?.on("message", (job: PixelJob) => void answer(job));
