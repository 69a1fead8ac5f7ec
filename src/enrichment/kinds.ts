/** All kinds. To add one: its file under kinds/ and its line here. Users' own kinds come from user-kinds.ts. */
import type { EnrichmentKind } from "./enrichment-kind.ts";
import { captionClean } from "./kinds/caption-clean.ts";
import { eventExtract } from "./kinds/event-extract.ts";
import { followup } from "./kinds/followup.ts";
import { imageTag } from "./kinds/image-tag.ts";
import { intent } from "./kinds/intent.ts";
import { photoStory } from "./kinds/photo-story.ts";
import { translate } from "./kinds/translate.ts";
import { watchMatch } from "./kinds/watch-match.ts";

export const kinds = [
  imageTag,
  captionClean,
  photoStory,
  translate,
  watchMatch,
  eventExtract,
  intent,
  followup,
] as const satisfies readonly EnrichmentKind[];
