/** Names an XMP sidecar of a photo may have: Adobe writes `a.xmp`, darktable and digiKam write `a.jpg.xmp`. */
const withoutExtension = (fileName: string): string => fileName.replace(/(?<=.)\.[^.]*$/, "");

/** Candidates in order of preference, both cases of the extension. Names only, no folders. */
export const sidecarNames = (fileName: string): readonly string[] => {
  const stem = withoutExtension(fileName);
  return [...new Set([`${fileName}.xmp`, `${stem}.xmp`, `${fileName}.XMP`, `${stem}.XMP`])].filter(
    (name) => name !== fileName,
  );
};
