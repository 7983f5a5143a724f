import { PATIENT_VARIABLES } from '@naevus/shared/answer/patient-spec';
import type { ServedModel } from '../analysis/engine.ts';
import type { ConvertedImage, StatedPatient } from '../analysis/file-converter.ts';
import type { PatientQuery } from '../schemas/request.ts';
import { ProblemError } from './problem-error.ts';
import { type AnswerOptions, withPatient } from './resolve-options.ts';

/** A file with what it says of its patient; none of both for one that was not converted. */
export type StatingFile = Partial<Pick<ConvertedImage, 'source' | 'patient'>>;

/** What a caller says of the patient, and where else it may be read from. */
export type PatientSource = PatientQuery & { readonly patient?: 'dicom' | undefined };

/**
 * What the DICOM files of one patient say of that patient, as far as the caller does not.
 *
 * @param known what the caller says; it counts before the files
 * @param files all of one patient; those that are no DICOM files say nothing
 * @returns undefined where no DICOM file could be read
 * @throws ProblemError `invalid-query` where none of them is a DICOM file; `invalid-body` where they differ
 */
export function statedPatient(
  known: PatientQuery,
  files: readonly (StatingFile | ProblemError)[],
): StatedPatient | undefined {
  const stating = files.filter(isDicom);
  if (stating.length === 0) {
    // Why a file could not be read is told before this.
    if (files.some((file) => file instanceof ProblemError)) return undefined;
    const detail = 'patient=dicom needs a DICOM file, and none came; leave it out, or send one';
    throw new ProblemError('invalid-query', detail);
  }
  const patient: Record<string, unknown> = {};
  for (const name of PATIENT_VARIABLES) {
    if (known[name] !== undefined) continue;
    const values = new Set(stating.map((file) => file.patient?.[name]));
    values.delete(undefined);
    if (values.size > 1) {
      const detail = `the DICOM files say more than one ${name} of the patient; send those of one patient, or ${name} yourself`;
      throw new ProblemError('invalid-body', detail);
    }
    const [value] = values;
    if (value !== undefined) patient[name] = value;
  }
  return patient as StatedPatient;
}

/**
 * The same options with the patient that the files state, where the query asks for that.
 *
 * @throws ProblemError as {@link statedPatient}
 */
export function withStatedPatient(
  options: AnswerOptions,
  query: PatientSource,
  files: readonly (StatingFile | ProblemError)[],
  model: ServedModel,
): AnswerOptions {
  if (query.patient === undefined) return options;
  const stated = statedPatient(query, files);
  return stated ? withPatient(options, { ...query, ...(stated as PatientQuery) }, model) : options;
}

function isDicom(file: StatingFile | ProblemError): file is StatingFile {
  return !(file instanceof ProblemError) && file.source?.format === 'dicom';
}
