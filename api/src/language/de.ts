import type { Catalogue } from './catalogue.ts';
import { pageDe } from './page/de.ts';

export const de: Catalogue = {
  classes: {
    akiec: 'Aktinische Keratose / intraepitheliales Karzinom',
    bcc: 'Basalzellkarzinom',
    bkl: 'Benigne keratoseartige Läsion',
    df: 'Dermatofibrom',
    mel: 'Melanom',
    nv: 'Melanozytärer Nävus',
    vasc: 'Vaskuläre Läsion',
  },
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
    'photo-more-urgent':
      'Eines der Fotos bekommt für sich allein ein dringlicheres Wort als alle zusammen.',
    'photos-left-out':
      'Nicht jedes Foto wurde gezählt: Einige sind von schlechter Qualität, liegen außerhalb der Verteilung oder konnten nicht gelesen werden.',
    'out-of-distribution':
      'Das Bild sieht nicht aus wie die dermatoskopischen Bilder, mit denen das Modell trainiert wurde; seine Werte bedeuten für ein solches Bild nichts.',
    'not-dermoscopic':
      'Das Bild wurde nicht durch ein Dermatoskop aufgenommen; seine Werte bedeuten für ein solches Bild nichts. Durch eines aufnehmen.',
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
  limits:
    'Trainiert mit dermatoskopischen Bildern pigmentierter Läsionen, fast nur heller Haut, aus wenigen Kliniken. Fotos, die ein Telefon ohne Dermatoskop aufnimmt, liegen außerhalb dessen, womit es trainiert wurde: Ein Wert für ein solches Foto bedeutet nichts, so hoch oder niedrig er ist.',
  disclaimer:
    'Nur für Forschung und Lehre. Kein Medizinprodukt: Anhand dieser Antwort nicht diagnostizieren, behandeln oder eine Behandlung aufschieben. Wenn eine Läsion Sie beunruhigt, gehen Sie zu einer Ärztin oder einem Arzt.',
  translation:
    'Diese Übersetzung wurde nicht von einer Klinikerin oder einem Kliniker geprüft. Maßgeblich ist der englische Text.',
  page: pageDe,
};
