/** `photon translate`. */
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import { argument, defineCommand, EXIT, flag } from "../command.ts";
import type { CommandContext } from "../command.ts";
import { languageTags, runOptions } from "../enrichment/options.ts";
import { runEnrichment } from "../enrichment/run-enrichment.ts";

interface TextRequest {
  readonly text: string;
  readonly languages: readonly string[];
  readonly sourceLanguage: string | undefined;
  readonly json: boolean;
}

/** One result per language: an object when there is one, else a list. */
const translateText = async (
  { text, languages, sourceLanguage, json }: TextRequest,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  const { enrichment } = await context.photon();
  const results = await enrichment.translateText({ text, languages, sourceLanguage, signal });
  const { stdout, stderr } = context;
  if (json) await stdout.line(JSON.stringify(results.length === 1 ? results[0] : results, undefined, 2));
  else for (const result of results) await stdout.line(result.text);
  const failed = results.filter(({ translated }) => !translated);
  if (failed.length === 0) return EXIT.done;
  const names = failed.map(({ target_language: language }) => language).join(", ");
  if (!json) await stderr.line(`Not translated into ${names}: the text above is the original.`);
  return EXIT.partlyFailed;
};

export const translateCommand = defineCommand({
  options: z.object({
    photos: argument("[id...]", z.array(z.string().min(1)).default([]), "Photos by id or path; none = every photo."),
    to: flag("-t, --to <language>", z.array(z.string()).optional(), "Language, as es or pt-BR. Repeatable."),
    from: flag("--from <language>", z.string().optional(), "Language of the original; unset: found out."),
    text: flag("--text <text>", z.string().min(1).optional(), "Translate this text, now, instead of photos."),
    album: flag("--album <album>", z.array(z.string().min(1)).default([]), "Photos of this album. Repeatable."),
    ...runOptions,
  }),
  details:
    "Translates titles, descriptions and captions of photos; without --to into every language of llm.languages. With --text the translation is printed; where it fails the original is printed instead, marked as not translated. Everything else is as with photon enrich.",
  examples: [
    { command: "photon translate -t es --folder Holidays", does: "Spanish titles and descriptions" },
    { command: 'photon translate -t fr --text "Two dogs on a beach" --json', does: "translate a text" },
  ],
  async run({ photos, to, from, text, album, ...flags }, context, signal) {
    const languages = languageTags(to ?? context.config.llm.languages);
    const sourceLanguage = from === undefined ? undefined : languageTags([from])[0];
    if (languages.length === 0) {
      throw new InvalidInputError("Expected a language to translate into, received none.", {
        hint: "Add -t es, or set llm.languages in the configuration file.",
      });
    }
    if (text !== undefined) {
      return translateText({ text, languages, sourceLanguage, json: flags.json }, context, signal);
    }
    const scopes = { photos, folders: flags.folder, albumPhotos: album };
    const source = sourceLanguage === undefined ? {} : { sourceLanguage };
    const request = { command: "translate", kind: "translate", languages, scopes, ...source };
    return runEnrichment(request, { flags, context, signal });
  },
});
