/**
 * Packs the library, and lets apps use the tarball as apps do: those that `nest new` makes, of each
 * supported major of Nest, with their tests, compilers and bundlers; as an ES module and as
 * CommonJS; on Express and on Fastify; under the oldest Node; and without node_modules.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkEsbuild, checkWebpack } from './bundles.mjs';
import { check, install, makeFolder, run } from './command.mjs';
import { checkTests, makeFreshApp } from './fresh-app.mjs';
import { checkPackage } from './package-check.mjs';
import { checkPnp } from './pnp.mjs';
import { checkReadme, checkReadmeLinks } from './readme.mjs';
import { checkResolutions } from './resolution.mjs';
import { checkServed } from './served-app.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const { engines } = manifestIn(root);

/** The oldest Node of each line that package.json promises. */
const OLDEST_NODES = engines.node.match(/\d+\.\d+\.\d+/g);
const APP_TIMEOUT = 60_000;

const temporary = mkdtempSync(join(tmpdir(), 'nestjs-tus-smoke-'));
try {
  const tarball = pack();
  await smokeNest12(join(temporary, 'nest-12'), tarball);
  await smokeNest11(join(temporary, 'nest-11'), tarball);
  for (const settings of ['nest-12', 'nest-11']) {
    await checkReadme(join(temporary, `readme-${settings}`), settings, [tarball]);
  }
  const { dependencies } = manifestIn(join(here, 'nest-11'));
  const packages = { ...dependencies, 'nestjs-tus': `file:${tarball}` };
  checkPnp(join(temporary, 'pnp'), packages, ['app.cjs', 'app.mjs']);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function pack() {
  const output = run('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: root });
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('[\n')));
  console.log(`packed ${filename}`);
  const tarball = join(temporary, filename);
  check('publint', 'publint', [tarball, '--strict'], root);
  check('are the types wrong?', 'attw', [tarball], root);
  return tarball;
}

/** ES modules, and Vitest. */
async function smokeNest12(folder, tarball) {
  makeFreshApp(folder, 'nest-12', [tarball]);
  checkInstalled(folder);
  runScripts(folder, ['app.mjs', 'app.cjs', 'both.mjs', 'without-drivers.mjs']);
  checkTests(folder);
  check('nest build', 'nest', ['build'], folder);
  await checkServed('what it built', ['dist/main.js'], folder);
  await checkEsbuild(folder, 'esm');
  // Nest 12 itself cannot be compiled as CommonJS with node16.
  checkResolutions(folder, ['nodenext', 'bundler']);
  checkWithoutSchedule(folder);
}

/** CommonJS, and Jest with ts-jest. */
async function smokeNest11(folder, tarball) {
  makeFreshApp(folder, 'nest-11', [tarball]);
  checkInstalled(folder);
  runScripts(folder, ['app.mjs', 'app.cjs', 'both.mjs', 'without-drivers.mjs']);
  for (const version of OLDEST_NODES) {
    console.log(`  Node ${version}:`);
    runScripts(folder, ['app.mjs', 'app.cjs'], installNode(version));
  }
  checkTests(folder);
  await checkServed('ts-node', ['-r', 'ts-node/register', 'src/main.ts'], folder);
  check('nest build', 'nest', ['build'], folder);
  await checkServed('what it built', ['dist/main.js'], folder);
  await checkEsbuild(folder, 'cjs');
  await checkWebpack(folder);
  checkResolutions(folder, ['node10', 'node16', 'nodenext', 'bundler']);
  checkWithoutSchedule(folder);
}

function checkInstalled(folder) {
  const modules = join(folder, 'node_modules');
  console.log(`Nest ${manifestIn(join(modules, '@nestjs/core')).version}: installed`);
  checkPackage(modules, 'nestjs-tus');
  checkReadmeLinks(modules, 'nestjs-tus');
}

function runScripts(folder, scripts, node = process.execPath) {
  copyFileSync(join(here, 'scenario.cjs'), join(folder, 'scenario.cjs'));
  for (const script of scripts) {
    copyFileSync(join(here, script), join(folder, script));
    process.stdout.write(run(node, [script], { cwd: folder, timeout: APP_TIMEOUT }));
  }
}

/** Last, for what is removed is not put back. */
function checkWithoutSchedule(folder) {
  rmSync(join(folder, 'node_modules/@nestjs/schedule'), { recursive: true });
  runScripts(folder, ['without-schedule.mjs']);
}

/** Node itself is a package for each platform; it must not be the `node` of other commands. */
function installNode(version) {
  const folder = makeFolder(join(temporary, `node-${version}`));
  const name = `node-${process.platform}-${process.arch}`;
  install(folder, [`${name}@${version}`]);
  return join(folder, 'node_modules', name, 'bin/node');
}

function manifestIn(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
