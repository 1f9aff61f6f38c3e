import { check } from './command.mjs';
import { checkServed } from './served-app.mjs';

/** What Nest asks for only where it is there, and the one package that has a native part. */
const EXTERNAL = [
  '@nestjs/microservices',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
  'lmdb',
];

/** What CommonJS inside of an ES module takes for granted. */
const COMMONJS_GLOBALS = `
  import { createRequire as __requireOf } from 'node:module';
  import { dirname as __folderOf } from 'node:path';
  import { fileURLToPath as __pathOf } from 'node:url';
  const require = __requireOf(import.meta.url);
  const __filename = __pathOf(import.meta.url);
  const __dirname = __folderOf(__filename);
`;

/** The built app in one file, by esbuild, which bundles what `nest build` made. */
export async function checkEsbuild(folder, format) {
  const outfile = format === 'esm' ? 'bundle/main.mjs' : 'bundle/main.cjs';
  const external = EXTERNAL.map((name) => `--external:${name}`);
  const banner = format === 'esm' ? [`--banner:js=${COMMONJS_GLOBALS}`] : [];
  const options = ['--bundle', '--platform=node', `--format=${format}`, `--outfile=${outfile}`];
  check('esbuild', 'esbuild', ['dist/main.js', ...options, ...external, ...banner], folder);
  await checkServed('its bundle', [outfile], folder);
}

/** The app in one file, by the webpack of Nest's command line. */
export async function checkWebpack(folder) {
  check('nest build --webpack', 'nest', ['build', '--webpack'], folder);
  await checkServed('its bundle', ['dist/main.js'], folder);
}
