/** All that a kind may know about a scope, out of the catalogue; what of it is sent is decided by `assembleInputs`. */
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { PhotoSubject, SubjectDocument } from "../../catalogue/subject-repository.ts";
import type {
  AlbumMember,
  DocumentContent,
  EnrichmentInputs,
  OfferedWatch,
  SourceTexts,
} from "../../enrichment/inputs.ts";
import type { Scope } from "../../enrichment/scope.ts";

const MAX_MEMBERS = 12;
const AUTO = "auto";

/** A scope as a job finds it. */
export type KnownScope = ScopePhotos &
  (
    | { readonly type: "photo"; readonly photo: PhotoSubject }
    | { readonly type: "album" }
    | { readonly type: "text"; readonly inputs: TextInputs }
  );

interface ScopePhotos {
  /** Those it is told by; the first one shows it. */
  readonly photos: readonly PhotoSubject[];
  /** Content hashes of all that belong to it: one that has to stay on this machine keeps the scope there. */
  readonly contentHashes: readonly string[];
}

const NO_PHOTOS: ScopePhotos = { photos: [], contentHashes: [] };

type TextInputs = Pick<EnrichmentInputs, "mail" | "request"> & {
  readonly translation?: { readonly text: string; readonly sourceLanguage: string };
};

/** Evenly from beginning to end, so that twelve photos tell of all of an album. */
export const spread = <Item>(items: readonly Item[], most: number): readonly Item[] =>
  items.length <= most
    ? items
    : Array.from({ length: most }, (_, place) => items[Math.floor((place * items.length) / most)]).filter(
        (item) => item !== undefined,
      );

/** Photos that an album is told by. */
export const toldBy = (contentHashes: readonly string[]): readonly string[] => spread(contentHashes, MAX_MEMBERS);

/** A file that is missing may come back: its disk is not plugged in. */
const isInLibrary = (photo: PhotoSubject | undefined): photo is PhotoSubject =>
  photo !== undefined && !photo.isForgotten && photo.files.length > 0;

const photosOf = async (
  { subjects }: Pick<Catalogue, "subjects">,
  contentHashes: readonly string[],
): Promise<readonly PhotoSubject[]> => {
  const photos: PhotoSubject[] = [];
  for (const hash of contentHashes) {
    const photo = await subjects.photo(hash);
    if (isInLibrary(photo)) photos.push(photo);
  }
  return photos;
};

/** undefined = it has left the library. */
export const findScope = async (
  catalogue: Pick<Catalogue, "subjects">,
  { type, id }: Scope,
  scopeId: string,
): Promise<KnownScope | undefined> => {
  const { subjects } = catalogue;
  if (type === "photo") {
    const photo = await subjects.photo(id);
    return isInLibrary(photo) ? { type, photo, photos: [photo], contentHashes: [id] } : undefined;
  }
  if (type === "album") {
    const contentHashes = (await subjects.album(id))?.contentHashes ?? [];
    const photos = await photosOf(catalogue, toldBy(contentHashes));
    return photos.length === 0 ? undefined : { type, photos, contentHashes };
  }
  const text = await subjects.text(scopeId);
  switch (text?.type) {
    case undefined:
      return undefined;
    case "mail":
      return { type: "text", inputs: { mail: text.mail }, ...NO_PHOTOS };
    case "request": {
      const { request, contentHashes } = text;
      return { type: "text", inputs: { request }, photos: await photosOf(catalogue, contentHashes), contentHashes };
    }
    case "text": {
      const { text: words, sourceLanguage } = text;
      return { type: "text", inputs: { translation: { text: words, sourceLanguage } }, ...NO_PHOTOS };
    }
    default:
      return text satisfies never;
  }
};

/** Content of a result that readers see; undefined = there is none, or it only asks back. */
export const resultOf = (document: SubjectDocument | undefined): DocumentContent | undefined => {
  if (document?.content === undefined) return undefined;
  const content = JSON.parse(document.content) as DocumentContent; // written by the job handler
  return content["status"] === "needs_clarification" ? undefined : content;
};

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const defined = <Value extends object>(value: { readonly [Key in keyof Value]: Value[Key] | undefined }): Value =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value; // undefined is gone

const documentsOf = ({ documents }: PhotoSubject): Readonly<Record<string, DocumentContent>> =>
  Object.fromEntries(
    [...documents].flatMap(([type, document]) => {
      const content = resultOf(document);
      return content === undefined ? [] : [[type, content] as const];
    }),
  );

const memberOf = (photo: PhotoSubject): readonly AlbumMember[] => {
  const content = resultOf(photo.documents.get("image_tag"));
  const title = textOf(content?.["title"]);
  if (content === undefined || title === undefined) return [];
  const tags = Array.isArray(content["tags"]) ? content["tags"].filter((tag) => typeof tag === "string") : [];
  const date = photo.capturedAt?.slice(0, "2024-07-15".length);
  return [defined<AlbumMember>({ title, tags, date, summary: textOf(content["summary"]) })];
};

const captionOf = ({ caption }: PhotoSubject): EnrichmentInputs["caption"] =>
  caption === undefined ? undefined : { text: caption, source: "file" };

/** Title and summary that a model wrote, caption that a person wrote. */
const photoTexts = (photo: PhotoSubject, languages: Languages): SourceTexts => {
  const content = resultOf(photo.documents.get("image_tag"));
  return defined<SourceTexts>({
    title: textOf(content?.["title"]),
    summary: textOf(content?.["summary"]),
    caption: photo.caption,
    ...languages,
  });
};

interface Languages {
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
}

export interface InputOptions {
  readonly scopeId: string;
  /** Language of the answer, BCP 47. */
  readonly language: string;
  /** Of a translation: what comes after the colon of the document type. */
  readonly targetLanguage: string | undefined;
  readonly sourceLanguage: string | undefined;
  /** undefined = the kind has nothing to do with watches. */
  readonly watches: readonly OfferedWatch[] | undefined;
}

const photoInputs = (photo: PhotoSubject, { targetLanguage, sourceLanguage = AUTO, watches }: InputOptions) => {
  const { zeroShotTags: tags, capturedAt: captureTime, camera, files } = photo;
  const [file] = files;
  const folders = file?.path.split("/") ?? [];
  const texts = targetLanguage === undefined ? undefined : photoTexts(photo, { targetLanguage, sourceLanguage });
  const hasText = texts !== undefined && (texts.title ?? texts.summary ?? texts.caption) !== undefined;
  return {
    tags,
    captureTime,
    camera,
    fileName: folders.at(-1),
    folder: textOf(folders.slice(0, -1).join("/")),
    caption: captionOf(photo),
    pictureText: textOf(resultOf(photo.documents.get("image_tag"))?.["text_in_image"]),
    documents: documentsOf(photo),
    watches,
    sourceTexts: hasText ? texts : undefined,
  };
};

const textInputs = ({ mail, request, translation }: TextInputs, { targetLanguage, sourceLanguage }: InputOptions) => ({
  mail,
  request,
  sourceTexts:
    translation === undefined || targetLanguage === undefined
      ? undefined
      : { text: translation.text, sourceLanguage: sourceLanguage ?? translation.sourceLanguage, targetLanguage },
});

/** Without the picture, which costs more than all the rest: it is made when nothing else is missing. */
export const knownInputs = (scope: KnownScope, options: InputOptions): EnrichmentInputs => {
  const { scopeId, language, targetLanguage } = options;
  const common = { scopeId, language: targetLanguage ?? language };
  switch (scope.type) {
    case "photo":
      return defined<EnrichmentInputs>({ ...common, ...photoInputs(scope.photo, options) });
    case "album":
      return defined<EnrichmentInputs>({ ...common, members: scope.photos.flatMap(memberOf) });
    case "text":
      return defined<EnrichmentInputs>({ ...common, ...textInputs(scope.inputs, options) });
    default:
      return scope satisfies never;
  }
};
