// Which lead is read: the first of those that the chain was made for, else what may be an ECG.
const PREFIX = /^(?:(?:lead|ecg|ekg|ableitung|derivation)[\s_:.-]+)+(?=.*[a-z])/;
const STANDARD = /^(?:i{1,3}|av[rlf]|v(?:[1-9]r?)?|v[xyz]|d[1-4]|ml(?:i{1,3}|[1-6])|mv[1-6]|mcl[1-6]|c[mcbr][1-7])$/;
const USABLE = [100, 2000];  // Rates at which beats are found, in Hz
const ANY_LEAD = "any";

// What the spellings of one lead have in common.
/** @param {string} name */
function keyOf(name) {
  const plain = name.normalize("NFKC").trim().toLowerCase().replace(PREFIX, "").replace(/[\s_:.]+|(?<=\w)-+(?=\w)/g, "");
  const glued = /^(?:lead|ecg|ekg|ableitung|derivation)+(.+)$/.exec(plain), key = glued && STANDARD.test(glued[1]) ? glued[1] : plain;
  return {di: "i", dii: "ii", diii: "iii"}[key] ?? key;
}
/** @param {string} name */
const saysEcg = (name) => /e[ck]g|electrocardi|elektrokardi/i.test(name) || STANDARD.test(keyOf(name));
/** @param {StoredLead} lead */
const isUsable = ({rate}) => rate >= USABLE[0] && rate <= USABLE[1];

/** @param {StoredLead[]} leads @param {string[]} wanted @returns {{place: number, why: string}} */
function choiceOf(leads, wanted) {
  const places = wanted.map((name) => placeOfLead(leads, name)).filter((place) => place >= 0);
  const named = places.find((place) => isUsable(leads[place])) ?? places[0];
  if (named !== undefined) return {place: named, why: "it is called as a lead that the model was made for"};
  const able = [...leads.keys()].filter((place) => isUsable(leads[place]) && millivoltsOf(leads[place].unit) !== undefined);
  const called = able.find((place) => saysEcg(leads[place].name));
  if (called !== undefined) return {place: called, why: "guessed: its name says ECG or a standard lead"};
  if (able.length) return {place: able[0], why: "guessed: no name says ECG, and it is a voltage at a usable rate"};
  return {place: -1, why: ""};
}
/** @param {StoredLead[]} leads @param {string} name */
function placeOfLead(leads, name) {
  if (name === ANY_LEAD) return -1;
  const spelled = leads.findIndex((lead) => lead.name === name);
  return spelled >= 0 ? spelled : leads.findIndex((lead) => keyOf(lead.name) === keyOf(name));
}
