const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

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

/** `2 min left`, from bytes and bytes a second. */
export function formatRemaining(bytes, rate) {
  const seconds = Math.ceil(bytes / rate);
  if (seconds < 60) {
    return `${seconds} s left`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min left`;
  }
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

/** The share that is done, in whole percent; only a complete file has 100. */
export function percent(done, total) {
  return total === 0 ? 0 : Math.floor((done / total) * 100);
}

export function formatPercent(value) {
  return PERCENT.format(value / 100);
}

export function formatDate(date) {
  return DATE.format(date);
}
