/**
 * Packs the library, installs the tarball beside each supported major of Nest, and lets an app use
 * it there as an ES module and as CommonJS, on Express and on Fastify.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage } from './package-check.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

const MAJORS = [
  { nest: '^12.0.0', schedule: '^12.0.0' },
  { nest: '^11.1.4', schedule: '^6.0.0' },
];
const ENTRIES = ['app.mjs', 'app.cjs'];
const APP_TIMEOUT = 60_000;

const temporary = mkdtempSync(join(tmpdir(), 'nestjs-tus-smoke-'));
try {
  const tarball = pack();
  for (const versions of MAJORS) {
    smoke(versions, tarball);
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function pack() {
  const output = run('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: root });
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('[\n')));
  console.log(`packed ${filename}`);
  return join(temporary, filename);
}

function smoke({ nest, schedule }, tarball) {
  const folder = join(temporary, `nest-${nest.replace(/\D+/, '').split('.')[0]}`);
  install(folder, tarball, { nest, schedule });
  checkPackage(join(folder, 'node_modules'), 'nestjs-tus');
  copyFileSync(join(here, 'scenario.cjs'), join(folder, 'scenario.cjs'));
  for (const entry of ENTRIES) {
    copyFileSync(join(here, entry), join(folder, entry));
    process.stdout.write(
      run(process.execPath, [entry], { cwd: folder, timeout: APP_TIMEOUT, killSignal: 'SIGKILL' }),
    );
  }
}

function install(folder, tarball, { nest, schedule }) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [
    tarball,
    `@nestjs/common@${nest}`,
    `@nestjs/core@${nest}`,
    `@nestjs/platform-express@${nest}`,
    `@nestjs/platform-fastify@${nest}`,
    `@nestjs/schedule@${schedule}`,
    'reflect-metadata@^0.2.0',
    'rxjs@^7.2.0',
  ];
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], {
    cwd: folder,
  });
  console.log(`Nest ${versionOf(folder, '@nestjs/core')}: installed`);
}

function versionOf(folder, name) {
  const file = join(folder, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

function run(command, args, options) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
}
