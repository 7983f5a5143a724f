import type { LesionFigure, LesionReport } from '../evaluate/lesions/lesion-report.ts';
import { criticalNames } from '../taxonomy/current.ts';
import { cell, figure, grouped, measuredPercent } from './figure-text.ts';
import { signed } from './tta-section.ts';

function nameOf(figure: LesionFigure): string {
  const names: Readonly<Record<LesionFigure, string>> = {
    balancedAccuracy: 'balanced accuracy',
    logLoss: 'log loss',
    melanomaSensitivity: `${criticalNames() ?? 'critical classes'} found at the default operating point`,
    specificity: 'benign lesions not flagged there',
  };
  return names[figure];
}

/** The model card's section on lesions with several photos, in Markdown. */
export function lesionSection(report: LesionReport): string {
  const { fittedOn, pooling, temperature, byPhotos, pooledAgainstSingle: paired } = report;
  const lowered = Object.entries(report.thresholds).filter(
    ([, { image, several }]) => several < image,
  );
  return `## Several photos of one lesion

\`POST /lesion\` answers to up to 8 photos of one lesion. Photos that are abstained from have no vote. One photo is answered as an image is. Measured on the ${grouped(fittedOn.lesions)} validation lesions, ${grouped(fittedOn.severalPhotos)} of which have two or more photos with a vote; what was fitted is measured on other lesions (${fittedOn.folds} folds).

**Pooling: ${pooling.chosen}**, the first of these whose log loss is within one standard error of the lowest:

| pooling | log loss | standard error to the lowest | balanced accuracy |
| --- | ---: | ---: | ---: |
${pooling.candidates.map((each) => `| ${each.pooling} | ${each.logLoss.toFixed(4)} | ${each.standardError.toFixed(4)} | ${figure(each.balancedAccuracy)} |`).join('\n')}

The logarithms of the pooled scores are divided by ${temperature.used.toFixed(3)}: a fitted temperature of ${temperature.fitted.toFixed(3)} changes the log loss of other lesions by ${temperature.logLossDifference.toFixed(4)} (standard error ${temperature.standardError.toFixed(4)}), and is used where that is a gain of more than one standard error.

Against one photo of the same ${grouped(paired.lesions)} lesions, drawn at random (${grouped(paired.photos)} photos; 95 % bootstrap intervals over lesions):

| | one photo | pooled | difference |
| --- | --- | --- | --- |
${Object.entries(paired.figures)
  .map(
    ([name, { single, pooled, difference }]) =>
      `| ${nameOf(name as LesionFigure)} | ${cell(single.value, single.interval)} | ${cell(pooled.value, pooled.interval)} | ${signed(difference)} |`,
  )
  .join('\n')}

By how many photos have a vote. Sets of several photos have class-conditional quantiles of their own; with those of images they would cover what the next column says. A calibration error is to be read against the one by chance, which as many lesions have where the labels are drawn from the scores themselves.

| photos | lesions | calibration error | by chance | covered at 90 % | by the images' quantiles | classes in the set | ${criticalNames() ?? 'critical classes'} found | benign not flagged |
| --- | ---: | ---: | ---: | --- | --- | ---: | --- | --- |
${byPhotos
  .map((row) =>
    [
      row.photos,
      row.lesions,
      optional(row.expectedCalibrationError, 3),
      optional(row.calibrationErrorByChance, 3),
      measuredPercent(row.coverage90),
      measuredPercent(row.coverage90ByImageQuantiles),
      optional(row.meanSetSize, 2),
      `${measuredPercent(row.melanomaSensitivity)} of ${row.melanomas}`,
      measuredPercent(row.specificity),
    ].join(' | '),
  )
  .map((cells) => `| ${cells} |`)
  .join('\n')}

Lesions that were photographed more than once are not like the others: they were suspicious enough to be photographed again. The rows compare how well answers hold, not what a further photo is worth; the table before them does. ${thresholdSentence(lowered)} In ${measuredPercent(report.moreUrgentPhoto)} of the lesions with several photos one photo by itself would get a more urgent word than all together; the answer says so.
`;
}

function thresholdSentence(lowered: readonly [string, { image: number; several: number }][]) {
  if (lowered.length === 0) {
    return 'The thresholds are those of images: with several photos none finds fewer than it promises beyond its interval, and they are never raised.';
  }
  return `For several photos these thresholds are lowered, as too few were found: ${lowered
    .map(([point, { image, several }]) => `${point} (${image.toFixed(3)} to ${several.toFixed(3)})`)
    .join(', ')}.`;
}

function optional(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits);
}
