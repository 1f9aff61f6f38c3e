const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
const AGO = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [Infinity, 86_400, 'd'],
];
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const COUNT = new Intl.NumberFormat('en');

/** `12.3 MB`: decimal units, three digits. */
export function bytes(count) {
  if (count === undefined || count === null) return 'unknown';
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  const value = count / 1000 ** power;
  if (power === 0) return `${Math.round(value)} ${count === 1 ? 'byte' : 'bytes'}`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

/** The same without zeros behind the point: `5 MB/s`. */
export function roundRate(bytesASecond) {
  return rate(bytesASecond).replace(/\.0+ |(\.\d*[1-9])0+ /, '$1 ');
}

export function rate(bytesASecond) {
  return `${bytes(bytesASecond)}/s`;
}

export function count(number) {
  return COUNT.format(number);
}

/** `1 upload`, `2 uploads`. */
export function counted(number, word) {
  return `${count(number)} ${word}${number === 1 ? '' : 's'}`;
}

/** `25`, or `25+` where there are more. */
export function atLeast({ items, more }) {
  return `${count(items.length)}${more ? '+' : ''}`;
}

/** `8 s`, `3 min`, `2 h`, `5 d`. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [, size, unit] = AGO.find(([below]) => seconds < below);
  return `${Math.round(seconds / size)} ${unit}`;
}

export function ago(time, now) {
  return `${duration(now - Date.parse(time))} ago`;
}

/** In the reader's own time zone and language. */
export function moment(time) {
  return MOMENT.format(new Date(time));
}

/** The same without seconds. */
export function minute(time) {
  return MINUTE.format(new Date(time));
}

/** The share that is done; only a complete upload has 100 %. */
export function percent(done, whole) {
  if (!whole) return whole === 0 ? '100 %' : '';
  return `${Math.floor((done / whole) * 100)} %`;
}
