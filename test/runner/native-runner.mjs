// Runs specs as Node itself runs modules, in place of Jest's own loader, which loads Nest, both
// platforms and `lib/` anew for each spec. Here a worker loads them once; what a spec changes of
// them, or of globals, the next one sees; `around-spec.ts` puts back mocks and the environment.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

const require = createRequire(import.meta.url);
const { default: runWithCircus } = require('jest-circus/runner');

/** What circus keeps in globals. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');
const TEST_TIMEOUT = Symbol.for('TEST_TIMEOUT_SYMBOL');

const nothing = () => {};

/** The global `jest`, as far as specs use it. */
function jestFor(config) {
  const mocks = new ModuleMocker(globalThis);
  const timers = new ModernFakeTimers({ global: globalThis, config });
  return {
    fn: mocks.fn.bind(mocks),
    spyOn: mocks.spyOn.bind(mocks),
    restoreAllMocks: () => mocks.restoreAllMocks(),
    useFakeTimers: () => timers.useFakeTimers(),
    useRealTimers: () => timers.useRealTimers(),
    advanceTimersByTime: (milliseconds) => timers.advanceTimersByTime(milliseconds),
    advanceTimersToNextTimer: (steps) => timers.advanceTimersToNextTimer(steps),
    setTimeout: (milliseconds) => (globalThis[TEST_TIMEOUT] = milliseconds),
  };
}

/** What circus asks of Jest's loader. */
function loaderFor(specPath) {
  return {
    // Circus starts anew for each spec.
    requireInternalModule(path) {
      delete globalThis[EVENT_HANDLERS];
      delete globalThis[TEST_TIMEOUT];
      delete require.cache[path];
      return require(path);
    },
    // Files of `setupFilesAfterEnv` export what to do for each spec.
    requireModule: (path) => async () => (await importFile(path)).default(),
    unstable_shouldLoadAsEsm: (path) => path === specPath,
    unstable_importModule: importFile,
    setGlobalsForRuntime: nothing,
    enterTestCode: nothing,
    leaveTestCode: nothing,
  };
}

/**
 * Lets what is compiled here import the package by its name, as apps do: it is the package then, with
 * `lib/` in place of `dist/`.
 */
function nameCompiled(root) {
  const target = join(root, 'dist-test/package.json');
  if (existsSync(target)) return;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.exports).filter(([, entry]) => entry.import);
  const exports = Object.fromEntries(
    entries.map(([name, entry]) => [name, entry.import.default.replace('./dist/', './lib/')]),
  );
  const { name, version, type } = manifest;
  // Workers start at the same time.
  writeFileSync(`${target}.${process.pid}`, JSON.stringify({ name, version, type, exports }));
  renameSync(`${target}.${process.pid}`, target);
}

function importFile(path) {
  return import(pathToFileURL(path).href);
}

/** Jest's `testRunner`. */
export default function run(globalConfig, config, environment, runtime, specPath, report) {
  // In place of Jest's own, which maps only what Jest has loaded.
  Error.prepareStackTrace = undefined;
  Error.stackTraceLimit = 20;
  globalThis.jest = jestFor(config);
  nameCompiled(config.rootDir);
  const native = { global: globalThis };
  return runWithCircus(globalConfig, config, native, loaderFor(specPath), specPath, report);
}
