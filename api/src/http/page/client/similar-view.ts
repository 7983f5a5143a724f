import { LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { SimilarCaseAnswer } from '../../../schemas/similar.ts';
import type { ShownAnswer } from './device-messages.ts';
import { element } from './element.ts';

const CONFIRMED_BY: Readonly<Record<SimilarCaseAnswer['confirmed_by'], string>> = {
  histology: 'by histology',
  follow_up: 'by follow-up',
  consensus: 'by consensus of experts',
  confocal: 'by confocal microscopy',
  clinical: 'by clinical assessment',
  unknown: 'how it was confirmed is not known',
};

/** Cases beside the lesion; nothing where there is no answer, or none that should be believed. */
export function showSimilar(answer: ShownAnswer | undefined): void {
  const similar = answer?.assessment?.abstained ? undefined : answer?.similar;
  element('similar', HTMLElement).hidden = similar === undefined;
  if (!similar) return;
  element('similar-votes', HTMLElement).textContent = describeVotes(similar);
  element('similar-list', HTMLUListElement).replaceChildren(...similar.map(caseItem));
  const byClass = Object.values(answer!.similar_by_class ?? {});
  element('similar-classes', HTMLElement).hidden = byClass.length === 0;
  element('similar-class-list', HTMLUListElement).replaceChildren(...byClass.map(caseItem));
}

/** How many of the nearest have which diagnosis, the most frequent first. */
function describeVotes(similar: readonly SimilarCaseAnswer[]): string {
  const counts = new Map<string, number>();
  for (const { label } of similar) {
    const { name } = LESION_CLASSES[label];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const votes = [...counts].sort(([, a], [, b]) => b - a).map(([name, n]) => `${name} ${n}`);
  return `Diagnoses of the ${similar.length} most similar: ${votes.join(', ')}.`;
}

function caseItem(one: SimilarCaseAnswer): HTMLLIElement {
  const { name, risk } = LESION_CLASSES[one.label];
  const item = document.createElement('li');
  item.dataset.risk = risk;
  const picture = one.thumbnail === null ? noPicture() : pictureOf(one.thumbnail);
  const caption = document.createElement('p');
  const title = document.createElement('strong');
  title.textContent = name;
  const where = one.url ?? `image ${one.image_id}`;
  caption.append(
    title,
    ` ${risk}, ${CONFIRMED_BY[one.confirmed_by]}. Similarity ${one.similarity.toFixed(2)}. `,
  );
  const address = document.createElement('span');
  address.className = 'address';
  address.textContent = where;
  caption.append(address);
  item.append(picture, caption);
  return item;
}

function pictureOf(thumbnail: string): HTMLImageElement {
  const picture = document.createElement('img');
  picture.src = thumbnail;
  // The caption says all of it.
  picture.alt = '';
  return picture;
}

function noPicture(): HTMLElement {
  const place = document.createElement('span');
  place.className = 'no-picture';
  place.textContent = 'no picture here';
  return place;
}
