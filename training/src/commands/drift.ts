import { resolve } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import {
  compareWithReference,
  type DriftComparison,
  MODERATE_SHIFT,
} from '../evaluate/drift/compare.ts';
import { readPredictions, readServers } from '../evaluate/drift/read-window.ts';
import { DRIFT_REFERENCE_PATH, loadDriftReference } from '../evaluate/drift/reference.ts';
import { driftText } from '../reports/drift-text.ts';
import { useTaxonomy } from '../taxonomy/current.ts';
import { currentVersionFolder } from '../versions/artifact-folder.ts';
import { MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand, UsageError } from './frame/run-command.ts';

const HELP = `Compares a server's answers with the answers of its version to the validation images.

npm run drift -- --metrics URL|FILE [--since FILE] [--model VERSION_DIR] [--json]
npm run drift -- --predictions CSV [--model VERSION_DIR] [--json]

--metrics URL|FILE  /metrics of a server, or a saved response; can be repeated: several servers are summed
--since FILE        an earlier response of the same server: only what was counted in between is compared; one for each
                    --metrics, in their order (default: everything since the server started)
--predictions CSV   output of naevus predict --format csv or of evaluate; only scores are compared
--model DIR         folder of the version that answered (default: the current one of model-artifacts)
--threshold N       population stability index, beyond what chance explains, from which a change counts as drift
                    (default: ${MODERATE_SHIFT}, a rule of thumb)
--json              print the figures as JSON, and nothing else (npm run --silent drift: without npm's own lines)
--help              show this text

The key in NAEVUS_KEY is sent to servers that require one.

Exit status: 0 no drift, 1 drift, 2 cannot tell (too few images, or an error).
`;

const EXIT: Readonly<Record<DriftComparison['verdict'], number>> = {
  'no-drift': 0,
  drift: 1,
  'cannot-tell': 2,
};

await runCommand({
  help: HELP,
  options: {
    metrics: { type: 'string', multiple: true, default: [] },
    since: { type: 'string', multiple: true, default: [] },
    predictions: { type: 'string' },
    model: { type: 'string' },
    threshold: { type: 'string', default: String(MODERATE_SHIFT) },
    json: { type: 'boolean', default: false },
  },
  errorStatus: EXIT['cannot-tell'],
  async run(values) {
    const { metrics, since, predictions } = values;
    if (metrics.length > 0 === (predictions !== undefined)) {
      throw new UsageError('--metrics or --predictions is needed, and not both', HELP);
    }
    if (since.length > 0 && metrics.length === 0) throw new Error('--since needs --metrics');
    const threshold = Number(values.threshold);
    if (!(threshold > 0 && Number.isFinite(threshold))) {
      throw new Error(`--threshold ${values.threshold} is not a number above 0`);
    }

    const folder = values.model
      ? resolve(values.model)
      : await currentVersionFolder(MODEL_ARTIFACTS);
    const source = folderSource(folder);
    const { manifest, sha256 } = await loadManifest(source);
    useTaxonomy(taxonomyOf(manifest), folder);
    const { name, version } = manifest;
    const reference = await loadDriftReference(source, manifest);
    if (reference === undefined) {
      throw new Error(
        `${name} ${version} has no ${DRIFT_REFERENCE_PATH} to compare with: it was exported before there were any, or on fewer than 200 validation lesions. Export its run again as a new version and serve that`,
      );
    }
    const { histograms, notes } =
      predictions === undefined
        ? await readServers(metrics, since, { version, sha256 }, process.env.NAEVUS_KEY)
        : await readPredictions(predictions);
    const comparison = compareWithReference(reference, histograms, threshold);
    if (values.json) {
      console.log(
        JSON.stringify({ model: { name, version, sha256 }, ...comparison, notes }, null, 2),
      );
    } else {
      console.log(`${name} ${version}\n${driftText(comparison)}`);
      for (const note of notes) console.log(`Note: ${note}`);
    }
    return EXIT[comparison.verdict];
  },
});
