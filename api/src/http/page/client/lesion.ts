import type { TimedAnswer } from './answer-view.ts';
import type { ShownMap } from './map-view.ts';
import type { Photo } from './photo.ts';

let made = 0;

/** The lesion on the page: its photos, and what was answered about them so far. */
export class Lesion {
  /** Unique in this tab. */
  readonly id = `${Date.now().toString(36)}-${++made}`;
  readonly photos: readonly Photo[];
  /** Which of the photos is shown. */
  selected = 0;
  answer: TimedAnswer | undefined;
  readonly #maps = new Map<string, ShownMap>();

  constructor(photos: readonly Photo[]) {
    this.photos = photos;
  }

  get photo(): Photo {
    return this.photos[this.selected]!;
  }

  /** Bytes of all photos together. */
  get bytes(): number {
    return this.photos.reduce((sum, { file }) => sum + file.size, 0);
  }

  /** Keeps a map of the selected photo. */
  keepMap(photo: number, map: ShownMap): void {
    this.#maps.set(`${photo} ${map.class} ${map.heatmap.method}`, map);
  }

  mapOf(photo: number, label: string, method: string): ShownMap | undefined {
    return this.#maps.get(`${photo} ${label} ${method}`);
  }

  /** What was answered is of other options. */
  forget(): void {
    this.answer = undefined;
    this.#maps.clear();
  }

  /** Whether a map of a photo may be shown: not where no answer should be given for it. */
  mayMap(photo: number): boolean {
    const answer = this.answer?.answer;
    if (!answer || answer.assessment?.abstained) return false;
    if (!('images' in answer)) return true;
    const one = answer.images[photo];
    return one !== undefined && 'predictions' in one && !one.assessment?.abstained;
  }
}
