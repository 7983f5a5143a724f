import { fill } from '../../../language/page/fill.ts';
import { spaced } from '../../../language/page/spaced.ts';
import type { LesionResponse } from '../../../schemas/lesion.ts';
import { decisionWord } from './decision-view.ts';
import type { ShownAnswer } from './device-messages.ts';
import { button, create, element } from './element.ts';
import type { Photo } from './photo.ts';
import { language, texts } from './texts.ts';

export interface PhotoListActions {
  select(index: number): void;
  remove(index: number): void;
}

/** The photos of the lesion, one of them chosen; nothing where there are not several. */
export class PhotoList {
  readonly #actions: PhotoListActions;
  readonly #list = element('photo-list', HTMLUListElement);

  constructor(actions: PhotoListActions) {
    this.#actions = actions;
  }

  /** Shows the photos with what was answered about each, where there is an answer. */
  show(photos: readonly Photo[], selected: number, answer?: ShownAnswer): void {
    this.#list.hidden = photos.length < 2;
    const items = photos.length < 2 ? [] : photos;
    const images = answer && 'images' in answer ? answer.images : [];
    this.#list.replaceChildren(
      ...items.map((photo, i) => this.#item(photo, i, i === selected, images[i])),
    );
  }

  #item(
    { name }: Photo,
    index: number,
    selected: boolean,
    about: LesionResponse['images'][number] | undefined,
  ): HTMLLIElement {
    const item = create('li');
    const number = index + 1;
    const choose = button(fill(texts.photoNumber, { number, name }), () =>
      this.#actions.select(index),
    );
    choose.setAttribute('aria-pressed', String(selected));
    const remove = button(texts.remove, () => this.#actions.remove(index));
    remove.setAttribute('aria-label', fill(texts.removePhoto, { number }));
    item.append(choose, create('span', about ? describe(about) : '', 'fine'), remove);
    return item;
  }
}

/** The word of a photo by itself, and how much of the answer it is. */
function describe(photo: LesionResponse['images'][number]): string {
  if ('error' in photo) return `${texts.unread}${spaced(':', language)} ${photo.error.detail}`;
  const { assessment, weight } = photo;
  const share = new Intl.NumberFormat(language, { style: 'percent' }).format(weight);
  const counted = weight > 0 ? fill(texts.weight, { share }) : texts.leftOut;
  if (!assessment) return counted;
  const reason = assessment.abstained ? ` ${assessment.reasons[0]!.text}` : '';
  const word = decisionWord(assessment);
  return `${word === null ? '' : `${texts.words[word]}, `}${counted}.${reason}`;
}
