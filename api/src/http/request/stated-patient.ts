import { PATIENT_VARIABLES } from '@naevus/shared/answer/patient-spec';
import type { ConvertedImage, StatedPatient } from '../../analysis/file-converter.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { withPatient } from '../../answers/resolve-options.ts';
import type { PatientQuery } from '../../schemas/request.ts';
import type { UploadedImage } from './analyse-upload.ts';
import type { AnswerSchema, ResolvedRequest } from './resolve-request.ts';

/**
 * A request with what its DICOM files say of the patient, where it asks for that. What the caller says of the patient
 * counts before it.
 *
 * @param images of one patient, converted
 * @throws ProblemError `invalid-query` where none of them is a DICOM file; `invalid-body` where they differ
 */
export function withStatedPatient<S extends AnswerSchema>(
  request: ResolvedRequest<S>,
  images: readonly UploadedImage[],
): ResolvedRequest<S> {
  const stated: PatientQuery & { readonly patient?: 'dicom' | undefined } = request.query;
  if (stated.patient === undefined) return request;
  const files = images.filter(isDicom);
  if (files.length === 0) {
    if (images.some((image) => image instanceof ProblemError)) return request;
    const detail = 'patient=dicom needs a DICOM file, and none came; leave it out, or send one';
    throw new ProblemError('invalid-query', detail);
  }
  const patient: Record<string, unknown> = {};
  for (const name of PATIENT_VARIABLES) {
    if (stated[name] !== undefined) continue;
    const values = new Set(files.map((file) => file.patient?.[name]));
    values.delete(undefined);
    if (values.size > 1) {
      const detail = `the DICOM files say more than one ${name} of the patient; send those of one patient, or ${name} yourself`;
      throw new ProblemError('invalid-body', detail);
    }
    const [value] = values;
    if (value !== undefined) patient[name] = value;
  }
  const query = { ...request.query, ...(patient as StatedPatient) };
  return { ...request, query, options: withPatient(request.options, query, request.engine.model) };
}

function isDicom(image: UploadedImage): image is ConvertedImage {
  return 'source' in image && image.source?.format === 'dicom';
}
