/**
 * The words the sample encoder knows. Each concept is painted many times over with chance variations; the mean of these
 * pictures is what the word means. Anything that cannot be told by colour and place is not in here.
 */
import type { Painter } from "./painter.ts";
import {
  anyNight,
  autumn,
  beach,
  boats,
  bright,
  city,
  COLOURS,
  dark,
  desert,
  fireworks,
  flowers,
  meadow,
  mountain,
  onlySky,
  openSea,
  paper,
  people,
  rain,
  snow,
  starryNight,
  street,
  sunset,
  thing,
  tree,
  woods,
} from "./prototype-scenes.ts";

export interface Concept {
  readonly id: string;
  /** Lower case, one word each; all mean the same. */
  readonly words: readonly string[];
  readonly paint: (painter: Painter) => void;
}

export const concepts: readonly Concept[] = [
  { id: "sunset", words: ["sunset", "sunsets", "sunrise", "dusk", "dawn", "evening"], paint: sunset },
  { id: "beach", words: ["beach", "beaches", "shore", "coast", "seaside"], paint: beach },
  { id: "sea", words: ["sea", "ocean", "water", "lake", "waves"], paint: openSea },
  { id: "boat", words: ["boat", "boats", "sailboat", "sailing", "ship", "harbour", "harbor"], paint: boats },
  { id: "snow", words: ["snow", "snowy", "winter", "ski", "skiing", "ice"], paint: snow },
  { id: "mountain", words: ["mountain", "mountains", "peak", "peaks", "alps", "summit"], paint: mountain },
  { id: "forest", words: ["forest", "forests", "woods", "jungle"], paint: woods },
  { id: "tree", words: ["tree", "trees"], paint: tree },
  { id: "meadow", words: ["meadow", "field", "grass", "lawn", "garden", "park"], paint: meadow },
  { id: "flower", words: ["flower", "flowers", "blossom", "bloom", "bouquet"], paint: flowers },
  { id: "desert", words: ["desert", "dune", "dunes", "sand"], paint: desert },
  { id: "night", words: ["night", "midnight"], paint: anyNight },
  { id: "stars", words: ["stars", "star", "starry", "moon", "moonlight", "camping"], paint: starryNight },
  { id: "fireworks", words: ["fireworks", "firework"], paint: fireworks },
  { id: "street", words: ["street", "road", "town", "houses", "house", "village"], paint: street },
  { id: "city", words: ["city", "skyline", "buildings", "building", "skyscraper", "skyscrapers"], paint: city },
  { id: "rain", words: ["rain", "rainy", "fog", "foggy", "overcast", "storm"], paint: rain },
  {
    id: "document",
    words: ["document", "documents", "receipt", "receipts", "paper", "letter", "text", "page"],
    paint: paper,
  },
  {
    id: "people",
    words: ["people", "person", "portrait", "man", "woman", "family", "friends", "group"],
    paint: people,
  },
  { id: "sky", words: ["sky", "clouds", "cloud"], paint: onlySky },
  { id: "autumn", words: ["autumn", "fall", "foliage"], paint: autumn },
  { id: "bright", words: ["bright", "sunny", "light"], paint: bright },
  { id: "dark", words: ["dark", "darkness"], paint: dark },
  { id: "black", words: ["black"], paint: thing(COLOURS.black) },
  { id: "white", words: ["white"], paint: thing(COLOURS.white) },
  { id: "grey", words: ["grey", "gray"], paint: thing(COLOURS.grey) },
  { id: "red", words: ["red"], paint: thing(COLOURS.red) },
  { id: "orange", words: ["orange"], paint: thing(COLOURS.orange) },
  { id: "yellow", words: ["yellow"], paint: thing(COLOURS.yellow) },
  { id: "green", words: ["green"], paint: thing([70, 140, 58]) },
  { id: "blue", words: ["blue"], paint: thing([40, 104, 190]) },
  { id: "purple", words: ["purple", "violet"], paint: thing(COLOURS.purple) },
  { id: "pink", words: ["pink"], paint: thing(COLOURS.pink) },
  { id: "brown", words: ["brown"], paint: thing(COLOURS.brown) },
];

/** Words that say nothing about a picture; everything else that is not above is unknown and matches nothing. */
export const FILLER_WORDS =
  "a an the of in on at by with and or to from for is are was my our your his her their some this that these those photo photos picture pictures image images taken showing shows show view scene up close closeup something".split(
    " ",
  );
