/** The parts of FHIR R4 that are used here. https://hl7.org/fhir/R4/ */
export interface Coding {
  readonly system: string;
  readonly code: string;
  readonly display?: string;
}

export interface CodeableConcept {
  readonly coding?: readonly Coding[];
  readonly text?: string;
}

export interface Reference {
  readonly reference: string;
}

export interface Quantity {
  readonly value: number;
  readonly unit: string;
  readonly system: string;
  readonly code: string;
}

interface ObservationValue {
  readonly valueQuantity?: Quantity;
  readonly valueBoolean?: boolean;
  readonly valueCodeableConcept?: CodeableConcept;
  readonly dataAbsentReason?: CodeableConcept;
  readonly referenceRange?: readonly {
    readonly low?: Quantity;
    readonly high?: Quantity;
    readonly text?: string;
  }[];
}

export interface Observation extends ObservationValue {
  readonly resourceType: 'Observation';
  readonly id: string;
  readonly status: 'preliminary';
  readonly code: CodeableConcept;
  readonly subject?: Reference;
  readonly encounter?: Reference;
  readonly bodySite?: CodeableConcept;
  readonly device: Reference;
  readonly note?: readonly { readonly text: string }[];
  readonly component?: readonly (ObservationValue & { readonly code: CodeableConcept })[];
}

export interface Device {
  readonly resourceType: 'Device';
  readonly id: string;
  readonly identifier: readonly { readonly system: string; readonly value: string }[];
  readonly deviceName: readonly { readonly name: string; readonly type: 'model-name' }[];
  readonly type: CodeableConcept;
  readonly version: readonly { readonly value: string }[];
  readonly note: readonly { readonly text: string }[];
}

export interface DiagnosticReport {
  readonly resourceType: 'DiagnosticReport';
  readonly meta: { readonly security: readonly Coding[] };
  readonly text: { readonly status: 'generated'; readonly div: string };
  readonly contained: readonly (Device | Observation)[];
  readonly identifier: readonly { readonly system: string; readonly value: string }[];
  readonly basedOn?: readonly Reference[];
  readonly status: 'preliminary';
  readonly code: CodeableConcept;
  readonly subject?: Reference;
  readonly encounter?: Reference;
  readonly issued: string;
  readonly result: readonly Reference[];
  readonly conclusion: string;
  readonly presentedForm?: readonly {
    readonly contentType: 'image/png';
    readonly title: string;
    readonly data: string;
  }[];
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome';
  readonly issue: readonly {
    readonly severity: 'error' | 'fatal';
    readonly code: string;
    readonly details: CodeableConcept;
    readonly diagnostics: string;
  }[];
}
