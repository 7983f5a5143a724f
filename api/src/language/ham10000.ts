import { oncePer } from '@naevus/shared/once-per';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Language } from '../schemas/languages.ts';
import type { ReasonCode } from '../schemas/reasons.ts';

/** What is said of the classes of one taxonomy in words of its own, in place of what is made of their names. */
export interface TaxonomyTexts {
  readonly reasons: Readonly<Partial<Record<ReasonCode, string>>>;
  /** What versions with these classes have not seen. */
  readonly limits: string;
  /** By the name of the operating point. */
  readonly points: Readonly<Record<string, string>>;
  /** The critical classes, as they stand in a sentence. */
  readonly critical: string;
}

/** Of the malignant score, in English: what reports in FHIR call it. */
export const HAM10000_MALIGNANT_SCORE =
  'Scores of melanoma, basal cell carcinoma and actinic keratosis together';

/** Whether the texts of HAM10000 fit: its classes in its order, with the same risks and critical classes. */
export const isHam10000 = oncePer((taxonomy: Taxonomy) => facts(taxonomy) === facts(HAM10000));

function facts({ name, classes, unseen }: Taxonomy): string {
  return JSON.stringify([
    name,
    classes.map(({ label, risk, critical }) => [label, risk, critical]),
    unseen,
  ]);
}

export const HAM10000_TEXTS: Readonly<Record<Language, TaxonomyTexts>> = {
  en: {
    reasons: {
      'far-above-threshold':
        'The scores of melanoma, basal cell carcinoma and actinic keratosis together reach a level that 9 of 10 benign lesions stay below.',
      'above-threshold':
        'The scores of melanoma, basal cell carcinoma and actinic keratosis together reach the threshold of the operating point.',
      'below-threshold':
        'The scores of melanoma, basal cell carcinoma and actinic keratosis together stay below the threshold of the operating point. This does not rule out disease.',
      'raised-by-patient':
        'What is known of the patient raises the scores of melanoma, basal cell carcinoma and actinic keratosis together to a more urgent level. It never lowers it.',
      'squamous-not-excluded':
        'The score of actinic keratosis and intraepithelial carcinoma is high enough that squamous cell carcinoma, which is none of the seven classes, cannot be excluded.',
      'melanoma-not-excluded':
        'Melanoma is in the prediction set: it cannot be excluded at the coverage asked for.',
      'no-typical-class':
        'The image is unusual for each of the seven classes: the prediction set holds the class with the highest score alone, although it fits badly.',
    },
    limits:
      'Trained on dermatoscopic images of pigmented lesions, almost only of light skin, from a few clinics. Phone photographs are outside of what it was trained on: a score for one means nothing, however high or low.',
    points: {
      'melanoma-sensitivity-90': '90 of 100 melanomas are found',
      'melanoma-sensitivity-95': '95 of 100 melanomas are found',
      'melanoma-sensitivity-98': '98 of 100 melanomas are found',
      'malignant-sensitivity-95':
        '95 of 100 melanomas, basal cell carcinomas and actinic keratoses are found',
      'specificity-90': '90 of 100 benign lesions stay below',
    },
    critical: 'melanoma',
  },
  de: {
    reasons: {
      'far-above-threshold':
        'Die Werte für Melanom, Basalzellkarzinom und aktinische Keratose erreichen zusammen eine Höhe, unter der 9 von 10 gutartigen Läsionen bleiben.',
      'above-threshold':
        'Die Werte für Melanom, Basalzellkarzinom und aktinische Keratose erreichen zusammen den Schwellenwert des Arbeitspunkts.',
      'below-threshold':
        'Die Werte für Melanom, Basalzellkarzinom und aktinische Keratose bleiben zusammen unter dem Schwellenwert des Arbeitspunkts. Das schließt eine Krankheit nicht aus.',
      'raised-by-patient':
        'Was über die Person bekannt ist, hebt die Werte für Melanom, Basalzellkarzinom und aktinische Keratose zusammen auf eine dringlichere Stufe. Es senkt sie nie.',
      'squamous-not-excluded':
        'Der Wert für aktinische Keratose und intraepitheliales Karzinom ist so hoch, dass ein Plattenepithelkarzinom, das keine der sieben Klassen ist, nicht ausgeschlossen werden kann.',
      'melanoma-not-excluded':
        'Melanom ist in der Vorhersagemenge: Es kann bei der verlangten Abdeckung nicht ausgeschlossen werden.',
      'no-typical-class':
        'Das Bild ist für jede der sieben Klassen ungewöhnlich: Die Vorhersagemenge enthält allein die Klasse mit dem höchsten Wert, obwohl sie schlecht passt.',
    },
    limits:
      'Trainiert mit dermatoskopischen Bildern pigmentierter Läsionen, fast nur heller Haut, aus wenigen Kliniken. Fotos, die ein Telefon ohne Dermatoskop aufnimmt, liegen außerhalb dessen, womit es trainiert wurde: Ein Wert für ein solches Foto bedeutet nichts, so hoch oder niedrig er ist.',
    points: {
      'melanoma-sensitivity-90': '90 von 100 Melanomen werden gefunden',
      'melanoma-sensitivity-95': '95 von 100 Melanomen werden gefunden',
      'melanoma-sensitivity-98': '98 von 100 Melanomen werden gefunden',
      'malignant-sensitivity-95':
        '95 von 100 Melanomen, Basalzellkarzinomen und aktinischen Keratosen werden gefunden',
      'specificity-90': '90 von 100 gutartigen Läsionen bleiben darunter',
    },
    critical: 'Melanom',
  },
  fr: {
    reasons: {
      'far-above-threshold':
        'Les scores de mélanome, de carcinome basocellulaire et de kératose actinique atteignent ensemble un niveau au-dessous duquel restent 9 lésions bénignes sur 10.',
      'above-threshold':
        'Les scores de mélanome, de carcinome basocellulaire et de kératose actinique atteignent ensemble le seuil du point de fonctionnement.',
      'below-threshold':
        'Les scores de mélanome, de carcinome basocellulaire et de kératose actinique restent ensemble au-dessous du seuil du point de fonctionnement. Cela n’exclut pas une maladie.',
      'raised-by-patient':
        'Ce que l’on sait de la personne élève ensemble les scores de mélanome, de carcinome basocellulaire et de kératose actinique à un niveau plus urgent. Cela ne les abaisse jamais.',
      'squamous-not-excluded':
        'Le score de kératose actinique et de carcinome intraépithélial est assez élevé pour qu’un carcinome épidermoïde, qui n’est aucune des sept classes, ne puisse être exclu.',
      'melanoma-not-excluded':
        'Le mélanome est dans l’ensemble de prédiction : il ne peut pas être exclu à la couverture demandée.',
      'no-typical-class':
        'L’image est inhabituelle pour chacune des sept classes : l’ensemble de prédiction ne contient que la classe au score le plus élevé, bien qu’elle convienne mal.',
    },
    limits:
      'Entraîné avec des images dermatoscopiques de lésions pigmentées, presque uniquement de peau claire, de quelques cliniques. Les photos prises par un téléphone sans dermatoscope sont hors de ce avec quoi il a été entraîné : un score pour une telle photo ne signifie rien, qu’il soit élevé ou bas.',
    points: {
      'melanoma-sensitivity-90': '90 mélanomes sur 100 sont trouvés',
      'melanoma-sensitivity-95': '95 mélanomes sur 100 sont trouvés',
      'melanoma-sensitivity-98': '98 mélanomes sur 100 sont trouvés',
      'malignant-sensitivity-95':
        '95 mélanomes, carcinomes basocellulaires et kératoses actiniques sur 100 sont trouvés',
      'specificity-90': '90 lésions bénignes sur 100 restent au-dessous',
    },
    critical: 'le mélanome',
  },
  es: {
    reasons: {
      'far-above-threshold':
        'Las puntuaciones de melanoma, carcinoma basocelular y queratosis actínica alcanzan juntas un nivel por debajo del cual quedan 9 de cada 10 lesiones benignas.',
      'above-threshold':
        'Las puntuaciones de melanoma, carcinoma basocelular y queratosis actínica alcanzan juntas el umbral del punto de operación.',
      'below-threshold':
        'Las puntuaciones de melanoma, carcinoma basocelular y queratosis actínica quedan juntas por debajo del umbral del punto de operación. Esto no descarta una enfermedad.',
      'raised-by-patient':
        'Lo que se sabe de la persona eleva juntas las puntuaciones de melanoma, carcinoma basocelular y queratosis actínica a un nivel más urgente. Nunca las baja.',
      'squamous-not-excluded':
        'La puntuación de queratosis actínica y carcinoma intraepitelial es lo bastante alta para que no pueda excluirse un carcinoma epidermoide, que no es ninguna de las siete clases.',
      'melanoma-not-excluded':
        'El melanoma está en el conjunto de predicción: no se puede excluir con la cobertura pedida.',
      'no-typical-class':
        'La imagen es inusual para cada una de las siete clases: el conjunto de predicción solo contiene la clase con la puntuación más alta, aunque encaja mal.',
    },
    limits:
      'Entrenado con imágenes dermatoscópicas de lesiones pigmentadas, casi solo de piel clara, de unas pocas clínicas. Las fotos que toma un teléfono sin dermatoscopio están fuera de aquello con lo que se entrenó: una puntuación para una foto así no significa nada, por alta o baja que sea.',
    points: {
      'melanoma-sensitivity-90': 'se encuentran 90 de 100 melanomas',
      'melanoma-sensitivity-95': 'se encuentran 95 de 100 melanomas',
      'melanoma-sensitivity-98': 'se encuentran 98 de 100 melanomas',
      'malignant-sensitivity-95':
        'se encuentran 95 de 100 melanomas, carcinomas basocelulares y queratosis actínicas',
      'specificity-90': '90 de 100 lesiones benignas quedan por debajo',
    },
    critical: 'melanoma',
  },
};
