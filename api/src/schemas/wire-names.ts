// Apart from the schemas, so that the client gets by without a schema library.

/** Media type of FHIR R4 resources as JSON. */
export const FHIR_MEDIA_TYPE = 'application/fhir+json';

/** Media type of a report to keep. */
export const PDF_MEDIA_TYPE = 'application/pdf';

/** Media type of a problem document (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** What the `type` of a problem document begins with; the kind of problem follows. */
export const PROBLEM_TYPE_PREFIX = 'urn:naevus:problem:';
