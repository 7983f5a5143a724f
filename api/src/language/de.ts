import type { Catalogue } from './catalogue.ts';
import { pageDe } from './page/de.ts';

export const de: Catalogue = {
  reasons: {
    'far-above-threshold':
      'Die Werte für {suspicious} erreichen zusammen eine Höhe, unter der 9 von 10 gutartigen Läsionen bleiben.',
    'above-threshold':
      'Die Werte für {suspicious} erreichen zusammen den Schwellenwert des Arbeitspunkts.',
    'below-threshold':
      'Die Werte für {suspicious} bleiben zusammen unter dem Schwellenwert des Arbeitspunkts. Das schließt eine Krankheit nicht aus.',
    'raised-by-patient':
      'Was über die Person bekannt ist, hebt die Werte für {suspicious} zusammen auf eine dringlichere Stufe. Es senkt sie nie.',
    'unseen-not-excluded':
      'Der Wert für {next} ist so hoch, dass {unseen}, keine der Klassen dieser Version, nicht ausgeschlossen werden kann.',
    'critical-not-excluded':
      'Eine Klasse, die nicht übersehen werden darf ({critical}), ist in der Vorhersagemenge: Sie kann bei der verlangten Abdeckung nicht ausgeschlossen werden.',
    'no-typical-class':
      'Das Bild ist für jede der Klassen ungewöhnlich: Die Vorhersagemenge enthält allein die Klasse mit dem höchsten Wert, obwohl sie schlecht passt.',
    'photo-more-urgent':
      'Eines der Fotos führt für sich allein zu einer dringlicheren Entscheidung als alle zusammen.',
    'photos-left-out':
      'Nicht jedes Foto wurde gezählt: Einige sind von schlechter Qualität, liegen außerhalb der Verteilung oder konnten nicht gelesen werden.',
    'out-of-distribution':
      'Das Bild sieht nicht aus wie die dermatoskopischen Bilder, mit denen das Modell trainiert wurde; seine Werte bedeuten für ein solches Bild nichts.',
    'not-dermoscopic':
      'Das Bild wurde nicht durch ein Dermatoskop aufgenommen; seine Werte bedeuten für ein solches Bild nichts. Mit einem Dermatoskop aufnehmen.',
    'too-elongated':
      'Das Bild ist mehr als 2,5-mal so lang wie breit, und das Modell sähe es zu einem Quadrat gestaucht. Auf die Läsion und die Haut um sie herum zuschneiden.',
    'not-sharp':
      'Das Bild ist weniger scharf als fast alle Bilder, mit denen das Modell geprüft wurde. Scharf stellen und neu aufnehmen.',
    'too-dark': 'Das Bild ist dunkler als fast alle Bilder, mit denen das Modell geprüft wurde.',
    'too-bright': 'Das Bild ist heller als fast alle Bilder, mit denen das Modell geprüft wurde.',
    'over-or-underexposed': 'Große Teile des Bildes sind rein schwarz oder weiß.',
    'no-lesion-visible': 'Keine Läsion hebt sich von der Haut um sie herum ab.',
    'lesion-too-small': 'Die Läsion ist im Bild zu klein. Aus größerer Nähe aufnehmen.',
    'lesion-too-large': 'Die Läsion füllt das Bild; ihr Rand ist nicht zu sehen.',
    'hair-or-ruler': 'Haare oder die Striche eines Lineals bedecken einen großen Teil des Bildes.',
    'unusual-colours':
      'Die Farben sind nicht die von Haut: Das Bild ist grau, verfärbt oder invertiert, oder seine Farbkanäle sind vertauscht. In den ursprünglichen Farben senden.',
  },
  reasonsOfOne: {
    'far-above-threshold':
      'Der Wert für {suspicious} erreicht eine Höhe, unter der 9 von 10 gutartigen Läsionen bleiben.',
    'above-threshold': 'Der Wert für {suspicious} erreicht den Schwellenwert des Arbeitspunkts.',
    'below-threshold':
      'Der Wert für {suspicious} bleibt unter dem Schwellenwert des Arbeitspunkts. Das schließt eine Krankheit nicht aus.',
    'raised-by-patient':
      'Was über die Person bekannt ist, hebt den Wert für {suspicious} auf eine dringlichere Stufe. Es senkt ihn nie.',
  },
  limits:
    'Trainiert allein mit den Bildern von {dataset}. Bilder anderer Art liegen außerhalb dessen, womit es trainiert wurde: Ein Wert für ein solches Bild bedeutet nichts, so hoch oder niedrig er ist.',
  disclaimer:
    'Nur für Forschung und Lehre. Kein Medizinprodukt: Anhand dieser Antwort nicht diagnostizieren, behandeln oder eine Behandlung aufschieben. Wenn eine Läsion Sie beunruhigt, gehen Sie zu einer Ärztin oder einem Arzt.',
  translation:
    'Diese Übersetzung wurde nicht von einer Klinikerin oder einem Kliniker geprüft. Maßgeblich ist der englische Text.',
  page: pageDe,
};
