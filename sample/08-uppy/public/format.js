const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** `12.3 MB`: decimal units, three digits at most. */
export function formatBytes(bytes) {
  if (bytes < 1000) {
    return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`;
  }
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[power - 1],
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** power);
}
