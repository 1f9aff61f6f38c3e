import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './command.mjs';

const consumer = fileURLToPath(new URL('resolution/consumer.ts', import.meta.url));

/** How TypeScript finds packages: the setting of `module`, and the kinds of files it is tried with. */
const RESOLUTIONS = {
  node10: { module: 'commonjs', kinds: ['ts'] },
  node16: { module: 'node16', kinds: ['cts', 'mts'] },
  nodenext: { module: 'nodenext', kinds: ['cts', 'mts'] },
  bundler: { module: 'esnext', kinds: ['mts'] },
};

/** Compiles a user of the library, its own types checked too, and runs what came of it. */
export function checkResolutions(app, names) {
  const folder = join(app, 'resolution');
  mkdirSync(folder);
  for (const name of names) checkResolution(folder, name, RESOLUTIONS[name]);
}

function checkResolution(folder, moduleResolution, { module, kinds }) {
  const files = kinds.map((kind) => `${moduleResolution}.${kind}`);
  for (const file of files) copyFileSync(consumer, join(folder, file));
  const config = `${moduleResolution}.json`;
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  };
  writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }));
  check(`types by ${moduleResolution}`, 'tsc', ['-p', config], folder);
  for (const file of files) {
    const compiled = join('out', file.replace(/ts$/, 'js'));
    check(`what ${file} became`, 'node', [compiled], folder);
  }
}
