/**
 * Checks how the house is built: no import in `lib/`, of types included, runs in a circle, or from
 * a lower room to a higher one; and what is behind a back door is known to who builds it, and to none
 * else.
 *
 * A linter's rule for circles leaves types out, and knows no order of folders.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The folders of `lib/`, and the files beside them, from the lowest up; the longest that fits counts. */
const ROOMS = [
  'errors',
  'context',
  'process-wide.ts',
  'wait-at-most.ts',
  'count.ts',
  'tus.constants.ts',
  'measures',
  'marks',
  'protocol',
  'file-system',
  'folder',
  'postgres',
  'cluster',
  'cluster/local',
  'cluster/postgres',
  'registry',
  'storage',
  'interfaces',
  'processes',
  'uploads/model',
  'uploads/rules',
  'uploads/leases',
  'uploads/bodies',
  'uploads/actions',
  'uploads/recovery',
  'uploads/create-uploads.ts',
  'uploads/index.ts',
  'options',
  'storage/s3',
  'handlers',
  'backends',
  'hooks',
  'events',
  'delivery',
  'cleanup',
  'health',
  'http/openapi',
  'http/request',
  'http/connection',
  'http/response',
  'http/platform',
  'http/serving',
  'http/download',
  'http/tus',
  'http/ietf',
  'http/entry',
  'http/endpoint',
  'http/controller',
  'http/index.ts',
  'owned-uploads.ts',
  'tus.service.ts',
  'testing',
  'migration',
  'decorators',
  'health/terminus',
  'startup',
  'tus.*',
  'dashboard',
  'index.ts',
];

/** What is behind the back doors. */
const IMPLEMENTATIONS = [
  'cluster/local',
  'cluster/postgres',
  'registry/lmdb',
  'registry/postgres',
  'storage/disk',
  'storage/s3',
];

/** Who builds them. */
const BUILDERS = ['backends/', 'storage/index.ts'];

const lib = fileURLToPath(new URL('../lib/', import.meta.url));
const imports = new Map(filesIn(lib).map((file) => [file, importsOf(file)]));
const problems = [...unknownRooms(), ...climbs(), ...shortcuts(), ...circles()];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function filesIn(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function importsOf(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => resolve(dirname(file), fileName.replace(/\.js$/, '.ts')));
}

function* unknownRooms() {
  for (const file of imports.keys()) {
    if (levelOf(file) === -1) yield `lib/${nameOf(file)} is in no room: name it in check-rooms.`;
  }
}

function* climbs() {
  for (const [file, targets] of imports) {
    for (const target of targets) {
      if (levelOf(target) <= levelOf(file)) continue;
      yield `lib/${nameOf(file)} imports lib/${nameOf(target)}, which is in a higher room.`;
    }
  }
}

function* shortcuts() {
  for (const [file, targets] of imports) {
    for (const target of targets) {
      const room = implementationOf(target);
      if (!room || room === implementationOf(file) || isBuilder(file)) continue;
      yield `lib/${nameOf(file)} imports lib/${nameOf(target)}, which is behind a back door.`;
    }
  }
}

/** Walks from each file to all it imports, and tells the way when that comes back to where it was. */
function* circles() {
  const done = new Set();
  for (const file of imports.keys()) yield* circlesFrom(file, [], done);
}

function* circlesFrom(file, way, done) {
  if (way.includes(file)) {
    const circle = [...way.slice(way.indexOf(file)), file].map(nameOf);
    yield `There is a circle: ${circle.join(' -> ')}.`;
    return;
  }
  if (done.has(file)) return;
  for (const target of imports.get(file) ?? []) yield* circlesFrom(target, [...way, file], done);
  done.add(file);
}

function isBuilder(file) {
  return BUILDERS.some((builder) => nameOf(file).startsWith(builder));
}

function levelOf(file) {
  const fitting = ROOMS.filter((room) => isIn(room, nameOf(file)));
  const longest = fitting.sort((one, other) => other.length - one.length)[0];
  return ROOMS.indexOf(longest);
}

function implementationOf(file) {
  return IMPLEMENTATIONS.find((room) => isIn(room, nameOf(file)));
}

function isIn(room, name) {
  if (room.endsWith('*')) return name.startsWith(room.slice(0, -1));
  return name === room || name.startsWith(`${room}/`);
}

function nameOf(file) {
  return relative(lib, file).split(sep).join('/');
}
