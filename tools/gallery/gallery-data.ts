/**
 * What tools hand the gallery as `appData` of pictures. The pictures themselves are content: for each photo a text, the
 * picture, and a link whose address names the photo. Photos listed here without a picture are fetched by the page.
 */
export interface GalleryItem {
  /** Shown id. */
  readonly id: string;
  /** Of the file. */
  readonly name: string;
  /** What is to be seen, for people and as alternative text. */
  readonly caption?: string;
  /** As text, local time. */
  readonly taken_at?: string;
}

export interface GalleryData {
  readonly items: readonly GalleryItem[];
  /** For `gallery_page`, when there are more photos than these. */
  readonly next_cursor?: string;
}
