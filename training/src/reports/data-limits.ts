import type { Split } from '../data/split/split-schema.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import { grouped } from './figure-text.ts';

/** Names of the committed sources that the sentences on clinics and skin were written for. */
const KNOWN = ['ham10000', 'milk10k', 'isic2017', 'acral'];

/** What a card says of the images that a network was trained on, one list item each. */
export function dataLimits(sources: readonly Pick<TrainedSource, 'name' | 'modality'>[]): string {
  return [dermatoscopes(sources), skinTones(sources), sites(sources)].join('\n');
}

function dermatoscopes(sources: readonly Pick<TrainedSource, 'modality'>[]): string {
  const others = sources.some(({ modality }) => modality !== 'dermoscopic');
  const trainedOn =
    sources.length === 0
      ? 'It is made for images taken through a dermatoscope; whether all of its training images were, is not known.'
      : others
        ? 'It is made for images taken through a dermatoscope, though some of its training images were not.'
        : 'It was trained on images taken through a dermatoscope, cropped around one lesion.';
  return `- **Dermatoscopes only.** ${trainedOn} Phone photographs are outside of what it has learned, and its scores for them mean nothing, however high they are.`;
}

function skinTones(sources: readonly Pick<TrainedSource, 'name'>[]): string {
  const [first] = sources;
  const unknown = 'How it does on dark skin is not known';
  if (sources.length === 1 && first!.name === 'ham10000') {
    return `- **Skin tones.** The data are from clinics in Austria and Australia and show almost only light skin. ${unknown}: it was not measured, because the data do not say and hold too few.`;
  }
  if (sources.length > 0 && sources.every(({ name }) => KNOWN.includes(name))) {
    return `- **Skin tones.** The data show almost only light skin. ${unknown}, but where a table below gives figures by skin tone.`;
  }
  return `- **Skin tones.** Which skin tones the data show is not known. ${unknown}, but where a table below gives figures by skin tone.`;
}

function sites(sources: readonly Pick<TrainedSource, 'name'>[]): string {
  return sources.length > 0 && sources.every(({ name }) => KNOWN.includes(name))
    ? "- **Site and age.** Palms, soles, mucosa, nails and children's skin are rare in the data."
    : '- **Site and age.** Which sites and ages the data hold, the tables of subgroups say, as far as the metadata do; of palms, soles, mucosa, nails and children expect little.';
}

/** How the diagnoses were made, as far as that is known. */
export function diagnosisSentence(sources: readonly Pick<TrainedSource, 'name'>[]): string {
  return sources.length > 0 && sources.every(({ name }) => KNOWN.includes(name))
    ? 'The diagnoses are by histology, follow-up, expert consensus or confocal microscopy, as the data set has them.'
    : "How the diagnoses were made is not known beyond what the source's description and a column dx_type say.";
}

/** What the split kept together, and what nobody can know. */
export function splitSentence(split: Pick<Split, 'groups' | 'train' | 'validation'>): string {
  const images = split.train.length + split.validation.length;
  const unknown = split.groups.images_without_lesion;
  const picture = 'by picture, so that no photograph that was recognised as the same is';
  if (unknown === 0) {
    return `The split is by lesion, so that no lesion id is on both sides, and ${picture}`;
  }
  const which = unknown === images ? 'the data do' : `for ${grouped(unknown)} of them the data do`;
  return `Of ${grouped(images)} images ${which} not say which lesion they show: **whether a lesion is on both sides of the split cannot be known, and if one is, the figures are too good.** The split is ${picture}${unknown === images ? '' : ', and by lesion where the data say it'}`;
}
