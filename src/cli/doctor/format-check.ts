/** Which photo formats this installation can decode. */
import { FORMATS, type Decoder } from "../../photo/formats.ts";
import { loadSharp } from "../../photo/load-sharp.ts";
import type { DoctorCheck, Finding } from "./check.ts";

/** Names of sharp's table; it knows AVIF as a kind of HEIF. */
const SHARP_NAMES: Readonly<Record<string, string>> = { avif: "heif" };

interface DecoderState {
  readonly decoder: Decoder;
  readonly error: unknown;
}

const tryLoad = async (decoder: Decoder, load: () => Promise<unknown>): Promise<DecoderState> => {
  try {
    await load();
    return { decoder, error: undefined };
  } catch (error) {
    return { decoder, error };
  }
};

/** @param sharpReads names of formats that sharp can read */
export const formatsFinding = (broken: ReadonlySet<Decoder>, sharpReads: ReadonlySet<string>): Finding => {
  const isReadable = ({ format, decoder }: (typeof FORMATS)[number]): boolean =>
    !broken.has(decoder) && (decoder !== "sharp" || sharpReads.has(SHARP_NAMES[format] ?? format));
  const titles = (readable: boolean): string =>
    FORMATS.filter((row) => isReadable(row) === readable)
      .map(({ title }) => title)
      .join(", ");
  const missing = titles(false);
  if (missing === "") return { status: "ok", message: `${titles(true)}.` };
  return {
    status: broken.has("sharp") ? "fail" : "warn",
    message: `${missing} cannot be decoded here.`,
    repair: "Run `npm ci` again; on an unusual system see https://sharp.pixelplumbing.com/install.",
  };
};

const readableBySharp = async (): Promise<ReadonlySet<string>> => {
  const { format } = await loadSharp();
  return new Set(Object.values(format).flatMap(({ id, input }) => (input.buffer ? [id] : [])));
};

export const formatCheck: DoctorCheck = {
  name: "formats",
  title: "Photo formats",
  async run({ logger }) {
    const states = await Promise.all([tryLoad("sharp", loadSharp), tryLoad("heic", () => import("heic-decode"))]);
    const broken = states.filter(({ error }) => error !== undefined);
    for (const { decoder, error } of broken) logger.debug(`${decoder} does not load: ${String(error)}`);
    const names = new Set<Decoder>(broken.map(({ decoder }) => decoder));
    return formatsFinding(names, names.has("sharp") ? new Set() : await readableBySharp());
  },
};
