import type {
  ExplanationReport,
  PixelOrderName,
} from '../evaluate/explanations/explanation-report.ts';
import { paragraph, picture, type ReportSection, type Table, table } from './document/blocks.ts';
import { cell, figure, grouped } from './figure-text.ts';
import { sideOf, signed } from './tta-section.ts';

const NAMES: Readonly<Record<PixelOrderName, string>> = {
  'grad-cam': 'grad-cam (7×7)',
  'dense-grad-cam': 'dense-grad-cam (14×14)',
  random: 'random patches',
  centre: 'the centre first',
};

/** Whether heat maps show what the network's answer rests on, with two pictures. */
export function explanationSection(report: ExplanationReport): ReportSection {
  const texts = sentences(report);
  return {
    id: 'explanations',
    title: 'Heat maps, checked',
    blocks: [
      paragraph(texts.deletion),
      areasTable(report),
      differencesTable(report),
      paragraph(texts.verdict),
      picture('deletion-insertion.svg', 'Score of the explained class by share of pixels'),
      paragraph(texts.randomised),
      cascadeTable(report),
      paragraph(texts.randomisedVerdict),
      picture('randomised-weights.svg', 'Rank correlation by how much of the network is random'),
      paragraph(
        'A map that passes shows where the score came from. It does not show that the network is right, nor where a disease is.',
      ),
    ],
  };
}

function sentences(report: ExplanationReport) {
  const { deletionInsertion: curves, randomisedWeights: random } = report;
  const last = random.cascade.at(-1)!;
  return {
    deletion: `Deletion and insertion (Petsiuk et al. 2018) on ${grouped(curves.images)} validation images, one a lesion, each class in turn: the pixels that a map calls hottest are replaced by the picture's mean colour first, or put first into the blurred picture, in ${curves.steps} steps, and the score of the explained class is followed. A map that shows what the score rests on has a small area under the first curve and a large one under the second.`,
    verdict: curves.differences
      .map(({ order, than, deletion, insertion }) => {
        return `${NAMES[order]} against ${NAMES[than]}: deletion ${compared(-sideOf(deletion))}, insertion ${compared(sideOf(insertion))}.`;
      })
      .join(' '),
    randomised: `Sanity check (Adebayo et al. 2018) on ${random.images} of these images: weights are replaced by random ones from the classifier down, and the map of the same class is compared with the trained network's by rank correlation. A map that did not change would show the picture, not the network. Two maps of different images by the trained network have what the last line says in common.`,
    randomisedVerdict: Object.entries(last.byMethod)
      .map(([method, { value, interval }]) => {
        const pair = random.unrelatedImages.byMethod[method as keyof typeof last.byMethod];
        const kept = (interval.low ?? 1) > (pair.value ?? 0);
        return `With all weights random, ${method} ${kept ? 'KEEPS more of the trained map than an unrelated image has in common with it' : 'has no more of the trained map than an unrelated image has'}: ${figure(value)} against ${figure(pair.value)}.`;
      })
      .join(' '),
  };
}

function compared(side: number): string {
  if (side === 0) return 'no difference shown';
  return side > 0 ? 'better' : 'worse';
}

function areasTable({ deletionInsertion: { orders } }: ExplanationReport): Table {
  return table(
    ['pixels ordered by', 'deletion (lower is better)', 'insertion (higher is better)'],
    orders.map(({ order, deletion, insertion }) => [
      NAMES[order],
      cell(deletion.value, deletion.interval),
      cell(insertion.value, insertion.interval),
    ]),
    'Areas under the curves, with 95 % intervals over lesions.',
  );
}

function differencesTable({ deletionInsertion: { differences } }: ExplanationReport): Table {
  return table(
    ['difference', 'deletion', 'insertion'],
    differences.map(({ order, than, deletion, insertion }) => [
      `${NAMES[order]} less ${NAMES[than]}`,
      signed(deletion),
      signed(insertion),
    ]),
    'Differences on the same images.',
  );
}

function cascadeTable({ randomisedWeights }: ExplanationReport): Table {
  const { cascade, unrelatedImages } = randomisedWeights;
  const row = (name: string, { byMethod }: typeof unrelatedImages) => [
    name,
    ...Object.values(byMethod).map(({ value, interval }) => cell(value, interval)),
  ];
  return table(
    ['random from the classifier down to', ...Object.keys(unrelatedImages.byMethod)],
    [
      ...cascade.map((stage) => row(stage.downTo, stage)),
      row('nothing, but of another image', unrelatedImages),
    ],
  );
}
