import { fill } from '../../../language/page/fill.ts';
import type { SimilarCaseAnswer } from '../../../schemas/similar.ts';
import type { ShownAnswer } from './device-messages.ts';
import { create, element, write } from './element.ts';
import { language, nameOf, texts } from './texts.ts';

/** Cases beside the lesion; nothing where there is no answer, or none that should be believed. */
export function showSimilar(answer: ShownAnswer | undefined): void {
  const similar = answer?.assessment?.abstained ? undefined : answer?.similar;
  element('similar', HTMLElement).hidden = similar === undefined;
  if (!similar) return;
  write('similar-votes', describeVotes(similar));
  element('similar-list', HTMLUListElement).replaceChildren(...similar.map(caseItem));
  const byClass = Object.keys(texts.classes).flatMap(
    (label) => answer!.similar_by_class?.[label] ?? [],
  );
  element('similar-classes', HTMLElement).hidden = byClass.length === 0;
  element('similar-class-list', HTMLUListElement).replaceChildren(...byClass.map(caseItem));
}

/** How many of the nearest have which diagnosis, the most frequent first. */
function describeVotes(similar: readonly SimilarCaseAnswer[]): string {
  const counts = new Map<string, number>();
  for (const { label } of similar) {
    const name = nameOf(label);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const votes = [...counts].sort(([, a], [, b]) => b - a).map(([name, n]) => `${name} ${n}`);
  return fill(texts.votes, { number: similar.length, votes: votes.join(', ') });
}

function caseItem(one: SimilarCaseAnswer): HTMLLIElement {
  const risk = texts.riskOf[one.label];
  const item = create('li');
  item.dataset.risk = risk ?? '';
  const image =
    one.thumbnail === null ? create('span', texts.noImage, 'no-image') : imageOf(one.thumbnail);
  const caption = create('p');
  const value = new Intl.NumberFormat(language, { minimumFractionDigits: 2 }).format(
    Math.round(100 * one.similarity) / 100,
  );
  caption.append(
    create('strong', nameOf(one.label)),
    ` ${risk ? `${texts.risks[risk]}, ` : ''}${texts.confirmedBy[one.confirmed_by]}. `,
    `${fill(texts.similarity, { value })} `,
    addressOf(one),
  );
  item.append(image, caption);
  return item;
}

/** Where to see it, as text; a line may end after each part of an address. */
function addressOf({ url, image_id: id }: SimilarCaseAnswer): HTMLSpanElement {
  const address = create('span', undefined, 'address');
  const parts = (url ?? fill(texts.imageId, { id })).split(/(?<=\/)(?=[^/])/);
  for (const part of parts) address.append(part, create('wbr'));
  return address;
}

function imageOf(thumbnail: string): HTMLImageElement {
  const image = create('img');
  image.src = thumbnail;
  // The caption says all of it.
  image.alt = '';
  // With the network cut, one that is not on this device.
  image.addEventListener('error', () =>
    image.replaceWith(create('span', texts.noImage, 'no-image')),
  );
  return image;
}
