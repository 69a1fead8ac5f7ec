/** Decides what a sample library of a given size holds, before anything is painted. */
import type { SampleFile, SampleFormat } from "./manifest.ts";
import type { Random } from "./random.ts";
import { createRandom, seedFor } from "./random.ts";
import type { DayTime } from "./scene.ts";
import type { SceneName } from "./scenes.ts";
import { sceneNamed } from "./scenes.ts";
import type { Trip } from "./trips.ts";
import { TRIPS } from "./trips.ts";

/** One file to make. */
export interface PlannedFile extends Omit<SampleFile, "width" | "height"> {
  readonly paintSeed: number;
  /** Canvas units to the side; the pictures of a burst differ by it. */
  readonly shift: number;
}

const HOURS: Readonly<Record<DayTime, readonly [number, number]>> = {
  morning: [8, 10],
  noon: [11, 16],
  evening: [19, 20],
  night: [21, 23],
};
/** Rare formats by position in the plan; everything else is JPEG. */
const RARE_FORMATS: Readonly<Record<number, SampleFormat>> = {
  6: "webp",
  12: "tiff",
  14: "avif",
  17: "gif",
  26: "bmp",
  32: "webp",
};
const EXTENSIONS: Readonly<Record<SampleFormat, string>> = {
  jpeg: "jpg",
  png: "png",
  webp: "webp",
  tiff: "tif",
  gif: "gif",
  avif: "avif",
  bmp: "bmp",
};
const BURST_PICTURES = 4;

const twoDigits = (value: number): string => String(value).padStart(2, "0");

const localTime = (trip: Trip, dayTime: DayTime, random: Random): string => {
  const day = new Date(Date.parse(`${trip.start}T00:00:00Z`) + random.integer(0, trip.days - 1) * 86_400_000);
  const [from, to] = HOURS[dayTime];
  const clock = [random.integer(from, to), random.integer(0, 59), random.integer(0, 54)].map(twoDigits).join(":");
  return `${day.toISOString().slice(0, 10)}T${clock}`;
};

interface Visit {
  readonly trip: Trip;
  readonly scene: SceneName;
}

/** Round one shows every trip's scenes once, trips taking turns, so that even small libraries are varied. */
const visits = (count: number): readonly Visit[] => {
  const longest = Math.max(...TRIPS.map((trip) => trip.scenes.length));
  const firstRound = Array.from({ length: longest }, (_, turn) => turn).flatMap((turn) =>
    TRIPS.flatMap((trip) => (trip.scenes[turn] === undefined ? [] : [{ trip, scene: trip.scenes[turn] }])),
  );
  return Array.from({ length: count }, (_, index) => firstRound[index % firstRound.length]).filter(
    (visit) => visit !== undefined,
  );
};

const formatOf = (index: number, scene: SceneName): SampleFormat =>
  scene === "screenshot" ? "png" : (RARE_FORMATS[index] ?? (index > 60 && index % 11 === 0 ? "webp" : "jpeg"));

/** Fields a camera writes; pictures without a camera (screens) have none of them. */
const cameraFields = (trip: Trip, scene: SceneName, random: Random, local: string) => {
  if (trip.camera === undefined) return {};
  const jitter = (): number => random.between(-0.02, 0.02);
  const { place } = trip;
  return {
    capturedAt: `${local}${trip.offset ?? ""}`,
    camera: trip.camera,
    ...(place === undefined || scene === "receipt"
      ? {}
      : {
          gps: {
            name: place.name,
            latitude: Math.round((place.latitude + jitter()) * 1e4) / 1e4,
            longitude: Math.round((place.longitude + jitter()) * 1e4) / 1e4,
          },
        }),
  };
};

const titled = (index: number, visit: Visit, words: readonly string[]) =>
  index % 5 === 2
    ? {
        rating: 3 + (index % 3),
        title: `${visit.scene.replaceAll("-", " ")} in ${visit.trip.folder.split(" ").slice(1).join(" ") || "daily life"}`,
        keywords: words.slice(0, 3),
      }
    : {};

const plannedPhoto = (visit: Visit, index: number, seed: number): PlannedFile => {
  const random = createRandom(seedFor(seed, `photo ${index}`));
  const scene = sceneNamed(visit.scene);
  const local = localTime(visit.trip, scene.dayTime, random);
  const format = formatOf(index, visit.scene);
  const extension = EXTENSIONS[format];
  const path = `${visit.trip.folder}/${visit.trip.fileName(index, local)}.${index % 4 === 1 && extension === "jpg" ? "JPG" : extension}`;
  // The first jpegs in every third place carry the eight orientations in turn.
  const keepsExif = format === "jpeg" || format === "png" || format === "webp";
  const orientation = format === "jpeg" && index % 3 === 1 ? (Math.floor(index / 3) % 8) + 1 : 1;
  return {
    path,
    scene: visit.scene,
    words: scene.words,
    format,
    paintSeed: seedFor(seed, `scene ${index}`),
    shift: 0,
    ...(keepsExif ? cameraFields(visit.trip, visit.scene, random, local) : {}),
    ...(keepsExif && visit.trip.camera !== undefined ? { orientation, ...titled(index, visit, scene.words) } : {}),
    ...(index === 2 || index === 7 ? { sidecar: path.replace(/\.[^.]+$/, ".xmp") } : {}),
  };
};

/** Pictures one second apart, the camera drifting a little. */
const burstAfter = (first: PlannedFile): readonly PlannedFile[] =>
  Array.from({ length: BURST_PICTURES - 1 }, (_, index) => {
    const [date = "", rest = ""] = (first.capturedAt ?? "").split("T");
    const second = Number(rest.slice(6, 8)) + index + 1;
    const { title: _title, keywords: _keywords, rating: _rating, sidecar: _sidecar, ...shared } = first;
    return {
      ...shared,
      path: first.path.replace(
        /(\d+)(\.\w+)$/,
        (_match, digits: string, extension: string) =>
          `${String(Number(digits) + index + 1).padStart(digits.length, "0")}${extension}`,
      ),
      capturedAt: `${date}T${rest.slice(0, 6)}${twoDigits(second)}${rest.slice(8)}`,
      shift: (index + 1) * 2.5,
      burst: "burst-1",
    };
  });

/** A messenger's copy: smaller, re-encoded, all metadata gone. */
const messengerCopy = (original: PlannedFile, index: number): PlannedFile => ({
  path: `Phone/Messenger/IMG-2024${twoDigits(3 + index)}18-WA00${twoDigits(index + 3)}.jpg`,
  scene: original.scene,
  words: original.words,
  format: "jpeg",
  paintSeed: original.paintSeed,
  shift: original.shift,
  nearDuplicateOf: original.path,
});

const backupCopy = (original: PlannedFile): PlannedFile => ({
  ...original,
  path: `Backup/old laptop/${original.path.split("/").at(-1)}`,
  duplicateOf: original.path,
});

/** The extras fill about a fifth of the library: one burst, re-encoded copies, exact copies. */
const extrasFor = (photos: readonly PlannedFile[], count: number): readonly PlannedFile[] => {
  const burstStart = photos.find((photo) => photo.scene === "harbour" && photo.format === "jpeg");
  const plain = photos.filter(
    (photo) => photo.format === "jpeg" && photo.sidecar === undefined && photo !== burstStart,
  );
  const extras = [
    ...(burstStart === undefined ? [] : burstAfter(burstStart)),
    ...plain.slice(0, 1).map(backupCopy),
    ...plain.slice(1, 5).map(messengerCopy),
    ...plain.slice(5, 7).map(backupCopy),
  ];
  return extras.slice(0, count);
};

/** `count` files, sorted by path. The same count and seed give the same plan. */
export const planLibrary = (count: number, seed: number): readonly PlannedFile[] => {
  const extraCount = Math.min(10, Math.floor(count / 5));
  const photos = visits(count - extraCount).map((visit, index) => plannedPhoto(visit, index, seed));
  const burst =
    extraCount > 0 ? photos.find((photo) => photo.scene === "harbour" && photo.format === "jpeg") : undefined;
  const marked = photos.map((photo) => (photo === burst ? { ...photo, burst: "burst-1" } : photo));
  return [...marked, ...extrasFor(marked, extraCount)].toSorted((left, right) => (left.path < right.path ? -1 : 1));
};
