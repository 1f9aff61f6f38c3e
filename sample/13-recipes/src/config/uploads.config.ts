import { readFileSync } from 'node:fs';
import { registerAs } from '@nestjs/config';
import type { TusModuleOptions } from 'nestjs-tus';

const PREFIX = 'UPLOADS_';

type Values = Record<string, unknown>;

/** Options by the file that `UPLOADS` names, and by variables, which come first. */
export const uploadsConfig = registerAs('uploads', (): TusModuleOptions => {
  const { UPLOADS: file } = process.env;
  const options = file === undefined ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Values);
  for (const [name, text = ''] of Object.entries(process.env)) {
    if (name.startsWith(PREFIX)) set(options, pathOf(name), valueOf(text));
  }
  return options;
});

/** `UPLOADS_DELIVERY__BACKOFF__FIRST` is `delivery.backoff.first`. */
function pathOf(name: string): string[] {
  const parts = name.slice(PREFIX.length).toLowerCase().split('__');
  return parts.map((part) =>
    part.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

/** `true`, `5` and `["image/*"]` are what they are in JSON; `10GB` and `0640` are text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function set(options: Values, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) options[key] = value;
  else set((options[key] ??= {}) as Values, rest, value);
}
