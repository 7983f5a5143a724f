import { askHeatmap, askLesion } from './ask.ts';
import type { HeatmapAnswer, Query, ShownAnswer } from './device-messages.ts';
import type { ShownMap } from './map-view.ts';
import type { Photo } from './photo.ts';
import type { Place } from './place.ts';

/** An answer to photos; that to a single one comes with its heat map. */
export interface SourcedAnswer {
  readonly answer: ShownAnswer;
  readonly map?: ShownMap;
}

/** Where answers come from: the server or this device, as the user chose. */
export class AnswerSource {
  readonly #place: Place;
  /** The user's key, where the server wants one: kept in this variable alone. */
  key: string | undefined;

  constructor(place: Place, key: string | undefined) {
    this.#place = place;
    this.key = key;
  }

  /**
   * @param map the class to explain of a single photo, else the one with the highest score; and how
   * @throws NoAnswer
   */
  async answerTo(
    photos: readonly Photo[],
    query: Query,
    map: { readonly label?: string | undefined; readonly method: Query },
    signal: AbortSignal,
  ): Promise<SourcedAnswer> {
    if (photos.length > 1) {
      const files = photos.map(({ file }) => file);
      const { device, onDevice } = this.#place;
      const answer = onDevice
        ? await device.askLesion(files, query, this.key)
        : await askLesion(files, { query, key: this.key, signal });
      return { answer };
    }
    const asked = { ...query, ...map.method, ...(map.label && { class: map.label }) };
    const { class: label, heatmap, ...answer } = await this.mapOf(photos[0]!, asked, signal);
    return { answer, map: { class: label, heatmap } };
  }

  /** @throws NoAnswer */
  mapOf({ file }: Photo, query: Query, signal: AbortSignal): Promise<HeatmapAnswer> {
    const { device, onDevice } = this.#place;
    return onDevice
      ? device.askHeatmap(file, query, this.key)
      : askHeatmap(file, { query, key: this.key, signal });
  }

  /** Downloads the model, where photos are scored on this device; throws NoAnswer. */
  async load(): Promise<void> {
    if (this.#place.onDevice) await this.#place.device.load(this.key);
  }
}
