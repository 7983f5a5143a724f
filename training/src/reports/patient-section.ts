import type { LossDifference, PatientReport } from '../evaluate/patient/patient-report.ts';
import { criticalNames } from '../taxonomy/current.ts';
import { grouped, measuredPercent } from './figure-text.ts';

/** The model card's section on what age, sex and site change, in Markdown. */
export function patientSection(report: PatientReport): string {
  const { fittedOn, validatedOn, tried, used, strength, logLossDifference, triageByAge } = report;
  return `## What is known of the patient

Age, sex and site change how common the classes are among patients like this one: p(class | patient) / p(class), fitted on ${grouped(fittedOn.lesions)} training lesions with shrinkage and class frequencies of its own for each part of the data (collection, and how the diagnosis was made), so that nothing is learned of where an image is from. Tried on ${grouped(validatedOn.lesions)} validation lesions, each collection under its own class frequencies; how strongly the factors count is cross-fitted. A variable is used where it lowers the log loss in all of them, beyond its interval, and in each part.

| variable | log loss with less without | used |
| --- | --- | --- |
${tried.map((one) => `| ${one.variable} | ${signed(one.overall)} | ${one.kept ? 'yes' : `no: ${one.reason}`} |`).join('\n')}

| variable, part | images | log loss with less without |
| --- | ---: | --- |
${tried
  .flatMap((one) =>
    [...one.byPart, ...one.bySiteName].map(
      (part) => `| ${one.variable}: ${part.part} | ${part.images} | ${signed(part)} |`,
    ),
  )
  .join('\n')}

${
  logLossDifference === null
    ? '**Nothing of the patient is used: an answer says so, and why.**'
    : `**Used: ${used.join(', ')}**, with a strength of ${strength}: log loss ${signed(logLossDifference)}.`
} What is not known changes nothing.

The patient may raise the triage word and never lower it. At the default operating point, by age:

| age | ${criticalNames() ?? 'critical classes'} | found without | found with | benign | not flagged without | not flagged with |
| --- | ---: | --- | --- | ---: | --- | --- |
${triageByAge
  .map((row) =>
    [
      row.ageBand,
      row.melanomas,
      measuredPercent(row.melanomaSensitivity.without),
      measuredPercent(row.melanomaSensitivity.with),
      row.benign,
      measuredPercent(row.specificity.without),
      measuredPercent(row.specificity.with),
    ].join(' | '),
  )
  .map((cells) => `| ${cells} |`)
  .join('\n')}
`;
}

function signed({ value, interval: [low, high] }: LossDifference): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
}
