/**
 * Makes indexed text and queries meet: `résumé` = `resume`, `Straße` = `strasse`, full-width = ASCII. LanceDB folds
 * accents only after stemming, so that `resume` (stem `resum`) would miss `résumé`; folding first closes that gap.
 */
const COMBINING_LATIN_MARKS = /[\u0300-\u036f]/g;

export const foldText = (text: string): string =>
  text
    .toWellFormed()
    .normalize("NFKD")
    .replaceAll(COMBINING_LATIN_MARKS, "")
    .normalize("NFC") // joins Hangul and kana again
    .replaceAll(/[ßẞ]/g, "ss");
