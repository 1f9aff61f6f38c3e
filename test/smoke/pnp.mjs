import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, makeFolder, run } from './command.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Lets apps run where Yarn installed them by Plug'n'Play: packages stay in archives, and Node's
 * `fs` is patched to read them.
 *
 * @param scripts what runs, and what it needs beside it
 */
export function checkPnp(folder, dependencies, scripts) {
  const yarn = installYarn(folder);
  const app = join(folder, 'app');
  mkdirSync(app);
  for (const script of [...scripts, 'scenario.cjs']) {
    copyFileSync(join(here, script), join(app, script));
  }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }));
  writeFileSync(join(app, 'yarn.lock'), '');
  yarn(['install'], app);
  console.log("Yarn Plug'n'Play: installed");
  for (const script of scripts) process.stdout.write(yarn(['node', script], app));
}

function installYarn(folder) {
  install(makeFolder(folder), ['@yarnpkg/cli-dist@^4.0.0']);
  const program = join(folder, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
  const registry = run('npm', ['config', 'get', 'registry'], { cwd: folder }).trim();
  const env = {
    ...process.env,
    YARN_ENABLE_GLOBAL_CACHE: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_NPM_REGISTRY_SERVER: registry.replace(/\/$/, ''),
  };
  return (args, cwd) => run(process.execPath, [program, ...args], { cwd, env });
}
