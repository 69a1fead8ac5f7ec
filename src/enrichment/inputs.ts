/** What a kind may look at. Everything here is data from strangers until the data block has cleaned it. */

/** The names by which kinds ask for what they need. */
export const INPUT_NAMES = [
  "image",
  "tags",
  "capture_time",
  "camera",
  "place",
  "file_name",
  "folder",
  "caption",
  "picture_text",
  "documents",
  "members",
  "watches",
  "mail",
  "request",
  "source_texts",
] as const;
export type InputName = (typeof INPUT_NAMES)[number];

/** Who wrote a value; models are told, and so are readers of stored prompts. */
export type ValueSource = "zero-shot" | "exif" | "file" | "user" | "ocr" | "llm" | "mail" | "photon";

export interface SourcedText {
  readonly text: string;
  readonly source: ValueSource;
}

/** The picture itself travels beside the prompt; here is only its size, in pixels, as it is sent. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Stored content of a document of an earlier kind. */
export type DocumentContent = Readonly<Record<string, unknown>>;

/** A photo of an album, told by its documents. */
export interface AlbumMember {
  readonly title: string;
  readonly tags: readonly string[];
  /** ISO date, without a time. */
  readonly date?: string;
  readonly summary?: string;
}

/** A standing watch that the prefilter offers for a photo. */
export interface OfferedWatch {
  readonly id: number;
  readonly name: string;
  readonly query: string;
  /** 0..1; a match counts above it, not at it. */
  readonly threshold: number;
  /** Album that matching photos are proposed for; undefined = the watch's own live album only. */
  readonly albumId?: string;
  readonly autoAdd: boolean;
}

export interface MailText {
  readonly subject: string;
  /** Plain text. */
  readonly body: string;
  /** ISO date of sending; what relative dates in it refer to. */
  readonly date?: string;
}

/** What a person asked for in words. */
export interface UserRequest {
  readonly text: string;
  /** Local ISO date and time of the asker, `2026-03-04T09:30`. */
  readonly now: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Titles of the photos the request is about; empty = none selected. */
  readonly photoTitles: readonly string[];
  /** What the request left open, for the follow-up question. */
  readonly missing?: readonly string[];
}

/** Texts to translate; a field that is left out stays out of the translation. */
export interface SourceTexts {
  readonly title?: string;
  readonly summary?: string;
  readonly caption?: string;
  readonly text?: string;
  /** BCP 47, or `auto`. */
  readonly sourceLanguage: string;
  /** BCP 47. */
  readonly targetLanguage: string;
  /** Names that must come out as they went in. */
  readonly names?: readonly string[];
}

/** All that is known about a scope; {@link assembleInputs} leaves what a kind may see. */
export interface EnrichmentInputs {
  readonly scopeId: string;
  /** Language of the answer, BCP 47. */
  readonly language: string;
  readonly image?: ImageSize;
  /** Names found by the built-in tagger, best first. */
  readonly tags?: readonly string[];
  /** `2024-07-15` or `2024-07`. */
  readonly captureTime?: string;
  readonly camera?: string;
  readonly place?: string;
  readonly fileName?: string;
  readonly folder?: string;
  readonly caption?: SourcedText;
  /** Text read in the picture. */
  readonly pictureText?: string;
  /** Documents of earlier kinds, by kind. */
  readonly documents?: Readonly<Record<string, DocumentContent>>;
  readonly members?: readonly AlbumMember[];
  readonly watches?: readonly OfferedWatch[];
  readonly mail?: MailText;
  readonly request?: UserRequest;
  readonly sourceTexts?: SourceTexts;
}
