import { fill } from '../../../language/page/fill.ts';
import type { HeatmapAnswer } from './device-messages.ts';
import { element, write } from './element.ts';
import type { PhotoView } from './photo-view.ts';
import { language, nameOf, texts } from './texts.ts';
import { hottestPlace } from './wording.ts';

/** What of an answer the heat map is. */
export type ShownMap = Pick<HeatmapAnswer, 'class' | 'heatmap'>;

/** The heat map over a photo and the controls that belong to it. */
export class MapView {
  readonly #photo: PhotoView;
  readonly #viewer = element('viewer', HTMLElement);
  readonly #overlay = element('overlay', HTMLCanvasElement);
  #shown: ShownMap | undefined;

  constructor(photo: PhotoView) {
    this.#photo = photo;
    for (const choice of document.querySelectorAll<HTMLInputElement>('input[name=view]')) {
      choice.addEventListener('change', () => this.#setView(choice.value));
      // A browser may have kept the choice over a reload.
      if (choice.checked) this.#setView(choice.value);
    }
  }

  /** Shows a map with its class chosen. */
  show(map: ShownMap): void {
    this.#shown = map;
    this.restoreControls();
    this.#photo.lay(map.heatmap);
    const description = describeMap(map);
    write('map-caption', description);
    this.#overlay.setAttribute('aria-label', fill(texts.photoWithMap, { description }));
    this.#viewer.classList.add('with-map');
    element('map', HTMLElement).hidden = false;
  }

  /** Takes map and controls away. A map of an image that no answer should be given for would be believed all the same. */
  hide(): void {
    this.#shown = undefined;
    this.#photo.lay(undefined);
    this.#overlay.setAttribute('aria-label', texts.photoWithoutMap);
    this.#viewer.classList.remove('with-map');
    element('map', HTMLElement).hidden = true;
  }

  /** The controls say what is shown, where something else could not be. */
  restoreControls(): void {
    if (!this.#shown) return;
    const { class: label, heatmap } = this.#shown;
    element('explain', HTMLSelectElement).value = label;
    element('finer', HTMLInputElement).checked = heatmap.method === 'dense-grad-cam';
  }

  #setView(view: string): void {
    this.#viewer.dataset.view = view;
  }
}

/** What the heat map shows, in words; also for those who do not see it. */
export function describeMap({ class: label, heatmap }: ShownMap): string {
  const name = nameOf(label);
  const place = hottestPlace(heatmap.grid);
  if (!place) return fill(texts.noEvidence, { name });
  const { format } = new Intl.NumberFormat(language, { style: 'percent' });
  const share = Math.round(100 * heatmap.share) / 100;
  const shares = { share: format(share), rest: format(1 - share) };
  return fill(texts.evidence, { name, place: texts.places[place], ...shares });
}
