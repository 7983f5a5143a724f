import type { BodySiteName } from '@naevus/shared/answer/body-site';
import type { Sex } from '@naevus/shared/answer/patient-spec';
import { classOf } from '@naevus/shared/taxonomy/taxonomy';
import type { ReportContent, ReportedPhoto } from '../answers/report-content.ts';
import { CATALOGUES } from '../language/catalogues.ts';
import { classTexts } from '../language/class-texts.ts';
import { fill } from '../language/page/fill.ts';
import { REPORT_TEXTS } from '../language/report-texts.ts';
import { caveatsIn, translateLesion } from '../language/translate-answer.ts';
import type { PredictionSet } from '../schemas/assessment.ts';
import type { LesionAnswer, LesionPhoto } from '../schemas/lesion.ts';
import { printable } from './printable.ts';

type Pdf = InstanceType<typeof import('pdfkit')>;

/** A4, in points. */
const PAGE = { width: 595.28, height: 841.89, margin: 36 };
const WIDTH = PAGE.width - 2 * PAGE.margin;

const INK = '#1a1a1a';
const GREY = '#5a5a5a';
const LINE = '#c8c8c8';
const WARNING = '#8a1c00';
const PANEL = '#f3f1ee';

const TEXT = 8.5;
const SMALL = 7;
const LARGE = 15;
const HEADING = 10;
const GAP = 8;
/** Height of the row of a class. */
const SCORE_ROW = TEXT * 1.55;

/** Columns of photos, each with its heat map beside it, and their height: fewer photos are larger. */
const GRIDS = [
  { photos: 1, columns: 1, height: 190 },
  { photos: 2, columns: 2, height: 100 },
  { photos: 4, columns: 2, height: 92 },
  { photos: 8, columns: 4, height: 60 },
] as const;

/**
 * One page about one lesion: photos and heat maps, scores, triage and why, what the model has not seen, which version
 * answered, when, and the disclaimer. An answer that is abstained from has no scores on it: paper outlives the warning.
 *
 * @returns a PDF file
 */
export async function lesionReport(original: ReportContent): Promise<Uint8Array<ArrayBuffer>> {
  const { default: PDFDocument } = await import('pdfkit');
  const { answer, language, model } = original;
  const content = { ...original, answer: translateLesion(answer, language, model.taxonomy) };
  const { title } = REPORT_TEXTS[content.language];
  const doc = new PDFDocument({
    size: [PAGE.width, PAGE.height],
    // Nothing may run over to a second page by itself.
    margins: { left: PAGE.margin, right: PAGE.margin, top: PAGE.margin, bottom: 0 },
    info: { Title: printable(title), Creator: 'Naevus', CreationDate: content.date },
    lang: content.language,
  });
  const parts: Uint8Array[] = [];
  doc.on('data', (part: Uint8Array) => parts.push(part));
  const ended = new Promise<void>((resolve) => doc.once('end', resolve));
  head(doc, content);
  decision(doc, content);
  pictures(doc, content);
  const top = footTop(doc, content);
  scores(doc, content, top);
  foot(doc, content, top);
  doc.end();
  await ended;
  return new Uint8Array(Buffer.concat(parts));
}

function write(
  doc: Pdf,
  text: string,
  { size = TEXT, bold = false, colour = INK, ...options }: TextStyle = {},
): void {
  doc
    .font(bold ? 'Helvetica-Bold' : 'Helvetica')
    .fontSize(size)
    .fillColor(colour)
    .text(printable(text), options.x ?? PAGE.margin, options.y ?? doc.y, {
      width: options.width ?? WIDTH,
      ...(options.height !== undefined && { height: options.height, ellipsis: true }),
      ...(options.align && { align: options.align }),
    });
}

interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  /** What does not fit is cut off, with an ellipsis. */
  readonly height?: number;
  readonly align?: 'left' | 'right';
}

function heightOf(doc: Pdf, text: string, width: number, size = TEXT): number {
  doc.font('Helvetica').fontSize(size);
  return doc.heightOfString(printable(text), { width });
}

function head(doc: Pdf, { language, date, id }: ReportContent): void {
  const { title, made } = REPORT_TEXTS[language];
  write(doc, title, { size: LARGE, bold: true });
  const { requestId } = CATALOGUES[language].page.script;
  const facts = [
    fill(made, { date: `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC` }),
    ...(id === undefined ? [] : [fill(requestId, { id })]),
  ];
  write(doc, facts.join(' · '), { size: SMALL, colour: GREY });
  doc.y += GAP / 2;
  panel(doc, CATALOGUES[language].disclaimer, WARNING);
}

/** A text on a ground of its own. */
function panel(doc: Pdf, text: string, colour: string): void {
  const inset = 6;
  const height = heightOf(doc, text, WIDTH - 2 * inset) + 2 * inset;
  const top = doc.y;
  doc.rect(PAGE.margin, top, WIDTH, height).fill(PANEL);
  write(doc, text, {
    ...{ colour, bold: false, x: PAGE.margin + inset, y: top + inset, width: WIDTH - 2 * inset },
  });
  doc.y = top + height + GAP;
}

function decision(doc: Pdf, { language, answer, model }: ReportContent): void {
  const { script } = CATALOGUES[language].page;
  const { classes } = classTexts(model.taxonomy, language);
  const { assessment, prediction_set, pooled } = answer;
  if (assessment === undefined) return;
  const word = assessment.abstained ? 'abstained' : assessment.triage;
  if (word === null) write(doc, script.noTriage);
  else {
    const triage = script.words[word];
    write(doc, fill(script.assessed, { triage }), { size: HEADING + 2, bold: true });
    write(doc, script.steps[word]);
  }
  doc.y += GAP / 2;
  const lines = assessment.reasons.map(({ text }) => text);
  if (!assessment.abstained) {
    const { malignant_score: score, threshold, operating_point: point } = assessment;
    if (score !== null && threshold !== null && point !== null) {
      lines.unshift(
        fill(score >= threshold ? script.reached : script.stayedBelow, {
          score: percent(score, language),
          threshold: percent(threshold, language),
          point,
        }),
      );
    }
    if (prediction_set) lines.push(setLine(prediction_set, classes, language));
  }
  if (pooled.photos > 1) {
    lines.push(fill(script.pooled, { counted: pooled.counted, photos: pooled.photos }));
    if (!pooled.fitted) lines.push(script.notFitted);
  }
  const patient = patientLine(answer, language);
  if (patient !== undefined) lines.push(patient);
  for (const line of lines) write(doc, `– ${line}`);
  doc.y += GAP;
}

function setLine(
  { labels, coverage }: PredictionSet,
  classes: Readonly<Record<string, string>>,
  language: ReportContent['language'],
): string {
  const { script } = CATALOGUES[language].page;
  const names = labels.map((label) => classes[label]).join(', ');
  return fill(script.set, {
    names: names === '' ? script.noneOfClasses : names,
    coverage: percent(coverage, language),
  });
}

function patientLine(
  { patient, assessment }: LesionAnswer,
  language: ReportContent['language'],
): string | undefined {
  if (patient === undefined) return undefined;
  const { script } = CATALOGUES[language].page;
  const named = ({
    name,
    value,
  }: {
    name: keyof typeof script.variables;
    value: string | number;
  }) => {
    const words: Readonly<Record<string, string>> = name === 'sex' ? script.sexes : script.sites;
    return `${script.variables[name]} ${words[value as Sex | BodySiteName] ?? value}`;
  };
  const { used, not_used, malignant_score } = patient;
  return [
    ...(used.length > 0 ? [fill(script.usedOfPatient, { names: used.map(named).join(', ') })] : []),
    ...(not_used.length > 0
      ? [fill(script.notUsedOfPatient, { names: not_used.map(named).join(', ') })]
      : []),
    ...(used.length > 0 && !assessment?.abstained && malignant_score !== null
      ? [fill(script.withPatient, { score: percent(malignant_score, language) })]
      : []),
  ].join(' ');
}

function pictures(doc: Pdf, { language, photos, answer, model }: ReportContent): void {
  const { classes } = classTexts(model.taxonomy, language);
  const grid = GRIDS.find((one) => photos.length <= one.photos) ?? GRIDS.at(-1)!;
  const width = (WIDTH - (grid.columns - 1) * GAP) / grid.columns;
  const captions = SMALL * 2.6;
  const top = doc.y;
  for (const [i, photo] of photos.entries()) {
    const x = PAGE.margin + (i % grid.columns) * (width + GAP);
    const y = top + Math.floor(i / grid.columns) * (grid.height + captions + GAP / 2);
    pair(doc, photo, { x, y, width, height: grid.height });
    const caption = captionOf(photo, answer.images[i]!, i, language, photos.length, classes);
    write(doc, caption, {
      ...{ size: SMALL - 0.5, colour: GREY, x, y: y + grid.height + 2, width, height: captions },
    });
  }
  const rows = Math.ceil(photos.length / grid.columns);
  doc.y = top + rows * (grid.height + captions + GAP / 2) + GAP / 2;
}

/** A photo and its heat map, side by side. */
function pair(
  doc: Pdf,
  { heatmap }: ReportedPhoto,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): void {
  const half = (width - 2) / 2;
  if (heatmap?.photo === undefined) {
    doc.rect(x, y, width, height).strokeColor(LINE).lineWidth(0.5).stroke();
    return;
  }
  for (const [k, png] of [heatmap.photo, heatmap.overlay].entries()) {
    doc.image(Buffer.from(png), x + k * (half + 2), y, {
      fit: [half, height],
      align: 'center',
      valign: 'center',
    });
  }
}

function captionOf(
  photo: ReportedPhoto,
  answer: LesionPhoto,
  i: number,
  language: ReportContent['language'],
  count: number,
  classes: Readonly<Record<string, string>>,
): string {
  const { script } = CATALOGUES[language].page;
  const state =
    'error' in answer
      ? script.unread
      : answer.weight === 0
        ? script.leftOut
        : fill(script.weight, { share: percent(answer.weight, language) });
  const name = photo.name === undefined ? '' : photo.name;
  return [
    fill(script.photoNumber, { number: i + 1, name }).replace(/: $/, ''),
    ...(count > 1 || 'error' in answer || answer.weight === 0 ? [state] : []),
    ...(photo.heatmap === undefined
      ? []
      : [
          fill(REPORT_TEXTS[language].heatmap, {
            name: classes[photo.heatmap.label]!,
          }),
        ]),
  ].join('. ');
}

function scores(doc: Pdf, { language, answer, model }: ReportContent, bottom: number): void {
  if (answer.assessment?.abstained) return;
  const { script } = CATALOGUES[language].page;
  const texts = REPORT_TEXTS[language];
  const count = answer.predictions.length;
  write(doc, fill(texts.scores, { count }), { size: HEADING, bold: true });
  doc.y += 2;
  const [names, bars, figures] = [250, 115, 42];
  for (const [i, { label, name, score, risk }] of answer.predictions.entries()) {
    const y = doc.y;
    if (i < count - 1 && y + 2 * SCORE_ROW > bottom) {
      write(doc, fill(texts.more, { count: count - i }));
      break;
    }
    const { icd10 } = classOf(model.taxonomy, label).codes;
    const title = risk === null ? name : `${name} (${script.risks[risk]})`;
    write(doc, title, { y, width: names, height: TEXT * 1.4 });
    const bar = PAGE.margin + names + GAP;
    doc.rect(bar, y, bars, TEXT - 1).fill(PANEL);
    doc.rect(bar, y, Math.max(0.5, bars * score), TEXT - 1).fill(GREY);
    const x = bar + bars + GAP;
    write(doc, percent(score, language), { y, x, width: figures, align: 'right' });
    const code = icd10.length > 0 ? `ICD-10 ${icd10.join(', ')}` : '';
    write(doc, code, {
      ...{
        size: SMALL,
        colour: GREY,
        y: y + 1,
        x: x + figures + GAP,
        width: 100,
        height: SMALL * 1.4,
      },
    });
    doc.y = y + SCORE_ROW;
  }
  doc.y += GAP / 2;
}

/** What the model has not seen, and where the words come from. */
function footTexts(language: ReportContent['language'], model: ReportContent['model']): string[] {
  const { limits, translation } = caveatsIn(language, model);
  return [limits, ...(translation === undefined ? [] : [translation])];
}

/** Where the lower edge begins. */
function footTop(doc: Pdf, { language, model }: ReportContent): number {
  const texts = footTexts(language, model);
  const heights = texts.map((text) => heightOf(doc, text, WIDTH, SMALL + 0.5) + 2);
  const height = heights.reduce((sum, one) => sum + one, 0) + HEADING * 1.4 + SMALL * 1.6;
  return PAGE.height - PAGE.margin - height;
}

/** At the lower edge: what the model has not seen, which version answered, and where the words come from. */
function foot(doc: Pdf, { language, model }: ReportContent, top: number): void {
  const { name, version, sha256 } = model;
  const digest = `${name} ${version}, sha256 ${sha256}`;
  doc.y = top;
  doc.moveTo(PAGE.margin, doc.y - 4).lineTo(PAGE.margin + WIDTH, doc.y - 4);
  doc.strokeColor(LINE).lineWidth(0.5).stroke();
  write(doc, REPORT_TEXTS[language].notSeen, { bold: true });
  for (const text of footTexts(language, model)) {
    write(doc, text, { size: SMALL + 0.5 });
    doc.y += 2;
  }
  write(doc, digest, { size: SMALL, colour: GREY });
}

/** As in `12.3 %`, with a no-break space. */
/** With the decimal mark of the language. */
function percent(share: number, language: ReportContent['language']): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${new Intl.NumberFormat(language, digits).format(100 * share)}\u00a0%`;
}
