/** What the summariser needs to know of a text's language. */
export interface Language {
  /** BCP 47 tag for `Intl.Segmenter`; `und` where only the script is known. */
  readonly locale: string;
  /** Written without spaces between words (or sentences). */
  readonly unspaced: boolean;
  readonly stopWords: ReadonlySet<string>;
}

const SAMPLE_LENGTH = 4000;

const STOP_WORDS = {
  en: 'a about after again all also although am an and any are as at back be because been before being between both but by came can come could did do does doing done down during each either else even ever every few first for from get gets getting go goes going good got had has have having he her here hers him his how however i if in instead into is it its itself just know last less let like made make many may me might more most much must my near never no nor not now of off often on once one only onto or other our out over own per put quite rather really said same say says see seen shall she should since so some still such take taken than that the their them themselves then there these they thing things this those though three through thus to too toward two under until up upon us use used very via was way we well were what when where whether which while who whole whom whose why will with within without would yes yet you your',
  de: 'aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bis bisher da dabei dadurch dafür damit danach dann daran darauf darüber das dass davon dazu dem den denn der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort durch ein eine einem einen einer eines einige er erst es etwa etwas euch für gegen habe haben hat hatte hatten hier hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem innerhalb ins ist ja jede jedem jeden jeder jedes jedoch jetzt kann kein keine keinen können könnte man mehr mein mit muss müssen nach nicht nichts noch nun nur ob oder ohne rund sehr sein seine seinem seinen seiner seit sich sie sind so sogar soll sollen sollte sondern sowie über um und uns unser unter viel viele vom von vor war waren was weil weiter welche wenn wer werden wie wieder will wir wird wo wurde wurden während zu zum zur zwar zwei zwischen',
  fr: 'afin ai ainsi alors au aucun aussi autre autres aux avait avant avec avoir bien car ce cela celle celles celui ces cet cette ceux chaque comme comment contre d dans de depuis des deux devant doit donc dont du elle elles en encore entre est et être eu eux faire fait fut hors il ils je jusqu l la le les leur leurs lors lui mais même mes moins mon ne ni non nos notre nous on ont ou où par parce pas pendant peu peut plus pour pourquoi puis qu quand que quel quelle quelles qui quoi sa sans se sera ses si sont sous son sur ta tous tout toute toutes très trop tu un une vers vos votre vous y était étaient',
  es: 'a además al algo algunas algunos ante antes así aun aunque bajo cada casi como con contra cual cuando de del desde donde dos durante e el ella ellas ellos en entre era eran es esa ese eso esta estaba estado están estas este esto estos fue fueron ha había han hasta hay la las le les lo los mas más me mi mientras mismo mucho muy ni no nos nosotros o otra otras otro otros para pero poco por porque pues que quien se ser si sí sido sin sino sobre son su sus también tan tanto te tiene tienen todas todo todos tras tu un una uno unos y ya yo',
} as const;

const LATIN = Object.entries(STOP_WORDS).map(([locale, words]) => ({
  locale,
  stopWords: new Set(words.split(' ')),
}));

const NO_STOP_WORDS: ReadonlySet<string> = new Set();

const SCRIPTS: readonly (readonly [pattern: RegExp, locale: string, unspaced: boolean])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja', true],
  [/\p{Script=Han}/gu, 'zh', true],
  [/\p{Script=Hangul}/gu, 'ko', false],
  [/\p{Script=Thai}/gu, 'th', true],
  [/\p{Script=Lao}/gu, 'lo', true],
  [/\p{Script=Khmer}/gu, 'km', true],
  [/\p{Script=Myanmar}/gu, 'my', true],
  [/\p{Script=Arabic}/gu, 'ar', false],
  [/\p{Script=Hebrew}/gu, 'he', false],
  [/\p{Script=Cyrillic}/gu, 'ru', false],
  [/\p{Script=Greek}/gu, 'el', false],
  [/\p{Script=Devanagari}/gu, 'hi', false],
];

/** Tells the language by script, and among Latin ones by their commonest words. */
export function detectLanguage(text: string): Language {
  const sample = text.slice(0, SAMPLE_LENGTH);
  const letters = sample.match(/\p{L}/gu)?.length ?? 0;
  for (const [pattern, locale, unspaced] of SCRIPTS) {
    const share = (sample.match(pattern)?.length ?? 0) / Math.max(letters, 1);
    // A Japanese text may be mostly Han: a tenth of kana tells it from Chinese.
    if (share > (locale === 'ja' ? 0.1 : 0.3)) return { locale, unspaced, stopWords: NO_STOP_WORDS };
  }
  return latinLanguage(sample);
}

function latinLanguage(sample: string): Language {
  const words = sample.toLowerCase().match(/\p{L}+/gu) ?? [];
  let best: Language = { locale: 'und', unspaced: false, stopWords: NO_STOP_WORDS };
  let bestCount = words.length * 0.1;
  for (const { locale, stopWords } of LATIN) {
    const count = words.filter((word) => stopWords.has(word)).length;
    if (count > bestCount) {
      best = { locale, unspaced: false, stopWords };
      bestCount = count;
    }
  }
  return best;
}
