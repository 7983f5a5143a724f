import { fill } from '../../../language/page/fill.ts';
import { element, write } from './element.ts';
import type { Lesion } from './lesion.ts';
import type { Entry } from './session.ts';
import { dateText, momentText, texts } from './texts.ts';

/**
 * What the session keeps of an answered lesion, with what the user says of it.
 *
 * @param photo a small copy of the photo that is shown, as a `data:` URL
 */
export function sessionEntry(
  lesion: Lesion,
  place: Entry['place'],
  photo: string | undefined,
): Entry {
  const { answer, answeredAt, query } = lesion.answer!;
  return {
    id: lesion.id,
    answeredAt,
    lesion: element('lesion', HTMLInputElement).value.trim(),
    takenOn: element('taken-on', HTMLInputElement).value || lesion.photo.takenOn,
    files: lesion.photos.map(({ name }) => name),
    place,
    query,
    answer,
    ...(photo && { photo }),
  };
}

/** Says at the head of a print what it is about. */
export function writePrintHead({ answeredAt, takenOn, files, lesion }: Entry): void {
  const date = momentText(new Date(answeredAt));
  const values = { date, taken: dateText(takenOn), files: files.join(', '), lesion };
  write('print-head', fill(texts.printed, values));
}
