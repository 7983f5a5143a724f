import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { MIN_SIDE } from '../../answers/check-image.ts';
import { limitsIn } from '../../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../../schemas/languages.ts';
import { type ModelResponse, modelResponseSchema } from '../../schemas/model.ts';
import { modelQuerySchema } from '../../schemas/request.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { servedEngine } from '../request/choose-engine.ts';
import { negotiate } from '../request/negotiate.ts';
import { readQuery } from '../request/query.ts';

/** `GET /model`: what is served, what it takes, how good it was measured to be. */
export function modelRoute({ engines, limits, converter }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/model',
    open: true,
    summary: 'The model, its labels, limits, metrics, licence and card',
    answer: {
      description: "Facts of the version's manifest, and its card.",
      content: { 'application/json': modelResponseSchema },
    },
    query: modelQuerySchema,
    problems: ['not-acceptable', 'invalid-query'],
    async handle(c) {
      negotiate(c.req.header('Accept'), ['application/json']);
      const { version } = readQuery(c.req, modelQuerySchema);
      const { model } = servedEngine(engines, version);
      const { manifest, sha256, taxonomy } = model;
      const { codeSystems = {} } = taxonomy;
      return c.json<ModelResponse>({
        name: manifest.name,
        version: manifest.version,
        sha256,
        architecture: manifest.architecture,
        labels: taxonomy.classes.map(({ label, name, risk, codes }) => ({
          ...{ label, name: name.en, risk: risk ?? null },
          icd10: [...codes.icd10],
          icd11: [...codes.icd11],
          snomed_ct: [...codes.snomedCt],
        })),
        codes_checked_in: {
          ...(codeSystems.icd10 && { icd10: codeSystems.icd10.checkedIn }),
          ...(codeSystems.icd11 && { icd11: codeSystems.icd11.checkedIn }),
          ...(codeSystems.snomedCt && { snomed_ct: codeSystems.snomedCt.checkedIn }),
        },
        taxonomy: taxonomy as ModelResponse['taxonomy'],
        input: {
          formats: ['jpeg', 'png', 'webp', ...(converter?.formats ?? [])],
          preprocessing: manifest.preprocessing,
        },
        limits: {
          max_body_bytes: limits.maxBodyBytes,
          max_pixels: limits.maxPixels,
          min_side: MIN_SIDE,
          max_batch: limits.maxBatch,
          ...(limits.maxNetworkRuns !== undefined && { max_network_runs: limits.maxNetworkRuns }),
          ...(limits.maxBatchPixels !== undefined && { max_batch_pixels: limits.maxBatchPixels }),
          timeout_seconds: limits.timeoutSeconds,
        },
        calibration: manifest.calibration,
        prior: manifest.prior,
        thresholds: manifest.thresholds,
        ...(manifest.assessment && { assessment: manifest.assessment }),
        ...(manifest.similarCases && { similar_cases: manifest.similarCases }),
        training: manifest.training,
        metrics: manifest.metrics,
        licence: manifest.licence,
        intended_use: manifest.intendedUse,
        card: await model.card(),
        model_limits: limitsIn(DEFAULT_LANGUAGE, model),
        disclaimer: DISCLAIMER,
      });
    },
  };
}
