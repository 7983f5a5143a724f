import { parseBodySite } from '@naevus/shared/answer/body-site';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { Context } from 'hono';
import type { Analysis, HeatmapOptions, ServedModel } from '../../analysis/engine.ts';
import { answerFactors, modelReference } from '../../answers/prediction-answer.ts';
import type { AnswerOptions } from '../../answers/resolve-options.ts';
import { diagnosticReport, type Reported } from '../../fhir/diagnostic-report.ts';
import { classTexts } from '../../language/class-texts.ts';
import { limitsIn } from '../../language/translate-answer.ts';
import type { ReportContext } from '../../schemas/fhir.ts';
import { DEFAULT_LANGUAGE } from '../../schemas/languages.ts';
import type { PatientQuery } from '../../schemas/request.ts';
import { FHIR_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import type { AppEnv } from '../context/app-env.ts';

/** What a query says of a report. */
export type ReportQuery = ReportContext & PatientQuery & { readonly heatmap: boolean };

/** The heat map that a report presents where one was asked for: of the highest score. */
export function reportHeatmap(
  { heatmap }: ReportQuery,
  model: ServedModel,
  options: AnswerOptions,
): { readonly heatmap?: HeatmapOptions } {
  if (!heatmap) return {};
  const factors = answerFactors(model, options);
  return { heatmap: { alpha: 0.5, overlay: 'thumbnail', factors } };
}

/**
 * Answers with a FHIR R4 `DiagnosticReport`.
 *
 * @param analyses whose heat maps are presented, in the order sent
 */
export function respondWithReport(
  c: Context<AppEnv>,
  answer: Pick<Reported, 'predictions' | 'assessment' | 'prediction_set' | 'images'>,
  analyses: readonly Analysis[],
  query: ReportQuery,
  model: ServedModel,
  { patient }: AnswerOptions,
): Response {
  const heatmaps = analyses.flatMap(({ heatmap }, i) =>
    heatmap
      ? [
          {
            title: `Image ${i + 1}: what raised the score of ${heatmap.label}`,
            data: new TextDecoder().decode(heatmap.overlay),
          },
        ]
      : [],
  );
  const report = diagnosticReport(
    {
      ...answer,
      id: c.var.requestId,
      model: modelReference(model),
      taxonomy: model.taxonomy,
      malignantScoreName: classTexts(model.taxonomy, DEFAULT_LANGUAGE).malignantScore,
      patientUsed: patient?.used ?? [],
      limits: limitsIn(DEFAULT_LANGUAGE, model),
      disclaimer: DISCLAIMER,
    },
    { ...query, site: query.site === undefined ? undefined : parseBodySite(query.site) },
    new Date().toISOString(),
    heatmaps,
  );
  c.header('Cache-Control', 'no-store');
  return c.body(JSON.stringify(report), 200, { 'Content-Type': FHIR_MEDIA_TYPE });
}
