import type { Catalogue } from './catalogue.ts';
import { pageEs } from './page/es.ts';

export const es: Catalogue = {
  reasons: {
    'far-above-threshold':
      'Las puntuaciones de {suspicious} alcanzan juntas un nivel por debajo del cual quedan 9 de cada 10 lesiones benignas.',
    'above-threshold':
      'Las puntuaciones de {suspicious} alcanzan juntas el umbral del punto de operación.',
    'below-threshold':
      'Las puntuaciones de {suspicious} quedan juntas por debajo del umbral del punto de operación. Esto no descarta una enfermedad.',
    'raised-by-patient':
      'Lo que se sabe de la persona eleva juntas las puntuaciones de {suspicious} a un nivel más urgente. Nunca las baja.',
    'unseen-not-excluded':
      'La puntuación de {next} es lo bastante alta para que no pueda excluirse {unseen}, que no es ninguna de las clases de esta versión.',
    'critical-not-excluded':
      'Una clase que no debe pasarse por alto ({critical}) está en el conjunto de predicción: no se puede excluir con la cobertura pedida.',
    'no-typical-class':
      'La imagen es inusual para cada una de las clases: el conjunto de predicción solo contiene la clase con la puntuación más alta, aunque encaja mal.',
    'photo-more-urgent':
      'Una de las fotos lleva por sí sola a una decisión más urgente que todas juntas.',
    'photos-left-out':
      'No se contaron todas las fotos: algunas son de mala calidad, están fuera de la distribución o no se pudieron leer.',
    'out-of-distribution':
      'La imagen no se parece a las imágenes dermatoscópicas con las que se entrenó el modelo; sus puntuaciones no significan nada para una imagen así.',
    'not-dermoscopic':
      'La imagen no se tomó a través de un dermatoscopio; sus puntuaciones no significan nada para una imagen así. Tómela a través de uno.',
    'too-elongated':
      'La imagen es más de 2,5 veces más larga que ancha, y el modelo la vería comprimida en un cuadrado. Recórtela a la lesión y la piel que la rodea.',
    'not-sharp':
      'La imagen es menos nítida que casi todas las imágenes con las que se probó el modelo. Enfoque y tómela de nuevo.',
    'too-dark':
      'La imagen es más oscura que casi todas las imágenes con las que se probó el modelo.',
    'too-bright':
      'La imagen es más clara que casi todas las imágenes con las que se probó el modelo.',
    'over-or-underexposed': 'Grandes partes de la imagen son completamente negras o blancas.',
    'no-lesion-visible': 'Ninguna lesión se distingue de la piel que la rodea.',
    'lesion-too-small': 'La lesión es demasiado pequeña en la imagen. Tómela desde más cerca.',
    'lesion-too-large': 'La lesión llena la imagen; no se ve su borde.',
    'hair-or-ruler': 'El vello o las marcas de una regla cubren gran parte de la imagen.',
    'unusual-colours':
      'Los colores no son los de la piel: la imagen es gris, teñida o invertida, o sus canales de color están intercambiados. Envíela en sus colores originales.',
  },
  reasonsOfOne: {
    'far-above-threshold':
      'La puntuación de {suspicious} alcanza un nivel por debajo del cual quedan 9 de cada 10 lesiones benignas.',
    'above-threshold': 'La puntuación de {suspicious} alcanza el umbral del punto de operación.',
    'below-threshold':
      'La puntuación de {suspicious} queda por debajo del umbral del punto de operación. Esto no descarta una enfermedad.',
    'raised-by-patient':
      'Lo que se sabe de la persona eleva la puntuación de {suspicious} a un nivel más urgente. Nunca la baja.',
  },
  limits:
    'Entrenado solo con las imágenes de {dataset}. Las imágenes de otro tipo están fuera de aquello con lo que se entrenó: una puntuación para una imagen así no significa nada, por alta o baja que sea.',
  disclaimer:
    'Solo para investigación y docencia. No es un producto sanitario: no diagnostique, trate ni retrase la atención con esta respuesta. Si una lesión le preocupa, consulte a un médico.',
  translation: 'Esta traducción no fue revisada por un clínico. Prevalece el texto en inglés.',
  page: pageEs,
};
