const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent' });
const BYTES = UNITS.map(
  (unit) => new Intl.NumberFormat(undefined, { style: 'unit', unit, maximumSignificantDigits: 3 }),
);

/** `12.3 MB`: decimal units, three digits at most. */
export function formatBytes(bytes) {
  if (bytes < 1000) {
    return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
  }
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return BYTES[power - 1].format(bytes / 1000 ** power);
}

/** `1.2 MB/s`. */
export function formatRate(bytes) {
  return `${formatBytes(bytes)}/s`;
}

/** `8 s`, `3 min`, from milliseconds. */
export function formatDuration(milliseconds) {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  const [value, unit] = seconds < 100 ? [seconds, 's'] : [Math.round(seconds / 60), 'min'];
  return `${value}\u00a0${unit}`;
}

/** The share that is done; only a complete upload has 100 %. */
export function formatShare(share) {
  return PERCENT.format(Math.floor(share * 100) / 100);
}
