import type { Measured } from '../evaluate/assessment/lesion-interval.ts';
import {
  type ClassSimilarity,
  type SimilarityReport,
  VOTES,
} from '../evaluate/similarity/similarity-report.ts';
import { className, labels } from '../taxonomy/current.ts';
import { paragraph, type ReportSection, type Table, table } from './document/blocks.ts';
import { figure, grouped, percent } from './figure-text.ts';

/** What the search for similar cases finds. */
export function similaritySection(report: SimilarityReport): ReportSection {
  return {
    id: 'similar-cases',
    title: 'Similar cases',
    blocks: [
      paragraph(indexText(report)),
      paragraph(methodText(report)),
      classesTable(report),
      paragraph(precisionText(report)),
      paragraph(disagreementText(report)),
    ],
  };
}

function indexText({ index }: SimilarityReport): string {
  return `With \`similar\` an answer names the training lesions whose pooled features are most like the image's: an exact search by cosine through ${grouped(index.cases)} lesions, one image each, of which ${index.dimensions} projected features are kept (${kibibytes(index.bytes)}). ${grouped(index.pictures)} of them have a picture (${kibibytes(index.pictureBytes)} in all): all of the rare classes, and of the others those that most cases find among their nearest. Of the nearest five of an image ${percent(index.picturedOfNearest5)} have one, and ${percent(index.imagesWithPicturedCase)} of the images find at least one. That a case looks alike to the network does not make it the same disease.`;
}

function methodText({ data }: SimilarityReport): string {
  return `Measured with ${grouped(data.images)} validation images of ${grouped(data.lesions)} lesions, none of which is in the index. Precision is the share of the nearest cases that have the image's diagnosis; the vote is the diagnosis that most of the nearest ${VOTES} have (the nearest of several), and beside it is the class with the highest score as served.`;
}

function classesTable({ all, byClass }: SimilarityReport): Table {
  const row = (name: string, of: ClassSimilarity) => [
    name,
    String(of.cases),
    String(of.images),
    ...[...Object.values(of.precision), of.vote, of.scores].map(measured),
  ];
  return table(
    ['', 'cases', 'images', 'precision at 1', 'at 5', 'at 16', 'right by vote', 'right by scores'],
    [
      row('all', all),
      ...labels().map((label) => row(`${label} · ${className(label)}`, byClass[label]!)),
    ],
    'In brackets: 95 % bootstrap intervals over lesions.',
  );
}

function precisionText({ all, fullSearch }: SimilarityReport): string {
  return `Mean average precision ${figure(all.meanAveragePrecision)}; by all features in full precision ${figure(fullSearch.meanAveragePrecision)}, and precision at 5 there ${figure(fullSearch.precisionAt5)}.`;
}

function disagreementText({ data, disagreement: d }: SimilarityReport): string {
  const neither = d.images - d.scoresRight - d.voteRight;
  const sentences = [
    `Vote and scores name different classes for ${d.images} of ${grouped(data.images)} images: there the scores are right for ${d.scoresRight}, the vote for ${d.voteRight}, neither for ${neither}.`,
  ];
  if (d.accuracyWhereAgreed !== null && d.accuracyOfSurest !== null) {
    sentences.push(
      `Where they agree the scores are right for ${percent(d.accuracyWhereAgreed)}; of as many images, those with the highest top score, for ${percent(d.accuracyOfSurest)}.`,
    );
  }
  if (d.review !== null) {
    const { images, malignant, malignantByLowerThreshold } = d.review;
    sentences.push(
      `Of the images that triage calls routine, ${images} have a malignant or premalignant case among their nearest ${VOTES}, and ${malignant} of them are malignant or premalignant; a lower threshold finds ${malignantByLowerThreshold} with as many reviews.`,
    );
  }
  return `${sentences.join(' ')} Neither abstention nor triage uses similar cases.`;
}

function measured({ value, interval }: Measured): string {
  if (value === null) return '–';
  return `${figure(value)} (${interval!.map(figure).join(' to ')})`;
}

function kibibytes(bytes: number): string {
  return `${grouped(Math.ceil(bytes / 1024))} KiB`;
}
