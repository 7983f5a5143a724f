import type { Language } from '../schemas/languages.ts';
import type { PageTexts } from './page/en.ts';

/** What the page says of the images where the classes are not HAM10000's, and so may be of anything. */
interface AnyImages {
  readonly markup: Pick<PageTexts['markup'], 'title' | 'description' | 'tagline' | 'notForPhones'>;
  readonly photos: Pick<PageTexts['markup']['photos'], 'takeCaution'>;
  readonly answer: Pick<
    PageTexts['markup']['answer'],
    'readingOrigin' | 'readingPhone' | 'readingPhoneEnd'
  >;
}

const TEXTS: Readonly<Record<Language, AnyImages>> = {
  en: {
    markup: {
      title: 'Naevus: scores for images',
      description: 'Scores of {count} classes for images, for research and education only.',
      tagline:
        'Scores photos for {count} diagnostic classes, and shows which regions influenced the score.',
      notForPhones: 'for images of another kind than those that the model was trained on',
    },
    photos: {
      takeCaution:
        'A photo of another kind than the training images is outside of what the model was trained on: no score for it means anything.',
    },
    answer: {
      readingOrigin: 'The network learned from its training images only.',
      readingPhone: 'An image of another kind lies outside what it was trained on',
      readingPhoneEnd: 'where it is not recognised as one, the scores mean nothing.',
    },
  },
  de: {
    markup: {
      title: 'Naevus: Werte für Bilder',
      description: 'Werte für {count} Klassen von Bildern, nur für Forschung und Lehre.',
      tagline:
        'Bewertet Fotos für {count} diagnostische Klassen und zeigt, welche Bereiche den Wert beeinflusst haben.',
      notForPhones: 'für Bilder anderer Art als die, mit denen das Modell trainiert wurde',
    },
    photos: {
      takeCaution:
        'Ein Foto anderer Art als die Trainingsbilder liegt außerhalb dessen, womit das Modell trainiert wurde: Ein Wert dafür sagt nichts aus.',
    },
    answer: {
      readingOrigin: 'Das Netz hat nur von seinen Trainingsbildern gelernt.',
      readingPhone: 'Ein Bild anderer Art liegt außerhalb dessen, womit es trainiert wurde',
      readingPhoneEnd: 'wird es nicht als solches erkannt, so sagen die Werte nichts aus.',
    },
  },
  fr: {
    markup: {
      title: 'Naevus : scores pour des images',
      description:
        'Scores de {count} classes pour des images, pour la recherche et l’enseignement uniquement.',
      tagline:
        'Évalue des photos selon {count} classes diagnostiques et montre quelles régions ont influencé le score.',
      notForPhones:
        'pour des images d’une autre sorte que celles sur lesquelles le modèle a été entraîné',
    },
    photos: {
      takeCaution:
        'Le modèle n’a pas été entraîné sur des photos d’une autre sorte que ses images d’entraînement : un score pour une telle photo ne signifie rien.',
    },
    answer: {
      readingOrigin: 'Le réseau n’a appris que de ses images d’entraînement.',
      readingPhone: 'Il n’a pas été entraîné sur des images d’une autre sorte',
      readingPhoneEnd:
        'quand une image n’est pas reconnue comme telle, les scores ne signifient rien.',
    },
  },
  es: {
    markup: {
      title: 'Naevus: puntuaciones para imágenes',
      description:
        'Puntuaciones de {count} clases para imágenes, solo para investigación y docencia.',
      tagline:
        'Puntúa fotos según {count} clases diagnósticas y muestra qué zonas influyeron en la puntuación.',
      notForPhones: 'para imágenes de otro tipo que aquellas con las que se entrenó el modelo',
    },
    photos: {
      takeCaution:
        'El modelo no se entrenó con fotos de otro tipo que sus imágenes de entrenamiento: una puntuación para una foto así no significa nada.',
    },
    answer: {
      readingOrigin: 'La red aprendió solo de sus imágenes de entrenamiento.',
      readingPhone: 'Una imagen de otro tipo queda fuera de aquello con lo que se entrenó',
      readingPhoneEnd: 'si no se la reconoce como tal, las puntuaciones no significan nada.',
    },
  },
};

/** The page's texts without a word of skin or dermatoscopes at its head. */
export function forAnyImages(markup: PageTexts['markup'], language: Language): PageTexts['markup'] {
  const own = TEXTS[language];
  return {
    ...markup,
    ...own.markup,
    photos: { ...markup.photos, ...own.photos },
    answer: { ...markup.answer, ...own.answer },
  };
}
