import type { ProblemError } from '../../answers/problem-error.ts';
import { withPatient } from '../../answers/resolve-options.ts';
import {
  type PatientSource,
  type StatingFile,
  statedPatient,
} from '../../answers/stated-patient.ts';
import type { UploadedImage } from './analyse-upload.ts';
import type { AnswerSchema, ResolvedRequest } from './resolve-request.ts';

/**
 * A request with what its DICOM files say of the patient, where it asks for that.
 *
 * @param images of one patient, converted
 * @throws ProblemError as {@link statedPatient}
 */
export function addStatedPatient<S extends AnswerSchema>(
  request: ResolvedRequest<S>,
  images: readonly UploadedImage[],
): ResolvedRequest<S> {
  const known: PatientSource = request.query;
  const files = images.map((image): StatingFile | ProblemError =>
    image instanceof Uint8Array ? {} : image,
  );
  const stated = statedPatient(known, files);
  if (stated === undefined) return request;
  const query = { ...request.query, ...stated };
  return { ...request, query, options: withPatient(request.options, query, request.engine.model) };
}
