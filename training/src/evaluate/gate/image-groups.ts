import { ageBand } from '../../data/load/age-band.ts';

/** Images of one age band, sex or body site. */
export interface ImageGroup<I> {
  /** As in `age 30 to 44`. */
  readonly name: string;
  readonly images: readonly I[];
}

interface Described {
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Images by what the metadata say of the patient and the place: `age` in bands, `sex` and `localization`. Where
 * they say nothing, or `unknown`, an image is in no group of that kind.
 */
export function imageGroups<I extends Described>(images: readonly I[]): ImageGroup<I>[] {
  const groups = new Map<string, I[]>();
  for (const image of images) {
    const { age, sex, localization } = image.metadata;
    const names = [
      ...named('age', age === undefined ? undefined : ageBand(age)),
      ...named('sex', sex),
      ...named('site', localization),
    ];
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), image]);
  }
  return [...groups]
    .map(([name, members]) => ({ name, images: members }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function named(kind: string, value: string | undefined): string[] {
  const text = value?.trim().toLowerCase() ?? '';
  return text === '' || text === 'unknown' ? [] : [`${kind} ${text}`];
}
